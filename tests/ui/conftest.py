"""A stage for tests of the screen."""

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from tests.ui import stage


@pytest.fixture
def empty_server(shared_server: EmbeddedServer) -> EmbeddedServer:
    """The worker's server with nothing in it, for tests that are not async."""
    stage.use_utc()
    with redis.Redis.from_url(shared_server.url) as client:
        client.flushall()
    return shared_server


@pytest.fixture
def floor(empty_server: EmbeddedServer) -> EmbeddedServer:
    """A server with the demo's site and a busy morning."""
    stage.demo_floor(empty_server)
    return empty_server
