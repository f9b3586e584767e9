"""Sends outcomes over HTTP: to a webhook, and to the Dialler's REST API.

`httpx` is imported when a target needs it: most boards have none.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ... import __version__
from ...model.delivery import Outgoing
from ...model.disposition import CodeTree
from ...model.text import MARK, safe
from ...targets import DiallerTarget, WebhookTarget, is_reference
from .payload import Facts, envelope
from .reply import AT_ONCE, Reply, Verdict, judge
from .secrets import SecretMissing, Secrets

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0
"""Within which another system must take a connection."""

ANSWER_SECONDS = 10.0
"""Within which it must begin to answer."""

BODY_SECONDS = 2.0
"""How long what follows the status is listened to; it is shown, and decides nothing."""

BODY_BYTES = 2_048

HIDDEN = "***"
"""What stands for a secret that a receiver repeats."""

_TELLING = 4
"""Characters; fewer of a secret tell nothing of it."""


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a webhook's body: HMAC-SHA256 of `<timestamp>.<body>`, in hex."""
    signed = str(timestamp).encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Webhook:
    """POSTs each outcome as JSON, signed where there is a secret."""

    way: "Way"
    url: str = field(repr=False)
    codes: CodeTree
    secret: str = field(repr=False)

    async def send(self, owed: Outgoing, facts: Facts, now_ms: int) -> Reply:
        """Send an outcome; its act is the key by which the receiver can drop repeats."""
        body = envelope(owed, facts, self.codes)
        timestamp = now_ms // 1000
        headers = {
            "Idempotency-Key": quote(owed.disposition.act, safe=""),
            "X-Enigma-Timestamp": str(timestamp),
        }
        if self.secret:
            headers["X-Enigma-Signature"] = sign(self.secret, timestamp, body)
        return await self.way.exchange("POST", self.url, headers, body)

    async def close(self) -> None:
        """Close its connections."""
        await self.way.close()


@dataclass(frozen=True, slots=True)
class Dialler:
    """Tells the Dialler's REST API the outcome of its calls (PROTOCOL.md §4)."""

    way: "Way"
    base_url: str = field(repr=False)
    letters: Mapping[str, str]

    async def send(self, owed: Outgoing, facts: Facts, now_ms: int) -> Reply:
        """Send an outcome by its letter."""
        letter = self.letters.get(owed.disposition.code)
        if letter is None:
            return Reply(Verdict.REFUSED, "this code is none of the Dialler's: see `site show`")
        reference = owed.key.call_ref
        if reference in (".", "..") or MARK in reference:
            return Reply(Verdict.REFUSED, "no address can carry this call reference")
        url = f"{self.base_url.rstrip('/')}/calls/{quote(reference, safe='')}"
        body = json.dumps({"call": {"disposition": letter}}).encode()
        return await self.way.exchange("PUT", url, {}, body)

    async def close(self) -> None:
        """Close its connections."""
        await self.way.close()


def open_webhook(target: WebhookTarget, codes: CodeTree, secrets: Secrets) -> Webhook:
    """Return the way to a webhook; raises `SecretMissing`."""
    url = secrets.address(target.url)
    secret = secrets.value(target.secret, url)
    return Webhook(_way(target, url, secrets), url, codes, secret)


def open_dialler(target: DiallerTarget, letters: Mapping[str, str], secrets: Secrets) -> Dialler:
    """Return the way to the Dialler; raises `SecretMissing`."""
    url = secrets.address(target.base_url)
    return Dialler(_way(target, url, secrets), url, letters)


def _way(target: WebhookTarget | DiallerTarget, url: str, secrets: Secrets) -> "Way":
    import httpx

    given = {name: secrets.value(value, url) for name, value in target.headers.items()}
    for name, value in given.items():
        if not value.isascii():
            held = target.headers[name]
            raise SecretMissing(
                f"what {held} stands for has characters no header can carry",
                f"secret {held.partition(':')[2]} cannot be used",
            )
    return Way(
        httpx.AsyncClient(
            headers={
                "User-Agent": f"enigma-tui/{__version__}",
                "Content-Type": "application/json",
                **given,
            },
            # The machine's own certificates, as for everything else that runs on it.
            verify=ssl.create_default_context(),
            # Neither proxies nor passwords from the surroundings: settings say where to send.
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_keepalive_connections=AT_ONCE),
        ),
        _telling(target, url, secrets),
    )


def _telling(target: WebhookTarget | DiallerTarget, url: str, secrets: Secrets) -> tuple[str, ...]:
    """Return what an answer must not be shown with, the longest first."""
    found: set[str] = set()
    for reference in target.references():
        value = secrets.value(reference, url)
        found.add(value)
        # Receivers repeat a token without its scheme, and an address without its host.
        found.update(word for word in value.split() if len(word) >= _TELLING)
    if is_reference(target.address):
        parts = urlsplit(url)
        behind = url.partition(parts.netloc)[2]
        pieces = (behind, *re.split(r"[/?&=;]", behind))
        found.update(piece for piece in pieces if len(piece) >= _TELLING)
    return tuple(sorted(found, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Way:
    """A client's connections, and how their failures are read."""

    client: "httpx.AsyncClient" = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What is not kept of an answer, the longest first."""

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """Send a request and judge the answer. Raises nothing that a network can cause."""
        import httpx

        try:
            # Beside httpx's own, which begin anew with every byte that comes.
            async with (
                asyncio.timeout(CONNECT_SECONDS + ANSWER_SECONDS + BODY_SECONDS),
                self.client.stream(method, url, headers=headers, content=body) as answer,
            ):
                body = await _beginning(answer)
                return judge(
                    answer.status_code,
                    self._without_secrets(answer.reason_phrase),
                    self._without_secrets(body.decode("utf-8", "replace")),
                    answer.headers.get("Retry-After", ""),
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Reply(Verdict.LATER, _no_connection(error))
        except (httpx.TimeoutException, TimeoutError):
            return Reply(Verdict.UNSURE, "no answer in time")
        except httpx.RemoteProtocolError:
            return Reply(Verdict.UNSURE, "the answer was cut off, or is not HTTP")
        except (httpx.HTTPError, OSError):
            return Reply(Verdict.UNSURE, "the connection broke before the answer")
        except httpx.InvalidURL:
            return Reply(Verdict.REFUSED, "the address cannot be used: look at `site show`")

    def _without_secrets(self, text: str) -> str:
        """Return what a receiver said, which everyone may read, without what it was told."""
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        # The beginning of one may stand where the answer was cut off.
        for secret in self.secrets:
            for length in range(len(secret) - 1, _TELLING - 1, -1):
                text = text.removesuffix(secret[:length])
        return text

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose()


async def _beginning(answer: "httpx.Response") -> bytes:
    """Return the first bytes of a body; one that is cut off says no less than its status did."""
    import httpx

    read = b""
    with contextlib.suppress(httpx.HTTPError, TimeoutError, OSError):
        async with asyncio.timeout(BODY_SECONDS):
            # Undecoded: a small body may unpack to a large one.
            async for part in answer.aiter_raw():
                read += part[: BODY_BYTES - len(read)]
                if len(read) >= BODY_BYTES:
                    break
    return read if "content-encoding" not in answer.headers else b""


def _no_connection(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLError):
        return safe(f"no secure connection: {cause.reason or 'TLS failed'}", 120)
    return "no connection"
