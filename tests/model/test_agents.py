"""What is known of agents: their states, and how long they wrapped up after a call."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model.agents import Agents
from enigma_tui.model.entry import Notified
from enigma_tui.model.notification import AgentStatus
from tests.model.entries import T, calls, conn, fed, notified


def status(seconds: float, what: str, ext: str = "2001", **more: Any) -> Notified:
    options = {"source": more.pop("source")} if "source" in more else {}
    return notified(seconds, "status", {"ref": ext, "status": what, **more}, **options)


def after(*events: Notified) -> Agents:
    found = Agents()
    for event in events:
        assert isinstance(event.what, AgentStatus)
        found.told(event, event.what)
    return found


def at(seconds: float) -> int:
    return T + round(seconds * 1000)


def test_nothing_is_known_before_anything_is_told() -> None:
    agents = Agents()
    assert not agents
    assert agents.on("2001") is None
    assert agents.counts() == []


def test_a_state_goes_on_until_another_is_told() -> None:
    agents = after(status(0, "available", campaign_ref="sales"), status(5, "available"))
    agent = agents.on("2001")
    assert agents
    assert agent is not None
    assert (agent.word, agent.since_ms) == ("available", at(0))
    busy = after(status(0, "available"), status(5, "busy")).on("2001")
    assert busy is not None
    assert (busy.word, busy.since_ms) == ("busy", at(5))


def test_agents_are_counted_without_those_who_have_gone() -> None:
    told = ("available", "wrapup", "available", "offline", "logging_out", "dreaming")
    agents = after(*(status(n, what, str(2001 + n)) for n, what in enumerate(told)))
    assert agents.counts() == [("available", 2), ("dreaming", 1), ("wrapping up", 1)]


def test_one_extension_at_two_sites_is_two_agents() -> None:
    agents = after(status(0, "busy", source="north"), status(1, "available", source="south"))
    for source, word in (("north", "busy"), ("south", "available"), (None, "available")):
        found = agents.on("2001", source)
        assert found is not None
        assert found.word == word
    assert agents.on("2001", "west") is None


def test_wrapping_up_is_of_the_last_call_of_the_extension() -> None:
    first, second = calls(fed(conn(0, ref="1"), conn(50, ref="2")))
    agents = Agents()

    def tell(seconds: float, what: str) -> None:
        event = status(seconds, what)
        assert isinstance(event.what, AgentStatus)
        agents.told(event, event.what)

    agents.connected(first.key, "2001", at(0))
    tell(1, "busy")
    assert agents.wrap_seconds(first.key, at(2)) is None, "nobody wraps up yet"
    tell(10, "wrapup")
    tell(12, "wrapup")
    assert agents.wrap_seconds(first.key, at(15)) == 5
    tell(20, "available")
    assert agents.wrap_seconds(first.key, at(99)) == 10
    agents.connected(second.key, "2001", at(50))
    tell(60, "wrapup")
    assert agents.wrap_seconds(first.key, at(99)) == 10
    assert agents.wrap_seconds(second.key, at(64)) == 4
    tell(70, "available")
    tell(80, "wrapup")  # once more after the same call
    assert agents.wrap_seconds(second.key, at(81)) == 11
    agents.forget(second.key)
    assert agents.wrap_seconds(second.key, at(81)) is None


def test_another_call_ends_the_wrapping_up_whose_end_was_not_heard_of() -> None:
    first, second = calls(fed(conn(0, ref="1"), conn(50, ref="2")))
    agents = Agents()

    def tell(seconds: float, what: str) -> None:
        event = status(seconds, what)
        assert isinstance(event.what, AgentStatus)
        agents.told(event, event.what)

    agents.connected(first.key, "2001", at(0))
    tell(10, "wrapup")
    agents.connected(first.key, "2001", at(12))  # told twice
    assert agents.wrap_seconds(first.key, at(20)) == 10
    agents.connected(second.key, "2001", at(50))
    assert agents.on("2001") is None, "they wrap up no more; what they do nobody has told"
    tell(60, "wrapup")
    assert agents.wrap_seconds(first.key, at(99)) == 40
    assert agents.wrap_seconds(second.key, at(64)) == 4


def test_who_had_no_call_wraps_up_nothing() -> None:
    (call,) = calls(fed(conn(0, ext="2002")))
    agents = Agents()
    agents.connected(call.key, "2002", at(0))
    agents.connected(call.key, "", at(0))
    for seconds, what in ((1, "wrapup"), (5, "available")):
        event = status(seconds, what, "2001")
        assert isinstance(event.what, AgentStatus)
        agents.told(event, event.what)
    assert agents.wrap_seconds(call.key, at(9)) is None


@given(st.lists(st.sampled_from(["wrapup", "available", "busy"]), max_size=20))
def test_a_wrap_up_is_the_seconds_in_which_it_was_the_state(states: list[str]) -> None:
    (call,) = calls(fed(conn(0)))
    agents = Agents()
    agents.connected(call.key, "2001", at(0))
    for second, what in enumerate(states, start=1):
        event = status(second, what)
        assert isinstance(event.what, AgentStatus)
        agents.told(event, event.what)
    seconds = sum(what == "wrapup" for what in states)
    assert agents.wrap_seconds(call.key, at(len(states) + 1)) == (seconds or None)
