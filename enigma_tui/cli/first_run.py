"""The first start: checks what it asks for, and writes that into the settings file."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from ..finding import BAD, Finding
from ..first_answers import Answers, settings_of
from ..journal.keys import Keys
from ..secret_files import keep_secret
from ..settings import ENV_PREFIX, Loaded, Settings, SettingsError, default
from ..settings_file import UnwritableError, create, make_room
from . import common
from .config import template

_ON_SCREEN = (
    (
        "redis_url, username, password and password_file in the settings",
        "the ACL user and the password above",
    ),
    ("the ACL user of redis_url", "the ACL user above"),
    ("redis_url", "the address above"),
)
"""How what remedies call settings is called where they are asked for."""


class FirstRun:
    """What the screen of a first start asks of the command: see `ui.screens.first_run.Asking`."""

    def __init__(self, file: Path, loaded: Loaded, flags: Mapping[str, object]) -> None:
        """Prepare to write `file`; `loaded` is in force without it, `flags` were typed."""
        self.file = file
        self.loaded = loaded
        """The settings in force; those of the file once it is written."""
        self.login_name: str = default("name")
        self._flags = {name: value for name, value in flags.items() if value is not None}
        origins = loaded.origins
        self.taken: Mapping[str, str] = {
            setting.removesuffix("_file"): origins[setting]
            for setting in ("username", "password", "password_file", "name")
            if origins.get(setting, "").startswith(ENV_PREFIX)
        }
        self.preset = Answers(
            username=loaded.settings.username,
            name=loaded.settings.name if "name" in origins else "",
        )

    async def check(self, answers: Answers) -> AsyncGenerator[Finding, None]:
        """Yield what is found with these answers, as `enigma-tui doctor` would.

        Nothing is taken there, and nothing written.
        """
        from . import serving
        from .examining import examine

        try:
            settings = self._in_force(answers)
        except SettingsError as error:
            yield Finding("settings", BAD, str(error), "Mend that, and check again.")
            return
        link = serving.connection(settings, "first-run")
        findings = examine(
            link,
            Keys(settings.prefix),
            serving.opener(settings, "first-run"),
            serving.delivery_secrets(settings),
            writes=not settings.read_only,
            readers=False,  # who is the first to collect is told of them anyway
        )
        try:
            async with aclosing(findings):
                async for finding in findings:
                    yield replace(finding, remedy=_on_screen(finding.remedy))
        finally:
            await link.close()

    def save(self, answers: Answers) -> Settings:
        """Write the settings file, and a password into a file of its own; return all in force.

        Raises `UnwritableError`; then no file is left.
        """
        given = settings_of(self._own(answers))
        password = given.pop("password", "")
        if self.file.exists():
            raise UnwritableError(
                f"{self.file} has been written by somebody else meanwhile; "
                "quit, and start again with what is there"
            )
        try:
            self._in_force(answers)
            self._write(given, password)
        except SettingsError as error:
            raise UnwritableError(str(error)) from None
        except UnwritableError as error:
            beside = f", with {ENV_PREFIX}PASSWORD in the environment" if password else ""
            raise UnwritableError(
                f"{error}. Mend that, or do without the file: "
                f"enigma-tui --redis-url {given['redis_url']}{beside}"
            ) from None
        # What the screen has asked counts for more than the command line it was filled with.
        self._flags.pop("name", None)
        self.loaded = common.read(None, self._flags)
        return self.loaded.settings

    def _write(self, given: dict[str, str], password: str) -> None:
        if not password:
            create(self.file, template(given))
            return
        try:
            make_room(self.file)
            kept, fresh = keep_secret(self.file.parent, "password", password)
        except OSError as error:
            raise UnwritableError(
                f"no file for the password can be written in {self.file.parent}: {error.strerror}"
            ) from None
        try:
            create(self.file, template({**given, "password_file": str(kept)}))
        except BaseException:
            if fresh:
                kept.unlink(missing_ok=True)
            raise

    def _in_force(self, answers: Answers) -> Settings:
        """Return the settings as they will be, except that the password is in no file yet."""
        return common.read(None, {**self._flags, **settings_of(self._own(answers))}).settings

    def _own(self, answers: Answers) -> Answers:
        """Leave out what the environment answers."""
        return replace(answers, **dict.fromkeys(self.taken, ""))


def _on_screen(remedy: str) -> str:
    for setting, words in _ON_SCREEN:
        remedy = remedy.replace(setting, words)
    return remedy
