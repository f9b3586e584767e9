"""Calling back: from the key to the PBX's answer, and who is to be called when."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from textual.app import App

from ..journal.click2dial import place
from ..journal.delivery.reply import Verdict
from ..journal.desk import DispositionDesk
from ..journal.faults import FAILED
from ..model.call import Call, CallState, DeedKind
from ..model.click2dial import NotDialledError, Request, callee, is_outbound_id, reference
from ..site import Click2Dial
from .claims import Claims
from .columns import moment
from .floor import Floor
from .screens.calling_back import CallBackDialog
from .told import Told

OUTCOME_SECONDS = 20.0
"""How long it is said what the PBX made of it."""


class CallingBack:
    """Has callers called back, one at a time, and tells the others."""

    def __init__(
        self,
        app: App[Any],
        told: Told,
        floor: Floor,
        claims: Claims,
        desk: Callable[[], DispositionDesk],
        extension: str,
        key_of: Callable[[str], str],
    ) -> None:
        """Prepare; `extension` is this person's own, where the settings tell it.

        `key_of` returns the key that a command has in force.
        """
        self._key_of = key_of
        self._app = app
        self._told = told
        self._floor = floor
        self._claims = claims
        self._desk = desk
        self._extension = extension
        self._under_way = False

    # ── by key ──────────────────────────────────────────────────────────────────────────

    def begin(self, call: Call) -> None:
        """Ask whether to call a caller back."""
        server = self._server(call)
        if not server.server:
            self._warn(
                f"Nobody can be called back: the site's settings have no click2dial.server of "
                f"source {call.key.source}. `enigma-tui site edit` sets it."
            )
            return
        if self._under_way:
            self._warn("The PBX has not answered the last call-back yet.")
            return
        try:
            number = callee(call.caller, self._floor.dialplan)
        except NotDialledError as error:
            self._warn(str(error))
            return

        def chosen(extension: str | None) -> None:
            if extension is None:
                self._claims.leave(call.key)
                return
            self._extension = extension
            sent = Request(
                extension, number, _outbound_id(server, call), reference(call.contact_ref)
            )
            self._under_way = True
            self._run(self._place(call, server, sent))

        self._claims.begin(call)
        self._app.push_screen(
            CallBackDialog(
                "\n".join(self._lines(call, server)), self._notice(call), self._extension
            ),
            chosen,
        )

    def _server(self, call: Call) -> Click2Dial:
        sources = self._floor.site.sources if self._floor.has_site else ()
        found = (each.click2dial for each in sources if each.name == call.key.source)
        return next(found, Click2Dial())

    def _lines(self, call: Call, server: Click2Dial) -> list[str]:
        shown = self._floor.dialplan.caller(call.caller)
        lines = [f"{shown}   ref {call.key.call_ref}"]
        from_ = _outbound_id(server, call)
        lines.append(f"They see   {from_ or 'what the PBX shows by itself'}")
        if call.contact_ref:
            sent = reference(call.contact_ref)
            lines.append(
                f"Contact    {sent or 'not sent: it has characters that Click2Dial does not take'}"
            )
        return lines

    def _notice(self, call: Call) -> str:
        """Say what speaks against calling now."""
        now_ms, lines = self._floor.now_ms(), []
        call = self._floor.board.calls.get(call.key, call)
        if call.state(now_ms, self._floor.board.policy) is CallState.LIVE:
            lines.append("This call is not over, as far as is known.")
        claimant = call.claimed_by(now_ms)
        if claimant and claimant != self._floor.own_name:
            lines.append(f"{claimant} has claimed it.")
        for deed in reversed(call.audit):
            if deed.kind in (DeedKind.CALLED_BACK, DeedKind.PERHAPS_CALLED_BACK):
                at = moment(deed.at_ms, now_ms)
                lines.append(f"{deed.kind.capitalize()} by {deed.by} at {at}.")
                break
        return "\n".join(lines)

    async def _place(self, call: Call, server: Click2Dial, request: Request) -> None:
        named = self._floor.dialplan.caller(call.caller)
        self._told.say(f"Asking the PBX to call {named} …", seconds=OUTCOME_SECONDS, about=self)
        try:
            reply = await place(server.server, request, server.reference)
        except asyncio.CancelledError:
            # The PBX may be dialling already. Closing the board waits for this a moment.
            await self._tell(call, request, "the board was closed", unsure=True)
            raise
        finally:
            self._under_way = False
            self._told.over(self)
            self._claims.leave(call.key)
        if reply.verdict is Verdict.DELIVERED:
            words = (
                f"The PBX rings {request.agent}, then calls {named}. It answered {reply.answer}."
            )
            self._told.say(words, seconds=OUTCOME_SECONDS)
            await self._tell(call, request, reply.answer)
        elif reply.verdict is Verdict.UNSURE:
            words = f"Nobody knows whether {named} is being called: {reply.answer}. Look at"
            self._told.say(f"{words} {request.agent} before trying again.", "error", 60)
            await self._tell(call, request, reply.answer, unsure=True)
        else:
            words = f"{named} is not called: {reply.answer}."
            self._told.say(f"{words} ({server.server})", "error", 60)

    async def _tell(
        self, call: Call, request: Request, answer: str, *, unsure: bool = False
    ) -> None:
        """Have the call's audit say so, for the others to see."""
        try:
            await self._desk().called_back(call.key, request.agent, answer, unsure=unsure)
        except FAILED:
            self._warn("The others cannot be told of the call-back: the server is away.")

    # ── by the clock ────────────────────────────────────────────────────────────────────

    def second_passed(self) -> None:
        """Tell of this person's own call-backs whose time has come."""
        if not self._floor.caught_up:
            return
        came = self._floor.callbacks.came_due(self._floor.now_ms())
        calls = [self._floor.board.calls[key] for key in came]
        own = [
            call
            for call in calls
            if call.disposition and call.disposition.by == self._floor.own_name
        ]
        if len(own) == 1:
            caller = self._floor.dialplan.caller(own[0].caller)
            named = f"{caller} (ref {own[0].key.call_ref})"
            self._warn(f"Now to be called back: {named}. {self._key_of('callbacks')} lists them.")
        elif own:
            lists = f"{self._key_of('callbacks')} lists them."
            self._warn(f"{len(own):,} of your call-backs are due. {lists}")

    def _warn(self, words: str) -> None:
        self._told.say(words, "warning", OUTCOME_SECONDS)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._app.run_worker(work, name="calling back")


def _outbound_id(server: Click2Dial, call: Call) -> str:
    """Return what the caller is to see: what the site wants, or the number they had dialled."""
    return server.outbound_id or (call.dialled if is_outbound_id(call.dialled) else "")
