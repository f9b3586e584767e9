"""Doctor names what is wrong with a server, and the remedy; and where a server was found."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from tests.states import STATES
from tests.topology import ClusterSet, SentinelSet

from .conftest import Run


def findings(run: Run, url: str, **how: Any) -> list[dict[str, str]]:
    done = run("doctor", "--json", url=url, **how)
    assert done.stderr == ""
    found: list[dict[str, str]] = json.loads(done.stdout)
    assert done.returncode == (1 if any(f["state"] == "bad" for f in found) else 0)
    return found


@pytest.mark.parametrize("name", STATES)
def test_every_state_of_a_server_is_named_with_its_remedy(run: Run, name: str) -> None:
    with STATES[name]() as url:
        bad = [found for found in findings(run, url) if found["state"] == "bad"]
        assert any(name in found["found"] or _means(name, found["found"]) for found in bad), bad
        assert all(found["remedy"] for found in bad)


def _means(name: str, found: str) -> bool:
    # The journal's own check tells it in other words.
    return name == "wrong key type" and "is a string, not a stream" in found


@pytest.mark.parametrize("topology", [SentinelSet, ClusterSet])
def test_doctor_examines_what_is_behind_sentinels_or_in_a_cluster(
    run: Run, topology: Callable[[], Any]
) -> None:
    with topology() as started:
        found = {one["check"]: one for one in findings(run, started.url)}
        assert {one["state"] for one in found.values()} <= {"ok", "look"}
        assert found["writing"]["state"] == found["clock"]["state"] == "ok"
        home = (
            started.primary()
            if isinstance(started, SentinelSet)
            else started.primary_of("{enigma-tui}:journal")
        )
        assert f"127.0.0.1:{home} at the moment" in found["server"]["found"]
        single = f"redis://127.0.0.1:{started.ports[0]}/0"
        if isinstance(started, ClusterSet):
            found = {one["check"]: one for one in findings(run, single)}
            assert "redis+cluster://" in found["server"]["remedy"]
        else:
            sentinel = f"redis://127.0.0.1:{started.sentinel_ports[0]}/0"
            (_, bad) = findings(run, sentinel)
            assert bad["state"] == "bad"
            assert "a sentinel" in bad["found"]
            assert "redis+sentinel://" in bad["remedy"]
            cluster = single.replace("redis://", "redis+cluster://").removesuffix("/0")
            (_, bad) = findings(run, cluster)
            assert "no cluster" in bad["found"]


@pytest.mark.parametrize(("off", "words"), [(5, "5 seconds ahead"), (-90, "90 seconds behind")])
def test_a_clock_that_is_off_is_worth_a_look(
    run: Run, off: int, words: str, server_url: str
) -> None:
    before = f"import time; ours = time.time; time.time = lambda: ours() + {off}"
    found = {one["check"]: one for one in findings(run, server_url, before=before)}
    assert found["clock"]["state"] == "look"
    assert words in found["clock"]["found"]


@pytest.fixture
def server_url(shared_server: EmbeddedServer) -> str:
    with redis.Redis.from_url(shared_server.url) as client:
        client.flushall()
    return shared_server.url
