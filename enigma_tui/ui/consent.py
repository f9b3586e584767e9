"""Decides whether this board takes from the PBX's lists: only where that has been agreed to."""

from collections.abc import Callable, Sequence
from typing import Any

from textual.app import App

from ..journal.collector import Collector
from ..journal.connection import Connection
from ..journal.faults import FAILED, explain
from ..journal.keys import Keys
from ..journal.readers import Look, list_depths, look_everywhere
from ..journal.sites import SiteStore
from ..site import Site
from .screens.consent import ConsentDialog


class Consent:
    """Asks once, and starts the collector after a yes: here, or somebody's before.

    A site that has its settings has agreed. A board that was told no never collects, whoever
    agrees later.
    """

    def __init__(
        self,
        app: App[Any],
        connection: Connection,
        keys: Keys,
        collector: Collector,
        *,
        answer: bool | None,
        by: str,
        first_site: Site | None,
        look_seconds: float | None = None,
    ) -> None:
        """Prepare; `answer` is what the settings say, `None` that they leave it to be asked.

        Asked, it looks for `look_seconds`, or else as long as `readers` says, whether another
        program reads the lists.
        """
        self._app = app
        self._connection = connection
        self._keys = keys
        self._collector = collector
        self._answer = answer
        self._by = by
        self._site = first_site or Site()
        self._look_seconds = look_seconds
        self._dialog: ConsentDialog | None = None
        self._started = False

    def site_is(self, site: Site | None, start: Callable[[], None]) -> None:
        """Act on the shared settings being there, or not; `start` begins to collect."""
        if site is not None:
            # Where the server loses its data, these are what is written anew, and not defaults
            # that might take from another program's list.
            self._site = site
            if self._dialog is not None:
                self._dialog.dismiss(None)
            self._begin(start)
        elif self._answer:
            self._app.run_worker(self._found(start), name="first site")
        elif self._answer is None and self._dialog is None:
            self._app.run_worker(self._ask(start), name="consent")

    def _begin(self, start: Callable[[], None]) -> None:
        if self._answer is False:
            return
        if not self._started:
            self._started = True
            start()
        self._collector.nudge.set()

    async def _ask(self, start: Callable[[], None]) -> None:
        sources, open_source = self._site.sources, self._collector.open_source
        lists = await list_depths(self._connection, sources, open_source)

        async def looking() -> Sequence[Look]:
            return await look_everywhere(self._connection, sources, open_source, self._look_seconds)

        self._dialog = ConsentDialog(lists, self._keys.journal, looking)
        answer: bool | None = await self._app.push_screen_wait(self._dialog)
        self._dialog = None
        if answer is None:
            return  # a colleague has answered
        self._answer = answer
        if answer:
            await self._found(start)
        else:
            self._app.notify("Watching only. Nothing is taken from any list.", markup=False)

    async def _found(self, start: Callable[[], None]) -> None:
        """Write the shared settings, and so agree to collecting."""
        try:
            await SiteStore(self._connection, self._keys).save(self._site, self._by, None)
        except FAILED as error:
            fault = explain(error, self._connection.address.shown)
            self._app.notify(
                f"Collecting has not begun: {fault}", severity="error", markup=False, timeout=20
            )
        else:
            self._begin(start)
