"""What pages say of settings and keys is what the program has."""

import pytest

from tests import documents


@pytest.mark.parametrize("name", documents.PAGES)
def test_a_page_says_what_the_program_has(name: str) -> None:
    written = (documents.TO / name).read_text(encoding="utf-8")
    assert written == documents.page(name), f"docs/{name} is not up to date: make docs"
