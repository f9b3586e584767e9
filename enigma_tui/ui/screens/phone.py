"""The phone with the keys: only here a call is answered."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from ...model.call import CallKey
from ...model.text import safe
from ...phone.media import SILENT
from ...phone.phone import Stage, Standing, Talk
from ..columns import duration
from ..commands import PHONE_COMMANDS
from ..pressing import hint
from .dialog import Dialog

if TYPE_CHECKING:
    from ..telephone import Telephone

BAR_CELLS = 20
QUIETEST = -60.0
"""dBFS; what is quieter shows as nothing."""


class PhoneDialog(Dialog[CallKey]):
    """Shows the call on the phone, and takes its keys; returns a call whose outcome is wanted."""

    TOPIC = "the phone"
    ABOUT = (
        "Rings when the PBX calls your extension. Only here a call is answered; esc goes back to "
        "the board, and the call goes on. When it is over, its outcome is asked for."
    )
    RINGS = False
    BINDINGS = [command.binding() for command in PHONE_COMMANDS]  # noqa: RUF012

    def __init__(self, telephone: "Telephone") -> None:
        super().__init__()
        self._telephone = telephone

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="box"):
            yield Static(id="who", markup=False)
            yield Static(id="state", markup=False)
            yield Static(id="sound", markup=False)
            yield Static(id="problem", markup=False)
            yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Name it, and follow what the phone does."""
        self.query_one(".box").border_title = f"Phone {self._telephone.extension}"
        self._telephone.changed.subscribe(self, lambda _: self._follow())
        self._follow()

    def action_phone_answer(self) -> None:
        """Answer what rings; where the PBX refused the extension, try again."""
        phone = self._telephone.phone
        if phone.talk is not None:
            phone.answer()
        elif (waits := self._telephone.waits()) is not None:
            self.dismiss(waits)
        elif phone.standing is Standing.REFUSED:
            phone.register()
        self._telephone.changed.publish(None)

    def action_phone_hang_up(self) -> None:
        """Hang up, or reject."""
        self._telephone.phone.hang_up()

    def action_phone_mute(self) -> None:
        """Mute, or no longer."""
        self._telephone.phone.mute()
        self._telephone.changed.publish(None)

    def action_phone_hold(self) -> None:
        """Hold, or no longer."""
        self._telephone.phone.hold()

    def _follow(self) -> None:
        talk = self._telephone.phone.talk
        parts = self._idle() if talk is None else self._talking(talk)
        for name, words in zip(("who", "state", "sound", "problem", "hint"), parts, strict=True):
            part = self.query_one(f"#{name}", Static)
            part.update(hint(words) if name == "hint" else words)
            part.display = bool(words)

    def _idle(self) -> Iterator[str]:
        """Yield what there is to say while nobody calls."""
        telephone, phone = self._telephone, self._telephone.phone
        ring = telephone.ring
        waits = telephone.waits()
        if ring is not None and ring.over_at is not None:
            yield telephone.caller(ring.talk)
            left = "its outcome is not recorded" if waits else "its notification is waited for"
            yield f"The call is over; {left}."
        else:
            yield "Nobody is on the phone."
            others = f"; {phone.others} more for it" if phone.others else ""
            yield {
                Standing.REGISTERED: f"Registered with the PBX{others}.",
                Standing.CONNECTING: "Connecting …",
                Standing.REFUSED: f"Not registered: {phone.why}.",
                Standing.LOST: f"No connection: {phone.why}. It is tried again by itself.",
            }[phone.standing]
        yield ""
        yield ""
        if waits is not None:
            yield self._hint(("phone_answer", "records it"))
        elif phone.standing is Standing.REFUSED:
            yield self._hint(("phone_answer", "tries again"))
        else:
            yield self._hint()

    def _talking(self, talk: Talk) -> Iterator[str]:
        """Yield what there is to say of a call."""
        telephone = self._telephone
        call = telephone.call()
        who = telephone.caller(talk)
        if call is not None:
            contact = f"   contact {safe(call.contact_ref, 40)}" if call.contact_ref else ""
            who += f"\nref {call.key.call_ref}{contact}"
        yield who
        state = [talk.stage.value, duration(telephone.phone.seconds()), *telephone.marks(talk)]
        yield "   ".join(state)
        up = talk.stage is Stage.UP
        here, there = map(self.bar, talk.levels)
        yield f"you   {here}\nthem  {there}" if up else ""
        yield talk.trouble
        if up:
            mute = "unmutes" if talk.muted else "mutes"
            hold = "resumes" if talk.held else "holds"
            yield self._hint(
                ("phone_hang_up", "hangs up"), ("phone_mute", mute), ("phone_hold", hold)
            )
        elif talk.stage is Stage.RINGING:
            yield self._hint(("phone_answer", "answers"), ("phone_hang_up", "rejects"))
        else:
            yield self._hint(("phone_hang_up", "hangs up"))

    def _hint(self, *keys: tuple[str, str]) -> str:
        hints = [f"{self._telephone.key_of(command)} {words}" for command, words in keys]
        return "   ".join([*hints, "esc back to the board"])

    @staticmethod
    def bar(level: float) -> str:
        """Draw how loud it is, in dBFS, with a word where it is silent."""
        if level <= max(SILENT, QUIETEST):
            return f"{'·' * BAR_CELLS}  silent"
        cells = round((1 - level / QUIETEST) * BAR_CELLS)
        return f"{'█' * cells}{'·' * (BAR_CELLS - cells)}"
