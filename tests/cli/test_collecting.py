"""Collecting begins only where nobody else's feed is taken by it, unless somebody insists."""

from pathlib import Path

import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.site import Site, Source

from .conftest import Begin, Run
from .test_endings import BOUND, INBOUND, eventually


def test_collect_refuses_to_take_another_programs_notifications(
    run: Run, begin: Begin, client: redis.Redis, shared_server: EmbeddedServer
) -> None:
    with redis.Redis.from_url(shared_server.url, client_name="crm-popup") as crm:
        assert crm.blpop([INBOUND], timeout=0.01) is None  # it has used BLPOP
        done = run("collect", "--yes")
        assert done.returncode == 1
        assert 'called "crm-popup" has used BLPOP' in done.stderr
        assert "relay_to" in done.stderr
        assert "--insist" in done.stderr
        assert client.keys("*") == []
        done = run("doctor")
        assert done.returncode == 1
        assert 'called "crm-popup"' in done.stdout
        collect = begin("collect", "--insist")
        eventually(lambda: client.exists("{enigma-tui}:collector:pbx"))
        collect.terminate()
        assert collect.wait(BOUND) == 0
    done = run("doctor")
    assert done.returncode == 0, done.stdout
    assert "no other program takes from lists" in done.stdout
    client.close()


def test_collect_begins_where_nobody_else_reads(begin: Begin, client: redis.Redis) -> None:
    collect = begin("collect", "--yes")
    eventually(lambda: client.exists("{enigma-tui}:collector:pbx"))
    collect.terminate()
    assert collect.wait(BOUND) == 0
    client.close()


def test_doctor_says_when_it_could_not_look(run: Run, client: redis.Redis) -> None:
    client.acl_setuser(
        "blind", enabled=True, passwords=["+secret"], keys=["*"], channels=["*"],
        commands=["+@all", "-client|list"],
    )  # fmt: skip
    url = client.connection_pool.connection_kwargs["path"]
    done = run("doctor", url=f"unix://blind:secret@{url}")
    client.acl_deluser("blind")
    client.close()
    assert done.returncode == 0, done.stdout
    assert "could not look: CLIENT LIST is not permitted" in done.stdout


def test_doctor_looks_at_lists_on_other_servers(run: Run, client: redis.Redis) -> None:
    with EmbeddedServer() as other, redis.Redis.from_url(other.url) as pbx:
        pbx.rpush(INBOUND, "a", "b")
        pbx.set("crm", "no list")
        url = other.url
        south = Source(name="south", server=url, relay_to=("crm",))
        client.set("{enigma-tui}:site", Site(sources=(Source(), south)).to_json())
        done = run("doctor")
    client.close()
    assert done.returncode == 1
    assert f"{INBOUND} at {url}: 2 waiting" in done.stdout
    assert f"crm at {url} is a string" in done.stdout
    assert "nobody collects from pbx, south" in done.stdout
    assert f"no other program takes from lists at {url}" in done.stdout


def test_a_list_that_is_new_to_the_site_is_not_written_while_another_program_reads(
    run: Run, client: redis.Redis, shared_server: EmbeddedServer, tmp_path: Path
) -> None:
    """Written, every board would collect from it at once."""
    file = tmp_path / "site.json"
    file.write_text(Site(sources=(Source(relay_to=("crm:inbound",)),)).to_json())
    with redis.Redis.from_url(shared_server.url, client_name="crm-popup") as crm:
        assert crm.blpop([INBOUND], timeout=0.01) is None
        done = run("site", "set", str(file))
        assert done.returncode == 1
        assert 'called "crm-popup"' in done.stderr
        assert "Nothing was written" in done.stderr
        assert not client.exists("{enigma-tui}:site")
        assert run("site", "set", str(file), "--insist").returncode == 0
        file.write_text(Site(title="Floor", sources=(Source(relay_to=("crm:inbound",)),)).to_json())
        # Nothing is collected from now that was not before.
        assert run("site", "set", str(file)).returncode == 0
    client.close()
