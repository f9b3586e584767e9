"""Reads a site's settings with pydantic, which finds all that is wrong in them, and where.

So it is with what people write. What is stored, and as it should be, is read without: loading
pydantic takes as long as a third of the first frame.
"""

import json
from collections.abc import Iterator

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from .model.text import safe
from .site import Site, SiteError
from .values import WrongError

_SITE = TypeAdapter(Site)


def read(text: str | bytes, where: str, *, strict: bool) -> Site:
    """Read settings as `Site.from_json` does; raises `SiteError`, with a line for every mistake.

    Not `strict`, it has one line: a status line has no place for more.
    """
    try:
        return _SITE.validate_python(json.loads(text), extra="forbid" if strict else "ignore")
    except json.JSONDecodeError as error:
        raise SiteError(
            f"{where} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        lines = [f"{where}: {line}" for each in found for line in _told(each)]
        raise SiteError("\n".join(lines if strict else lines[:1])) from None
    except (ValueError, RecursionError) as error:
        raise SiteError(f"{where} cannot be read: {error}") from None


def _told(found: ErrorDetails) -> Iterator[str]:
    """Yield what is wrong at one place, each with the setting's name."""
    wrong = found.get("ctx", {}).get("error")
    mistakes = wrong.mistakes if isinstance(wrong, WrongError) else (("", safe(found["msg"], 300)),)
    if found["type"] == "unexpected_keyword_argument":
        mistakes = (("", "there is no such setting"),)
    for setting, text in mistakes:
        path = safe(".".join(str(part) for part in (*found["loc"], setting) if part != ""))
        yield f"{path}: {text}" if path else text
