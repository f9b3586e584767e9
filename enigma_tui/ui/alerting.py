"""Watches the floor for what the settings want to be told of, and tells it: on the screen, by the
bell, by a program that is run.
"""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any

from ..alert_rules import rule
from ..model.alerts import Alarm, Watch
from ..model.call import Call, CallKey
from ..model.subject import Subjects
from ..model.tabs import Tab
from ..settings import ENV_PREFIX, AlertSetting
from .floor import Floor
from .told import Told

log = logging.getLogger(__name__)

RUN_SECONDS = 30.0
"""How long a program may run before it is ended, with all that it has started."""

SAID_SECONDS = 15.0


class Alerting:
    """Announces alarms, each rule no more often than its setting says."""

    def __init__(
        self,
        settings: Sequence[AlertSetting],
        floor: Floor,
        told: Told,
        bell: Callable[[], None],
        start: Callable[[Coroutine[Any, Any, None]], object],
        clock: Callable[[], float],
        key_of: Callable[[str], str],
        secrets: Collection[str] = (),
    ) -> None:
        """Prepare; `start` runs something that nobody waits for, `clock` counts seconds.

        `secrets` are the variables of the environment that no program gets, beside the settings.
        """
        self.watch = Watch([rule(setting) for setting in settings])
        self._settings = {setting.name: setting for setting in settings}
        self._floor = floor
        self._told = told
        self._bell = bell
        self._start = start
        self._clock = clock
        self._key_of = key_of
        self._secrets = secrets
        self._announced: dict[str, float] = {}
        self._failed: set[str] = set()
        floor.observer = self

    def calls_changed(self, keys: Collection[CallKey]) -> None:
        """Look at calls that have changed; those of a journal that is being read are no news."""
        floor = self._floor
        gone = [key for key in keys if key not in floor.board.calls]
        self.announce(self.watch.look_at_change(gone, lambda: self._rows(keys), floor.lens()))

    def second_passed(self) -> None:
        """Look at what changes by the mere passing of time."""
        floor = self._floor
        live = floor.tally.keys(Tab.LIVE)
        self.announce(self.watch.look_at_live(lambda: self._rows(live), floor.lens()))
        self.announce(self.watch.look_at_time(floor.now_ms(), floor.figures, floor.newest_ms))

    def began_anew(self) -> None:
        """Take what is in the journal for known again."""
        self.watch.began_anew()

    def _rows(self, keys: Collection[CallKey]) -> Subjects[Any]:
        return Subjects(self._floor.view.rows(keys))

    def announce(self, alarms: Sequence[Alarm]) -> None:
        """Tell of these alarms."""
        for alarm in alarms:
            setting = self._settings[alarm.rule]
            now, last = self._clock(), self._announced.get(alarm.rule)
            if last is not None and now - last < setting.every_seconds:
                continue
            self._announced[alarm.rule] = now
            self._told.say(
                f"{alarm.rule}: {alarm.words}. {self._key_of('alerts')} lists alerts.",
                "warning",
                SAID_SECONDS,
            )
            if setting.bell:
                self._bell()
            if setting.command:
                self._start(self._run(setting, alarm))

    async def _run(self, setting: AlertSetting, alarm: Alarm) -> None:
        """Run the program of an alert; that it cannot be run is told once."""
        call = self._floor.board.calls.get(alarm.key) if alarm.key else None
        try:
            process = await asyncio.create_subprocess_exec(
                *setting.command,
                env={**self._inherited(), **environment(alarm, call, self._floor)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._fail(setting, getattr(error, "strerror", None) or str(error))
            return
        try:
            async with asyncio.timeout(RUN_SECONDS):
                code = await process.wait()
        except BaseException as error:
            if process.returncode is None:
                # Its group is its own. On a Mac, one that is over already gives a PermissionError.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(error, TimeoutError):
                raise
            self._fail(setting, f"it ran for more than {RUN_SECONDS:g} s, and was ended")
        else:
            if code:
                self._fail(setting, f"it ended with code {code}")

    def _inherited(self) -> Mapping[str, str]:
        """Return the environment without the settings, which may hold passwords, and secrets."""
        return {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(ENV_PREFIX) and name not in self._secrets
        }

    def _fail(self, setting: AlertSetting, why: str) -> None:
        log.error("the command of alert %s: %s", setting.name, why)
        if setting.name not in self._failed:
            self._failed.add(setting.name)
            self._told.say(
                f"alert {setting.name}: command {setting.command[0]}: {why}. Correct it in the "
                "settings (alerts); it is told once.",
                "error",
            )


def environment(alarm: Alarm, call: Call | None, floor: Floor) -> Mapping[str, str]:
    """Return what a program learns of an alarm: texts without a null in them."""
    told = {"ENIGMA_ALERT": alarm.rule, "ENIGMA_WORDS": alarm.words}
    if call is not None:
        told |= {
            "ENIGMA_CALL_REF": call.key.call_ref,
            "ENIGMA_SOURCE": call.key.source,
            "ENIGMA_CALLER": floor.dialplan.caller(call.caller),
            "ENIGMA_DIALLED": floor.lens().label(call.dialled) or call.dialled,
            "ENIGMA_EXTENSION": call.extension,
            "ENIGMA_CONTACT_REF": call.contact_ref,
            "ENIGMA_HOLD": "" if call.hold is None else f"{call.hold:g}",
            "ENIGMA_STATE": call.state(floor.now_ms(), floor.board.policy).value,
        }
    return {name: text.replace("\0", "") for name, text in told.items()}
