"""The Outbox claims nothing that this board cannot know."""

from dataclasses import replace

import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.site import Site
from enigma_tui.targets import WebhookTarget
from tests.ui import stage
from tests.ui.hands import Eventually, Opened, shown, type_keys


async def test_while_the_server_is_away_it_says_what_is_not_known(eventually: Eventually) -> None:
    with EmbeddedServer() as server:
        stage.write_site(server, Site())
        app = stage.make_app(server)
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await app.wired.wait()
            await eventually(lambda: app.follower.link.caught_up)
            await type_keys(app, pilot, "o")
            await eventually(lambda: "Everything has been recorded" in shown(app, "#summary"))
            server.kill()
            await eventually(lambda: not app.follower.link.connected)
            await eventually(lambda: "The server is away" in shown(app, "#summary"))
            assert "is not known" in shown(app, "#summary")
            assert "Everything" not in shown(app, "#summary")


async def test_before_anything_is_known_nothing_is_said_to_be_recorded(
    empty_server: EmbeddedServer, eventually: Eventually
) -> None:
    app = stage.make_app(empty_server)
    async with app.run_test(size=(80, 24), notifications=True):
        await app.wired.wait()
        await eventually(lambda: app.follower.link.caught_up)
        app.follower.link.connected = False
        app.follower.link.answered_at = None
        assert app.outbox.summary() == [
            "The server has not answered yet: what waits there is not known."
        ]
        app.follower.link.connected = True
        app.follower.link.caught_up = False
        assert "still being read" in app.outbox.summary()[-1]
        app.follower.link.caught_up = True
        app.floor.paused = True
        assert "paused" in app.outbox.summary()[-1]


async def test_a_target_at_a_standstill_is_told_with_its_reason_and_remedy(
    opened: Opened, floor: EmbeddedServer, eventually: Eventually
) -> None:
    target = WebhookTarget(kind="webhook", name="crm", url="secret:crm-url")
    async with opened(size=(80, 24)) as (app, pilot):
        stage.write_site(floor, replace(app.floor.site, delivery=(target,)))
        with redis.Redis.from_url(floor.url) as client:
            client.xadd(app.journal_keys.journal, {"kind": "site", "by": "ann"})
        await type_keys(app, pilot, "o")
        still = "delivery to crm stands still: secret crm-url is missing (thandi)"
        await eventually(lambda: still in shown(app, "#summary"))
        assert "delivery_secrets" in shown(app, "#summary")
