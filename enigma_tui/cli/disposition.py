"""`enigma-tui disposition`: the outcome of a call, from a script."""

import json
from datetime import datetime

import click

from ..journal.keys import Keys
from ..model.call import Feed
from ..model.disposition import CodeTree, parse_when
from . import common, serving


@click.command("disposition")
@click.argument("call_ref")
@click.argument("code")
@click.option("--note", default="", help="A note to go with it.")
@click.option("--when", default="", help="When to call back: 30m, 14:30, tomorrow 9:00.")
@click.option("--amend", default="", metavar="REASON", help="Replace an outcome that stands.")
@click.option("--over-claim", is_flag=True, help="Also where somebody else claims the call.")
@click.option("--source", help="Which PBX, where a site has several.")
@click.option(
    "--feed",
    type=click.Choice([feed.value for feed in Feed]),
    help="Which call, where several feeds use CALL_REF.",
)
@click.option("--as", "name", metavar="NAME", help="Under which name to act.")
@click.pass_context
def command(
    ctx: click.Context,
    call_ref: str,
    code: str,
    note: str,
    when: str,
    amend: str,
    over_claim: bool,
    source: str | None,
    feed: str | None,
    name: str | None,
) -> None:
    """Record CODE as the outcome of the newest call with CALL_REF.

    Prints what is recorded as JSON. Ends with 1 if somebody else was first, or claims the call;
    nothing is overwritten then.

    \b
      enigma-tui disposition 4711 resolved --as thandi
      enigma-tui disposition 4711 escalated.billing --note 'double charge'
    """
    from ..journal.desk import Act, DispositionDesk, Outcome
    from ..journal.handing_in import why_not
    from ..site import Site
    from .reading import read_board

    loaded = common.settings(ctx, name=name)
    common.refuse_read_only(loaded, "nothing is recorded")
    link = serving.connection(loaded.settings, "disposition")
    keys = Keys(loaded.settings.prefix)

    async def work() -> int:
        stored = await serving.stored_site(link, keys)
        site = stored.site if stored else Site()
        found = site.code_tree().find(code)
        if found is None:
            common.fail(_unknown_code(code, site.code_tree()), common.WRONG)
        if found.note_required and not note.strip():
            common.fail(f"{found.code} needs a note: --note TEXT", common.WRONG)
        callback_ms = None
        if found.callback:
            try:
                moment = parse_when(when, datetime.now().astimezone())
            except ValueError as error:
                common.fail(f"--when: {error}", common.WRONG)
            callback_ms = round(moment.timestamp() * 1000)
        board = await read_board(link, keys, site, loaded.settings.keep_calls)
        names = [source] if source else [one.name for one in site.sources]
        calls = [
            call
            for one in names
            for call in board.newest(one, call_ref)
            if feed in (None, call.key.feed)
        ]
        if not calls:
            common.fail(f"no call {call_ref} in the journal")
        if len(calls) > 1:
            # Nothing is guessed: the outcome would stand in another call's record.
            found_as = ", ".join(f"{call.key.feed} of {call.key.source}" for call in calls)
            common.fail(
                f"{call_ref} is more than one call: {found_as}; say which with --feed or --source",
                common.WRONG,
            )
        call = calls[0]
        desk = DispositionDesk(link, keys, serving.who(loaded, link), site.retention.days)
        stands = call.disposition is not None
        answer = await desk.dispose(
            Act(
                call.key,
                found.code,
                # Without a reason to amend it, an outcome that is there already stands.
                call.version if not stands or amend.strip() else 0,
                note.strip(),
                callback_ms,
                reason=amend.strip() if stands else "",
                over_claim=over_claim,
            )
        )
        common.out(
            json.dumps(
                {
                    "outcome": answer.outcome,
                    "call_ref": call.key.call_ref,
                    "source": call.key.source,
                    "feed": call.key.feed,
                    "code": answer.code,
                    "by": answer.by,
                    "at": answer.at_ms / 1000,
                    "version": answer.version,
                },
                ensure_ascii=False,
            )
        )
        if answer.recorded:
            return 0
        how = {
            Outcome.CONFLICT: "; --amend REASON replaces it",
            Outcome.CLAIMED: "; --over-claim records it all the same",
        }
        common.fail(
            f"not recorded: {why_not(answer)}; nothing was overwritten{how.get(answer.outcome, '')}"
        )

    serving.run(work(), link)


def _unknown_code(code: str, tree: CodeTree) -> str:
    return f"there is no code {code!r}; there are {', '.join(leaf.code for leaf in tree.leaves())}"
