"""Promises of `cli.filter_offers`: what a shell offers says what it is, wherever it stands."""

import click
import pytest

from enigma_tui.cli.filter_offers import offer_filters


@pytest.mark.parametrize(
    "before", ["", "!", "(", "state:live ", "state:live or(", "ext:1,(", "hold>2m and!"]
)
def test_a_field_comes_with_its_help(before: str) -> None:
    option = click.Option(["--filter"])
    [offer] = offer_filters(click.Context(click.Command("x")), option, f"{before}st")
    assert offer.value == f"{before}state:"
    assert "live" in str(offer.help)
