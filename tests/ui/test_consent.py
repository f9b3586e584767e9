"""Nothing is taken from a list before somebody has agreed to it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.readers import Look, look_everywhere
from enigma_tui.journal.sites import SiteStore
from enigma_tui.site import Site
from enigma_tui.ui.screens.consent import ConsentDialog
from tests.ui import stage
from tests.ui.hands import (
    INBOUND,
    Eventually,
    payload,
    refs,
    type_keys,
)


async def test_a_board_told_no_never_collects(
    empty_server: EmbeddedServer, eventually: Eventually
) -> None:
    app = stage.make_app(empty_server)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await eventually(lambda: isinstance(app.screen, ConsentDialog))
        await pilot.pause()
        await type_keys(app, pilot, "n")
        store = SiteStore(app.startup.connection, app.journal_keys)
        await app.startup.connection.quick.rpush(INBOUND, payload(1))
        assert await store.save(Site(), "sipho", None)
        await eventually(lambda: app.floor.has_site)
        assert not [worker for worker in app.workers if worker.name == "collecting"]
        assert await app.startup.connection.quick.llen(INBOUND) == 1


async def test_a_yes_counts_only_when_nobody_else_has_been_seen_reading(
    empty_server: EmbeddedServer, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enigma_tui.journal.readers.LOOK_SECONDS", 0.1)
    long_enough = asyncio.Event()

    async def look(*where: Any) -> Sequence[Look]:
        await long_enough.wait()
        return await look_everywhere(*where)

    monkeypatch.setattr("enigma_tui.ui.consent.look_everywhere", look)
    app = stage.make_app(empty_server)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await eventually(lambda: isinstance(app.screen, ConsentDialog))
        dialog = app.screen
        assert isinstance(dialog, ConsentDialog)
        await pilot.pause()
        await type_keys(app, pilot, "y")
        assert dialog.looks is None
        assert app.screen is dialog
        long_enough.set()
        await eventually(lambda: dialog.looks is not None)
        assert not dialog.found
        await type_keys(app, pilot, "y")
        await eventually(lambda: app.floor.has_site)


async def test_another_program_that_reads_is_named_and_collecting_not_offered(
    empty_server: EmbeddedServer, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enigma_tui.journal.readers.LOOK_SECONDS", 0.3)
    app = stage.make_app(empty_server)
    with redis.Redis.from_url(empty_server.url, client_name="crm-popup") as crm:
        crm.lpop(INBOUND)
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await eventually(lambda: isinstance(app.screen, ConsentDialog))
            dialog = app.screen
            assert isinstance(dialog, ConsentDialog)
            await eventually(lambda: dialog.looks is not None)
            assert dialog.found
            said = dialog._text().plain + dialog._keys().plain
            assert 'called "crm-popup" has used LPOP' in said
            assert "Which lists it reads is not visible" in said
            for way in ("relay_to", "--no-collect", "--collect"):
                assert way in said
            assert "Collect, for every board" not in said
            await pilot.pause()
            await type_keys(app, pilot, "y")
            assert app.screen is dialog
            await type_keys(app, pilot, "n")
            assert len(app.screen_stack) == 1
            assert not app.floor.has_site
            assert crm.keys("*") == []


async def test_a_colleagues_yes_answers_the_question_here_too(
    empty_server: EmbeddedServer, eventually: Eventually
) -> None:
    app = stage.make_app(empty_server)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await eventually(lambda: isinstance(app.screen, ConsentDialog))
        await pilot.pause()
        store = SiteStore(app.startup.connection, app.journal_keys)
        await app.startup.connection.quick.rpush(INBOUND, payload(1, contact_ref="ACC-7"))
        assert await store.save(stage.demo_site(), "sipho", None)
        await eventually(lambda: refs(app) == ["1"])
        assert len(app.screen_stack) == 1
