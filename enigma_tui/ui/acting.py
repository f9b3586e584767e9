"""What a supervisor does to a call: from the dialog to the desk, and back with the answer."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

from textual.app import App

from ..journal.connection import Connection
from ..journal.desk import Act, Answer, DispositionDesk, Outcome, Who
from ..journal.faults import FAILED, explain
from ..journal.keys import Keys
from ..model.call import Call, CallKey
from .columns import moment
from .floor import Floor
from .screens.disposition import DispositionDialog, Draft

SLOW_SECONDS = 1.0
"""After so long without an answer it is said that there is none yet."""


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
        self._kept: dict[CallKey, tuple[Draft, str]] = {}

    def begin(self, call: Call) -> None:
        """Ask for the outcome of a call; what could not be recorded before comes back."""
        if call.superseded and call.disposition is None:
            self._app.notify(
                f"Not recorded: {self._superseded(call)}", severity="warning", markup=False
            )
            return
        draft, problem = self._kept.pop(call.key, (None, ""))
        self._open(call, draft, problem)

    def _open(self, call: Call, draft: Draft | None, problem: str) -> None:
        def chosen(made: Draft | None) -> None:
            if made is not None:
                self._app.run_worker(self._record(call, made), name="disposition")

        self._app.push_screen(
            DispositionDialog(
                lambda: self._floor.board.calls.get(call.key, call),
                self._named(call),
                self._floor.site.code_tree(),
                lambda: datetime.now().astimezone(),
                draft=draft,
                problem=problem,
            ),
            chosen,
        )

    async def _record(self, call: Call, draft: Draft) -> None:
        now = self._floor.board.calls.get(call.key, call)
        if now.superseded:
            self._refuse(self._superseded(call), draft)
            return
        act = Act(call.key, draft.code, 0, draft.note, draft.callback_ms)
        if draft.act:
            act = replace(act, id=draft.act)
        days = self._floor.site.retention.days
        desk = DispositionDesk(self._connection, self._keys, self._who, days)
        handed_in = asyncio.ensure_future(desk.dispose(act))
        try:
            await asyncio.wait({handed_in}, timeout=SLOW_SECONDS)
            if not handed_in.done():
                self._app.notify(
                    f"{draft.code} for {self._named(call)}: the server has not answered yet",
                    severity="warning",
                    markup=False,
                )
            answer = await handed_in
        except FAILED as error:
            self._keep(call, replace(draft, act=act.id), error)
        else:
            self._tell(call, draft, answer)

    def _keep(self, call: Call, draft: Draft, error: BaseException) -> None:
        """Keep what was chosen and typed, and say so.

        No dialog opens by itself: it would take the keys that are meant for the board. The draft
        keeps its id, so that handing in the same again records it once, whatever became of it
        the first time.
        """
        fault = explain(error, self._connection.address.shown)
        problem = f"Not recorded, as far as is known: {fault}"
        self._kept[call.key] = draft, f"{problem} enter tries again."
        self._app.notify(
            f"{problem} {draft.code} for {self._named(call)} is kept: "
            "d on that call brings it back.",
            severity="error",
            timeout=30,
            markup=False,
        )

    def _tell(self, call: Call, draft: Draft, answer: Answer) -> None:
        if answer.recorded:
            self._app.notify(
                f"{answer.code} recorded for {self._named(call)}", markup=False, timeout=4
            )
        elif answer.outcome is Outcome.SUPERSEDED:
            self._refuse(self._superseded(call), draft)
        else:
            at = moment(answer.at_ms, self._floor.now_ms())
            self._refuse(
                f"{answer.by} was first, with {answer.code} at {at}. "
                f"Nothing was overwritten. {self._named(call)}",
                draft,
            )

    def _refuse(self, why: str, draft: Draft) -> None:
        note = f"\nYour note: {draft.note}" if draft.note else ""
        self._app.notify(f"Not recorded: {why}{note}", severity="error", timeout=20, markup=False)

    @staticmethod
    def _superseded(call: Call) -> str:
        return (
            f"{call.key.call_ref} is in use again by a newer call; "
            "this one can no longer be disposed of."
        )

    def _named(self, call: Call) -> str:
        caller = self._floor.dialplan.international(call.caller) or "unknown caller"
        extension = f"  ext {call.extension}" if call.extension else ""
        return f"{caller}{extension}  ref {call.key.call_ref}"
