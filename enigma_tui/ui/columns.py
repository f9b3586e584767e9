"""The table's columns: what each shows, how wide it is, and which fit.

Everything here is a function of a call and of what the floor knows; nothing is painted yet.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from msgspec import Struct, structs
from rich.cells import cell_len, set_cell_size

from ..model.call import Call, CallState
from ..model.query import Lens
from .floor import Floor

ELLIPSIS = "…"

_HALF_A_DAY_MS = 12 * 3600_000


class Marks(Struct, frozen=True):
    """From how many seconds on hold a call is marked."""

    warning: float = 60.0
    critical: float = 120.0


class Cell(Struct, frozen=True, gc=False):
    """A text, and the name of the style it has; a colour never stands without its word."""

    text: str
    style: str = ""
    short: str = ""
    """What stands there instead where the column is too narrow for all of `text`."""

    def fitted(self, width: int, right: bool) -> str:
        """Return the text in exactly `width` cells, or the short one where only that fits."""
        if self.short and cell_len(self.text) > width:
            return fill(self.short, width, right)
        return fill(self.text, width, right)


class Look(Struct, frozen=True):
    """What the cells of one paint share: it is worked out once for all of them."""

    floor: Floor
    marks: Marks
    lens: Lens
    by_shown: bool = False
    """Whether there is room for the column that names who claims a call, or disposed of it."""

    @property
    def now_ms(self) -> int:
        """The server's time, in milliseconds."""
        return self.lens.now_ms


class Column(Struct, frozen=True):
    """One column."""

    sort: str
    """What it sorts by (`model.sorting`)."""
    title: str
    cell: Callable[[Call, Look], Cell]
    least: int
    """The width below which it is rather left out."""
    wanted: int
    priority: int
    """The lower, the longer it stays when the terminal gets narrow."""
    right: bool = False
    stretch: bool = False
    """Whether it takes what is left over."""


def duration(seconds: float) -> str:
    """Write seconds as `0:41`, `12:05` or `1:02:03`."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def clock(ms: int) -> str:
    """Write a point in time (milliseconds since the epoch) as local hours, minutes, seconds."""
    return _clock(ms // 1000)


def moment(ms: int, now_ms: int) -> str:
    """Write a point in time as `clock` does, with the date before it if that is not today's."""
    day, today = (datetime.fromtimestamp(at / 1000).astimezone().date() for at in (ms, now_ms))
    if day == today:
        return clock(ms)
    year = f" {day.year}" if day.year != today.year else ""
    return f"{day.day} {day:%b}{year} {clock(ms)}"


@lru_cache(4096)
def _clock(seconds: int) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")


def state_word(call: Call, look: Look) -> Cell:
    """Name the state; a question mark says that an end is assumed, not reported."""
    state = call.state(look.now_ms, look.floor.board.policy)
    if state is CallState.LIVE:
        return Cell("live", "live")
    if state is CallState.ABANDONED:
        return Cell("abandoned", "abandoned")
    if state is CallState.GHOST:
        return Cell("ghost", "ghost")
    if state is CallState.SUPERSEDED:
        return Cell("replaced", "ghost")
    assumed = call.end is None or call.end.assumed
    return Cell("ended?" if assumed else "ended", "over")


def _at(call: Call, look: Look) -> Cell:
    if look.now_ms - call.began.ms < _HALF_A_DAY_MS:
        at = clock(call.began.ms)
        return Cell(f"≤{at[:5]}" if call.late else at)
    # Long ago the day matters more than the second.
    return Cell(moment(call.began.ms, look.now_ms).rpartition(" ")[0] or clock(call.began.ms))


def _caller(call: Call, look: Look) -> Cell:
    if not call.caller:
        return Cell("unknown", "absent")
    return Cell(look.floor.dialplan.caller(call.caller))


def _dialled(call: Call, look: Look) -> Cell:
    if not call.dialled:
        return Cell("—", "absent")
    if label := look.lens.label(call.dialled):
        return Cell(label)
    number = look.floor.dialplan.international(call.dialled)
    return Cell(number, short=ELLIPSIS + number[-7:])


def _hold(call: Call, look: Look) -> Cell:
    if call.hold is None:
        return Cell("—  ", "absent")
    text = duration(call.hold)
    if call.hold >= look.marks.critical:
        return Cell(f"{text} ‼", "critical")
    if call.hold >= look.marks.warning:
        return Cell(f"{text} !", "warning")
    return Cell(f"{text}  ")


def _talk(call: Call, look: Look) -> Cell:
    if call.state(look.now_ms, look.floor.board.policy) is CallState.ENDED and call.end is None:
        return Cell("—", "absent")
    seconds = call.talk_seconds(look.now_ms)
    if seconds is None or (call.end and call.end.abandoned):
        return Cell("—", "absent")
    bound = call.late and (call.end is None or call.end.talk is None)
    return Cell(("≥" if bound else "") + duration(seconds))


def _optional(get: Callable[[Call], str]) -> Callable[[Call, Look], Cell]:
    def cell(call: Call, _: Look) -> Cell:
        value = get(call)
        return Cell(value) if value else Cell("—", "absent")

    return cell


def _disposition(call: Call, look: Look) -> Cell:
    if (waiting := look.floor.waits(call.key)) is not None:
        return Cell(f"waits: {waiting}", "pending", short="waits")
    # What stands is told before who has the call: sorts and filters go by it, too.
    if call.disposition is not None:
        return Cell(call.disposition.code, "disposed")
    if claimant := call.claimed_by(look.now_ms):
        name = "me" if claimant == look.lens.own_name else claimant
        if look.by_shown:
            return Cell("claimed", "claimed")
        return Cell(f"claimed: {name}", "claimed", short=f"{name} has it")
    return Cell("—", "absent")


def _by(call: Call, look: Look) -> Cell:
    if call.disposition is not None:
        by = call.disposition.by
        return Cell("me" if by == look.lens.own_name else by)
    if claimant := call.claimed_by(look.now_ms):
        return Cell("me" if claimant == look.lens.own_name else claimant, "claimed")
    return Cell("—", "absent")


COLUMNS: tuple[Column, ...] = (
    Column("began", "At", _at, 8, 8, 10),
    Column("state", "State", state_word, 9, 9, 0),
    Column("caller", "Caller", _caller, 15, 16, 1, stretch=True),
    Column("dialled", "Dialled", _dialled, 8, 16, 4),
    Column("hold", "Hold", _hold, 7, 9, 2, right=True),
    Column("talk", "Talk", _talk, 6, 8, 6, right=True),
    Column("ext", "Ext", _optional(lambda call: call.extension), 4, 6, 3),
    Column("contact", "Contact", _optional(lambda call: call.contact_ref), 8, 14, 7, stretch=True),
    Column("ref", "Call ref", _optional(lambda call: call.key.call_ref), 8, 10, 9),
    Column("disposition", "Disposition", _disposition, 12, 18, 5),
    Column("by", "By", _by, 10, 14, 11),
)

SOURCE = Column("source", "Source", _optional(lambda call: call.key.source), 6, 10, 8)
"""Stands before the reference, which is only its source's own, where there are several."""


_REF = [column.sort for column in COLUMNS].index("ref")
EVERY: Mapping[str, Column] = {
    column.sort: column for column in (*COLUMNS[:_REF], SOURCE, *COLUMNS[_REF:])
}
"""Every column by its name, in the usual order."""


def titled(column: Column) -> str:
    """Name a column where there is room for more than its title."""
    titles = {"began": "Time of connection", "talk": "Talk / since", "by": "Disposed of by"}
    return titles.get(column.sort, column.title)


LEAST_WIDTH = 4
"""Cells; in less, nothing can be read."""


def columns(several_sources: bool, chosen: Mapping[str, int] | None = None) -> Sequence[Column]:
    """Return the columns there are, as far as there is room for them.

    Those that were `chosen`, in their order, each with a width or 0; the usual ones else. The
    source is of use only where there are several.
    """
    names = [name for name in chosen or EVERY if name != "source" or several_sources]
    if not names:  # the source alone was chosen, and there is one
        return columns(several_sources)
    return [_as_wide(EVERY[name], chosen[name] if chosen else 0) for name in names]


def _as_wide(column: Column, width: int) -> Column:
    if not width:
        return column
    return structs.replace(column, least=width, wanted=width, stretch=False)


def columns_mistake(chosen: Mapping[str, int]) -> str:
    """Return what is wrong in the settings' columns; nothing is an empty text."""
    for name, width in chosen.items():
        if name not in EVERY:
            return f"there is no column {name!r}; there are {', '.join(EVERY)}"
        if 0 < width < LEAST_WIDTH:
            return f"{name} is {width} wide; expected are {LEAST_WIDTH} cells or more, or 0"
    return ""


GAP = 1


class Placed(Struct, frozen=True):
    """A column and the width it has been given."""

    column: Column
    width: int


def fit(width: int, columns: Sequence[Column] = COLUMNS) -> Sequence[Placed]:
    """Choose the columns that fit into `width` cells, and how wide each is.

    Columns are left out by priority; what remains is given first to bring every column to the
    width it wants, then to those that stretch.
    """
    chosen: list[Column] = []
    left = width
    for column in sorted(columns, key=lambda column: column.priority):
        need = column.least + (GAP if chosen else 0)
        if need > left and chosen:
            break
        chosen.append(column)
        left -= need
    widths = {column.sort: column.least for column in chosen}
    for column in sorted(chosen, key=lambda column: column.priority):
        more = min(left, column.wanted - column.least)
        if more > 0:
            widths[column.sort] += more
            left -= more
    stretching = [column for column in chosen if column.stretch]
    for place, column in enumerate(stretching):
        share = left // (len(stretching) - place)
        widths[column.sort] += max(0, share)
        left -= max(0, share)
    return [Placed(column, widths[column.sort]) for column in columns if column in chosen]


def fill(text: str, width: int, right: bool = False) -> str:
    """Cut or pad a text to exactly `width` cells; an ellipsis tells of a cut."""
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + ELLIPSIS if width > 1 else ELLIPSIS[:width]
    if length == width:
        return text
    padding = " " * (width - length)
    return padding + text if right else text + padding
