"""Asks before anything is taken from a list for the first time."""

from collections.abc import Awaitable, Callable, Iterator, Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from ...journal.readers import ListDepth, Look
from ..pressing import KEY, pressing
from .dialog import Dialog

Looking = Callable[[], Awaitable[Sequence[Look]]]
"""Looks for other programs that read the lists; it takes some seconds."""


class ConsentDialog(Dialog[bool | None]):
    """Says what collecting takes, from where, and what that means for others.

    While it is open it looks whether another program reads there. Only then can it be answered
    with yes, and where one was found not at all.
    """

    TOPIC = "collecting"
    ABOUT = (
        "Collecting takes notifications from the PBX's lists and keeps them in the journal, from "
        "which every board reads. Another program that reads the same lists would no longer see "
        "them; relay_to of a source gives it a copy. It is asked once for the whole site."
    )
    BINDINGS = [  # noqa: RUF012
        ("y", "answer(True)", "Collect"),
        ("n", "answer(False)", "Watch only"),
    ]

    def __init__(self, lists: Sequence[ListDepth], journal: str, look: Looking) -> None:
        """Prepare the question about `lists`, which would be moved to `journal`."""
        super().__init__()
        self._lists = lists
        self._journal = journal
        self._look = look
        self.looks: Sequence[Look] | None = None
        """What was found; `None` while it is still being looked for."""

    @property
    def found(self) -> bool:
        """Whether another program has been seen."""
        return any(look.readers for look in self.looks or ())

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical(classes="box"):
            # The keys stay in sight, however long the text above them.
            with VerticalScroll(id="told"):
                yield Static(self._text(), id="text", markup=False)
            yield Static(self._keys(), id="keys", markup=False)

    def on_mount(self) -> None:
        """Name the dialog, and begin to look."""
        self.query_one(".box").border_title = "Collect notifications?"
        self.run_worker(self._looking(), name="looking")

    async def _looking(self) -> None:
        self.looks = await self._look()
        self.app.clear_notifications()  # which said that it was being looked for
        self.query_one("#text", Static).update(self._text())
        self.query_one("#keys", Static).update(self._keys())

    def _text(self) -> Text:
        text = Text()
        text.append("Nobody has collected for this board yet.\n\n", "bold")
        text.append("Collecting takes every notification from\n")
        for where in dict.fromkeys(each.where for each in self._lists):
            for each in self._lists:
                if each.where == where:
                    text.append(f"  {each.key}", "bold")
                    text.append(f"  ({each.fault or f'{each.waiting:,} waiting'})\n")
            text.append(f"at {where}\n")
        text.append(f"and keeps it in {self._journal}.\n\n")
        if self.found:
            self._warn(text)
        else:
            text.append("Another program that reads the list would no longer see them.\n")
            text.append("If a screen-pop or a CRM reads it today, answer n.\n\n")
        if self.looks is None:
            text.append("Looking whether another program reads there…\n\n", "italic")
        elif not self.found:
            for line in self._nothing_found(self.looks):
                text.append(f"{line}\n")
        return text

    def _keys(self) -> Text:
        text = Text()
        if self.looks is not None and not self.found:
            text.append(" y ", KEY + pressing("y"))
            text.append("  Collect, for every board of this site\n", pressing("y"))
        text.append(" n ", KEY + pressing("n"))
        text.append("  Watch only, as with --no-collect; nothing is taken", pressing("n"))
        return text

    @staticmethod
    def _nothing_found(looks: Sequence[Look]) -> Iterator[str]:
        for look in looks:
            if look.hindered:
                yield f"Could not look who reads at {look.where}: {look.hindered}."
            else:
                yield f"No other program was seen reading at {look.where}."

    def _warn(self, text: Text) -> None:
        text.append("Another program takes from lists there:\n", "bold")
        for look in self.looks or ():
            for reader in look.readers:
                text.append(f"  {reader}\n", "bold")
        text.append(
            "Which lists it reads is not visible. If one of those above, collecting would take its "
            "notifications away. To keep it, have it read another list, named in relay_to of "
            "`enigma-tui site edit`: that gets a copy. To collect in spite of it: "
            "enigma-tui --collect."
        )

    def action_answer(self, yes: bool) -> None:
        """Close with the answer; a yes counts only when nobody has been found."""
        if yes and self.looks is None:
            self.notify("Still looking whether another program reads there.", markup=False)
        elif yes and self.found:
            self.notify("Another program reads there; see above how to go on.", markup=False)
        else:
            self.dismiss(yes)

    def action_leave(self) -> None:
        """Leaving without an answer takes nothing."""
        self.dismiss(False)
