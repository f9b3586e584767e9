"""What the help says of filters is so."""

import pytest

from enigma_tui.model.query import parse
from enigma_tui.model.query_fields import TABLE
from enigma_tui.model.query_help import EXAMPLES, FIELDS, MEANINGS


@pytest.mark.parametrize("text", [*EXAMPLES, *MEANINGS])
def test_everything_that_is_shown_can_be_typed(text: str) -> None:
    assert parse(text).text == text


def test_every_field_and_every_sign_is_explained() -> None:
    assert list(FIELDS) == list(TABLE)
    written = " ".join(MEANINGS)
    for sign in ("!", '"', "(", ")", "*", ":", "=", "!=", ">", ",", "-", " or "):
        assert sign in written, sign
