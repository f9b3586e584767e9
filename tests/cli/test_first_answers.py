"""What is answered at a first start: forgiving of how, exact in what it comes to."""

import pytest

from enigma_tui.first_answers import Answers, MistakenError, settings_of, understood
from enigma_tui.journal.address import Address

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("pbx.example", "redis://pbx.example:6379/0"),
        (" pbx.example:6380 ", "redis://pbx.example:6380/0"),
        ("pbx.example/2", "redis://pbx.example:6379/2"),
        ("127.0.0.1", "redis://127.0.0.1:6379/0"),
        ("[::1]:7000", "redis://[::1]:7000/0"),
        ("rediss://pbx.example", "rediss://pbx.example:6379/0"),
        ("/run/redis.sock", "unix:///run/redis.sock"),
        ("/run/a b?c.sock", "unix:///run/a%20b%3Fc.sock"),
        ("unix:///run/redis.sock?db=3", "unix:///run/redis.sock?db=3"),
        ("redis+sentinel://a,b:7/pbx/1", "redis+sentinel://a:26379,b:7/pbx/1"),
        ("rediss+cluster://a,b:7000", "rediss+cluster://a:6379,b:7000"),
    ],
)
def test_a_server_is_understood_however_it_is_written(typed: str, url: str) -> None:
    meant = understood(Answers(server=typed))
    assert meant == Answers(server=url)
    assert understood(meant) == meant
    assert settings_of(meant) == {"redis_url": url}


@pytest.mark.parametrize(
    "typed",
    [
        f"redis://ann:{SECRET}@pbx.example",
        f"ann:{SECRET}@pbx.example",
        f"redis://pbx.example?username=ann&password={SECRET}",
        f"redis://ann@pbx.example?password={SECRET}",
    ],
)
def test_a_login_does_not_stay_in_an_address(typed: str) -> None:
    meant = understood(Answers(server=typed))
    assert meant == Answers("redis://pbx.example:6379/0", "ann", SECRET)
    assert SECRET not in repr(meant)
    # What stands in its own place counts for more.
    own = understood(Answers(server=typed, username="bob", password="other"))
    assert (own.username, own.password) == ("bob", "other")


def test_an_address_without_its_login_is_where_the_other_was() -> None:
    for url in (
        "rediss://ann:x@[::1]:7000/3",
        "unix://:x@/run/with%20blank.sock?db=2",
        "redis+sentinel://ann:x@a,b/my%2Fservice/4",
        "redis+cluster://:x@a,b:7",
    ):
        before, after = Address(url).parts, Address(understood(Answers(url)).server).parts
        assert not after.login
        for part in ("scheme", "form", "places", "path", "service", "db"):
            assert getattr(before, part) == getattr(after, part), url


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (Answers(), "server"),
        (Answers("   "), "server"),
        (Answers("a,b"), "server"),
        (Answers("http://pbx"), "server"),
        (Answers("pbx", username="x" * 201), "username"),
        (Answers("pbx", name="x" * 41), "name"),
        (Answers("pbx", name="\ud800"), "name"),
    ],
)
def test_a_mistake_names_its_field(typed: Answers, field: str) -> None:
    with pytest.raises(MistakenError) as caught:
        understood(typed)
    assert caught.value.field == field
    assert str(caught.value)
