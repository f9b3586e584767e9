"""SIP.js in Chromium: the phone that the reference document gives to agents, as the other party.

    async with sipjs.served(library) as address, chromium.running(program, *FLAGS) as browser:
        caller = Caller(await browser.open(address))
        await caller.start(pbx.ws, extension, hz=700)
        await caller.call("201")

None of SIP.js is in this repository: npm brings it, once.
"""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from tests.browser.chromium import Page
from tests.interop import cache, network
from tests.interop.configuration import Extension

_VERSION = "0.11.6"
"""The last of the minor version that the reference document is written for."""

_TAKES = 120.0
"""Seconds within which npm has brought it, over a slow line too."""

FLAGS = (
    # As if somebody had allowed the microphone, and had clicked into the page.
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    # Names of the multicast DNS, which Chromium gives out in place of addresses, mean nothing here.
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)
"""What Chromium needs, further to what it gets for the board's own page."""


def library() -> Path:
    """Return where SIP.js is, in one file; raise `Unavailable` where it cannot be had."""
    return cache.kept(f"sipjs-{_VERSION}", _fetch) / "node_modules/sip.js/dist/sip.min.js"


def _fetch(place: Path) -> None:
    place.mkdir()
    cache.run(
        (
            *(cache.program("npm", "npm"), "install", "--prefix", str(place)),
            # Nothing of it is run here; what it needs is in the file that a browser loads.
            *("--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--no-package-lock"),
            f"sip.js@{_VERSION}",
        ),
        f"to fetch SIP.js {_VERSION} with npm",
        seconds=_TAKES,
    )


@contextlib.asynccontextmanager
async def served(library: Path) -> AsyncIterator[str]:
    """Serve the page at loopback, where it needs no TLS for a microphone; yield its address."""
    here = Path(__file__).parent
    files = {"page.html": here / "page.html", "phone.js": here / "phone.js", "sip.js": library}

    async def give(request: web.Request) -> web.FileResponse:
        return web.FileResponse(files[request.match_info["name"]])

    application = web.Application()
    application.router.add_get(f"/{{name:{'|'.join(files)}}}", give)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/page.html"
    finally:
        await runner.cleanup()


class Caller:
    """A phone in a tab."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def start(
        self, ws: str, extension: Extension, *, hz: float, answers: bool = False
    ) -> None:
        """Register an extension, with a microphone that hears a tone of so many hertz."""
        told = {
            "ws": ws,
            "uri": f"{extension.number}@{network.PBX}",
            "extension": extension.number,
            "password": extension.password,
            "hz": hz,
            "answers": answers,
        }
        await self._page.run(f"phone.start({json.dumps(told)})")

    async def call(self, number: str) -> None:
        """Call a number, and return when it has been answered.

        Raises `ChromiumError` with SIP.js's cause where it has not.
        """
        await self._page.run(f"phone.call({json.dumps(number)})")

    async def heard_peak_hz(self) -> float | None:
        """Return the strongest frequency of what has been heard of late, unless it is silent."""
        heard = await self._page.run("phone.peak()")
        return None if heard is None else float(heard)

    async def hears(self, hz: float, *, within: float = 12.0) -> bool:
        """Say whether what is heard is a tone of so many hertz, give or take so many."""
        heard = await self.heard_peak_hz()
        return heard is not None and abs(heard - hz) <= within

    async def hold(self) -> None:
        """Put the other party on hold."""
        await self._page.run("phone.hold(true)")

    async def resume(self) -> None:
        """Speak again with who is on hold."""
        await self._page.run("phone.hold(false)")

    async def hang_up(self) -> None:
        """End the call, answered or not."""
        await self._page.run("phone.hangUp()")

    async def ended(self) -> str | None:
        """Return why the call has ended, if it has."""
        cause = await self._page.run("phone.cause")
        return None if cause is None else str(cause)

    async def stop(self) -> None:
        """Unregister."""
        await self._page.run("phone.agent.stop()")
