"""Makes screenshots/ from the running program: `make screenshots`.

A seeded day in a real server's journal, a clock that stands, the real board: the same pictures
each time.
"""

import asyncio
from pathlib import Path

from textual.pilot import Pilot

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.ui.app import EnigmaApp
from tests.phone.pbx import Pbx, phone_settings, serving
from tests.ui import stage
from tests.ui.hands import payload, push

TO = Path(__file__).parents[1] / "screenshots"
WIDE = (120, 30)
NARROW = (80, 24)


async def picture(
    server: EmbeddedServer, name: str, keys: tuple[str, ...], size: tuple[int, int] = WIDE
) -> None:
    """Open the board, type, and keep what is on screen."""
    app = stage.make_app(server)
    async with app.run_test(size=size) as pilot:
        await stage.settled(app, pilot)
        await pilot.press(*keys)
        await stage.settled(app, pilot)
        await keep(app, pilot, name)


async def together(server: EmbeddedServer) -> None:
    """Open the board while colleagues act, and acts of one's own wait; mark some calls."""
    stage.act_as_colleagues(server)
    app = stage.make_app(server)
    async with app.run_test(size=WIDE) as pilot:
        await stage.settled(app, pilot)
        stage.leave_waiting(app)
        await pilot.press("j", "j", "j", "space", "space")
        await stage.settled(app, pilot)
        await keep(app, pilot, "together")


async def disconnected(server: EmbeddedServer) -> None:
    """Open the board, take the server away, and keep what is on screen after a while."""
    app = stage.make_app(server)
    async with app.run_test(size=WIDE) as pilot:
        await stage.settled(app, pilot)
        await stage.take_server_away(app, pilot, server)
        await keep(app, pilot, "disconnected")


async def phone(server: EmbeddedServer) -> None:
    """Have the extension ring, with the keys on the phone."""
    pbx = Pbx()
    async with serving(pbx):
        app = stage.make_app(server, **phone_settings(pbx.url))
        async with app.run_test(size=WIDE) as pilot:
            await stage.settled(app, pilot)
            await pbx.registered()
            await pbx.invite(caller='"Nomsa Dlamini" <sip:0827654321@pbx>')
            told = payload("53140", "201", number="0827654321", contact_ref="ACC-4711")
            await push(app, told)
            while app.telephone is None or app.telephone.call() is None:
                await pilot.pause()
            app.told.clear()
            app.telephone.phone.seconds = lambda: 7.0  # type: ignore[method-assign]
            await pilot.press("ctrl+t")
            await keep(app, pilot, "phone")


async def keep(app: EnigmaApp, pilot: Pilot[None], name: str) -> None:
    """Write the picture."""
    await stage.look_still(app, pilot)
    (TO / f"{name}.svg").write_text(app.export_screenshot(title="enigma-tui"), encoding="utf-8")
    print(f"screenshots/{name}.svg")


async def main() -> None:
    """Make them all."""
    with EmbeddedServer() as server:
        stage.demo_floor(server)
        app = stage.make_app(server)
        async with app.run_test() as pilot:
            await stage.settled(app, pilot)
            await stage.record_outcomes(app)
        await picture(server, "board", ())
        await picture(server, "filter", ("5", "slash", *"ext:2000-2019 hold>15s"))
        await picture(server, "disposition", ("j", "d"))
        await picture(server, "details", ("5", *"jjjjjjjjj", "enter"))
        await picture(server, "narrow", ("2", "j"), NARROW)
        await together(server)
        await disconnected(server)
    with EmbeddedServer() as server:
        stage.demo_floor(server)
        await phone(server)


if __name__ == "__main__":
    TO.mkdir(exist_ok=True)
    asyncio.run(main())
