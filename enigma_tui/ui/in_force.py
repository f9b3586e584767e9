"""Gathers the settings in force: one's own, and those that the whole site shares."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..settings_shown import DEFAULT, THE_SITE, Shown, personal, shared, version
from .columns import moment

if TYPE_CHECKING:
    from .actions import CallActions


def in_force(app: "CallActions") -> Sequence[Shown]:
    """Return every setting; the site's stand below its version."""
    floor = app.floor
    shown = [*personal(app.settings, app.origins)]
    if not floor.has_site:
        return [*shown, Shown("site", "has no settings yet: these are the defaults", DEFAULT)]
    words = f"version {version(floor.site)}"
    if (written := floor.site_written) is not None:
        words += f", written by {written.by} at {moment(written.id.ms, floor.now_ms())}"
    return [*shown, Shown("site", words, THE_SITE), *shared(floor.site)]
