"""How many cases: dozens of each property in `make test`, ten thousand in `make fuzz`."""

from random import Random

import pytest
from hypothesis import settings

from tests.e2e.conftest import client, home, server, with_cdr

__all__ = ["client", "home", "server", "with_cdr"]

settings.register_profile("fuzz", max_examples=10_000, derandomize=False, print_blob=True)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> Random:
    """The randomness of a test without hypothesis; it has hypothesis's seed."""
    seed = request.config.getoption("--hypothesis-seed") or 1
    print(f"seed {seed}")
    return Random(int(seed))
