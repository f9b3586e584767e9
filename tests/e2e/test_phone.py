"""A supervisor covers for an agent: the extension's call is taken on the board."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import redis

from enigma_tui.demo.embedded import EmbeddedServer
from tests.e2e.terminal import Terminal
from tests.e2e.test_supervisors import INBOUND, call
from tests.phone.loopback import PROGRAM, ROOT
from tests.phone.pbx import PASSWORD, Pbx, serving
from tests.phone.peer import Caller


async def test_notification_and_invite_together(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> None:
    pbx = Pbx()
    async with serving(pbx), Caller(says=700) as caller:
        environment = {
            "ENIGMA_TUI_REDIS_URL": server.url,
            "ENIGMA_TUI_EXTENSION": "201",
            "ENIGMA_TUI_PHONE_URL": pbx.url,
            "ENIGMA_TUI_PHONE_PASSWORD": PASSWORD,
            "ENIGMA_TUI_PHONE_MICROPHONE": "tone:440",
            "ENIGMA_TUI_PHONE_SPEAKER": "none",
            "PYTHONPATH": str(ROOT),
        }
        with Terminal(home=home, environment=environment, program=("-c", PROGRAM)) as board:

            def sees(what: str | Callable[[str], bool]) -> Awaitable[str]:
                return asyncio.to_thread(board.wait_for, what)

            await sees("● live")
            await pbx.registered()
            await sees("phone 201  ")
            offer = await caller.offer()
            client.rpush(INBOUND, call(4711, 201, "0827654321"))
            leg = await pbx.invite(offer, caller='"Nomsa" <sip:+27827654321@pbx>')
            text = await sees(lambda text: "RINGING" in text and "ref 4711" in text)
            rows = [line for line in text.splitlines() if re.search(r"│.* 4711 ", line)]
            assert len(rows) == 1, "one call, one row"
            board.send("\r")  # the details of the row, and no answer
            await sees("As it arrived")
            assert "RINGING" in board.text()
            board.send("\x14")
            await sees("del rejects")
            board.send("\r")
            await caller.answered(await leg.answered())
            await caller.until_heard(440)
            await sees("m mutes")
            board.send("\x1b[3~")
            await pbx.wait_for("BYE")
            await sees("Disposition")
            board.send("r\r")
            await sees("recorded for ")
            board.send("\x1b\x1bq")
            assert await asyncio.to_thread(board.wait_until_ended) == 0
