"""Sends outcomes over HTTP: to a webhook, and to the Dialler's REST API.

`httpx` is imported when a target needs it: most boards have none.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from ... import __version__
from ...model.delivery import Outgoing
from ...model.disposition import CodeTree
from ...model.text import MARK, safe
from ...targets import DiallerTarget, WebhookTarget, wrong_address
from .payload import Facts, envelope
from .reply import AT_ONCE, Reply, Verdict, judge
from .secrets import SecretMissing, resolve

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0
"""Within which another system must take a connection."""

ANSWER_SECONDS = 10.0
"""Within which it must begin to answer."""

BODY_SECONDS = 2.0
"""How long what follows the status is listened to; it is shown, and decides nothing."""

BODY_BYTES = 2_048


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


def open_webhook(
    target: WebhookTarget, codes: CodeTree, environ: Mapping[str, str] = os.environ
) -> Webhook:
    """Return the way to a webhook; raises `SecretMissing`."""
    url = _resolved_address(target.url, environ)
    secret = resolve(target.secret, environ) if target.secret else ""
    return Webhook(_way(target.headers, environ), url, codes, secret)


def open_dialler(
    target: DiallerTarget, letters: Mapping[str, str], environ: Mapping[str, str] = os.environ
) -> Dialler:
    """Return the way to the Dialler; raises `SecretMissing`."""
    url = _resolved_address(target.base_url, environ)
    return Dialler(_way(target.headers, environ), url, letters)


def _resolved_address(value: str, environ: Mapping[str, str]) -> str:
    address = resolve(value, environ)
    if address != value and (wrong := wrong_address(address)):
        raise SecretMissing(f"what {safe(value, 60)} holds cannot be used: {wrong}")
    return address


def _way(headers: Mapping[str, str], environ: Mapping[str, str]) -> "Way":
    import httpx

    given = {name: resolve(value, environ) for name, value in headers.items()}
    for name, value in given.items():
        if not value.isascii():
            raise SecretMissing(f"what {headers[name]} holds has characters no header can carry")
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
        )
    )


@dataclass(frozen=True, slots=True)
class Way:
    """A client's connections, and how their failures are read."""

    client: "httpx.AsyncClient" = field(repr=False)

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
                return judge(
                    answer.status_code,
                    answer.reason_phrase,
                    await _beginning(answer),
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
