"""Promises of `model.alerts`: each alarm once, for as long as its cause lasts."""

import pytest
from msgspec.structs import replace

from enigma_tui.model.alerts import CallRule, Figure, FigureRule, SilenceRule, Watch
from enigma_tui.model.call import Call, CallKey, EntryId, Feed, Leg, Policy
from enigma_tui.model.metrics import Figures
from enigma_tui.model.notification import Direction
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import parse
from enigma_tui.model.subject import Lens, Subject, Subjects
from enigma_tui.model.windows import Window

T = 1_763_800_000_000
LENS = Lens(T, Policy(cdr_sources={"pbx"}), Dialplan("ZA"), {})
NONE = Figures(0, None, None, None, None, None, None, None, [])


def call(ref: str, hold: float) -> Call:
    entry = EntryId(T - 60_000, 0)
    key = CallKey("pbx", Feed.INBOUND, ref, entry)
    legs = (Leg("2001", entry),)
    return Call(key, "0820001234", "", "", Direction.INBOUND, hold=hold, legs=legs)


def subjects(*calls: Call, lens: Lens = LENS) -> Subjects[Subject]:
    return Subjects([Subject(each, lens.text(each)) for each in calls])


def test_a_call_alerts_once_for_each_rule() -> None:
    watch = Watch([CallRule("Long", parse("hold>120")), CallRule("Any", parse("state:live"))])
    first = watch.look_at_calls(subjects(call("1", 121), call("2", 120)), LENS)
    assert [(each.rule, each.key.call_ref) for each in first if each.key] == [
        *(("Long", "1"), ("Any", "1"), ("Any", "2")),
    ]
    assert watch.look_at_calls(subjects(call("1", 500)), LENS) == []
    [again] = watch.look_at_calls(subjects(call("2", 300)), LENS)
    assert (again.rule, again.words) == ("Long", "call 2, ext 2001")
    assert watch.open == 4
    assert watch.alarms[0] is again, "the newest first"


def test_no_alarm_tells_what_a_caller_sent() -> None:
    watch = Watch([CallRule("Long", parse("hold>1"))])
    [alarm] = watch.look_at_calls(subjects(call("1", 9)), LENS)
    assert "0820001234" not in alarm.words


def test_a_call_that_the_board_let_go_of_is_forgotten() -> None:
    watch = Watch([CallRule("Long", parse("hold>1")), CallRule("Any", parse(""))])
    one = call("1", 9)
    watch.look_at_calls(subjects(one), LENS)
    watch.forget([one.key])
    assert len(watch.look_at_calls(subjects(one), LENS)) == 2


def test_only_what_time_can_change_is_looked_at_again() -> None:
    assert not Watch([CallRule("Long", parse("hold>1"))]).timed
    watch = Watch([CallRule("Talk", parse("talk>90"))])
    assert watch.timed
    one = call("1", 0)
    assert watch.look_at_calls(subjects(one), LENS) == []
    later = replace(LENS, now_ms=T + 31_000)
    assert len(watch.look_at_calls(subjects(one), later)) == 1


@pytest.mark.parametrize(
    ("rule", "values", "words"),
    [
        (
            FigureRule("x", Figure.SERVICE_LEVEL, Window.HOUR, below=80.0),
            [{"service_level": 0.8}, {"service_level": 0.79}],
            "service level 79%, below 80%",
        ),
        (
            FigureRule("x", Figure.SERVICE_LEVEL, Window.HOUR, below=80.0),
            [{"service_level": 0.8}, {"service_level": 0.798}],
            "service level 79.8%, below 80%",
        ),
        (
            FigureRule("x", Figure.ASA, Window.HOUR, above=45.0),
            [{"asa": 45.0}, {"asa": 45.00001}],
            "asa 45.00001 s, above 45 s",
        ),
        (
            FigureRule("x", Figure.ABANDONED, Window.HOUR, above=5.0),
            [{"abandoned_share": 0.05}, {"abandoned_share": 0.06}],
            "abandoned 6%, above 5%",
        ),
        (
            FigureRule("x", Figure.LONGEST_HOLD, Window.HOUR, above=180.0),
            [{"longest_hold": None}, {"longest_hold": 200.0}],
            "longest hold 200 s, above 180 s",
        ),
        (
            FigureRule("x", Figure.PER_MINUTE, Window.HOUR, above=30.0, below=1.0),
            [{"last_minute": 30}, {"last_minute": 0}],
            "per minute 0 calls, below 1 calls",
        ),
    ],
)
def test_a_figure_alerts_once_for_as_long_as_it_is_beyond(
    rule: FigureRule, values: list[dict[str, float]], words: str
) -> None:
    watch = Watch([rule])
    fine, beyond = (replace(NONE, **each) for each in values)
    asked: list[Window] = []

    def look(figures: Figures) -> list[str]:
        def of(window: Window) -> Figures:
            asked.append(window)
            return figures

        return [alarm.words for alarm in watch.look_at_time(T, of, None)]

    assert look(fine) == []
    assert look(beyond) == [words]
    assert look(beyond) == []
    assert look(fine) == []
    assert look(beyond) == [words], "it was over in between"
    assert set(asked) == {rule.window}


def test_silence_alerts_once_and_again_after_something_came() -> None:
    watch = Watch([SilenceRule("Quiet", 600.0)])

    def look(now_ms: int, newest_ms: int | None) -> list[str]:
        return [alarm.words for alarm in watch.look_at_time(now_ms, lambda _: NONE, newest_ms)]

    assert look(T + 600_000, T) == []
    assert look(T + 600_001, T) == ["no notification for 10 min"]
    assert look(T + 900_000, T) == []
    assert look(T + 900_000, T + 900_000) == []
    assert look(T + 1_600_000, T + 900_000) == ["no notification for 10 min"]


def test_where_nothing_has_ever_come_silence_lasts_since_the_watch_began() -> None:
    watch = Watch([SilenceRule("Quiet", 600.0)])

    def look(now_ms: int) -> list[str]:
        return [alarm.rule for alarm in watch.look_at_time(now_ms, lambda _: NONE, None)]

    assert [look(T + at) for at in (0, 600_000, 600_001, 900_000)] == [[], [], ["Quiet"], []]


def test_acknowledged_alarms_stay_listed() -> None:
    watch = Watch([CallRule("Long", parse("hold>1"))])
    watch.look_at_calls(subjects(call("1", 9), call("2", 9)), LENS)
    assert (watch.acknowledge(), watch.open, len(watch.alarms)) == (2, 0, 2)
    assert watch.acknowledge() == 0
