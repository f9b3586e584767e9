"""What tests of delivery share: a stage with calls, desks, a clock and deliverers."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from enigma_tui.backoff import Backoff
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.delivery import Deliverers, Secrets
from enigma_tui.journal.desk import Act, Answer, DispositionDesk, Undo, Who
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.sites import SiteStore
from enigma_tui.model.call import CallKey, EntryId, Feed
from enigma_tui.model.delivery import Deliveries
from enigma_tui.model.entry import Delivered, decode
from enigma_tui.origins import origin
from enigma_tui.site import CodeSetting, Site

from .receiver import Receiver

CODES = (
    CodeSetting(code="resolved", key="r", dialler="C"),
    CodeSetting(code="spam", label="Spam call", key="s", dialler="H"),
    CodeSetting(code="later", key="l"),
)


class Stage:
    """A site with a journal, people who record outcomes, and programs that deliver them."""

    def __init__(self, connection: Connection, open_connection: Callable[..., Connection]) -> None:
        self.connection = connection
        self.open_connection = open_connection
        self.keys = Keys("test")
        self.ahead_ms = 0
        """How far the clock that deliverers go by is ahead of the server's."""
        self.site = Site()
        self.tasks: list[asyncio.Task[object]] = []

    async def write_site(self, *targets: Mapping[str, Any], undo: int = 0, **rest: Any) -> Site:
        store = SiteStore(self.connection, self.keys)
        text = json.dumps({"delivery": targets})
        site = replace(Site.from_json(text, "test"), codes=CODES, undo_seconds=undo, **rest)
        assert await store.save(site, "tester", await store.load())
        stored = await store.load()
        assert stored
        self.site = stored.site
        return self.site

    async def call(self, reference: str = "4711", **payload: Any) -> CallKey:
        """An inbound call, or one of the Dialler where `call_dir` is `None`."""
        told = {"call_ref": reference, "ref": "2001", "number": "0820001234", "dial_number": "0115"}
        told |= {"contact_ref": "ACC-1", "call_dir": "inbound", **payload}
        if told["call_dir"] is None:
            del told["call_dir"], told["dial_number"]
            told["agent"] = told["ref"]
        entry = await self.notify("call", told)
        return CallKey("pbx", Feed(told.get("call_dir") or "dialler"), reference, entry)

    async def notify(self, kind: str, payload: Mapping[str, Any]) -> EntryId:
        raw = json.dumps({"type": kind, "payload": payload})
        fields = {"kind": kind, "raw": raw, "source": "pbx", "feed": "inbound"}
        entry = await self.connection.quick.xadd(self.keys.journal, fields)
        return EntryId.parse(entry.decode())

    async def ended(self, key: CallKey, extension: str = "2001") -> None:
        told = {"call_ref": key.call_ref, "extension": extension, "call_time": 9}
        await self.notify("cdr", {**told, "number": "082", "call_dir": "outbound", "ref": "win"})

    def desk(self, name: str = "ann") -> DispositionDesk:
        return DispositionDesk(self.connection, self.keys, Who(name))

    async def dispose(
        self, key: CallKey, code: str = "resolved", version: int = 0, **more: Any
    ) -> Act:
        act = Act(key, code, version, **more)
        assert (await self.desk().dispose(act)).recorded
        return act

    async def undo(self, act: Act) -> Answer:
        return await self.desk().undo(Undo(act.key, act.id), 3_600_000)

    async def now_ms(self) -> int:
        seconds, micros = await self.connection.quick.time()
        return int(seconds) * 1000 + int(micros) // 1000 + self.ahead_ms

    def deliver(self, environ: Mapping[str, str] | None = None, host: str = "") -> Deliverers:
        """Start a program that delivers, and may send these secrets to a host, each by its name;
        to that of the site's first target unless told."""
        held = environ or {}
        to = host or (origin(self.site.delivery[0].address) if self.site.delivery else "")
        secrets = Secrets(
            {name: f"env:{name}" for name in held}, dict.fromkeys(held, to), environ=held
        )
        deliverers = Deliverers(
            self.open_connection(self.connection.address.url),
            self.keys,
            "robot",
            secrets,
            server_ms=self.now_ms,
            new_backoff=lambda: Backoff(random.Random(), most=0.05, first=0.01),
            look_seconds=0.05,
            tell_seconds=0.02,
        )
        self.tasks.append(asyncio.create_task(deliverers.run()))
        return deliverers

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        ended = await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()
        assert not [e for e in ended if isinstance(e, Exception)]

    async def events(self) -> list[Any]:
        return [
            decode(EntryId.parse(entry_id.decode()), fields)
            for entry_id, fields in await self.connection.quick.xrange(self.keys.journal)
        ]

    async def results(self) -> list[Delivered]:
        """What the journal says of deliveries, in order."""
        return [event for event in await self.events() if isinstance(event, Delivered)]

    async def deliveries(self) -> Deliveries:
        """How delivery stands, for somebody who reads the journal now."""
        deliveries = Deliveries([self.site.rule(target) for target in self.site.delivery])
        for event in await self.events():
            deliveries.apply(event)
        return deliveries


@pytest_asyncio.fixture
async def stage(
    connection: Connection, open_connection: Callable[..., Connection]
) -> AsyncIterator[Stage]:
    stage = Stage(connection, open_connection)
    yield stage
    await stage.stop()


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(Receiver())


@pytest.fixture
def webhook(receiver: Receiver) -> dict[str, Any]:
    """A webhook's settings."""
    return {"kind": "webhook", "name": "crm", "url": receiver.url}
