"""The shared settings are written by one at a time, and what is wrong in them is named."""

import pytest

from enigma_tui.journal.connection import Connection
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.sites import SiteStore
from enigma_tui.model.entry import SiteChanged, decode
from enigma_tui.site import Calls, Retention, Site, SiteError, Source
from enigma_tui.values import WrongError


async def test_there_are_none_until_somebody_writes_them(
    connection: Connection, keys: Keys
) -> None:
    store = SiteStore(connection, keys)
    assert await store.load() is None
    assert await store.save(Site(title="North"), "mo", None)
    stored = await store.load()
    assert stored is not None
    assert stored.site == Site(title="North")
    ((_, fields),) = await connection.quick.xrange(keys.journal)
    event = decode((0, 0), fields)
    assert isinstance(event, SiteChanged)
    assert event.by == "mo"


async def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(
    connection: Connection, keys: Keys
) -> None:
    store = SiteStore(connection, keys)
    assert await store.save(Site(title="first"), "ann", None)
    seen = await store.load()
    assert not await store.save(Site(title="second first"), "bob", None)
    assert await store.save(Site(title="ann's"), "ann", seen)
    assert not await store.save(Site(title="bob's"), "bob", seen)
    stored = await store.load()
    assert stored is not None
    assert stored.site.title == "ann's"
    assert await connection.quick.xlen(keys.journal) == 2


@pytest.mark.parametrize("text", ["{oops", "", "[]", "null", "\xff", "[" * 100_000, '{"title": 1}'])
async def test_settings_that_cannot_be_read_name_their_key(
    connection: Connection, keys: Keys, text: str
) -> None:
    await connection.quick.set(keys.site, text.encode("latin-1"))
    with pytest.raises(SiteError) as caught:
        await SiteStore(connection, keys).load()
    assert keys.site in str(caught.value)


async def test_settings_survive_being_written_and_read(connection: Connection, keys: Keys) -> None:
    site = Site(
        title="Zoë's",
        sources=(
            Source(name="a", collect_cdr=True, pop="right"),
            Source(name="b", inbound="i", cdr="c", relay_to=("crm",), agents=True),
        ),
        retention=Retention(days=30, entries=5_000),
        numbers={"0115550100": "Support ☎"},
    )
    store = SiteStore(connection, keys)
    assert await store.save(site, "mo", None)
    stored = await store.load()
    assert stored is not None
    assert stored.site == site


def test_the_defaults_take_nothing_that_another_program_may_read() -> None:
    (source,) = Site().sources
    assert not source.collect_cdr
    assert source.pop == "left"
    assert Site().retention.days == 7
    assert Site().policy().cdr_sources == frozenset()
    assert [code.code for code in Site().code_tree().codes][:2] == ["resolved", "callback"]


def test_the_policy_follows_the_settings() -> None:
    site = Site(
        sources=(Source(name="n", collect_cdr=True),),
        calls=Calls(ghost_after_minutes=2, assume_ended_after_minutes=3),
    )
    policy = site.policy()
    assert policy.cdr_sources == {"n"}
    assert (policy.ghost_after_ms, policy.assume_ended_after_ms) == (120_000, 180_000)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"retention": {"days": 0}}', "retention.days: "),
        ('{"retention": {"entries": 1000000000000000000000}}', "retention.entries: "),
        ('{"sources": []}', "sources: "),
        ('{"sources": [{"pop": "top"}]}', "sources.0.pop: "),
        ('{"sources": [{"name": "a b"}]}', "sources.0.name: "),
        ('{"sources": [{"name": "a"}, {"name": "b"}]}', "'enigma:notifications:inbound'"),
        ('{"sources": [{}, {"inbound": "x", "cdr": "y"}]}', "two sources have the same name"),
        ('{"sources": [{"inbound": "x", "cdr": "x"}]}', "'x'"),
        ('{"service_level_seconds": 0}', "service_level_seconds: "),
        ('{"service_level_seconds": Infinity}', "service_level_seconds: "),
        ('{"service_level_seconds": NaN}', "service_level_seconds: "),
        ('{"calls": {"ghost_after_minutes": 1e30}}', "calls.ghost_after_minutes: "),
        ('{"codes": [{"code": "a", "key": "ab"}]}', "codes.0.key: "),
        ('{"codes": [{"code": "a", "key": "x"}, {"code": "a", "key": "y"}]}', "the code 'a'"),
        ('{"codes": [{"code": "a", "key": "x"}, {"code": "b", "key": "x"}]}', "the key 'x'"),
        ('{"colour": "red"}', "colour: "),
        ('{"sources": [{"server": "pbx.example"}]}', "begins with redis://"),
        ('{"sources": [{"server": "redis://u:secret@pbx/0"}]}', "sources.0.server: has a password"),
        ('{"sources": [{"server": "redis://:@pbx/0"}]}', "sources.0.server: has a password"),
        ('{"sources": [{"server": "redis://pbx/0?password=secret"}]}', "has a password"),
        ('{"sources": [{"server": "rediss://pbx/0?ssl_password=secret"}]}', "has a password"),
        ('{"sources": [{"relay_to": ["enigma:notifications:inbound"]}]}', "collected again"),
        ('{"sources": [{"relay_cdr_to": ["enigma:notifications:cdr"]}]}', "collected again"),
        ('{"sources": [{"relay_to": ["crm", "crm"]}]}', "relay_to names a list twice"),
        ('{"sources": [{"relay_to": [""]}]}', "sources.0.relay_to.0: "),
        (
            '{"sources": [{"relay_to": ["x"]}, {"name": "b", "inbound": "x", "cdr": "y"}]}',
            "source pbx relays to 'x'",
        ),
        (
            '{"sources": [{"server": "redis://PBX/0"}, '
            '{"name": "b", "server": "redis://me@pbx:6379"}]}',
            "two feeds read the same list",
        ),
        (
            '{"sources": [{"server": "redis://pbx/0", "agents": true}, '
            '{"name": "b", "server": "redis://pbx/1", "agents": true}]}',
            "source b: another source listens",
        ),
    ],
)
def test_a_wrong_setting_is_named(text: str, named: str) -> None:
    with pytest.raises(SiteError) as caught:
        Site.from_json(text, "site.json")
    assert str(caught.value).startswith("site.json")
    assert named in str(caught.value)
    assert "secret" not in str(caught.value)


def test_whoever_writes_is_told_every_mistake_and_a_board_the_first() -> None:
    text = """{"title": 1, "retention": {"days": 0, "entries": 5}, "colour": "red",
        "sources": [{"name": "a b", "pop": "top"}], "codes": [{"code": "a", "key": "ab"}]}"""
    with pytest.raises(SiteError) as caught:
        Site.from_json(text, "site.json")
    lines = str(caught.value).splitlines()
    assert sorted(line.split(": ")[1] for line in lines) == [
        "codes.0.key", "colour", "retention.days", "retention.entries", "sources.0.pop", "title"
    ]  # fmt: skip
    with pytest.raises(SiteError) as caught:
        Site.from_json(text, "site.json", strict=False)
    assert str(caught.value) == lines[0]


def test_what_is_stored_is_read_as_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    text = """{"service_level_seconds": 30, "sources": [{"name": "a", "relay_to": ["x"]}],
        "numbers": {"0115": "A\\u001bB"}, "retention": {"days": 3},
        "codes": [{"code": "g", "key": "g",
            "codes": [{"code": "b", "key": "b", "note": "required"}]}],
        "delivery": [{"kind": "list", "name": "q", "key": "out"},
            {"kind": "webhook", "name": "w",
             "url": "https://crm.example/", "headers": {"X-A": "b"}}]}"""
    written = Site.from_json(text, "here")
    monkeypatch.setattr("enigma_tui.site_mistakes.read", None)  # it is read without
    assert Site.from_json(text, "here", strict=False) == written
    assert Site.from_json(written.to_json(), "here", strict=False) == written


def test_what_a_newer_version_stored_is_passed_over_and_read_leniently() -> None:
    text = '{"colour": "red", "retention": {"days": "3", "weeks": 1}, "undo_seconds": 5}'
    site = Site.from_json(text, "here", strict=False)
    assert (site.retention.days, site.undo_seconds) == (3, 5)


def test_sources_on_several_servers_may_have_lists_of_one_name() -> None:
    site = Site(
        sources=(
            Source(name="a"),
            Source(name="b", server="redis://collector@pbx.example/0", relay_to=("crm",)),
            Source(name="c", server="redis://pbx.example/1", agents=True),
            Source(name="d", server="unix:///run/redis.sock", agents=True),
        )
    )
    assert Site.from_json(site.to_json(), "here") == site


async def test_switching_records_on_notes_since_when(connection: Connection, keys: Keys) -> None:
    store = SiteStore(connection, keys)
    assert await store.save(Site(), "thandi", None)
    assert not (await _stored(store)).policy().cdr_since_ms
    on = Site(sources=(Source(collect_cdr=True),))
    seconds, _ = await connection.quick.time()
    assert await store.save(on, "thandi", await store.load())
    since = (await _stored(store)).policy().cdr_since_ms["pbx"]
    assert 0 <= since - int(seconds) * 1000 < 60_000
    # A file from before does not turn the clock back.
    assert await store.save(on, "thandi", await store.load())
    assert (await _stored(store)).policy().cdr_since_ms["pbx"] == since


async def _stored(store: SiteStore) -> Site:
    stored = await store.load()
    assert stored is not None
    return stored.site


@pytest.mark.parametrize(
    "server",
    ["redis+cluster://one:6379,two:6379", "redis+sentinel://one:26379,two:26379/pbx/0"],
)
def test_a_source_may_be_on_servers_that_have_to_be_found(server: str) -> None:
    assert Site(sources=(Source(server=server),)).sources[0].server == server


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("redis://h/1", "redis://h:6379?db=1"),
        ("redis://H", "redis://ann@h/0"),
        ("redis+cluster://a,b", "redis+cluster://b:6379,a"),
    ],
)
def test_two_spellings_of_one_database_are_one(one: str, other: str) -> None:
    with pytest.raises(WrongError, match="two feeds read the same list"):
        Site(sources=(Source(name="a", server=one), Source(name="b", server=other)))
