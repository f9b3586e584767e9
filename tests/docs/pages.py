"""The pages of the project, and what stands in them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.anchors import anchors_plugin
from msgspec import Struct

ROOT = Path(__file__).parents[2]

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


class Block(Struct, frozen=True):
    """A fenced block: what is in it, in which language."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


class Row(Struct, frozen=True):
    """A row of a table: each cell as it is read, under what heads its column."""

    page: Path
    line: int
    cells: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


@cache
def tokens(page: Path) -> Sequence[Token]:
    """Return what a page consists of; headings have their anchors, by GitHub's rules."""
    parser = MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=6)
    return parser.parse(page.read_text(encoding="utf-8"))


def inline(page: Path) -> Iterator[tuple[int, Token]]:
    """Yield what stands in the text of a page, and in which line it is."""
    for token in tokens(page):
        for child in token.children or ():
            yield (token.map or (0,))[0] + 1, child


def anchors(page: Path) -> frozenset[str]:
    """Return what a link into a page may end with."""
    return frozenset(str(token.attrGet("id")) for token in tokens(page) if token.attrGet("id"))


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Yield where links and pictures of a page point to."""
    for line, token in inline(page):
        if token.type == "link_open":
            yield line, str(token.attrGet("href"))
        elif token.type == "image":
            yield line, str(token.attrGet("src"))


def code(page: Path) -> Iterator[tuple[int, str]]:
    """Yield what stands in a page's text as code."""
    for line, token in inline(page):
        if token.type == "code_inline":
            yield line, token.content


def blocks() -> Sequence[Block]:
    """Return the fenced blocks of all pages."""
    return [
        Block(page, (token.map or (0,))[0] + 1, token.info.strip(), token.content)
        for page in PAGES
        for token in tokens(page)
        if token.type in ("fence", "code_block")
    ]


def rows(page: Path, *heads: str) -> Sequence[Row]:
    """Return the rows of the tables whose columns are headed so."""
    found: list[Row] = []
    for table in SyntaxTreeNode(tokens(page)).walk():
        if table.type == "table":
            head, *body = [row for part in table.children for row in part.children]
            if _cells(head) == heads:
                found += [
                    Row(page, row.map[0] + 1, dict(zip(heads, _cells(row), strict=True)))
                    for row in body
                    if row.map
                ]
    return found


def _cells(row: SyntaxTreeNode) -> tuple[str, ...]:
    """Return what the cells of a row say, whether they say it as code or not."""
    return tuple(
        "".join(part.content for text in cell.children for part in text.children)
        for cell in row.children
    )
