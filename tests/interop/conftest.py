"""A PBX and browsers, in a network of their own."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
import pytest_asyncio

from tests.browser import chromium
from tests.browser.chromium import Chromium
from tests.interop import network, phone, root, sipjs
from tests.interop.asterisk import Asterisk
from tests.interop.cache import Unavailable
from tests.interop.configuration import Extension
from tests.interop.phone import Phone
from tests.interop.sipjs import Caller

Eventually = Callable[..., Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What has been obtained, before there was no other network any more."""

    root: Path
    sip_js: Path | Unavailable


@pytest.fixture(scope="session")
def fetched() -> Iterator[Fetched]:
    """What others have written; and from here on nothing is reached but the PBX."""
    try:
        debian = root.asterisk()
        try:
            sip_js: Path | Unavailable = sipjs.library()
        except Unavailable as why:
            sip_js = why
        with network.separate():
            yield Fetched(debian, sip_js)
    except Unavailable as why:
        pytest.skip(str(why))


@pytest.fixture(scope="session")
def ours() -> Extension:
    """The extension that is tested."""
    return Extension("201", secrets.token_urlsafe())


@pytest.fixture(scope="session")
def theirs() -> Extension:
    """An extension that calls it."""
    return Extension("202", secrets.token_urlsafe())


class Start(Protocol):
    """Starts a PBX."""

    def __call__(self, *extensions: Extension) -> Asterisk: ...


@pytest.fixture
def start_pbx(fetched: Fetched, tmp_path: Path) -> Iterator[Start]:
    """Start a PBX with the extensions that it is given."""
    with ExitStack() as stack:

        def start(*extensions: Extension) -> Asterisk:
            return stack.enter_context(Asterisk(fetched.root, extensions, tmp_path))

        yield start


@pytest.fixture
def pbx(start_pbx: Start, ours: Extension, theirs: Extension) -> Asterisk:
    """A PBX with two extensions."""
    return start_pbx(ours, theirs)


class Run(Protocol):
    """Runs our phone."""

    def __call__(
        self, url: str, extension: Extension = ..., **options: Any
    ) -> AbstractAsyncContextManager[Phone]: ...


@pytest.fixture
def run_phone(tmp_path: Path, ours: Extension) -> Run:
    """Run our phone, at an address and with an extension: `async with run_phone(pbx.ws) as phone`.

    Its options are those of `phone.running`.
    """
    home = tmp_path / "home"
    home.mkdir()

    def run(
        url: str, extension: Extension = ours, **options: Any
    ) -> AbstractAsyncContextManager[Phone]:
        return phone.running(home, url, extension, **options)

    return run


class Open(Protocol):
    """Opens a browser's tab with a phone in it."""

    async def __call__(self) -> Caller: ...


@pytest_asyncio.fixture
async def open_phone(fetched: Fetched) -> AsyncIterator[Open]:
    """Open a tab with SIP.js."""
    program = chromium.find()
    if isinstance(fetched.sip_js, Unavailable):
        pytest.skip(str(fetched.sip_js))
    if program is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(sipjs.served(fetched.sip_js))
        browser: Chromium = await stack.enter_async_context(chromium.running(program, *sipjs.FLAGS))
        await stack.enter_async_context(browser.forgetting())

        async def open_tab() -> Caller:
            return Caller(await browser.open(address))

        yield open_tab
