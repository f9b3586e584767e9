"""A server of its own for each test of the whole program."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.site import Site, Source


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A real server that loses nothing when it is stopped."""
    durable = ("--appendonly", "yes", "--appendfsync", "always")
    # Not pytest's directory: the path of a socket must be short.
    with (
        TemporaryDirectory(prefix="enigma-") as directory,
        EmbeddedServer(Path(directory), arguments=durable) as running,
    ):
        yield running


@pytest.fixture
def client(server: EmbeddedServer) -> Iterator[redis.Redis]:
    """A plain client, as the PBX has one."""
    with redis.Redis.from_url(server.url) as plain:
        yield plain


@pytest.fixture
def with_cdr(client: redis.Redis) -> None:
    """A site that collects call detail records too."""
    site = Site(title="Test floor", sources=(Source(collect_cdr=True),))
    client.set("{enigma-tui}:site", site.to_json())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with nothing in it."""
    return tmp_path
