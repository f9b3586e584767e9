"""`enigma-tui deliveries`: what other systems have not been told, and telling them again."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from ..journal.keys import Keys
from ..model.delivery import Deliveries, Outgoing
from ..model.entry import Delivered
from ..settings import Loaded
from ..site import Site
from . import common, serving

if TYPE_CHECKING:
    from ..journal.connection import Connection
    from ..journal.standstill import Standstill

_NEAR_SHARE = 0.8
"""Of the retention; what waits for longer is about to be trimmed."""


@click.group("deliveries", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List what waits to be handed on, and what failed or was too old, with the answer it got.

    Where delivery to a target stands still it says why.

    Ends with 1 if anything failed.

    \b
      enigma-tui deliveries
      enigma-tui deliveries --json | jq -r '.failed[].call_ref'
      enigma-tui deliveries again 0123456789abcdef
    """
    if ctx.invoked_subcommand is not None:
        return
    from ..journal.standstill import look

    loaded = common.settings(ctx)
    link = serving.connection(loaded.settings, "deliveries")

    async def work() -> int:
        site, deliveries = await _read(link, loaded)
        keys = Keys(loaded.settings.prefix)
        standstills = await look(link, keys, [target.name for target in site.delivery])
        seconds, _ = await link.quick.time()
        near_ms = round((int(seconds) - site.retention.days * 86_400 * _NEAR_SHARE) * 1000)
        if as_json:
            told = _told(deliveries, standstills, near_ms)
            common.out(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            _print(deliveries, standstills, near_ms)
        return 1 if deliveries.failed() else 0

    serving.run(work(), link)


@command.command("again")
@click.argument("id", required=False)
@click.option("--all", "everything", is_flag=True, help="Everything that is listed as failed.")
@click.option("--target", metavar="NAME", help="Only to this target.")
@click.pass_context
def again(ctx: click.Context, id: str | None, everything: bool, target: str | None) -> None:
    """Ask to send the outcome ID again, or all that failed. Whoever delivers sends it.

    A webhook gets it under the key it had before, so a receiver that took it after all can drop
    it.

    \b
      enigma-tui deliveries again 0123456789abcdef
      enigma-tui deliveries again --all --target crm
    """
    from ..journal.delivery import Again

    loaded = common.settings(ctx)
    common.refuse_read_only(loaded, "nothing is sent again")
    if (id is None) != everything:
        common.fail("say which: an ID of `enigma-tui deliveries`, or --all", common.WRONG)
    link = serving.connection(loaded.settings, "deliveries")

    async def work() -> int:
        site, deliveries = await _read(link, loaded)
        names = [each.name for each in site.delivery]
        if target is not None and target not in names:
            common.fail(
                f"there is no target {target!r}; there are {', '.join(names) or 'none'}",
                common.WRONG,
            )
        chosen = [
            failed
            for failed in deliveries.failed()
            if id in (None, failed.act) and target in (None, failed.target)
        ]
        if not chosen and id is not None:
            common.fail(f"{id} is not listed as failed; look at: enigma-tui deliveries")
        asking = Again(link, Keys(loaded.settings.prefix), serving.who(loaded, link))
        asked = 0
        for failed in chosen:
            answer = await asking.ask(failed)
            if answer == "done":
                asked += 1
                continue
            why = {
                "superseded": "another outcome stands by now",
                "gone": "its record is older than the retention",
            }[answer]
            common.say(f"{failed.act} is not sent to {failed.target} again: {why}")
        common.out(f"{asked} to be sent again")
        return 0 if asked == len(chosen) else 1

    serving.run(work(), link)


async def _read(link: "Connection", loaded: Loaded) -> tuple[Site, Deliveries]:
    from .reading import read_all

    keys = Keys(loaded.settings.prefix)
    stored = await serving.stored_site(link, keys)
    site = stored.site if stored else Site()
    deliveries = Deliveries([site.rule(target) for target in site.delivery])
    async for event in read_all(link, keys):
        deliveries.apply(event)
    return site, deliveries


def _told(
    deliveries: Deliveries, standstills: "Mapping[str, Standstill]", near_ms: int
) -> dict[str, object]:
    return {
        "waiting": [
            {
                "target": each.target,
                "count": each.count,
                "oldest": None if each.oldest_ms is None else each.oldest_ms / 1000,
                "standstill": _standstill(standstills.get(each.target)),
            }
            for each in deliveries.waiting()
        ],
        "failed": [_failure(each) for each in deliveries.failed()],
        "nearing_trim": [_nearing(name, owed) for name, owed in deliveries.nearing(near_ms)],
    }


def _standstill(found: "Standstill | None") -> dict[str, object] | None:
    return None if found is None else asdict(found)


def _failure(each: Delivered) -> dict[str, object]:
    return {
        "id": each.act,
        "target": each.target,
        "outcome": str(each.outcome),
        "answer": each.answer,
        "attempts": each.attempts,
        "at": each.id.ms / 1000,
        "code": each.code,
        "call_ref": each.key.call_ref,
        "source": each.key.source,
        "feed": str(each.key.feed),
    }


def _nearing(name: str, owed: Outgoing) -> dict[str, object]:
    return {
        "id": owed.disposition.act,
        "target": name,
        "call_ref": owed.key.call_ref,
        "recorded": owed.disposition.at_ms / 1000,
    }


def _print(deliveries: Deliveries, standstills: "Mapping[str, Standstill]", near_ms: int) -> None:
    if not deliveries.boxes:
        common.out("no target is set: `enigma-tui site edit`, delivery")
    for waiting in deliveries.waiting():
        words = f"{waiting.count:,} waiting"
        if waiting.oldest_ms is not None:
            words += f", the oldest since {_time(waiting.oldest_ms)}"
        common.out(f"{waiting.target}: {words}")
        if (standstill := standstills.get(waiting.target)) is not None:
            common.out(f"{waiting.target}: delivery stands still: {standstill}")
            common.out(f"  {standstill.remedy}")
    for failed in deliveries.failed():
        outcome = failed.outcome.replace("_", " ")
        common.out(
            f"{failed.act}  {_time(failed.id.ms)}  {failed.target}  call {failed.key.call_ref}  "
            f"{failed.code}  {outcome}" + (f": {failed.answer}" if failed.answer else "")
        )
    for name, owed in deliveries.nearing(near_ms):
        common.out(
            f"{owed.disposition.act}  waits for {name} since {_time(owed.disposition.at_ms)}; the "
            "journal will soon be trimmed of it"
        )


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
