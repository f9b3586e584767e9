"""Takes keys one at a time: the next only when the last has had its whole effect.

Textual passes a key on through the queues of several widgets, so keys that arrive in one write
can overtake each other: of `d` and the code's key the second may reach the table before the
first has opened the dialog, and of `/ext:2001`, enter, `d` the last may meet a filter that has
not been applied yet. On a slow line people type ahead, and the wrong call must never be
dispositioned.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.widgets import Input

PATIENCE_SECONDS = 0.5
"""How long a key may take before the next is let through all the same."""

ONE_FRAME_SECONDS = 0.1
"""How long frames are held back, at most, for what a key does to be in one of them."""

BREATH_SECONDS = 0.5
"""How soon after a key that did something else than was expected others belong to it."""

Typed = events.Key | events.Paste


_DIGITS = dict(zip("¡™£¢∞§¶•ªº", "1234567890", strict=True))
"""What alt and a digit are on that keyboard."""


class Keyboard:
    """A queue of keys, and the task that works through it."""

    def __init__(
        self,
        deliver: Callable[[Typed], Awaitable[None]],
        focused: Callable[[], DOMNode],
        app: App[None],
        bound: Callable[[str], bool] = lambda key: False,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare.

        `bound` tells whether a key, as Textual names it, does something now; `after` is called
        when a key has had its effect.
        """
        self._deliver = deliver
        self._focused = focused
        self._app = app
        self._bound = bound
        self._after = after
        self._keys: asyncio.Queue[Typed] = asyncio.Queue()
        self._deaf_until = 0.0

    def typed(self, event: Typed) -> None:
        """Take a key, or a paste, from the terminal."""
        if time.monotonic() >= self._deaf_until:
            self._keys.put_nowait(event)

    def forget(self) -> None:
        """Drop what has been typed ahead, and what follows in the same breath.

        The key before it did something else than was expected, so it would, too.
        """
        self._deaf_until = time.monotonic() + BREATH_SECONDS
        while not self._keys.empty():
            self._keys.get_nowait()
            self._keys.task_done()

    async def idle(self) -> None:
        """Return when every key has had its effect."""
        await self._keys.join()

    async def run(self) -> None:
        """Work through the keys until cancelled."""
        while True:
            event = await self._keys.get()
            try:
                for each in self._apart(event):
                    with self._one_frame():
                        await self._deliver(each)
                        # Up to the app, where bindings run; then once more from where the focus
                        # is now, for what the key made widgets tell each other.
                        await self._settle((*self._chain(), self._app))
                        await self._settle(self._chain())
                self._after()
            finally:
                self._keys.task_done()

    def _apart(self, event: Typed) -> Sequence[Typed]:
        """Take apart what looks like alt and a key, unless that is a key of ours.

        A terminal sends the same for escape and then that key, where they arrive together.
        """
        if isinstance(event, events.Key) and event.key == "ctrl+j":
            # What enter is where it was typed before the terminal was taken over.
            return [events.Key("enter", "\r")]
        if isinstance(event, events.Key) and (digit := _DIGITS.get(event.character or "")):
            # Textual takes escape and 3 for what alt and 3 are on one kind of keyboard.
            typing = isinstance(self._focused(), Input) or self._bound(event.key)
            return [event] if typing else [events.Key("escape", "\x1b"), events.Key(digit, digit)]
        if not isinstance(event, events.Key) or not event.key.startswith("alt+"):
            return [event]
        if not event.character or self._bound(event.key):
            return [event]
        name = event.key.removeprefix("alt+")
        key = event.character if name.startswith("shift+") else name
        return [events.Key("escape", "\x1b"), events.Key(key, event.character)]

    @contextmanager
    def _one_frame(self) -> Iterator[None]:
        """Hold frames back until the key has had its effect, and no longer than a moment.

        Otherwise the character that was typed takes a frame of its own, and what it finds has to
        wait for the next.
        """
        with ExitStack() as held:
            held.callback(lambda: self._app.screen.check_idle())  # which has waited with a frame
            held.enter_context(self._app.batch_update())
            moment = asyncio.get_running_loop().call_later(ONE_FRAME_SECONDS, held.close)
            held.callback(moment.cancel)
            yield

    def _chain(self) -> Iterable[MessagePump]:
        return [node for node in self._focused().ancestors_with_self if node is not self._app]

    async def _settle(self, pumps: Iterable[MessagePump]) -> None:
        """Wait until each has handled what is in its queue now."""
        for pump in pumps:
            done = asyncio.Event()
            if not pump.call_later(done.set):
                continue
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await done.wait()
            except TimeoutError:
                return
