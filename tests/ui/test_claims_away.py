"""A claim that a server does not answer is said to be that, and not for longer than it is so."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.ui import acting
from tests.ui import stage
from tests.ui.hands import Eventually, Opened, claimant, toasts, type_keys, under_cursor


@contextmanager
def stalled(server: EmbeddedServer) -> Iterator[None]:
    """A server that takes what it is sent, and answers nothing."""
    pid = server.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_while_the_server_stalls_it_is_said_soon_and_in_the_end_and_no_longer(
    eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "SLOW_SECONDS", 0.05)
    with EmbeddedServer() as server:
        stage.demo_floor(server)
        app = stage.make_app(server)
        async with app.run_test(size=(120, 30), notifications=True) as pilot:
            await stage.settled(app, pilot)
            call = under_cursor(app)
            with stalled(server):
                await type_keys(app, pilot, "c")
                await eventually(lambda: "the server has not answered yet" in toasts(app))
                assert f"ref {call.key.call_ref}" in toasts(app)
                await eventually(lambda: toasts(app) == "Not claimed: the server is away.")
                app.on_link()
                assert toasts(app) == "Not claimed: the server is away."
            assert await eventually(lambda: toasts(app) == "") < acting.AWAY_SECONDS / 2


async def test_of_a_server_known_to_be_away_no_claim_is_asked(opened: Opened) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        app.acting._handing_in.away = lambda: True
        await type_keys(app, pilot, "c")
        assert toasts(app) == "Not claimed: the server is away."
        assert not app.acting.claims.holds(call.key)
        assert claimant(app, call.key) == ""
