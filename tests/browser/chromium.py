"""Drives a real Chromium without a window, by its DevTools protocol over a pipe.

It ends when the pipe does, and so with this process, in whatever way that ends.
"""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

VARIABLE = "ENIGMA_TEST_CHROMIUM"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_FLAGS = (
    *("--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-dev-shm-usage"),
    # Without WebGL, as in many a virtual desktop, the page shows text as text, which can be read.
    "--disable-3d-apis",
    # Names of other sites lead to this machine, as an attacker's may.
    "--host-resolver-rules=MAP *.example 127.0.0.1",
)

_GIVE = """
import fcntl, os, sys
ours = [fcntl.fcntl(int(each), fcntl.F_DUPFD_CLOEXEC, 10) for each in sys.argv[1:3]]
for place, each in enumerate(ours):
    os.dup2(each, 3 + place)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Chromium speaks the protocol at 3 and 4, whatever numbers the pipe has with us."""

_ANSWER_MOST = 16 * 1024 * 1024
"""Bytes."""

PATIENCE = 20.0
"""Seconds to wait for an answer; far more than it takes on a busy machine."""

_CONTROL = 2
"""The key, in the protocol's set of those that are held down."""

Event = Callable[[Mapping[str, Any]], None]


def find() -> str | None:
    """Return where Chromium is on this machine, if it is."""
    named = os.environ.get(VARIABLE)
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


class ChromiumError(Exception):
    """Chromium could not do what it was asked to."""


class Chromium:
    """A running browser."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._heard: dict[tuple[str, str], list[Event]] = {}
        self._context = ""

    @contextlib.asynccontextmanager
    async def forgetting(self) -> AsyncIterator[None]:
        """Close, at the end, all tabs that are opened meanwhile, and forget all that they kept."""
        self._context = (await self.ask("Target.createBrowserContext"))["browserContextId"]
        try:
            yield
        finally:
            await self.ask("Target.disposeBrowserContext", browserContextId=self._context)

    async def ask(self, method: str, *, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Return what a method of the protocol answers."""
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._writer.write(json.dumps(message).encode() + b"\0")
        async with asyncio.timeout(PATIENCE):
            return await answer

    def on(self, session: str, event: str, heard: Event) -> None:
        """Have an event of a page heard."""
        self._heard.setdefault((session, event), []).append(heard)

    async def read(self) -> None:
        """Take answers and events in until the browser has ended."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                self._take(json.loads((await self._reader.readuntil(b"\0"))[:-1]))
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(ChromiumError("Chromium has ended, or cannot be run"))

    def _take(self, told: Mapping[str, Any]) -> None:
        if "id" not in told:
            for heard in self._heard.get((told.get("sessionId", ""), told["method"]), ()):
                heard(told["params"])
            return
        answer = self._asked.pop(told["id"])
        if answer.done():
            return
        if "error" in told:
            answer.set_exception(ChromiumError(told["error"]["message"]))
        else:
            answer.set_result(told["result"])

    async def open(
        self, url: str = "about:blank", *, width: int = 1280, height: int = 720
    ) -> "Page":
        """Open an address in a new tab of so many pixels."""
        made = await self.ask(
            "Target.createTarget", url="about:blank", browserContextId=self._context
        )
        target = made["targetId"]
        attached = await self.ask("Target.attachToTarget", targetId=target, flatten=True)
        page = Page(self, target, attached["sessionId"])
        for domain in ("Page", "Network", "Runtime"):
            await page.ask(f"{domain}.enable")
        await page.resize(width, height)
        await page.go(url)
        return page


class Page:
    """A tab."""

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self._browser, self._target, self._session = browser, target, session
        self.requested: list[str] = []
        """The addresses of everything that the page has asked for."""
        self._loaded = asyncio.Event()
        self.on("Page.loadEventFired", lambda _: self._loaded.set())
        self.on("Network.requestWillBeSent", lambda e: self.requested.append(e["request"]["url"]))
        self.sent: list[str] = []
        """What the page has sent to the board."""
        self.on(
            "Network.webSocketFrameSent", lambda e: self.sent.append(e["response"]["payloadData"])
        )
        self.on("Network.webSocketCreated", lambda e: self.requested.append(e["url"]))

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return what a method of the protocol answers for this tab."""
        return await self._browser.ask(method, session=self._session, **parameters)

    def on(self, event: str, heard: Event) -> None:
        """Have an event of this tab heard."""
        self._browser.on(self._session, event, heard)

    async def resize(self, width: int, height: int) -> None:
        """Give the page another size, in pixels."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def go(self, url: str) -> None:
        """Open an address, and return when its page has been loaded."""
        self._loaded.clear()
        answer = await self.ask("Page.navigate", url=url)
        if "errorText" in answer:
            raise ChromiumError(f"{url}: {answer['errorText']}")
        async with asyncio.timeout(PATIENCE):
            await self._loaded.wait()

    async def run(self, script: str) -> Any:
        """Return the value of a script in the page; a promise is waited for."""
        answer = await self.ask(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in answer:
            raise ChromiumError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    async def type(self, text: str) -> None:
        """Press a key for each character."""
        for character in text:
            await self._press(character, character, ord(character.upper()), 0)

    async def press(self, key: str, *, code: int, control: bool = False) -> None:
        """Press a key that has a name, as in `press("Escape", code=27)`."""
        await self._press(key, "\r" if key == "Enter" else "", code, _CONTROL if control else 0)

    async def _press(self, key: str, text: str, code: int, modifiers: int) -> None:
        about = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        await self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", **about)

    async def pasted(self) -> str:
        """Return what pasting into a text field of the page gives."""
        await self.run(
            "document.body.append(document.createElement('textarea'));"
            "document.body.lastChild.focus()"
        )
        about = {"key": "v", "windowsVirtualKeyCode": ord("V"), "modifiers": _CONTROL}
        await self.ask("Input.dispatchKeyEvent", type="keyDown", commands=["paste"], **about)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", **about)
        return str(await self.run("document.body.lastChild.value"))

    async def click(self, x: float, y: float) -> None:
        """Click at a place, in pixels."""
        for what in ("mousePressed", "mouseReleased"):
            await self.ask(
                "Input.dispatchMouseEvent", type=what, x=x, y=y, button="left", clickCount=1
            )

    async def front(self) -> None:
        """Bring the tab before the others, so that it has the keyboard."""
        await self.ask("Page.bringToFront")

    async def close(self) -> None:
        """Close the tab."""
        await self._browser.ask("Target.closeTarget", targetId=self._target)


@contextlib.asynccontextmanager
async def running(program: str, *flags: str) -> AsyncIterator[Chromium]:
    """Start a browser that remembers nothing, and end it; `flags` are further ones of its own."""
    loop = asyncio.get_running_loop()
    to_browser, from_us = os.pipe()
    to_us, from_browser = os.pipe()
    with TemporaryDirectory(prefix="enigma-chromium-", ignore_cleanup_errors=True) as home:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-c", _GIVE, str(to_browser), str(from_browser)),
            program,
            *_FLAGS,
            *flags,
            f"--user-data-dir={Path(home) / 'profile'}",
            "about:blank",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"},
            pass_fds=(to_browser, from_browser),
        )
        os.close(to_browser)
        os.close(from_browser)
        reader = asyncio.StreamReader(limit=_ANSWER_MOST)
        reading, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(to_us, "rb")
        )
        sending, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(from_us, "wb")
        )
        browser = Chromium(reader, asyncio.StreamWriter(sending, protocol, None, loop))
        listening = asyncio.create_task(browser.read())
        try:
            yield browser
        finally:
            if not listening.done():
                with contextlib.suppress(TimeoutError, ChromiumError):
                    await browser.ask("Browser.close")
            sending.close()
            reading.close()
            listening.cancel()
            await asyncio.wait([listening])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await process.wait()
            if process.returncode is None:
                process.kill()
                await process.wait()
