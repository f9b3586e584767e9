"""The line of the phone: who rings or is spoken with, wherever the keys go."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...phone.phone import Stage
from .below import shown_anew
from .line import Clickable, Item, Line

if TYPE_CHECKING:
    from ..telephone import Telephone

RINGING, TALKING, WORDS, HINT = (
    f"phone--{name}" for name in ("ringing", "talking", "words", "hint")
)


class PhoneBar(Line):
    """One line; takes no room while nobody is on the phone, and never the keys."""

    COMPONENT_CLASSES = {RINGING, TALKING, WORDS, HINT}  # noqa: RUF012

    def __init__(self, telephone: "Telephone") -> None:
        super().__init__()
        self._telephone = telephone
        self.display = False

    def on_mount(self) -> None:
        """Show what there is already, and what there will be."""
        self._telephone.changed.subscribe(self, lambda _: self.follow())
        self.follow()

    def follow(self) -> None:
        """Show what the phone does."""
        self.display = self._telephone.phone.talk is not None
        shown_anew(self)
        self.tell()

    def items(self) -> Sequence[Item]:
        """Return who it is, and how far the call has come."""
        return list(self._items())

    def _items(self) -> Iterator[Item]:
        words = list(self._telephone.words())
        for place, (rank, text) in enumerate(words):
            stage = RINGING if self._is_ringing() else TALKING
            yield rank, ((text, WORDS) if place else (f" {text} ", stage),)
        key = self._telephone.key_of("phone")
        if self._is_ringing():
            answer = self._telephone.key_of("phone_answer")
            yield 1, ((Clickable(f"{key}, then {answer} answers", "phone"), HINT),)
        else:
            yield 5, ((Clickable(f"{key} hangs up, mutes, holds", "phone"), HINT),)

    def _is_ringing(self) -> bool:
        talk = self._telephone.phone.talk
        return talk is not None and talk.stage is Stage.RINGING
