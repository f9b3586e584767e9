"""Changes one term of a filter's text and leaves the rest as it was typed."""

from collections.abc import Sequence

from .query import DIGIT, VALUE, QueryError, Term, parse, top_level, unknown_field
from .query_fields import TABLE


def field_values(text: str, name: str) -> tuple[str, ...]:
    """Return the values of the `name:` term that stands by itself in a filter, `()` if none does.

    By itself: neither negated nor in parentheses nor one side of an `or`. Ranges and wildcards
    are returned as they are written. A text that is no filter has none.
    """
    try:
        terms = top_level(text)
    except QueryError:
        return ()
    for term in terms:
        if term.field == name:
            return tuple(value.text for value in term.values)
    return ()


def with_field(text: str, name: str, values: Sequence[str], *, exactly: bool = False) -> str:
    """Return the filter with `values` in its `name:` term, and the rest as it was typed.

    With `exactly` it is a `name=` term, which takes no longer values that begin alike. Replaces
    the term that `field_values` reads, adds one if there is none, and removes it if there are no
    values. Raises `QueryError` if `text` is no filter or would not be one after.
    """
    if name not in TABLE:
        raise unknown_field(name, 0, 0)
    terms = top_level(text)
    if not values and all(term.field != name for term in terms):
        return text
    operator = "=" if exactly else ":"
    new = f"{name}{operator}{','.join(_written(value, name) for value in values)}" if values else ""
    if not terms and text.strip():
        changed = f"({text.strip()}) {new}"  # an `or` would take the new term for one side alone
    else:
        changed = _rewritten(text, terms, name, new)
    parse(changed)
    return changed


def _rewritten(text: str, terms: list[Term], name: str, new: str) -> str:
    """Return `text` with the first `name:` term become `new`, and further ones gone."""
    written = ""
    previous = -1
    for index, term in enumerate(terms):
        ours = term.field == name
        part = new if ours else text[term.start : term.end]
        if ours:
            new = ""
        if not part:
            continue
        if previous < 0:
            written = part
        elif previous == index - 1:
            written += text[terms[previous].end : term.start] + part
        else:
            # What stood between has gone; words of digits must not join over the gap.
            join = written[-1] in DIGIT and part[0] in DIGIT
            written += f" and {part}" if join else f" {part}"
        previous = index
    return f"{written} {new}".strip() if new else written


def _written(value: str, name: str) -> str:
    """Return `value` as it is typed: in quotes where it would be read as something else."""
    # A number is quoted always, for words of digits that follow would join it.
    if not TABLE[name].phone and VALUE.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
