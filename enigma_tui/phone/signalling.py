"""A SIP user agent for one extension over a reliable transport: RFC 3261, RFC 7118.

It does no I/O and asks no clock: what has come, and when, is told to it; what is to be sent is in
`outgoing`, what there is to be told in `events`, and `due` says when it wants to be woken. One call
at a time; who calls meanwhile is told that it is busy.
"""

import random

from sipmessage import Request, Response

from ..backoff import Backoff
from .account import Account
from .call import Call, State
from .dialog import Dialog
from .events import Busy, Event, Invited
from .messages import (
    METHODS,
    MalformedError,
    address_of,
    branch_of,
    frame_of,
    new_response,
    new_tag,
    read,
    requires,
    tag_of,
)
from .offer import UnsuitableError, read_offer
from .registration import Registration
from .timer import too_brief
from .transactions import Clients

KEEP_ALIVE = "\r\n\r\n"
"""What some servers send to see whether anybody is there, and what answers it: RFC 5626."""

_REMEMBERED = 50
"""So many INVITEs that have had their answer are known by their branch."""


class UserAgent:
    """Registers an extension, and takes its calls."""

    def __init__(self, account: Account, agent: str, jitter: random.Random | None = None) -> None:
        """Prepare; `agent` is what a User-Agent header says."""
        self.outgoing: list[str] = []
        """Frames to be sent, in order; whoever sends them empties it."""
        self.events: list[Event] = []
        """What there is to be told; whoever tells it empties it."""
        self.call: Call | None = None
        """The call that rings or is up."""
        self.malformed = 0
        """Frames that were no SIP message."""
        self._agent = agent
        self._connected = False
        self._later: dict[str, Request] = {}
        """By Call-ID, the BYEs of calls that ended while there was no connection."""
        # RFC 7118 section 5: a client that has no address of its own makes a name up.
        host = f"{new_tag()}.invalid"
        self._via = f"{account.transport} {host}"
        self._contact = f"<sip:{account.extension}@{host};transport=ws>"
        self._clients = Clients(account, self._send)
        backoff = Backoff(jitter or random.Random(), most=60.0, first=1.0)
        self._registration = Registration(
            account, self._clients, self._contact, self._via, self._tell, backoff
        )
        self._answered: dict[str, Response] = {}

    @property
    def registered(self) -> bool:
        """Whether the PBX sends calls here."""
        return self._registration.registered

    # ── the connection ──────────────────────────────────────────────────────────────────

    def connected(self, now: float) -> None:
        """There is a connection, and nothing has been sent over it."""
        self._connected = True
        self.outgoing.clear()
        self._registration.begin(now)

    def lost(self, why: str, now: float) -> None:
        """The connection is gone. A call that is up goes on: its media go another way."""
        self._connected = False
        self.outgoing.clear()
        self._registration.lost()
        if self.call is not None:
            self.call.lost(why)
        self._clients.lost(now)
        self._let_go()

    def close(self, now: float) -> None:
        """End the call, if there is one, and have the PBX send no more."""
        if self.call is not None:
            self.call.reject(480, now)
            self.call.hang_up(now)
            self._let_go()
        self._registration.end(now)

    def received(self, frame: str | bytes, now: float) -> None:
        """Take a frame; whatever it is, the phone goes on."""
        if not frame.strip():
            if frame in (KEEP_ALIVE, KEEP_ALIVE.encode()):
                self.outgoing.append("\r\n")
            return
        try:
            message = read(frame)
        except MalformedError:
            self.malformed += 1
            return
        registered = self.registered
        if isinstance(message, Response):
            self._clients.received(message, now)
        else:
            self._requested(message, now)
        self._let_go()
        if self.registered and not registered:
            self._recovered(now)

    def pass_time(self, now: float) -> None:
        """Do what is due."""
        self._clients.pass_time(now)
        if self._connected:
            self._registration.pass_time(now)
        if self.call is not None:
            self.call.pass_time(now)
            self._let_go()

    def due(self) -> float | None:
        """Return when `pass_time` has something to do next, by the clock that is told."""
        times = [
            self._clients.due(),
            self._registration.due() if self._connected else None,
            self.call.due() if self.call else None,
        ]
        return min((each for each in times if each is not None), default=None)

    # ── what is done here ───────────────────────────────────────────────────────────────

    def register(self, now: float) -> None:
        """Try to register again, though it was refused."""
        if self._connected:
            self._registration.begin(now)

    def answer(self, call: str, description: str, now: float) -> None:
        """Accept the call that rings; nothing happens where it is over by now."""
        if (found := self._named(call)) is not None:
            found.answer(description, now)

    def reject(self, call: str, now: float, code: int = 603) -> None:
        """Refuse the call that rings."""
        if (found := self._named(call)) is not None:
            found.reject(code, now)
            self._let_go()

    def hang_up(self, call: str, now: float) -> None:
        """End the call that is up."""
        if (found := self._named(call)) is not None:
            found.hang_up(now)
            self._let_go()

    def hold(self, call: str, now: float, *, on: bool) -> None:
        """Hold the call that is up, or take it back."""
        if (found := self._named(call)) is not None:
            found.hold(on, now)

    def check(self, call: str, now: float) -> None:
        """Ask the other end whether it still knows the call that is up."""
        if (found := self._named(call)) is not None:
            found.refresh(now)

    def _named(self, call: str) -> Call | None:
        return self.call if self.call is not None and self.call.name == call else None

    # ── what is asked of us ─────────────────────────────────────────────────────────────

    def _requested(self, request: Request, now: float) -> None:
        call = self.call
        if request.method == "ACK":
            if call is not None and call.dialog.is_of(request):
                call.acknowledged(request, now)
        elif request.method == "CANCEL":
            if call is not None and call.is_invited_by(request):
                call.cancelled(request)
            else:
                self._respond(request, 481)
        elif call is not None and call.dialog.is_of(request):
            call.received(request, now)
        elif request.method not in METHODS:
            self._respond(request, 405)
        elif tag_of(request, "To"):
            self._respond(request, 481)
        elif request.method == "INVITE":
            self._invited(request)
        elif request.method == "OPTIONS":
            self._respond(request, 200)
        else:
            self._respond(request, 481)

    def _invited(self, request: Request) -> None:
        if (before := self._answered.get(branch_of(request))) is not None:
            self._send(before)
        elif (refused := too_brief(request, new_tag())) is not None:
            self._refuse(request, refused)
        elif unknown := requires(request):
            response = new_response(request, 420, tag=new_tag())
            response.headers.set("Unsupported", ", ".join(unknown))
            self._refuse(request, response)
        elif self.call is not None:
            if not self.call.is_invited_by(request):
                if not self.call.is_hanging_up:
                    self._tell(Busy(*_caller(request)))
                self._refuse(request, new_response(request, 486, tag=new_tag()))
        else:
            self._ring(request)

    def _ring(self, request: Request) -> None:
        try:
            read_offer(request.body.decode("utf-8", "replace"))
            dialog = Dialog(request, self._via, self._contact)
        except UnsuitableError:
            self._refuse(request, new_response(request, 488, tag=new_tag()))
            return
        except ValueError:
            self._refuse(request, new_response(request, 400, tag=new_tag()))
            return
        self.call = Call(dialog, self._clients, self._send, self._tell)
        number, name = _caller(request)
        self._tell(Invited(self.call.name, number, name, self.call.remote))

    def _recovered(self, now: float) -> None:
        """Go on after a loss: what could not be said is said, and where we are now."""
        later, self._later = self._later, {}
        for request in later.values():
            self._send(request)
        if self.call is not None:
            self.call.refresh(now)

    def _refuse(self, request: Request, response: Response) -> None:
        while len(self._answered) >= _REMEMBERED:
            del self._answered[next(iter(self._answered))]
        self._answered[branch_of(request)] = response
        self._send(response)

    def _respond(self, request: Request, code: int) -> None:
        response = new_response(request, code, tag=new_tag())
        if code in (200, 405):
            response.headers.set("Allow", ", ".join(METHODS))
            response.headers.set("Accept", "application/sdp")
            response.headers.set("Supported", "timer")
        self._send(response)

    def _tell(self, event: Event) -> None:
        self.events.append(event)

    def _let_go(self) -> None:
        """Forget a call that is over."""
        if self.call is not None and self.call.state is State.OVER:
            self.call = None

    def _send(self, message: Request | Response) -> bool:
        """Send; say whether there is a way, or will be one that is worth waiting for."""
        name = "User-Agent" if isinstance(message, Request) else "Server"
        message.headers.set(name, self._agent)
        if self._connected:
            self.outgoing.append(frame_of(message))
        elif isinstance(message, Request) and message.method == "BYE":
            self._later[message.call_id] = message
        else:
            return False
        return True


def _caller(request: Request) -> tuple[str, str]:
    """Return the number and the name of who calls, as the From says it; nothing if withheld."""
    address = address_of(request, "From")
    return (address.user, address.name if address.user else "") if address else ("", "")
