"""What tests of the screen do with their hands: type, look under the cursor, push as a PBX does."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import redis
from redis.asyncio import Redis
from textual.pilot import Pilot
from textual.widgets import Static

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.desk import DispositionDesk, Who
from enigma_tui.journal.keys import Keys
from enigma_tui.model.call import Call, CallKey, DeedKind, Disposition, EntryId
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.widgets.drawn import Drawn
from tests.ui import stage

Opened = Callable[..., AbstractAsyncContextManager[tuple[EnigmaApp, Pilot[None]]]]
Eventually = Callable[..., Awaitable[float]]
INBOUND = "enigma:notifications:inbound"


def payload(ref: object, extension: object = "2001", **other: object) -> bytes:
    fields = {
        "call_ref": ref,
        "ref": extension,
        "number": "0820001234",
        "dial_number": "0115550100",
    }
    told = {**fields, "hold_time": 9, "contact_ref": "", "call_dir": "inbound", **other}
    return json.dumps({"type": "call", "payload": told}).encode()


async def type_keys(app: EnigmaApp, pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await app.keyboard.idle()
    await pilot.pause()


def journal(server: EmbeddedServer, *payloads: bytes) -> None:
    """Write notifications into the journal, as they would have been collected."""
    with redis.Redis.from_url(server.url) as client:
        for number, raw in enumerate(payloads):
            at = str(EntryId(round(stage.BEGAN * 1000), number))
            fields = {"kind": "call", "raw": raw, "source": "pbx", "feed": "inbound"}
            client.xadd(Keys().journal, fields, id=at)


def refs(app: EnigmaApp) -> list[str]:
    return [key.call_ref for key in app.floor.view.order()]


def under_cursor(app: EnigmaApp) -> Call:
    call = app.board.table.current()
    assert call is not None
    return call


async def push(app: EnigmaApp, *payloads: bytes) -> None:
    """Let the PBX send, and wait until the board has it."""
    client: Redis = app.startup.connection.quick
    before = app.floor.last
    await client.rpush(INBOUND, *payloads)
    async with asyncio.timeout(15):
        while await client.llen(INBOUND) or app.floor.last == before:
            await app.startup.connection.quick.ping()  # gives the others their turn


def outcome(app: EnigmaApp, key: CallKey) -> Disposition | None:
    return app.floor.board.calls[key].disposition


def done_to(app: EnigmaApp, key: CallKey) -> list[DeedKind]:
    """What the audit tells, without the claims that a slow hand makes."""
    claims = (DeedKind.CLAIMED, DeedKind.RELEASED)
    audit = app.floor.board.calls[key].audit
    return [deed.kind for deed in audit if deed.kind not in claims]


def claimant(app: EnigmaApp, key: CallKey) -> str:
    claim = app.floor.board.calls[key].claim
    return claim.by if claim else ""


def toasts(app: EnigmaApp) -> str:
    """What is said on the screen now."""
    return app.told.now.words if app.told.now else ""


def colleague(app: EnigmaApp, name: str = "sipho") -> DispositionDesk:
    return DispositionDesk(app.startup.connection, app.journal_keys, Who(name))


def shown(app: EnigmaApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).content)


def text_of(line: Drawn) -> str:
    """Return what a line of the board says."""
    return "".join(segment.text for segment in line.render_line(0))
