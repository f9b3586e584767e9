"""The command palette, made from the same list as everything else."""

from collections.abc import Awaitable, Callable

from textual.command import DiscoveryHit, Hit, Hits, Provider

from .commands import Command, Group, shown_keys


class CommandProvider(Provider):
    """Offers every command of the board by its name."""

    def _named(self, command: Command) -> str:
        keymap = getattr(self.app, "settings").keys  # noqa: B009
        return f"{command.label}  ({shown_keys(command, keymap)})"

    async def discover(self) -> Hits:
        """Offer everything before anything is typed."""
        for command in getattr(self.app, "commands"):  # noqa: B009
            if command.group is not Group.MOVE:
                yield DiscoveryHit(
                    self._named(command), self._run(command), command.label, command.help
                )

    async def search(self, query: str) -> Hits:
        """Offer what matches."""
        matcher = self.matcher(query)
        for command in getattr(self.app, "commands"):  # noqa: B009
            named = self._named(command)
            if (score := matcher.match(f"{named} {command.help}")) > 0:
                yield Hit(score, named, self._run(command), command.label, command.help)

    def _run(self, command: Command) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            if command.writes and getattr(self.app, "settings").read_only:  # noqa: B009
                self.app.notify(getattr(self.app, "only_watching"), markup=False)  # noqa: B009
            else:
                await self.screen.run_action(command.action)

        return run
