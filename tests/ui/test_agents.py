"""What the Dialler tells of its agents is on the screen, where it tells anything."""

import json

import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.keys import Keys
from enigma_tui.model.call import EntryId
from tests.ui import stage
from tests.ui.hands import Eventually, Opened, text_of, type_keys, under_cursor


def tell(server: EmbeddedServer, status: str, extension: str, ago: float) -> None:
    """Write what an agent's state was so many seconds ago into the journal."""
    payload = {"status": status, "campaign_ref": "sales", "ref": extension}
    raw = json.dumps({"type": "status", "payload": payload})
    fields = {"kind": "status", "raw": raw, "source": "pbx", "feed": "agents"}
    with redis.Redis.from_url(server.url) as client:
        client.xadd(Keys().journal, fields, id=str(EntryId(round((stage.NOW - ago) * 1000), 99)))


async def test_states_are_counted_listed_and_in_the_details(
    floor: EmbeddedServer, opened: Opened, eventually: Eventually
) -> None:
    async with opened(size=(200, 40)) as (app, pilot):
        assert "AGENTS" not in text_of(app.board.figures), "nobody has told anything"
        await type_keys(app, pilot, "e")
        assert "agent" not in str(app.screen.query_one(".titles").content)  # type: ignore[attr-defined]
        await type_keys(app, pilot, "escape")
        call = under_cursor(app)
        tell(floor, "busy", call.extension, 1.9)
        tell(floor, "wrapup", call.extension, 1.0)
        tell(floor, "available", "2999", 0.5)
        await eventually(lambda: dict(app.floor.agents.counts()).get("available"))
        app.board.figures.tell()
        assert "AGENTS 1 available, 1 wrapping up" in text_of(app.board.figures)
        await type_keys(app, pilot, "enter")
        facts = app.screen.query_one("#facts")
        told = "\n".join(facts.render_line(y).text for y in range(facts.size.height))
        assert "Wrap-up      0:01" in told
        assert "wrapping up for 0:01, campaign sales" in told
        await type_keys(app, pilot, "escape", "e")
        lines = [str(each.prompt) for each in app.screen.query_one("OptionList").options]  # type: ignore[attr-defined]
        (line,) = [line for line in lines if f" {call.extension} " in line]
        assert "wrapping up 0:01" in line
