"""What a shell offers while a filter is typed: fields, and the values that every site has."""

import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def offer_filters(
    ctx: click.Context, option: click.Parameter, typed: str
) -> "list[CompletionItem[str]]":
    """Return what a filter may go on as. No server is asked: somebody waits."""
    from click.shell_completion import CompletionItem

    from ..model.call import CallState
    from ..model.query_complete import ways_on
    from ..model.query_fields import TABLE

    known = {"state": [state.value for state in CallState], "disp": ["none"]}
    offers = []
    for text in ways_on(typed, lambda field: known.get(field, ())):
        open_ended = text[-1] in ":>"
        field = TABLE.get(re.split(r"[^a-z]", text)[-2]) if open_ended else None
        help = field.help if field else None
        offers.append(CompletionItem(text, help=help, open_ended=open_ended))
    return offers
