"""What a supervisor does to a call: from the dialog to the desk, and back with the answer."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from textual.app import App

from ..journal.connection import Connection
from ..journal.desk import Act, Answer, DispositionDesk, Outcome, Who
from ..journal.faults import FAILED, explain
from ..journal.keys import Keys
from ..model.call import Call
from .columns import clock
from .floor import Floor
from .screens.disposition import DispositionDialog, Draft


class Acting:
    """Takes one disposition from the key press to the toast."""

    def __init__(
        self, app: App[Any], floor: Floor, connection: Connection, keys: Keys, who: Who
    ) -> None:
        self._app = app
        self._floor = floor
        self._connection = connection
        self._keys = keys
        self._who = who

    def begin(self, call: Call) -> None:
        """Ask for the outcome of a call."""
        if call.superseded and call.disposition is None:
            self._app.notify(
                f"{call.key.call_ref} is in use again by a newer call; "
                "this one can no longer be disposed of.",
                severity="warning",
                markup=False,
            )
        else:
            self._open(call)

    def _open(self, call: Call, draft: Draft | None = None, problem: str = "") -> None:
        def chosen(made: Draft | None) -> None:
            if made is not None:
                self._app.run_worker(self._record(call, made), name="disposition")

        self._app.push_screen(
            DispositionDialog(
                call,
                self._named(call),
                self._floor.site.code_tree(),
                lambda: datetime.now().astimezone(),
                draft=draft,
                problem=problem,
            ),
            chosen,
        )

    async def _record(self, call: Call, draft: Draft) -> None:
        act = Act(call.key, draft.code, draft.expected_version, draft.note, draft.callback_ms)
        if draft.act:
            act = replace(act, id=draft.act)
        days = self._floor.site.retention.days
        desk = DispositionDesk(self._connection, self._keys, self._who, days)
        try:
            answer = await desk.dispose(act)
        except FAILED as error:
            # What was typed comes back with the reason. It keeps its id, so that handing it in
            # again records it once, whatever became of it the first time.
            fault = explain(error, self._connection.address.shown)
            problem = f"Not recorded, as far as is known: {fault} enter tries again."
            self._open(call, replace(draft, act=act.id), problem)
        else:
            self._tell(call, draft, answer)

    def _tell(self, call: Call, draft: Draft, answer: Answer) -> None:
        if answer.recorded:
            self._app.notify(
                f"{draft.code} recorded for {self._named(call)}", markup=False, timeout=4
            )
            return
        if answer.outcome is Outcome.SUPERSEDED:
            why = f"{call.key.call_ref} is in use again by a newer call."
        else:
            why = (
                f"{answer.by} was first, with {answer.code} at {clock(answer.at_ms)}. "
                f"Nothing was overwritten. {self._named(call)}"
            )
        self._app.notify(f"Not recorded: {why}", severity="error", timeout=20, markup=False)

    def _named(self, call: Call) -> str:
        caller = self._floor.dialplan.international(call.caller) or "unknown caller"
        extension = f"  ext {call.extension}" if call.extension else ""
        return f"{caller}{extension}  ref {call.key.call_ref}"
