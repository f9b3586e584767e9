"""The phone: the user agent on its line, and the media of its calls. What the board uses."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from msgspec import Struct

from ..backoff import Backoff
from . import events, media
from .account import Account
from .line import Line
from .media import Media, MediaConfig, MediaError, MediaEvent, UnsuitableOfferError
from .signalling import UserAgent

_ENDED = "the media process ends as soon as it begins"

LIVED_SECONDS = 5.0
"""A media process that has lived for so long is worth another."""


class Standing(StrEnum):
    """How the phone stands with the PBX."""

    CONNECTING = "connecting"
    REGISTERED = "registered"
    REFUSED = "not registered"
    LOST = "lost"


class Stage(StrEnum):
    """How far the call has come."""

    RINGING = "ringing"
    ANSWERING = "answering"
    UP = "in call"


@dataclass(slots=True)
class Talk:
    """The one call that rings or is up."""

    call: str
    """What it is called in the dialog."""
    number: str
    """Who calls, as the PBX says it: untrusted, as is the name."""
    name: str
    since: float
    """When this stage began, by the event loop's clock."""
    stage: Stage = Stage.RINGING
    answered: float | None = None
    muted: bool = False
    held: bool = False
    held_by_peer: bool = False
    codec: str = ""
    levels: tuple[float, float] = (media.SILENT, media.SILENT)
    """How loud it is here and there, in dBFS."""
    missing: str = ""
    """Which device it is without, and what to do."""
    lost: str = ""
    """That nothing is heard, while that is so."""

    @property
    def trouble(self) -> str:
        """What is wrong with its sound."""
        return self.lost or self.missing


class LinkUp(Struct, frozen=True):
    """There is a connection to the PBX."""


class LinkDown(Struct, frozen=True):
    """There is none; it is tried again."""

    why: str


class Trouble(Struct, frozen=True):
    """Something could not be done."""

    why: str


Told = events.Event | MediaEvent | LinkUp | LinkDown | Trouble


Job = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class _Jobs:
    """What is to be done with the media, in order, each when the one before is done."""

    waiting: asyncio.Queue[tuple[Job, bool]] = field(default_factory=asyncio.Queue)
    _current: "asyncio.Task[None] | None" = None
    """What is being done, where it can be given up."""

    async def run(self) -> None:
        while True:
            job, can_be_given_up = await self.waiting.get()
            task = asyncio.create_task(job())
            self._current = task if can_be_given_up else None
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                raise
            if not task.cancelled():
                task.result()

    def give_up(self) -> None:
        """Go on to the next, where what is being done is of no use any more."""
        if self._current is not None:
            self._current.cancel()


class Phone:
    """One extension's phone."""

    def __init__(
        self,
        account: Account,
        sound: MediaConfig,
        *,
        agent: str,
        told: Callable[[Told], None],
        backoff: Backoff,
    ) -> None:
        """Prepare; `told` takes what happens, when the phone shows it already.

        `agent` is what the PBX is told of the program, `backoff` how soon a connection is tried
        again.
        """
        self.standing = Standing.CONNECTING
        self.why = ""
        """Why it is not registered."""
        self.others = 0
        """How many other phones are registered for the extension."""
        self.talk: Talk | None = None
        self._sound = sound
        self._told = told
        self._line = Line(
            account,
            UserAgent(account, agent),
            told=self._take,
            connected=self._link,
            backoff=backoff,
        )
        self._media: Media | None = None
        self._started_at = 0.0
        self._ending = 0
        """Calls that are over, and whose media are not: what is told until then is of them."""
        self._jobs = _Jobs()

    async def run(self) -> None:
        """Be a phone until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                # Before anybody calls: the libraries take longer to load than a call to answer.
                self._do(self._ready)
                tasks.create_task(self._jobs.run())
                tasks.create_task(self._line.run())
        finally:
            ended, self._media = self._media, None
            if ended is not None:
                await asyncio.shield(ended.close())

    def now(self) -> float:
        """Return the event loop's time, in seconds."""
        return asyncio.get_running_loop().time()

    def seconds(self) -> float:
        """Return how long the call has been ringing, or up."""
        return self.now() - self.talk.since if self.talk is not None else 0.0

    # ── what is done here ───────────────────────────────────────────────────────────────

    def answer(self) -> None:
        """Take the call that rings."""
        if (talk := self.talk) is not None and talk.stage is Stage.RINGING:
            self._enter(talk, Stage.ANSWERING)
            # A server for ICE that does not answer can hold it up; a call that ends need not wait.
            self._do(lambda: self._answer(talk), can_be_given_up=True)

    def hang_up(self) -> None:
        """End the call, or reject it where it still rings."""
        if (talk := self.talk) is None:
            return
        if talk.stage is Stage.UP:
            self._line.do(lambda agent, now: agent.hang_up(talk.call, now))
        else:
            self._line.do(lambda agent, now: agent.reject(talk.call, now))
            self._line.do(lambda agent, now: agent.hang_up(talk.call, now))

    def mute(self) -> None:
        """Send no sound from here, or send it again."""
        if (talk := self.talk) is not None and talk.stage is Stage.UP:
            talk.muted = not talk.muted
            self._silence(talk)

    def hold(self) -> None:
        """Hold the call, or take it back."""
        if (talk := self.talk) is not None and talk.stage is Stage.UP:
            on = not talk.held
            self._line.do(lambda agent, now: agent.hold(talk.call, now, on=on))

    def register(self) -> None:
        """Try again to register, though it was refused."""
        self._line.do(lambda agent, now: agent.register(now))

    def _silence(self, talk: Talk) -> None:
        """Send silence where it is muted, and where the other end holds: RFC 3264 section 5.1."""
        on = talk.muted or talk.held_by_peer
        self._do(lambda: self._with_media(lambda media: media.mute(on)))

    # ── what happens ────────────────────────────────────────────────────────────────────

    def _link(self, why: str) -> None:
        if why:
            self.standing, self.why = Standing.LOST, why
            self._told(LinkDown(why))
        else:
            self.standing, self.why = Standing.CONNECTING, ""
            self._told(LinkUp())

    def _take(self, event: events.Event) -> None:
        match event:
            case events.Registered(others=others):
                self.standing, self.why, self.others = Standing.REGISTERED, "", others
            case events.NotRegistered(why=why):
                self.standing, self.why = Standing.REFUSED, why
            case events.Invited(call, number, name, offer):
                talk = self.talk = Talk(call, number, name, self.now())
                self._do(lambda: self._offered(talk, offer))
            case events.Established(call):
                if (answered := self._is_of(call)) is not None:
                    answered.answered = self.now()
                    self._enter(answered, Stage.UP)
            case events.Held(call, by_us, by_peer):
                if (found := self._is_of(call)) is not None:
                    if by_us != found.held:
                        self._do(lambda: self._with_media(lambda media: media.hold(by_us)))
                    found.held, found.held_by_peer = by_us, by_peer
                    self._silence(found)
            case events.Ended():
                self.talk = None
                self._jobs.give_up()
                self._ending += 1
                self._do(self._end_media)
            case _:
                pass
        self._told(event)

    def _heard(self, event: MediaEvent) -> None:
        """Take what the media process tells."""
        if isinstance(event, media.Died):
            self._media = None
            lived = self.now() - self._started_at > LIVED_SECONDS
            if self.talk is not None:
                self._give_up(f"the media process has ended ({event.code})")
            elif not lived:
                self._told(Trouble(f"Calls have no sound: {_ENDED} ({event.code})."))
            # Where it ends as soon as it begins, it is tried again when somebody calls.
            if lived:
                self._do(self._ready)
            return
        talk = self.talk
        if talk is None or self._ending:
            return
        match event:
            case media.Connected(codec):
                talk.codec, talk.lost = codec, ""
            case media.Levels(microphone, speaker):
                talk.levels = (microphone, speaker)
            case media.Devices(missing=missing):
                talk.missing = missing
            case media.Lost() if talk.held or talk.held_by_peer:
                return  # nobody is to say anything
            case media.Lost() | media.Ended():
                talk.lost = "Nothing is heard from the PBX."
                # It may have ended the call while we could not hear that either.
                self._line.do(lambda agent, now: agent.check(talk.call, now))
            case media.Resumed():
                talk.lost = ""
            case media.Failed(why):
                self._give_up(why)
        self._told(event)

    # ── media, one thing after the other ────────────────────────────────────────────────

    def _do(self, job: Job, *, can_be_given_up: bool = False) -> None:
        self._jobs.waiting.put_nowait((job, can_be_given_up))

    async def _ready(self) -> None:
        """Have a media process."""
        if self._media is not None:
            return
        self._started_at = self.now()
        try:
            self._media = await Media.start(self._sound, self._heard)
        except MediaError as error:
            self._told(Trouble(str(error)))

    async def _with_media(self, ask: Callable[[Media], Awaitable[None]]) -> None:
        if self._media is not None:
            # A call that has ended meanwhile needs nothing more of it.
            with contextlib.suppress(MediaError):
                await ask(self._media)

    async def _end_media(self) -> None:
        try:
            await self._with_media(lambda media: media.hang_up())
        finally:
            self._ending -= 1

    async def _offered(self, talk: Talk, offer: str) -> None:
        if self.talk is not talk:
            return
        await self._ready()
        try:
            if self._media is None:
                raise MediaError("There is no sound for a call.")
            await self._media.offered(offer)
        except MediaError as error:
            # 488 is for what the caller offers; that it is we who cannot is 480.
            code = 488 if isinstance(error, UnsuitableOfferError) else 480
            self._line.do(lambda agent, now: agent.reject(talk.call, now, code))
            self._told(Trouble(f"A call could not be taken: {error}"))

    async def _answer(self, talk: Talk) -> None:
        if self.talk is not talk or self._media is None:
            return
        try:
            description = await self._media.answer()
        except MediaError as error:
            self._line.do(lambda agent, now: agent.reject(talk.call, now, 480))
            self._told(Trouble(f"The call could not be answered: {error}"))
            return
        self._line.do(lambda agent, now: agent.answer(talk.call, description, now))

    def _give_up(self, why: str) -> None:
        """End a call that has no sound any more."""
        self.hang_up()
        self._told(Trouble(f"The call was ended: {why}"))

    def _is_of(self, call: str) -> Talk | None:
        return self.talk if self.talk is not None and self.talk.call == call else None

    def _enter(self, talk: Talk, stage: Stage) -> None:
        talk.stage, talk.since = stage, self.now()
