"""Every link leads somewhere, and every page can be found."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from .pages import PAGES, ROOT, anchors, inline, links, tokens


def where(page: Path, target: str) -> Path:
    return (page.parent / unquote(urlsplit(target).path)).resolve() if target[:1] != "#" else page


def wrong(page: Path, target: str) -> str:
    """Return what is wrong with a link, nothing if it is right."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        is_address = parts.scheme == "https" and parts.hostname and "." in parts.hostname
        return "" if is_address and " " not in target else "is not an https address"
    place = where(page, target)
    if not place.is_relative_to(ROOT) or not place.exists():
        return "is not a file here"
    if parts.fragment and (place.suffix != ".md" or parts.fragment not in anchors(place)):
        return "is not a heading there"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_picture_is_there(page: Path) -> None:
    found = [(line, target, wrong(page, target)) for line, target in links(page)]
    assert [each for each in found if each[2]] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_html_hides_a_link(page: Path) -> None:
    found = [token.content for token in tokens(page) if token.type == "html_block"]
    found += [token.content for _, token in inline(page) if token.type == "html_inline"]
    assert [html for html in found if not html.startswith("<!--")] == []


def test_every_page_can_be_found_from_the_front_page() -> None:
    found = {ROOT / "README.md"}
    ahead = list(found)
    while ahead:
        page = ahead.pop()
        near = {where(page, target) for _, target in links(page) if not urlsplit(target).scheme}
        ahead += [place for place in near - found if place.suffix == ".md"]
        found |= near
    assert [page.name for page in PAGES if page not in found] == []


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("docs/metrics.md", ""),
        ("docs/metrics.md#the-service-level-and-short-abandons", ""),
        ("#keys", ""),
        ("screenshots/board.svg", ""),
        ("https://redis.io/docs/", ""),
        ("docs/metric.md", "is not a file here"),
        ("../elsewhere.md", "is not a file here"),
        ("docs/metrics.md#the-service-level", "is not a heading there"),
        ("#kees", "is not a heading there"),
        ("screenshots/board.svg#x", "is not a heading there"),
        ("http://redis.io/docs/", "is not an https address"),
        ("https://redis", "is not an https address"),
        ("mailto:ann@pbx.example", "is not an https address"),
    ],
)
def test_a_link_that_leads_nowhere_is_noticed(target: str, said: str) -> None:
    assert wrong(ROOT / "README.md", target) == said
