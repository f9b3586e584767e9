"""Whatever is typed: it is understood, or refused with a sentence and the place of the mistake."""

from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import event, given
from hypothesis import strategies as st

from enigma_tui.model.board import Board
from enigma_tui.model.call import Call, Policy
from enigma_tui.model.disposition import parse_when
from enigma_tui.model.entry import LAST_MS, decode
from enigma_tui.model.moment import parse_moment
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import FIELDS, MAX_DEPTH, MAX_LENGTH, Lens, QueryError, parse
from enigma_tui.model.query_edit import field_values, with_field
from enigma_tui.model.text import safe

from . import hostile
from .cases import RANDOM, TEXTS, cases
from .harm import harm_in
from .stories import EntryId, T, story

DIALPLANS = [Dialplan(region) for region in ("ZA", "US", "DE", "NG")]
_OPERATORS = (":", "=", "!=", ">", ">=", "<", "<=", " : ", ":=", "::")
_VALUES = (
    "2001", "2000-2099", "2099-2000", "2000-20", "live", "assumed", "none", '""', '"a b"', "or",
    "*", "*1", "0*", "**", "+27*", "1:30", "90s", "1h30m", "9" * 30, "1:99", "a,b", "082 000", "+",
    "+27 (0)82", "00", "-", "thandi", "\\", '"\\"', "x*y*z", "ſ", "İ", "２００１", "٢",
)  # fmt: skip
_GLUE = (" ", " ", " and ", " or ", " OR ", "", "(", ")", "!", "((", ",", '"', "\u3000", "\x1c")


def typed(rng: Random) -> str:
    """Return something like a filter."""
    parts = []
    for _ in range(rng.randint(0, 8)):
        value = rng.choice(_VALUES) if rng.randrange(5) else hostile.text(rng, 2)
        if rng.randrange(3):
            field = rng.choice(sorted(FIELDS)) if rng.randrange(6) else rng.choice(("ex", "EXT"))
            value = f"{field}{rng.choice(_OPERATORS)}{value}"
        parts += [value, rng.choice(_GLUE)]
    text = "".join(parts)
    if rng.randrange(10) == 0:
        depth = rng.choice((1, 49, 50, 51, 900))
        text = "(" * depth + text + ")" * rng.choice((depth, depth, depth - 1))
    if rng.randrange(20) == 0:
        text = (text or "x ") * 400
    return text


_DURATIONS = ("1:30", "90", "2m", "1h30m")
_FITTING = {
    **dict.fromkeys(("hold", "talk", "age"), _DURATIONS),
    "state": ("live", "ghost", "assumed", "ended"),
}


def sensible(rng: Random) -> str:
    """Return what is a filter."""
    parts = []
    for _ in range(rng.randint(1, 5)):
        name = rng.choice(sorted(FIELDS))
        value = rng.choice(_FITTING.get(name, ("2001", "*1", '"a b"', '""', "082", "x,y", '"\\""')))
        parts.append(f"{'!' * rng.randrange(3)}{name}{rng.choice((':', '=', '!='))}{value}")
    return rng.choice((" ", " ", " or ", " and ")).join(parts)


def calls_of(rng: Random) -> tuple[list[Call], Lens]:
    told = story(rng, 10)
    board = Board(told.policy)
    for each in told.events:
        board.apply(each)
    for seq in range(4):
        raw = hostile.notification(rng)
        board.apply(decode(EntryId(T * 2, seq), {b"kind": b"call", b"raw": raw}))
    labels = rng.choice(({}, {"0820001234": "Support", "0115550100": "[/"}))
    now = T + rng.choice((0, 10_000, 9_000_000))
    return list(board.calls.values()), Lens(now, Policy(), rng.choice(DIALPLANS), labels)


@cases
@given(RANDOM.map(typed) | RANDOM.map(sensible) | TEXTS, RANDOM)
def test_any_text_is_a_filter_that_answers_or_a_mistake_with_its_place(
    text: str, rng: Random
) -> None:
    codes = rng.choice(((), ("spam", "callback", "escalated.billing")))
    try:
        query = parse(text, codes)
    except QueryError as mistake:
        error = mistake
    else:
        event("a filter")
        # One more pair of parentheses may be one too many.
        short = text.strip() and len(text) <= MAX_LENGTH - 3 and text.count("(") < MAX_DEPTH
        opposite = parse(f"!({text})", codes) if short else None
        calls, lens = calls_of(rng)
        for call in calls:
            answer = query.matches(call, lens)
            assert answer is query.matches(call, lens)
            assert isinstance(answer, bool)
            assert opposite is None or opposite.matches(call, lens) is not answer
        return
    event("a mistake")
    assert 0 <= error.start < error.end <= len(text)
    assert error.message
    assert not harm_in(error.message)


@cases
@given(RANDOM.map(sensible) | RANDOM.map(typed), st.sampled_from(sorted(FIELDS)), RANDOM)
def test_a_changed_filter_is_a_filter_that_has_the_values(
    text: str, name: str, rng: Random
) -> None:
    field_values(text, name)
    values = [
        # As calls have them: what acts on a terminal is not left in any.
        rng.choice(_FITTING.get(name, ("2001", "a b", '"', "\\", "or", safe(hostile.text(rng, 2)))))
        for _ in range(rng.randint(0, 4))
    ]
    try:
        parse(text)
        changed = with_field(text, name, values, exactly=bool(rng.randrange(2)))
    except QueryError:
        event("no filter")
        return
    event("a filter")
    parse(changed)
    if values or field_values(text, name):
        assert field_values(changed, name) == tuple(values)
    for other in sorted(set(FIELDS) - {name}):
        assert field_values(changed, other) == field_values(text, other) or "or" in text.casefold()


_WHENS = (
    "in ", "+", "today ", "tomorrow ", "30", "2", "14", "9999", "0", "m", "min", "h", "d", ":",
    "30", "00", "23", "59", "24", "60", "2026-11-30", "9987-04-02", "9999-12-31", "0001-01-01",
    "2028-02-29", "2027-02-29", "2027-03-28", "2026-10-25", "T", " ", "01:30", "02:30", "٣", "\x1b",
    "-", "Z",
)  # fmt: skip
_ZONES = ("UTC", "Africa/Johannesburg", "Europe/London", "America/St_Johns", "Pacific/Apia")


def when(rng: Random) -> str:
    """Return something like a time."""
    if rng.randrange(3) == 0:
        return "".join(rng.choice(_WHENS) for _ in range(rng.randint(1, 4)))
    if rng.randrange(2):
        return f"{rng.choice(('', 'in ', '+'))}{rng.randrange(10_001)}{rng.choice('mhds ')}"
    year = rng.choice((2026, 2027, 2099, 9990, rng.randrange(10_000)))
    date = f"{year:04}-{rng.randrange(1, 13):02}-{rng.randrange(1, 32):02}{rng.choice(' tT')}"
    day = rng.choice(("", "today ", "tomorrow ", "2026-10-25 ", "2027-03-28 ", date, date, date))
    return f"{day}{rng.randrange(25)}{rng.choice(':::h')}{rng.randrange(61):02}"


@cases
@given(
    RANDOM.map(when) | TEXTS,
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - the zone is drawn
    st.sampled_from(_ZONES),
    st.booleans(),
)
def test_any_text_is_a_time_to_come_or_a_sentence(
    text: str, wall: datetime, zone: str, local: bool
) -> None:
    now = wall.replace(tzinfo=ZoneInfo(zone))
    now = now.astimezone() if local else now
    try:
        found = parse_when(text, now)
    except ValueError as error:
        event("refused")
        said = str(error)
    else:
        event("a time")
        assert found.timestamp() > now.timestamp()
        assert round(found.timestamp() * 1000) <= LAST_MS
        assert found.utcoffset() is not None
        return
    assert said.startswith(("when?", "that time"))


@cases
@given(RANDOM.map(when) | TEXTS)
def test_any_text_is_a_moment_or_a_sentence(text: str) -> None:
    try:
        at = parse_moment(text).at(T)
    except ValueError as error:
        said = str(error)
    else:
        assert abs(at) < 10**15
        return
    assert "is not a time; for example" in said
    assert not harm_in(said)
