"""The phone on the board: from the invite to the outcome of its call."""

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.signal import Signal

from .. import phoning
from ..model.call import Call, CallKey
from ..model.invited import invited
from ..model.tabs import Tab
from ..model.text import safe
from ..phone import events, media
from ..phone.phone import LinkDown, LinkUp, Phone, Stage, Standing, Talk, Told, Trouble
from .columns import duration
from .commands import BY_ID, keys_of
from .pressing import written
from .widgets.line import Clickable, Part
from .widgets.phone_bar import PhoneBar
from .widgets.status import BAD, QUIET, WAIT

if TYPE_CHECKING:
    from .app import EnigmaApp
    from .screens.phone import PhoneDialog

NOTIFIED_SECONDS = 15.0
"""So long after a call its notification may still come."""

SAID_SECONDS = 20.0

BELL_SECONDS = 4
"""How often the bell rings."""


@dataclass(slots=True)
class Ring:
    """What is known on the board of a call on the phone."""

    talk: Talk
    since_ms: int
    """When it began to ring, by the server's clock in milliseconds since the epoch."""
    key: CallKey | None = None
    """Its call, once the notification is there."""
    over_at: float | None = None
    """When it ended, by the event loop's clock; `None` while it lasts."""


class Telephone:
    """Runs the phone, and says and shows what it does."""

    def __init__(self, app: "EnigmaApp") -> None:
        """Prepare the phone that the settings make. Raises `UnusableError`, naming the setting."""
        self._app = app
        settings = app.settings
        self.extension = settings.extension
        self.phone = Phone(
            phoning.account(settings),
            phoning.sound(settings),
            agent=phoning.AGENT,
            told=self._take,
            backoff=phoning.backoff(),
        )
        self.ring: Ring | None = None
        """The call on the phone, or the last, for as long as something is left to do with it."""
        self.changed: Signal[None] = Signal(app, "phone")
        self._warned = False
        self._hung_up_here = False
        self._asked_at = -SAID_SECONDS
        """When the board was to be closed during a call, by the event loop's clock."""
        self._before: deque[CallKey] = deque(maxlen=20)
        """The calls of earlier invites."""

    # ── by key ──────────────────────────────────────────────────────────────────────────

    def focus(self) -> None:
        """Give the phone the keys; with a call just over, its outcome comes first."""
        from .screens.phone import PhoneDialog  # once it is asked for

        if any(isinstance(each, PhoneDialog) for each in self._app.screen_stack[:-1]):
            self._app.pop_screen()  # its help, which is all that can be over it
        waits = self.waits()
        if (dialog := self._dialog()) is not None:
            if waits is not None:
                dialog.dismiss(waits)
            return
        if waits is not None:
            self._dispose(waits)
            return

        def left(key: CallKey | None) -> None:
            if key is not None:
                self._dispose(key)

        self._app.push_screen(PhoneDialog(self), left)

    def key_of(self, command: str) -> str:
        """Return the first key that a command has in force, as people write it."""
        return written(keys_of(BY_ID[command], self._app.settings.keys)[0])

    def new_bar(self) -> PhoneBar:
        """Return a line that shows the call, for a screen."""
        return PhoneBar(self)

    def stays_for_now(self) -> bool:
        """Say, the first time, that there is a call, and that the board stays open for it."""
        talk = self.phone.talk
        if talk is None or self.phone.now() < self._asked_at + SAID_SECONDS:
            return False
        self._asked_at = self.phone.now()
        again = self.key_of("quit")
        self._say(
            f"You are on the phone with {self.caller(talk)}: {again} again hangs up, and closes.",
            "warning",
        )
        return True

    def waits(self) -> CallKey | None:
        """Return the call that is over and waits for its outcome, if there is one."""
        ring = self.ring
        return ring.key if ring is not None and ring.over_at is not None else None

    # ── what there is to see ────────────────────────────────────────────────────────────

    def call(self) -> Call | None:
        """Return the call of the board that is on the phone."""
        key = self.ring.key if self.ring else None
        return self._app.floor.board.calls.get(key) if key else None

    def caller(self, talk: Talk) -> str:
        """Return who calls, as it may be shown."""
        name = self._name(talk)
        return f"{self._number(talk)}  {name}" if name else self._number(talk)

    def _number(self, talk: Talk) -> str:
        return safe(self._app.floor.dialplan.caller(talk.number), 40) or "number withheld"

    def _name(self, talk: Talk) -> str:
        name = "" if self._app.floor.dialplan.masked else safe(talk.name, 40)
        return "" if name == safe(talk.number, 40) else name

    def status(self) -> Part:
        """Return the word for the top line."""
        phone = self.phone
        words = f"phone {self.extension}"
        match phone.standing:
            case Standing.REGISTERED:
                return Clickable(words, "phone"), QUIET
            case Standing.CONNECTING:
                return Clickable(f"{words} connecting", "phone"), WAIT
            case Standing.REFUSED:
                return Clickable(f"{words} not registered", "phone"), BAD
            case Standing.LOST:
                return Clickable(f"{words} lost: {phone.why}", "phone"), BAD

    def words(self) -> Iterator[tuple[int, str]]:
        """Yield what is to be said of the call, each with how dispensable it is."""
        talk = self.phone.talk
        if talk is None:
            return
        yield 0, "RINGING" if talk.stage is Stage.RINGING else talk.stage.value.upper()
        yield 1, duration(self.phone.seconds())
        yield 0, self._number(talk)
        if name := self._name(talk):
            yield 3, name
        if (call := self.call()) is not None:
            if call.contact_ref:
                yield 2, f"contact {safe(call.contact_ref, 40)}"
            yield 4, f"ref {call.key.call_ref}"
        yield from ((1, word) for word in self.marks(talk))
        if talk.trouble:
            yield 1, talk.trouble

    @staticmethod
    def marks(talk: Talk) -> Iterator[str]:
        """Yield what is different from a plain call."""
        if talk.muted:
            yield "MUTED"
        if talk.held:
            yield "ON HOLD"
        if talk.held_by_peer:
            yield "held by the PBX"

    # ── what happens ────────────────────────────────────────────────────────────────────

    def calls_changed(self) -> None:
        """Look whether the notification of a call on the phone has come."""
        if self.ring is not None and self.ring.key is None:
            self._look(self.ring, Tab.LIVE)

    def _look(self, ring: Ring, *tabs: Tab) -> None:
        """Look for a call's row; while it lasts, a newer one of the same caller takes its place."""
        floor = self._app.floor
        calls = floor.board.calls
        call = invited(
            (call for tab in tabs for key in floor.tally.keys(tab) if (call := calls.get(key))),
            extension=self.extension,
            number=ring.talk.number,
            since_ms=ring.since_ms,
            dialplan=floor.dialplan,
            others=self._before,
        )
        if call is None or call.key == ring.key:
            return
        ring.key = call.key
        if ring.over_at is not None:
            self._over(ring, late=True)
        self.changed.publish(None)

    def second_passed(self) -> None:
        """Show how long it lasts, ring on, and give up waiting for a notification."""
        ring = self.ring
        if ring is None:
            return
        if ring.over_at is None or ring.key is None:
            self._look(ring, Tab.LIVE, Tab.TO_DISPOSE)
        if self.phone.talk is not None and self.phone.talk.stage is Stage.RINGING:
            if int(self.phone.seconds()) % BELL_SECONDS == 0:
                self._app.bell()
        elif ring.over_at is not None and self._is_done_with(ring) and self.ring is ring:
            self.ring = None
        self.changed.publish(None)

    def _is_done_with(self, ring: Ring) -> bool:
        """Whether nothing is left to do with a call that is over."""
        floor = self._app.floor
        if not floor.caught_up or floor.paused:
            return False  # what is not there now may be about to come
        if ring.key is not None:
            call = self.call()
            return call is None or call.disposition is not None
        if self.phone.now() - (ring.over_at or 0.0) < NOTIFIED_SECONDS:
            return False
        self._say(
            f"No notification came of the call with {self.caller(ring.talk)}: nothing on the "
            "board is its.",
            "warning",
        )
        return True

    def _take(self, event: Told) -> None:
        app = self._app
        match event:
            case events.Invited():
                assert self.phone.talk is not None
                if self.ring is not None and self.ring.key is not None:
                    self._before.append(self.ring.key)
                self.ring = Ring(self.phone.talk, app.floor.now_ms())
                self.calls_changed()
                if self._dialog() is not None:
                    app.keyboard.forget()  # what is typed now was meant for the call before
                app.bell()
            case events.Ended():
                self._ended(event)
            case events.Registered() if not self._warned:
                self._warned = True
                self._say(" ".join(phoning.warnings(self.extension, os.environ)), "warning")
            case events.NotRegistered(why, again=False):
                self._say(f"Phone {self.extension} is not registered: {why}.", "error")
            case events.Busy(number, name):
                other = Talk("", number, name, 0.0)
                self._say(f"{self.caller(other)} called meanwhile, and was told it is busy.")
            case events.NotHeld(_, why):
                self._say(f"The call could not be held: {why}.", "error")
            case Trouble(why):
                self._say(why, "error")
            case media.Devices(missing=missing) if missing:
                self._say(missing, "warning")
            case _:
                pass
        if isinstance(event, LinkUp | LinkDown | events.Registered | events.NotRegistered):
            app.board.tell()
        self.changed.publish(None)

    def _ended(self, event: events.Ended) -> None:
        ring = self.ring
        if ring is None:
            return
        if ring.talk.answered is None:
            self.ring = None
            if event.how is events.How.CANCELLED:
                why = event.why or "nobody answered"
                self._say(f"{self.caller(ring.talk)} rang here: {why}.")
            elif event.how is events.How.LOST:
                self._say(f"{self.caller(ring.talk)} rang here: {event.why}.", "error")
            return
        ring.over_at = self.phone.now()
        self._look(ring, Tab.LIVE, Tab.TO_DISPOSE)
        self._hung_up_here = event.how is events.How.HUNG_UP
        if event.why:
            self._say(f"The call with {self.caller(ring.talk)} ended: {event.why}.", "error")
        self._over(ring)

    def _over(self, ring: Ring, *, late: bool = False) -> None:
        """Go on to the outcome: at once where the phone has the keys, and else when asked to."""
        if ring.key is None:
            return
        if (dialog := self._dialog()) is not None:
            if late or not self._hung_up_here:
                self._app.keyboard.forget()  # what is typed now is meant for the call
            dialog.dismiss(ring.key)
        else:
            key = self.key_of("phone")
            self._say(f"The call with {self.caller(ring.talk)} is over. {key} records its outcome.")

    def _dialog(self) -> "PhoneDialog | None":
        """Return the phone's dialog, where it has the keys."""
        from .screens.phone import PhoneDialog

        screen = self._app.screen
        return screen if isinstance(screen, PhoneDialog) else None

    def _dispose(self, key: CallKey) -> None:
        if self.ring is not None and self.ring.key == key:
            self.ring = None
        self._before.append(key)
        if (call := self._app.floor.board.calls.get(key)) is not None:
            self._app.acting.begin(call)

    def _say(self, words: str, severity: str = "information") -> None:
        self._app.told.say(words, severity, SAID_SECONDS)  # type: ignore[arg-type]
