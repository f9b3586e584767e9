"""What came and how it was served: plots, with the numbers beside them."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Container, VerticalScroll
from textual.widgets import Static
from textual_plotext import PlotextPlot

from ...model.statistics import HOLD_EDGES, Share, Statistics, statistics
from ..floor import Floor
from ..widgets.figures import WINDOW_NAMES, seconds
from .dialog import Dialog

REFRESH_SECONDS = 5.0

LINES_MOST = 12
"""Lines of each table; what is left is summed up in one more."""

BESIDE_CELLS = 100
"""From this width two things stand beside one another."""


class StatisticsDialog(Dialog[None]):
    """Shows the statistics of the window that the figures are of."""

    TOPIC = "statistics"
    ABOUT = (
        "When calls came, how long they held, and the numbers by extension, dialled number and "
        "outcome, of the time that the figures are of."
    )
    EDGE = "w another time   j k scrolls   ? help   esc closes"
    AUTO_FOCUS = "VerticalScroll"
    BINDINGS = [  # noqa: RUF012
        ("i,q", "leave", "Close"),
        ("w", "window", "Another length of time"),
        ("j", "scroll(1)", "Down"),
        ("k", "scroll(-1)", "Up"),
    ]

    def __init__(self, floor: Floor, next_window: Callable[[], None]) -> None:
        super().__init__()
        self._floor = floor
        self._next_window = next_window

    def compose(self) -> ComposeResult:
        """Lay out the plots, and the tables below."""
        with VerticalScroll(classes="box wide"):
            yield Static(id="total", markup=False)
            with Container(id="plots", classes="sides"):
                yield PlotextPlot(id="arrivals")
                yield PlotextPlot(id="waits")
                yield PlotextPlot(id="holds")
                yield Static(id="hold-numbers", markup=False)
            with Container(id="tables", classes="sides"):
                yield Static(id="extensions", markup=False)
                yield Static(id="dialled", markup=False)
                yield Static(id="dispositions", markup=False)

    def on_mount(self) -> None:
        """Name the dialog, and look again every few seconds."""
        self.query_one(".box").border_title = "Statistics"
        self._look()
        self.set_interval(REFRESH_SECONDS, self._look)

    def on_resize(self, event: events.Resize) -> None:
        """Put things beside one another where there is room."""
        self.set_class(event.size.width >= BESIDE_CELLS, "-beside")

    def action_window(self) -> None:
        """Show another length of time."""
        self._next_window()
        self._look()

    @work(exclusive=True, group="reading")
    async def _look(self) -> None:
        floor = self._floor
        floor.figures()  # which moves the windows on
        since_ms = floor.metrics.since(floor.window) * 1000
        calls = list(floor.board.calls.values())  # calls are values: another thread may read them
        found = await asyncio.to_thread(statistics, calls, since_ms, floor.lens())
        self._show(found)

    def _show(self, found: Statistics) -> None:
        self.query_one("#total", Static).update(_summary(found, self._floor))
        _draw_arrivals(self.query_one("#arrivals", PlotextPlot), found)
        _draw_waits(self.query_one("#waits", PlotextPlot), found)
        _draw_holds(self.query_one("#holds", PlotextPlot), found)
        self.query_one("#hold-numbers", Static).update(_hold_numbers(found))
        self.query_one("#extensions", Static).update(_table("Extension", found.extensions))
        self.query_one("#dialled", Static).update(_table("Dialled", found.dialled))
        self.query_one("#dispositions", Static).update(_outcomes(found))


def _summary(found: Statistics, floor: Floor) -> Text:
    total = found.total
    told = floor.figures().abandoned is not None
    words = [f"{total.answered:,} answered"]
    if told:
        words.append(f"{total.abandoned:,} abandoned")
    words.append(f"mean hold {seconds(total.mean_hold)}")
    if total.mean_talk is not None:
        words.append(f"mean talk {seconds(total.mean_talk)}")
    busiest = max(found.times, key=lambda each: each.calls)
    if busiest.calls:
        place = found.times.index(busiest)
        length = _length(found.step_seconds)
        words.append(f"busiest {length}: {busiest.calls:,} calls at {_at(found, place)}")
    text = Text(f"{WINDOW_NAMES[floor.window].capitalize()}  ", "bold")
    return text.append(" · ".join(words) + "\n", "not bold")


def _at(found: Statistics, place: int) -> str:
    first = found.since_ms // 1000 // found.step_seconds
    seconds = (first + place) * found.step_seconds
    at = datetime.fromtimestamp(seconds).astimezone()
    return at.strftime("%H:%M" if found.step_seconds >= 60 else "%H:%M:%S")


# ── plots ───────────────────────────────────────────────────────────────────────────────────


def _begin(plot: PlotextPlot, title: str) -> None:
    plot.plt.clear_figure()
    plot.plt.title(title)


def _colour(plot: PlotextPlot, name: str) -> tuple[int, int, int]:
    """Return a colour of the theme as plotext takes it."""
    return Color.parse(plot.app.theme_variables[name]).rgb


def _label_times(plot: PlotextPlot, found: Statistics) -> None:
    count = len(found.times)
    places: list[float] = sorted({0, count // 2, count - 1})
    plot.plt.xticks(places, [_at(found, int(place)) for place in places])


def _count_up(plot: PlotextPlot, most: int) -> None:
    """Label the axis of a number of calls, which is always a whole one."""
    step = max(1, -(-most // 4))
    ticks = list(range(0, most + step, step))
    plot.plt.ylim(0, max(1, ticks[-1]))
    plot.plt.yticks(list(map(float, ticks)), [f"{tick:,}" for tick in ticks])


def _draw_arrivals(plot: PlotextPlot, found: Statistics) -> None:
    _begin(plot, f"Calls in each {_length(found.step_seconds)}")
    places = range(len(found.times))
    if found.total.abandoned:  # one bar over the other: what is seen of the first is the rest
        calls = [each.calls for each in found.times]
        plot.plt.bar(places, calls, color=_colour(plot, "abandoned"), label="abandoned")
    answered = [each.answered for each in found.times]
    plot.plt.bar(places, answered, color=_colour(plot, "primary"), label="answered")
    _count_up(plot, max(each.calls for each in found.times))
    _label_times(plot, found)
    plot.refresh()


def _draw_waits(plot: PlotextPlot, found: Statistics) -> None:
    _begin(plot, "Hold of answered calls, seconds: mean and longest")
    held = [(place, each) for place, each in enumerate(found.times) if each.held]
    if held:
        places = [place for place, _ in held]
        for name, colour, values in (
            ("longest", "warning", [each.longest for _, each in held]),
            ("mean", "primary", [each.mean_hold for _, each in held]),
        ):
            plot.plt.plot(places, values, label=name, color=_colour(plot, colour))
        plot.plt.xlim(0, len(found.times) - 1)
        plot.plt.ylim(0, None)
    _label_times(plot, found)
    plot.refresh()


def _draw_holds(plot: PlotextPlot, found: Statistics) -> None:
    _begin(plot, "Answered calls by hold, seconds")
    # Short names: of those that touch one another plotext leaves some out, now these, now those.
    names = [*(f"≤{edge}" for edge in HOLD_EDGES), f">{HOLD_EDGES[-1]}"]
    counts = [count for _, count in found.holds]
    plot.plt.bar(names, counts, color=_colour(plot, "primary"))
    _count_up(plot, max(counts))
    plot.refresh()


def _length(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    return "minute" if minutes == 1 else f"{minutes} min" if minutes < 60 else "hour"


# ── numbers ─────────────────────────────────────────────────────────────────────────────────


def _grid(*titles: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for place, title in enumerate(titles):
        table.add_column(title, justify="right" if place else "left", no_wrap=True)
    return table


def _hold_numbers(found: Statistics) -> Table:
    table = _grid("Hold", "calls", "share", "up to here")
    total = sum(count for _, count in found.holds)
    so_far = 0
    for name, count in found.holds:
        so_far += count
        shares = (f"{count / total:.0%}", f"{so_far / total:.0%}") if total else ("—", "—")
        table.add_row(name, f"{count:,}", *shares)
    return table


def _table(title: str, shares: Sequence[Share]) -> Table:
    table = _grid(title, "answered", "abandoned", "hold", "talk")
    for share in _cut(shares):
        table.add_row(
            share.name or "not told",
            f"{share.answered:,}",
            f"{share.abandoned:,}" if share.abandoned else "—",
            seconds(share.mean_hold),
            seconds(share.mean_talk),
        )
    return table


def _outcomes(found: Statistics) -> Table:
    table = _grid("Disposition", "calls", "share")
    for share in _cut(found.dispositions):
        part = f"{share.calls / found.total.calls:.0%}"
        table.add_row(share.name or "none", f"{share.calls:,}", part)
    return table


def _cut(shares: Sequence[Share]) -> Iterator[Share]:
    """Yield the first, and the others in one."""
    yield from shares[:LINES_MOST]
    others = shares[LINES_MOST:]
    if others:
        rest = Share(f"{len(others):,} others")
        for each in others:
            for name in ("answered", "abandoned", "held", "hold", "talked", "talk"):
                setattr(rest, name, getattr(rest, name) + getattr(each, name))
        yield rest
