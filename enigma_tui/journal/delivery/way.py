"""The way to another system over HTTP: one request, one answer, and what failures mean.

`httpx` is imported when it is needed: most boards send nothing.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ... import __version__
from ...model.text import safe
from .reply import AT_ONCE, Reply, Verdict, judge

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

TELLING = 4
"""Characters; fewer of a secret tell nothing of it."""


def open_way(headers: Mapping[str, str], secrets: tuple[str, ...] = ()) -> "Way":
    """Return a way whose requests carry `headers`; `secrets` are kept out of what is answered."""
    import httpx

    return Way(
        httpx.AsyncClient(
            headers={
                "User-Agent": f"enigma-tui/{__version__}",
                "Content-Type": "application/json",
                **headers,
            },
            # The machine's own certificates, as for everything else that runs on it.
            verify=ssl.create_default_context(),
            # Neither proxies nor passwords from the surroundings: settings say where to send.
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_keepalive_connections=AT_ONCE),
        ),
        secrets,
    )


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
            for length in range(len(secret) - 1, TELLING - 1, -1):
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
