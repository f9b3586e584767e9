"""One call that came in, from its INVITE to its BYE: RFC 3261 sections 13 to 15, RFC 3311."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from sipmessage import CSeq, MediaType, Request, Response

from . import sdp
from .dialog import Dialog
from .events import Ended, Established, Event, Held, How, NotHeld
from .messages import METHODS, branch_of, new_response
from .timer import SessionTimer, too_brief
from .transactions import TIMEOUT_SECONDS, Clients

T1, T2 = 0.5, 4.0
"""How soon a 200 that nobody has acknowledged is sent again, at first and later."""


class State(Enum):
    """How far a call has come."""

    RINGING = auto()
    ANSWERED = auto()
    """The 200 is on its way; nobody has acknowledged it."""
    UP = auto()
    OVER = auto()


@dataclass(slots=True)
class Call:
    """A call to us."""

    dialog: Dialog
    clients: Clients
    send: Callable[[Request | Response], bool]
    tell: Callable[[Event], None]
    state: State = State.RINGING
    timer: SessionTimer = field(default_factory=SessionTimer)
    remote: str = field(init=False)
    """What the other end described last."""
    local: str = ""
    """What we described last."""
    held: bool = False
    """Whether we hold it, and the other end has agreed."""
    held_by_peer: bool = False
    _wants_hold: bool = False
    _accepted: Response | None = None
    """The 200 until it is acknowledged."""
    _resend: float = T1
    _resend_at: float = 0.0
    _give_up_at: float = 0.0
    _offering: bool = False
    """Whether a re-INVITE or UPDATE of ours waits for its response."""
    _in_doubt: bool = False
    """Whether nobody knows if the other end took our last offer."""
    _hold_again_at: float | None = None
    _peer_allows: str = ""
    _hang_up_later: bool = False

    def __post_init__(self) -> None:
        """Let it ring."""
        invite = self.dialog.invite
        self.remote = invite.body.decode("utf-8", "replace")
        self._peer_allows = invite.headers.get("Allow") or ""
        self._respond(invite, 180)

    @property
    def name(self) -> str:
        """What the call is called in events."""
        return self.dialog.call_id

    @property
    def is_hanging_up(self) -> bool:
        """Whether it is over here, and only waits for an ACK to say so."""
        return self._hang_up_later

    # ── what is done here ───────────────────────────────────────────────────────────────

    def answer(self, description: str, now: float) -> None:
        """Accept the call with our description; again until somebody acknowledges it."""
        if self.state is not State.RINGING:
            return
        self.state = State.ANSWERED
        self.local = description
        response = self._response(self.dialog.invite, 200, description)
        self.timer.agree(self.dialog.invite, response, now)
        self._sent(response, now)

    def reject(self, code: int, now: float) -> None:
        """Refuse the call: 486 and 603 are what a person means, 488 what media cannot do."""
        if self.state is State.RINGING:
            self._respond(self.dialog.invite, code)
            self._end(How.REJECTED)

    def hang_up(self, now: float) -> None:
        """End the call; it ends here at once, whatever the other end says to it."""
        if self.state is State.ANSWERED:
            # RFC 3261 section 15: no BYE before the ACK, or before it is too late for one.
            self._hang_up_later = True
            self.tell(Ended(self.name, How.HUNG_UP))
        elif self.state is State.UP:
            self._bye(now)
            self._end(How.HUNG_UP)

    def hold(self, on: bool, now: float) -> None:
        """Hold the call, or take it back; told when the other end agrees."""
        if self.state is State.UP and not self._offering and on != self._wants_hold:
            self._wants_hold = on
            self._offer(now)

    def refresh(self, now: float) -> None:
        """Tell the other end that we are still there, and where: over a new connection, say."""
        if self.state is not State.UP or self._offering:
            return
        if "UPDATE" in self._peer_allows and not self._in_doubt:
            request = self.dialog.new_request("UPDATE")
            self._ask(request, now)
        else:
            self._offer(now)

    # ── what comes in ───────────────────────────────────────────────────────────────────

    def acknowledged(self, request: Request, now: float) -> None:
        """The other end has our 200; its ACK answers where the 200 was what offered."""
        self._accepted = None
        if request.body.strip():
            self._peer_says(request.body.decode("utf-8", "replace"))
        if self.state is State.ANSWERED:
            self.state = State.UP
            if self._hang_up_later:
                self._bye(now)
                self.state = State.OVER
            else:
                self.tell(Established(self.name))

    def cancelled(self, request: Request) -> None:
        """The caller gives up: RFC 3261 section 9.2."""
        self._respond(request, 200)
        if self.state is State.RINGING:
            self._respond(self.dialog.invite, 487)
            elsewhere = re.search(r"cause\s*=\s*200\b", request.headers.get("Reason") or "")
            self._end(How.CANCELLED, "somebody else answered" if elsewhere else "")

    def received(self, request: Request, now: float) -> None:
        """Take a request of the dialog that is neither ACK nor CANCEL."""
        if not self.dialog.follows(request):
            self._respond(request, 500)
        elif request.method == "BYE":
            self._respond(request, 200)
            if self.state is State.RINGING:
                self._respond(self.dialog.invite, 487)
            if not self._hang_up_later:
                self._end(How.BY_PEER)
            self.state = State.OVER
        elif request.method in ("INVITE", "UPDATE"):
            self._changed(request, now)
        else:
            self._respond(request, 200 if request.method == "OPTIONS" else 405)

    def pass_time(self, now: float) -> None:
        """Do what is due."""
        if self._accepted is not None:
            if self._give_up_at <= now:
                self._accepted = None
                self._bye(now)
                if self._hang_up_later:
                    self.state = State.OVER
                else:
                    self._end(How.LOST, "the PBX never acknowledged the answer")
            elif self._resend_at <= now:
                self.send(self._accepted)
                self._resend = min(self._resend * 2, T2)
                self._resend_at = now + self._resend
        if self._hold_again_at is not None and self._hold_again_at <= now:
            self._hold_again_at = None
            self._offer(now)
        if self.state is State.UP and self.timer.due is not None and self.timer.due <= now:
            self.timer.due = None
            if self.timer.ours:
                self.refresh(now)
            else:
                self._bye(now)
                self._end(How.LOST, "the PBX has not refreshed the session")

    def due(self) -> float | None:
        """Return when time brings something next."""
        times = [self._hold_again_at, self.timer.due if self.state is State.UP else None]
        if self._accepted is not None:
            times += [self._resend_at, self._give_up_at]
        return min((each for each in times if each is not None), default=None)

    def lost(self, why: str) -> None:
        """The connection is gone. A call that rings goes with it; one that is up goes on."""
        self._offering = False
        if self.state in (State.RINGING, State.ANSWERED):
            self._accepted = None
            if not self._hang_up_later:
                self._end(How.LOST, why)
            self.state = State.OVER

    # ── within ──────────────────────────────────────────────────────────────────────────

    def _changed(self, request: Request, now: float) -> None:
        """Answer a re-INVITE or an UPDATE: who may speak has changed, or a session is refreshed."""
        offer = request.body.decode("utf-8", "replace")
        if self._offering or self.state is not State.UP:
            self._respond(request, 491)
            return
        if (refused := too_brief(request, self.dialog.tag)) is not None:
            self.send(refused)
            return
        description = ""
        if offer.strip():
            if not sdp.same_media(self.remote, offer):
                self._respond(request, 488)
                return
            direction = sdp.both(self._wish(), sdp.reverse(sdp.direction(offer)))
            description = self._described(direction)
        elif request.method == "INVITE":
            description = self._described(self._wish())
        try:
            self.dialog.retarget(request)
        except ValueError:
            self._respond(request, 400)
            return
        response = self._response(request, 200, description)
        self.timer.agree(request, response, now)
        if request.method == "INVITE":
            self._sent(response, now)
        else:
            self.send(response)
        if offer.strip():
            self.remote = offer
            self._peer_says(offer)

    def _peer_says(self, description: str) -> None:
        # What answers a hold is no hold of theirs: it says who may speak after both have had a say.
        if self._wants_hold:
            return
        holds = sdp.direction(description) in ("sendonly", "inactive")
        if holds != self.held_by_peer:
            self.held_by_peer = holds
            self.tell(Held(self.name, self.held, self.held_by_peer))

    def _wish(self) -> str:
        return "sendonly" if self._wants_hold else "sendrecv"

    def _described(self, direction: str) -> str:
        self.local = sdp.directed(self.local, direction)
        return self.local

    def _offer(self, now: float) -> None:
        """Offer the session as we wish to have it."""
        request = self.dialog.new_request("INVITE")
        request.body = self._described(self._wish()).encode()
        request.content_type = MediaType.parse("application/sdp")
        self._ask(request, now)

    def _ask(self, request: Request, now: float) -> None:
        self._offering = True
        request.headers.set("Allow", ", ".join(METHODS))
        self.timer.ask(request)

        def answered(response: Response | None, now: float) -> None:
            self._offering = False
            if self.state is State.OVER:
                return
            if request.method == "INVITE":
                self._in_doubt = response is None
            if response is not None and 200 <= response.code < 300:
                self._agreed(request, response, now)
            elif response is not None and response.code in (408, 481):
                self._end(How.LOST, "the PBX no longer knows of the call")
            elif response is not None and response.code == 491:
                self._hold_again_at = now + 2.5  # RFC 3261 section 14.1: 2.1 to 4 seconds
            else:
                self.timer.failed(now)
                if self._wants_hold != self.held:
                    self._wants_hold = self.held
                    code = "nothing" if response is None else str(response.code)
                    self.tell(NotHeld(self.name, f"the PBX answered {code}"))

        self.clients.begin(request, self.dialog.sequence, answered, now)

    def _agreed(self, request: Request, response: Response, now: float) -> None:
        self.timer.told(response, now)
        if request.method == "INVITE":
            ack = self.dialog.new_request("ACK")
            ack.cseq = CSeq(response.cseq.sequence, "ACK")
            self.send(ack)
            if self._wants_hold != self.held:
                self.held = self._wants_hold
                self.tell(Held(self.name, self.held, self.held_by_peer))

    def _bye(self, now: float, tries: int = 2) -> None:
        """Tell the other end that the call is over; once more where nothing came back."""

        def answered(response: Response | None, now: float) -> None:
            if response is None and tries > 1:
                self._bye(now, tries - 1)

        self.clients.begin(self.dialog.new_request("BYE"), self.dialog.sequence, answered, now)

    def _end(self, how: How, why: str = "") -> None:
        self.state = State.OVER
        self._accepted = None
        self.tell(Ended(self.name, how, why))

    def _sent(self, response: Response, now: float) -> None:
        """Send a 200 to an INVITE until it is acknowledged: RFC 3261 section 13.3.1.4."""
        self._accepted = response
        self._resend = T1
        self._resend_at, self._give_up_at = now + T1, now + TIMEOUT_SECONDS
        self.send(response)

    def _response(self, request: Request, code: int, description: str = "") -> Response:
        response = new_response(request, code, tag=self.dialog.tag)
        if request.method in ("INVITE", "UPDATE") and 100 < code < 300:
            response.headers.set("Contact", self.dialog.contact)
            response.headers.set("Allow", ", ".join(METHODS))
            response.headers.set("Supported", "timer")
            routes = request.headers.getlist("Record-Route")
            if routes:
                response.headers.setlist("Record-Route", list(routes))
        if code == 405:
            response.headers.set("Allow", ", ".join(METHODS))
        if description:
            response.content_type = MediaType.parse("application/sdp")
            response.body = description.encode()
        return response

    def _respond(self, request: Request, code: int) -> None:
        self.send(self._response(request, code))

    def is_invited_by(self, request: Request) -> bool:
        """Whether a CANCEL or an ACK is of the transaction that rang: by its branch."""
        return branch_of(request) == branch_of(self.dialog.invite)
