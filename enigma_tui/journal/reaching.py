"""Names what goes wrong on the way to a server, before it answers anything."""

import errno
import re
import socket
import ssl
from collections.abc import Iterator

from msgspec import Struct
from redis.exceptions import TimeoutError as RedisTimeoutError


class Fault(Struct, frozen=True):
    """Something that is wrong with the server or the way to it."""

    name: str
    """One to three words for the status line."""
    sentence: str
    """What happened, and where."""
    remedy: str
    """What to look at."""
    passing: bool = True
    """Whether waiting may help; a wrong password does not mend itself."""
    lost: bool = False
    """Whether nobody answers there, rather than that the answer is no."""

    def __str__(self) -> str:
        return f"{self.sentence}. {self.remedy}"


def subject(where: str) -> str:
    """Return what a sentence about `where` begins with: several hosts together are one thing."""
    scheme, _, rest = where.partition("://")
    if "," not in where:
        return where
    if not rest:
        return f"a sentinel of {where}"
    return f"the {'server behind' if scheme.endswith('+sentinel') else 'cluster at'} {where}"


_ERRNO = re.compile(r"Errno (\d+)")

_WANTED = ("certificate required", "handshake failure", "bad certificate")
"""What TLS 1.3 and 1.2 say to whoever shows no certificate where one is wanted."""

_ROUTELESS = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}


def no_connection(error: BaseException, text: str, where: str) -> Fault:
    """Name why there is no connection to `where`; `text` is what the error says."""
    hosts, where = where, subject(where)
    causes = list(_chain(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes) or "SSL" in text:
        return _tls(causes, text, where)
    if isinstance(error, RedisTimeoutError | TimeoutError):
        tls = ", and whether the server has TLS there" if _has_tls(where) else ""
        return Fault(
            "no answer",
            f"{where} does not answer in time",
            f"Look at the network{tls}.",
            lost=True,
        )
    if "max number of clients" in text:
        return Fault(
            "too many clients",
            f"{where} takes no more connections",
            "Raise its maxclients, or close what holds connections to it.",
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Fault(
            "unknown host",
            f"the name of {'a' if ',' in hosts else 'the'} host in {hosts} cannot be resolved",
            "Look at redis_url, and at this machine's name service.",
            lost=True,
        )
    numbers = {cause.errno for cause in causes if isinstance(cause, OSError)}
    numbers |= {int(number) for cause in causes for number in _ERRNO.findall(str(cause))}
    if errno.ECONNREFUSED in numbers:
        return Fault(
            "refused",
            f"{where} refuses connections: nothing listens there",
            "Look at redis_url, and whether the server runs.",
            lost=True,
        )
    if numbers & {errno.EACCES, errno.EPERM}:
        return Fault(
            "not permitted",
            f"{where} may not be opened by this user",
            "Look at the permissions of the socket, or at this machine's firewall.",
            passing=False,
            lost=True,
        )
    if errno.ENOENT in numbers:
        return Fault(
            "no socket",
            f"there is no {where}",
            "Look at redis_url, and whether the server runs.",
            lost=True,
        )
    if numbers & _ROUTELESS:
        return Fault(
            "no route",
            f"there is no way through the network to {where}",
            "Look at the network and the VPN.",
            lost=True,
        )
    if "losed by server" in text or numbers & {errno.ECONNRESET, errno.EPIPE}:
        # With TLS 1.3 a server that misses a certificate often just closes.
        tls = " It may want a tls_certificate of this program." if _has_tls(where) else ""
        return Fault(
            "connection lost",
            f"{where} closed the connection",
            f"Look at the server's log, and at what stands between.{tls}",
            lost=True,
        )
    return Fault(
        "unreachable",
        f"{where} cannot be reached",
        "Look at redis_url, the network, and whether the server runs.",
        lost=True,
    )


def _has_tls(where: str) -> bool:
    return "rediss" in where


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _tls(causes: list[BaseException], text: str, where: str) -> Fault:
    """Name what is wrong with a certificate, or that there is no TLS at all."""
    verified = (cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError))
    said = next((str(getattr(cause, "verify_message", "")) for cause in verified), "")
    lower = f"{said} {text}".lower()
    name, sentence, remedy = (
        "TLS refused",
        f"no secure connection to {where}: {text}",
        "Look at the certificate, or use redis:// where the server has no TLS.",
    )
    if "mismatch" in lower or "not valid for" in lower:
        name = "certificate's name wrong"
        sentence = f"the certificate of {where} is for another host"
        remedy = 'Use the host\'s own name in redis_url, or tls_verify = "chain".'
    elif "expired" in lower or "not yet valid" in lower:
        name = "certificate expired"
        sentence = f"the certificate of {where} is not valid now"
        remedy = "Renew it, or look at this machine's clock."
    elif said or "certificate verify failed" in lower:
        name = "certificate not trusted"
        sentence = f"the certificate of {where} is from nobody who is trusted here"
        remedy = "Set tls_ca in the settings to the certificate of who issued it."
    elif any(words in lower for words in _WANTED):
        name = "certificate wanted"
        sentence = f"{where} wants a certificate of this program that it trusts"
        remedy = "Set tls_certificate and tls_key in the settings."
    elif "unknown ca" in lower:
        name = "certificate refused"
        sentence = f"{where} does not trust the certificate of this program"
        remedy = "Look at tls_certificate in the settings, and at the server's CA."
    return Fault(name, sentence, remedy, passing=False)
