"""The filter language in a page: what it can be asked, and what its signs mean."""

from collections.abc import Mapping
from types import MappingProxyType

from .query import FIELDS

__all__ = ["EXAMPLES", "FIELDS", "MEANINGS"]

EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "ext:2000-2099 hold>30s": "held for more than half a minute, at these extensions",
        "082 000 1234": "this number, however it is written, who called or was called",
        "support disp:none": "for Support, and no outcome recorded yet",
        "caller:082* or caller:+4420*": "from either of these",
        "!(state:live) by:thandi": "over, and disposed of by Thandi",
        'contact:""': "nobody keyed in a reference",
    }
)
"""Filters, and what each lets through."""

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "support": "a word is sought in numbers, labels, references and the extension",
        "support 2001": "both; the word and may stand between them",
        "support or sales": "one of them at least",
        "(support or sales) hold>1m": "parentheses group",
        "!support": "not",
        '"or"': "in quotes, a word or phrase as it stands",
        "0820*": "anything may stand for *",
        "ext:20": "begins with",
        "ext=2001": "is, in full",
        "ext!=2001": "is not",
        "ext:2001,2004": "one of these",
        "ext:2000-2099": "from, to; as many digits each",
        "hold>=1:30": "with >, >=, < and <=: 90, 90s, 2m, 1:30, 1h",
    }
)
"""What is written, and what it means."""
