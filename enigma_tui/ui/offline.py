"""Hands in what was kept while the server was away, as soon as it is back."""

import asyncio
import random

from ..backoff import Backoff
from ..journal.faults import Fault
from ..journal.handing_in import HandingIn
from ..journal.pending import KeepingError
from ..model.text import safe
from .told import Told


class Offline:
    """Runs beside the board; what it does, it says."""

    def __init__(self, told: Told, handing_in: HandingIn, outbox_key: str) -> None:
        self._say = told.say
        self._over = told.over
        self._handing_in = handing_in
        self._outbox_key = outbox_key
        self._wake = asyncio.Event()
        self._fault: Fault | None = None

    def back(self) -> None:
        """The server answers: there may be something to hand in."""
        if any(self._handing_in.pending.waiting()):
            self._wake.set()

    async def run(self) -> None:
        """Take over what former programs left, then hand in whenever the server is back."""
        try:
            self._handing_in.pending.open()
        except KeepingError as error:
            self._warn(f"Acts kept earlier cannot be read: {error}. Look at that file.")
        for identity in self._handing_in.pending.elsewhere():
            self._warn(
                f"Acts wait here for {safe(identity)}. They are handed in when a board is opened "
                "with that address and name."
            )
        self._wake.set()
        backoff = Backoff(random.Random())
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._handing_in.away() or not any(self._handing_in.pending.waiting()):
                continue
            done = await self._handing_in.replay()
            self._tell(done.recorded, done.refused, done.fault)
            if done.fault is None:
                backoff.reset()
            else:
                await asyncio.sleep(backoff.next())
                self._wake.set()

    def _tell(self, recorded: int, refused: int, fault: Fault | None) -> None:
        if fault is None:
            self._over(self)
        if recorded:
            acts = "act" if recorded == 1 else "acts"
            self._say(f"{recorded:,} {acts} handed in that had waited.")
        if refused:
            acts = "act was" if refused == 1 else "acts were"
            self._warn(f"{refused:,} {acts} not recorded: {self._outbox_key} shows why.")
        if fault is not None and fault != self._fault:
            self._say(f"What was kept cannot be handed in yet: {fault}", "warning", 20, about=self)
        self._fault = fault

    def _warn(self, words: str) -> None:
        self._say(words, "warning", 20)
