"""Filters that a supervisor has given a name: which key shows which."""

from collections.abc import Mapping

from ..settings import VIEWS_MOST

FIRST_KEY = 6
"""The key of the first saved view; those before are the views that are always there."""


def keyed(views: Mapping[str, str]) -> Mapping[int, tuple[str, str]]:
    """Return each saved view's name and filter by its key."""
    return dict(enumerate(list(views.items())[:VIEWS_MOST], start=FIRST_KEY))
