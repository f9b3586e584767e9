"""Everything that is known of one call, down to the bytes the PBX sent."""

import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from ...model.call import Call, CallKey, Deed, DeedKind, EntryId
from ...model.notification import MAX_BYTES
from ...model.query_edit import with_field
from ...model.related import related
from ...model.text import safe
from ..columns import Look, duration, moment, state_word
from .dialog import Dialog

Payload = tuple[EntryId, bytes | None]
"""An entry and what arrived with it; `None` when the journal no longer has it."""

SHOWN_MOST = 20_000
"""Characters of a payload that are shown."""


class DetailsDialog(Dialog[None]):
    """Shows one call, kept up to date while it is open."""

    TOPIC = "a call"
    ABOUT = (
        "Everything that is known of one call, kept up to date: its fields, its legs and what was "
        "done to it, other calls of the same caller, and what the PBX sent."
    )
    EDGE = "j k scrolls   ? help   esc closes"
    BINDINGS = [  # noqa: RUF012
        ("enter,q", "leave", "Close"),
        ("j,down", "scroll(1)", "Down"),
        ("k,up", "scroll(-1)", "Up"),
    ]

    def __init__(
        self,
        key: CallKey,
        look: Callable[[], Look],
        payloads: Callable[[Sequence[EntryId]], Awaitable[Sequence[Payload]]],
    ) -> None:
        """Prepare the dialog; `payloads` reads what arrived from the journal."""
        super().__init__()
        self._key = key
        self._look = look
        self._payloads = payloads
        self._raw = Text("reading the journal …", "dim")
        self._read: tuple[EntryId, ...] = ()
        self._reading = False
        self._looked: EntryId | None = None
        """The newest entry when the related calls were looked for."""

    def compose(self) -> ComposeResult:
        """Lay out one scrolling text."""
        with VerticalScroll(classes="box wide"):
            yield Static(id="facts", markup=False)
            yield Static(id="related", markup=False)
            yield Static(id="raw", markup=False)

    def on_mount(self) -> None:
        """Show what is known now, and look again every second."""
        self.query_one(".box").border_title = "Call"
        self.refresh_facts()
        self.set_interval(1.0, self.refresh_facts)

    def refresh_facts(self) -> None:
        """Bring the text up to date."""
        look = self._look()
        call = look.floor.board.calls.get(self._key)
        if call is None:
            return
        told = _columns()
        for name, value in facts(call, look):
            told.add_row(Text(f"{name:<12}", "bold"), Text(value))
        happened = _columns()
        for ms, words in timeline(call):
            happened.add_row(Text(f"  {moment(ms, look.now_ms)} ", "dim"), Text(words))
        gap = Text("")
        title = Text("Timeline", "bold")
        self.query_one("#facts", Static).update(Group(told, gap, title, happened, gap))
        if self._looked != look.floor.last:
            self._looked = look.floor.last
            self.query_one("#related", Static).update(Group(*others(call, look)))
        entries = tuple(
            dict.fromkeys(
                [leg.entry for leg in call.legs]
                + ([call.end.entry] if call.end and not call.end.assumed else [])
            )
        )
        if entries != self._read and not self._reading:
            self._read_payloads(entries)

    @work(exclusive=True, group="reading")
    async def _read_payloads(self, entries: Sequence[EntryId]) -> None:
        self._reading = True
        found = await self._payloads(entries)
        self._reading = False
        if all(raw is not None for _, raw in found):
            self._read = tuple(entries)  # otherwise it is tried again: the server may be away
        lines: list[RenderableType] = [Text("As it arrived", "bold")]
        for entry, raw in found:
            at = moment(entry.ms, self._look().now_ms)
            lines.append(Text(f"  {at}  entry {entry}", "dim"))
            if self._look().floor.dialplan.masked:
                lines.append(Text("    not shown: this board masks callers' numbers", "dim"))
            elif raw is None:
                lines.append(Text("    no longer in the journal, or the server is away", "dim"))
            else:
                lines += [_indented(line) for line in pretty(raw).split("\n")]
        if not found:
            lines.append(Text("    not known: an exported file does not have it", "dim"))
        self.query_one("#raw", Static).update(Group(*lines))


def _columns() -> Table:
    """Return two columns, of which the second wraps within itself."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    return table


def _indented(line: str) -> Padding:
    """Have a line that wraps keep its indentation."""
    words = line.lstrip(" ")
    return Padding(Text(words, overflow="fold"), (0, 0, 0, len(line) - len(words)))


def facts(call: Call, look: Look) -> Iterator[tuple[str, str]]:
    """Yield the name and value of every field."""
    floor = look.floor
    label = look.lens.label(call.dialled)
    dialled = floor.dialplan.international(call.dialled)
    yield "State", state_word(call, look).text + ("  (assumed)" if _assumed(call, look) else "")
    yield "Caller", floor.dialplan.caller(call.caller) or "unknown"
    yield "Dialled", f"{label}  {dialled}" if label else dialled or "not told"
    yield (
        "Extension",
        (
            " → ".join(leg.extension or "?" for leg in call.legs)
            or call.extension
            or "nobody took it"
        ),
    )
    yield "Hold", "not told" if call.hold is None else duration(call.hold)
    talk = call.talk_seconds(look.now_ms)
    bound = "at least " if call.late else ""
    name = "Talk" if floor.has_cdr(call) else "Since"
    yield name, "not known" if talk is None else bound + duration(talk)
    if (wrap := floor.agents.wrap_seconds(call.key, look.now_ms)) is not None:
        yield "Wrap-up", duration(wrap)
    if (agent := floor.agents.on(call.extension, call.key.source)) is not None:
        campaign = f", campaign {agent.campaign}" if agent.campaign else ""
        since = duration(agent.seconds(look.now_ms))
        yield "Agent now", f"{agent.word} for {since}{campaign}"
    yield "Contact ref", call.contact_ref or "none keyed in"
    yield "Call ref", call.key.call_ref
    yield "Direction", call.direction.value
    yield "Source", f"{call.key.source}, {call.key.feed}"
    if call.end is not None and not call.end.assumed:
        code = f", ISDN cause {call.end.code}" if call.end.code else ""
        yield "End", (call.end.reason or "no reason told") + code
        if call.end.recording:
            yield "Recording", call.end.recording
    if claimant := call.claimed_by(look.now_ms):
        yield "Claimed", f"by {claimant}"
    if call.disposition is not None:
        done = call.disposition
        who = "server's ACL user" if done.verified else "self-declared"
        yield "Disposition", done.code
        yield "By", f"{done.by} ({who}), {moment(done.at_ms, look.now_ms)}"
        if done.reason:
            yield "Amended", done.reason
        if done.note:
            yield "Note", done.note
        if done.callback_ms is not None:
            yield "Call back", moment(done.callback_ms, look.now_ms)


OTHERS_MOST = 8
"""Related calls of each kind that are listed."""


def others(call: Call, look: Look) -> Iterator[RenderableType]:
    """Yield a list of the caller's other calls, and one of those with the same reference."""
    found = related(call, look.floor.board.calls.values(), look.floor.dialplan)
    for title, calls, field, value in (
        ("Other calls of this caller", found.of_caller, "caller", call.caller),
        ("Other callers with this contact ref", found.of_contact, "contact", call.contact_ref),
    ):
        if not calls:
            continue
        yield Text(f"{title}: {len(calls):,}", "bold")
        table = _columns()
        for other in calls[:OTHERS_MOST]:
            at = moment(other.began.ms, look.now_ms)
            table.add_row(Text(f"  {at} ", "dim"), Text(_in_short(other, look)))
        yield table
        if len(calls) > OTHERS_MOST:
            more = f"  … and {len(calls) - OTHERS_MOST:,} more"
            if not look.floor.dialplan.masked:
                more += f": filter {with_field('', field, (value,), exactly=True)}"
            yield Text(more, "dim")
        yield Text("")


def _in_short(call: Call, look: Look) -> str:
    words = [state_word(call, look).text]
    if call.extension:
        words.append(f"ext {call.extension}")
    if call.hold is not None:
        words.append(f"held {duration(call.hold)}")
    if call.disposition is not None:
        words.append(f"{call.disposition.code} by {call.disposition.by}")
    return ", ".join([*words, f"ref {call.key.call_ref}"])


def timeline(call: Call) -> Sequence[tuple[int, str]]:
    """Return what happened to the call, and when (milliseconds since the epoch), in order."""
    happened: list[tuple[int, str]] = []
    for place, leg in enumerate(call.legs):
        verb = "connected to" if place == 0 else "transferred to"
        late = ", collected late: it was earlier" if leg.late else ""
        happened.append((leg.entry.ms, f"{verb} {leg.extension or '?'}{late}"))
    if call.end is not None:
        words = "abandoned" if call.end.abandoned else "ended"
        happened.append((call.end.entry.ms, words + (", as assumed" if call.end.assumed else "")))
    happened += [(deed.at_ms, _deed(deed)) for deed in call.audit]
    return sorted(happened, key=lambda each: each[0])


def _deed(deed: Deed) -> str:
    code = f" {deed.code}" if deed.code else ""
    words = f": {deed.words}" if deed.words else ""
    verb = {
        DeedKind.DISPOSED: "disposed of as",
        DeedKind.AMENDED: "amended to",
        DeedKind.UNDONE: "undone, was",
    }.get(deed.kind, deed.kind.value)
    return f"{verb}{code} by {deed.by}{words}"


def pretty(raw: bytes) -> str:
    """Return a payload to be read by a person: indented where it is JSON, and always safe."""
    text = raw.decode("utf-8", "surrogateescape")
    if len(raw) <= MAX_BYTES:
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(text, object_pairs_hook=_only_once)
            text = json.dumps(value, indent=2, ensure_ascii=False)
    lines = ["    " + safe(line, 400) for line in text[:SHOWN_MOST].split("\n")]
    if len(text) > SHOWN_MOST:
        lines.append(f"    … cut: {len(raw):,} bytes in all")
    return "\n".join(lines)


def _only_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse what would vanish if it were laid out anew: a name that stands twice."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _assumed(call: Call, look: Look) -> bool:
    if call.end is not None:
        return call.end.assumed
    return state_word(call, look).text == "ended?"
