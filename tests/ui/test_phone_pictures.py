"""The phone, as pictures that somebody has looked at: it rings, it talks, it is in trouble."""

import socket
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from textual.pilot import Pilot

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.phone import media
from enigma_tui.phone.phone import Phone
from enigma_tui.ui.screens.phone import PhoneDialog
from tests.phone.conftest import LOOPBACK
from tests.phone.pbx import OFFER, Pbx, phone_settings, serving
from tests.ui import stage
from tests.ui.hands import Eventually, payload, push, text_of, toasts
from tests.ui.test_phone import NUMBER, bar, press
from tests.ui.test_snapshots import SIZES

PICTURES: dict[str, tuple[str, ...]] = {
    "ringing": (),
    "ringing-in-a-dialog": ("d",),
    "ringing-with-the-keys": ("ctrl+t",),
    "in-call": ("ctrl+t", "enter", "escape"),
    "in-call-with-the-keys": ("ctrl+t", "enter"),
    "help": ("ctrl+t", "question_mark"),
}


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing moves in a picture, and media stay on this machine."""
    monkeypatch.setattr(media, "PROGRAM", LOOPBACK)
    monkeypatch.setattr(Phone, "seconds", lambda phone: 83.0)
    monkeypatch.setattr(PhoneDialog, "bar", staticmethod(lambda level: "█████···············"))
    monkeypatch.delenv("SSH_CONNECTION", raising=False)


def at(port: int) -> dict[str, object]:
    """The settings of a phone whose PBX is there."""
    return phone_settings(f"ws://127.0.0.1:{port}/ws")


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("keys", PICTURES.values(), ids=PICTURES)
def test_phone(
    floor: EmbeddedServer,
    snap_compare: Callable[..., bool],
    eventually: Eventually,
    keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    app = stage.make_app(floor, **at(listening.getsockname()[1]))
    stack = AsyncExitStack()

    async def called(pilot: Pilot[None]) -> None:
        pbx = await stack.enter_async_context(serving(Pbx(), listening=listening))
        await stage.settled(app, pilot)
        await pbx.registered()
        await eventually(lambda: "registers here" in toasts(app))
        app.told.clear()
        leg = await pbx.invite(OFFER, caller=f'"Nomsa Dlamini" <sip:{NUMBER}@pbx>')
        await eventually(lambda: "RINGING" in bar(app))
        await push(app, payload("8801", "201", number=NUMBER, contact_ref="ACC-4711"))
        await eventually(lambda: "8801" in "".join(word for _, word in app.telephone.words()))
        await press(app, *keys)
        if "enter" in keys:
            await leg.answered()
            await eventually(lambda: "IN CALL" in bar(app))
        app.telephone.phone.talk.levels = (-45.0, -45.0)
        app.telephone.changed.publish(None)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=called)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("keys", [(), ("ctrl+t",)], ids=["board", "with-the-keys"])
def test_in_trouble(
    floor: EmbeddedServer,
    snap_compare: Callable[..., bool],
    eventually: Eventually,
    keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    """The PBX is away."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    app = stage.make_app(floor, **at(port))

    async def typed(pilot: Pilot[None]) -> None:
        await stage.settled(app, pilot)
        await eventually(lambda: "phone 201 lost" in text_of(app.board.status))
        await press(app, *keys)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=typed)
