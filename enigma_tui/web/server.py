"""Serves the page, and a board behind each tab that shows it."""

import asyncio
import importlib.util
import logging
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Handler

from .admission import Admission
from .tab import Program, Size, attend

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
"""How often a tab is asked whether it is still there; its board ends half as long after that."""

_PAGE = Path(__file__).with_name("page")

_HEADERS = {
    # Nothing is loaded from elsewhere, and no other page shows this one inside its own. The
    # terminal that draws the board writes styles itself.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "font-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Boards:
    """The boards that are open, and the page that they are opened with."""

    def __init__(self, program: Program, admission: Admission, say: Callable[[str], None]) -> None:
        """Prepare; `say` tells whoever serves what goes wrong."""
        self._program = program
        self._admission = admission
        self._say = say
        self._open: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()

    def application(self) -> web.Application:
        """Return what answers requests."""
        app = web.Application(middlewares=[self._admit])
        app.router.add_get("/", self._page)
        app.router.add_get("/board", self._board)
        app.router.add_static("/page", _PAGE)
        app.router.add_static("/terminal", _terminal())
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._close)
        return app

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = self._admission.refusal(
            request.headers.get("Host", ""),
            request.headers.get("Origin"),
            draws=request.path == "/board",
        )
        if refusal:
            raise web.HTTPForbidden(text=f"{refusal}\n")
        return await handler(request)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_PAGE / "index.html")

    async def _board(self, request: web.Request) -> web.StreamResponse:
        tab = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, timeout=1.0)
        await tab.prepare(request)
        size = Size.bounded(_number(request, "width", 80), _number(request, "height", 24))
        showing = asyncio.create_task(attend(tab, self._program, size, self._stop))
        self._open.add(showing)
        try:
            await asyncio.wait([showing])
            if (error := showing.exception()) is not None:
                log.error("a board was given up: %s", type(error).__name__)
                self._say(f"a board was given up: {error}")
        finally:
            self._open.discard(showing)
            await tab.close(code=WSCloseCode.GOING_AWAY)
        return tab

    async def _close(self, app: web.Application) -> None:
        """End all boards."""
        self._stop.set()
        if self._open:
            await asyncio.wait(self._open)


async def serve(
    boards: Boards, at: Sequence[socket.socket], stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    """Serve until `stop` is set, and then end every board; `ready` is called when it has begun."""
    # Boards are ended by their own clock, so there is nothing left to wait for.
    runner = web.AppRunner(boards.application(), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        for one in at:
            await web.SockSite(runner, one).start()
        ready()
        await stop.wait()
    finally:
        await runner.cleanup()


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _number(request: web.Request, name: str, usual: int) -> int:
    try:
        return int(request.query[name])
    except (KeyError, ValueError):
        return usual


def _terminal() -> Path:
    """Return where the script, the style and the font of the terminal in the page are."""
    found = importlib.util.find_spec("textual_serve")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'textual_serve'", name="textual_serve")
    return Path(found.submodule_search_locations[0], "static")
