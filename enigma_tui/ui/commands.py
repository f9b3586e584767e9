"""Every action of a supervisor, once: its key, its palette entry and its help.

The footer, the help screen, the command palette, the settings' `[keys]` table and
`enigma-tui keys` are all made from this list.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace
from textual.binding import Binding


class Group(StrEnum):
    """Where the help screen lists a command."""

    CALL = "The call under the cursor"
    MANY = "Many calls, and what was done"
    FIND = "Find"
    SHOW = "Show"
    MOVE = "Move"
    PROGRAM = "Program"
    PHONE = "On the phone"
    REPLAY = "The time, in a replay"


class Command(Struct, frozen=True):
    """One thing a supervisor can do."""

    id: str
    """Its name in the settings; `action_<id>` of the board's screen, or of the app, does it."""
    keys: str
    """Textual's names of its keys, with commas between them."""
    label: str
    help: str
    group: Group
    footer: bool = False
    writes: bool = False
    """Whether it changes something, and so is off in a read-only board."""
    shown_key: str | None = None
    of_app: bool = False
    parameter: str | None = None
    """What `action_<name>` is called with, where several commands share one."""

    @property
    def action(self) -> str:
        """The Textual action."""
        if self.of_app:
            return f"app.{self.id}"
        if self.parameter is None:
            return self.id
        return f"{self.id.rpartition('_')[0]}({self.parameter!r})"

    def binding(self) -> Binding:
        """Return it as a key binding of the board's screen."""
        return Binding(
            self.keys,
            self.action,
            self.label,
            show=self.footer,
            key_display=self.shown_key,
            id=self.id,
            tooltip=self.help,
        )


COMMANDS: tuple[Command, ...] = (
    Command(
        "disposition",
        "d",
        "Disposition",
        "Record the outcome: then the code's key",
        Group.CALL,
        footer=True,
        writes=True,
        of_app=True,
    ),
    Command(
        "details",
        "enter",
        "Details",
        "Fields, legs and the raw payload",
        Group.CALL,
        True,
        of_app=True,
    ),
    Command(
        "claim",
        "c",
        "Claim",
        "Tell the others that you have it; again releases it",
        Group.CALL,
        footer=True,
        writes=True,
        of_app=True,
    ),
    Command(
        "amend",
        "a",
        "Amend",
        "Another outcome for a call that has one, with a reason",
        Group.CALL,
        writes=True,
        of_app=True,
    ),
    Command(
        "repeat",
        "r",
        "Repeat",
        "Record what was recorded last, note and all",
        Group.CALL,
        writes=True,
        of_app=True,
    ),
    Command(
        "call_back",
        "b",
        "Call back",
        "Have the PBX call you, and then the caller",
        Group.CALL,
        writes=True,
        of_app=True,
    ),
    Command(
        "mark",
        "space",
        "Mark",
        "Mark it, and go on to the next",
        Group.MANY,
        footer=True,
        writes=True,
    ),
    Command(
        "mark_all",
        "asterisk",
        "Mark all",
        "Mark all that are shown; again takes the marks away",
        Group.MANY,
        writes=True,
        shown_key="*",
    ),
    Command(
        "disposition_marked",
        "D",
        "Disposition marked",
        "One outcome for all marked calls that are shown",
        Group.MANY,
        writes=True,
        of_app=True,
    ),
    Command(
        "undo",
        "u",
        "Undo",
        "Take back what was recorded last, a bulk as a whole",
        Group.MANY,
        writes=True,
        of_app=True,
    ),
    Command(
        "outbox",
        "o",
        "Outbox",
        "What waits for the server, and what it refused",
        Group.MANY,
        of_app=True,
    ),
    Command(
        "callbacks",
        "B",
        "Call-backs",
        "Who is to be called back, and when",
        Group.MANY,
        of_app=True,
    ),
    Command(
        "alerts",
        "n",
        "Alerts",
        "What has been alerted, and for which call",
        Group.MANY,
        of_app=True,
    ),
    Command(
        "acknowledge",
        "N",
        "Acknowledge",
        "Acknowledge every alert",
        Group.MANY,
        of_app=True,
    ),
    Command("copy", "y", "Copy", "Send its call reference to the clipboard", Group.CALL),
    Command(
        "filter", "slash", "Filter", "Show only calls that match", Group.FIND, True, shown_key="/"
    ),
    Command("extensions", "e", "Extension", "Choose extensions from a list", Group.FIND, True),
    Command("clear", "escape", "Clear", "Take the filter away", Group.FIND, shown_key="esc"),
    Command("tab_1", "1", "Live", "Calls that are connected", Group.SHOW, parameter="Live"),
    Command(
        "tab_2",
        "2",
        "To dispose",
        "Inbound calls that are over and have no outcome",
        Group.SHOW,
        parameter="To dispose",
    ),
    Command(
        "tab_3",
        "3",
        "Abandoned",
        "Callers who hung up before anyone answered",
        Group.SHOW,
        parameter="Abandoned",
    ),
    Command(
        "tab_4",
        "4",
        "Mine",
        "Calls that you claimed or disposed of",
        Group.SHOW,
        parameter="Mine",
    ),
    Command("tab_5", "5", "All", "Every call that the board holds", Group.SHOW, parameter="All"),
    *(
        Command(
            f"view_{key}",
            key,
            f"Saved view {key}",
            "Of all calls, those that pass a filter that was kept",
            Group.SHOW,
            parameter=key,
        )
        for key in "6789"
    ),
    Command("keep_view", "v", "Keep view", "Keep this filter under a name and a key", Group.FIND),
    Command("sort", "s", "Sort", "Choose the column to sort by", Group.SHOW, True),
    Command(
        "sort_previous",
        "less_than_sign",
        "Sort by previous column",
        "Sort by the column to the left",
        Group.SHOW,
        shown_key="<",
    ),
    Command(
        "sort_next",
        "greater_than_sign",
        "Sort by next column",
        "Sort by the column to the right",
        Group.SHOW,
        shown_key=">",
    ),
    Command("reverse", "z", "Reverse", "Turn the order round", Group.SHOW),
    Command(
        "columns", "t", "Columns", "Choose the columns, their order and their width", Group.SHOW
    ),
    Command(
        "window",
        "w",
        "Window",
        "Figures of the last 5 or 30 minutes, hour, or today",
        Group.SHOW,
    ),
    Command("pause", "p", "Pause", "Hold the display; collecting goes on", Group.SHOW),
    Command("follow", "f", "Follow", "Keep the newest call in sight", Group.SHOW),
    Command(
        "statistics",
        "i",
        "Statistics",
        "Plots and numbers: when calls came, how they were served",
        Group.SHOW,
    ),
    Command("rejected", "x", "Rejected", "Notifications that could not be read", Group.SHOW),
    Command("cursor_down", "j,down", "Down", "To the next call", Group.MOVE, shown_key="j ↓"),
    Command("cursor_up", "k,up", "Up", "To the previous call", Group.MOVE, shown_key="k ↑"),
    Command("page_down", "pagedown", "Page down", "A page down", Group.MOVE, shown_key="PgDn"),
    Command("page_up", "pageup", "Page up", "A page up", Group.MOVE, shown_key="PgUp"),
    Command("cursor_top", "g,home", "Top", "To the first call", Group.MOVE, shown_key="g"),
    Command("cursor_bottom", "G,end", "Bottom", "To the last call", Group.MOVE, shown_key="G"),
    Command(
        "help",
        "question_mark,f1",
        "Help",
        "This list; in a dialog, or with F1 while you type, help for that",
        Group.PROGRAM,
        footer=True,
        shown_key="?",
        of_app=True,
    ),
    Command(
        "theme",
        "T",
        "Theme",
        "Choose the colours from a list that shows them",
        Group.PROGRAM,
        of_app=True,
    ),
    Command(
        "settings",
        "ctrl+o",
        "Settings",
        "Settings in force, and where each came from",
        Group.PROGRAM,
        of_app=True,
    ),
    Command(
        "palette",
        "ctrl+p,colon",
        "Commands",
        "Find a command, a saved view or a theme by its name",
        Group.PROGRAM,
        shown_key="ctrl+p :",
        of_app=True,
    ),
    Command(
        "phone",
        "ctrl+t",
        "Phone",
        "The phone, from wherever you are: answer, hang up, mute, hold",
        Group.PROGRAM,
        writes=True,
        of_app=True,
    ),
    Command(
        "quit",
        "q",
        "Quit",
        "Close the board; nothing is lost",
        Group.PROGRAM,
        of_app=True,
    ),
)

_OWN_TO_REPLAY: tuple[Command, ...] = (
    Command("faster", "plus,equals_sign", "Faster", "Faster by a step, up to 100 times",
            Group.REPLAY, footer=True, shown_key="+"),
    Command("slower", "minus", "Slower", "Slower by a step, down to as fast as it was",
            Group.REPLAY, footer=True, shown_key="-"),
    Command("back_1", "left,left_square_bracket", "Back", "A minute back", Group.REPLAY,
            footer=True, shown_key="← [", parameter="1"),
    Command("forward_1", "right,right_square_bracket", "Forward", "A minute on", Group.REPLAY,
            footer=True, shown_key="→ ]", parameter="1"),
    Command("back_10", "shift+left,left_curly_bracket", "Ten back", "Ten minutes back",
            Group.REPLAY, shown_key="shift+← {", parameter="10"),
    Command("forward_10", "shift+right,right_curly_bracket", "Ten forward", "Ten minutes on",
            Group.REPLAY, shown_key="shift+→ }", parameter="10"),
    Command("beginning", "0", "Beginning", "Begin again", Group.REPLAY),
)  # fmt: skip
"""What only a replay can do."""

_OF_THE_PRESENT = frozenset({"outbox", "alerts", "acknowledge"})

_NOT_IN_THE_FOOTER = frozenset({"extensions", "sort"})
"""In a replay: 80 columns have room for the keys of the time, or for these."""

REPLAY_COMMANDS: tuple[Command, ...] = (
    Command("pause", "p", "Pause", "Stop the time, or let it go on", Group.REPLAY, footer=True),
    *_OWN_TO_REPLAY,
    *(
        replace(command, footer=command.footer and command.id not in _NOT_IN_THE_FOOTER)
        for command in COMMANDS
        if not command.writes and command.id not in {"pause", *_OF_THE_PRESENT}
    ),
)
"""What a supervisor can do in a replay; a key of `COMMANDS` does there what it does here."""

PHONE_COMMANDS: tuple[Command, ...] = (
    Command("phone_answer", "enter", "Answer", "Answer the call that rings", Group.PHONE),
    Command("phone_hang_up", "delete", "Hang up", "Hang up, or reject what rings", Group.PHONE),
    Command("phone_mute", "m", "Mute", "Send no sound from here; again sends it", Group.PHONE),
    Command("phone_hold", "h", "Hold", "Hold the call; again takes it back", Group.PHONE),
)
"""What can be done while the phone has the keys, and only then."""

READ_ONLY = "This board is read-only (--read-only): nothing can be changed from it."

REPLAYED = "This is a replay: what has been cannot be changed."

BY_ID: Mapping[str, Command] = {
    command.id: command for command in (*COMMANDS, *PHONE_COMMANDS, *_OWN_TO_REPLAY)
}


def keys_of(command: Command, keymap: Mapping[str, str]) -> list[str]:
    """Return Textual's names of a command's keys, with the settings' own keys in force."""
    return keymap.get(command.id, command.keys).split(",")


def shown_keys(command: Command, keymap: Mapping[str, str]) -> str:
    """Return a command's keys as people write them, with the settings' own keys in force."""
    if command.id in keymap:
        return keymap[command.id].replace(",", " ")
    return command.shown_key or command.keys.replace(",", " ")
