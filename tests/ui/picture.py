"""Makes a screenshot a picture that every viewer draws alike.

Textual's screenshots ask for a font to be fetched and rely on `textLength`, which many renderers
do not know. Here every word stands at its own place, in whatever monospace font there is.
"""

import html
import re

from rich.cells import cell_len

_FONT_FACE = re.compile(r"@font-face \{.*?\}", re.S)
_FONT_FAMILY = re.compile(r"font-family: (?!arial)[^;]*;")
_TEXT = re.compile(
    r'<text class="([^"]*)" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)" '
    r'clip-path="([^"]*)">([^<]*)</text>'
)
_WORD = re.compile(r"[│╭╮╰╯]|[^\s│╭╮╰╯]+")
"""Corners stand by themselves: a long line before one may be drawn a little too long."""

_FAMILY = "font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace;"


def portable(svg: str) -> str:
    """Return the picture with its words placed one by one and no font to be fetched."""
    svg = _FONT_FACE.sub("", svg)
    svg = _FONT_FAMILY.sub(_FAMILY, svg)
    return _TEXT.sub(_placed, svg)


def _placed(match: re.Match[str]) -> str:
    kind, x, y, length, clip, escaped = match.groups()
    text = html.unescape(escaped).replace("\N{NO-BREAK SPACE}", " ")
    cells = cell_len(text) or 1
    width = float(length) / cells
    parts = []
    for word in _WORD.finditer(text):
        at = float(x) + cell_len(text[: word.start()]) * width
        own = cell_len(word[0]) * width
        parts.append(
            f'<text class="{kind}" x="{at:.1f}" y="{y}" textLength="{own:.1f}" '
            f'clip-path="{clip}">{html.escape(word[0])}</text>'
        )
    return "".join(parts)
