"""Makes untrusted text safe to show.

A caller can key anything into the IVR and a caller-ID is whatever the far end sent, so every
string of a notification passes through here once, when it is unpacked. What comes out has no
character that moves a cursor, starts an escape sequence, turns the writing direction, hides, or
has no agreed width (PROTOCOL.md §7).
"""

import unicodedata
from hashlib import blake2s

MARK = "\N{REPLACEMENT CHARACTER}"
"""Stands in the place of every character that was taken out: one that is seen."""

MAX_LENGTH = 256
"""The most characters that are kept of one value; an ellipsis ends what was cut."""

MAX_REFERENCE = 128
"""The most characters of a call reference that are kept as they are."""

_STACKED = 2  # combining marks kept on one letter; real orthographies need no more

# Of no control or format category, and yet drawn as nothing at all (Unicode's property
# Default_Ignorable_Code_Point, the braille blank, the musical null note head).
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\U00016fe4\U0001d159"
)
# Beside what controls: spacing (Mc) and enclosing (Me) marks, which some terminals give a cell
# and others do not, so that enough of them push a row into the next.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mc", "Me", "Zl", "Zp"})
# Joined to their neighbours by some terminals and not by others: parts of Hangul syllables that
# did not compose, halves of flags, skin tones.
_DISPUTED = (
    ("\u1160", "\u11ff"),
    ("\ud7b0", "\ud7fb"),
    ("\U0001f1e6", "\U0001f1ff"),
    ("\U0001f3fb", "\U0001f3ff"),
)


def safe(value: str, limit: int = MAX_LENGTH) -> str:
    """Return `value` as it may be shown on a terminal.

    Controls (C0, C1, escape above all), bidirectional overrides and isolates, zero-width and
    other invisible characters, characters that terminals disagree on the width of, private and
    unassigned code points, lone surrogates and line breaks each become `MARK`. Other spaces
    become plain ones. Letters with accents are composed, and accents piled on one letter are cut
    after two. More than `limit` characters are cut, with an ellipsis as the last.
    """
    if value.isascii() and value.isprintable():
        return value if len(value) <= limit else value[: limit - 1] + "…"
    # Composing is not linear for hostile input, so it sees no more than can be kept.
    cut = len(value) > limit * 4
    composed = unicodedata.normalize("NFC", value[: limit * 4].replace("\r\n", "\n"))
    kept: list[str] = []
    stacked = 0
    for char in composed:
        category = unicodedata.category(char)
        if category == "Mn":
            stacked += 1
            if _is_variation_selector(char) or char in _INVISIBLE or not kept:
                kept.append(MARK)
            elif stacked <= _STACKED:
                kept.append(char)
            elif stacked == _STACKED + 1:
                kept.append(MARK)
            continue
        stacked = 0
        if category in _UNSAFE_CATEGORIES or char in _INVISIBLE or _is_disputed(char):
            kept.append(MARK)
        elif category == "Zs":
            kept.append(" ")
        else:
            kept.append(char)
    text = "".join(kept)
    return text[: limit - 1] + "…" if cut or len(text) > limit else text


def safe_reference(value: str) -> str:
    """Return a reference that is safe to show and still tells two references apart.

    A reference that is clean is returned as it is. One that had to be changed gets a digest of
    the original behind a tilde: `safe` alone would map different references to one, and with
    that, two calls to one.
    """
    shown = safe(value, MAX_REFERENCE)
    if shown == value:
        return value
    digest = blake2s(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    # Cut so that the result, met again, is clean and passes unchanged.
    return f"{shown[: MAX_REFERENCE - len(digest) - 1]}~{digest}"


def _is_disputed(char: str) -> bool:
    return char >= "\u1160" and any(first <= char <= last for first, last in _DISPUTED)


def _is_variation_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
