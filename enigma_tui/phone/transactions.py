"""Client transactions over a reliable transport: RFC 3261 section 17.1, and nothing sent twice.

A response is found by the branch of its Via and the method of its CSeq. One that asks for a name
and a password gets the request once more, with both.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sipmessage import AuthChallenge, CSeq, Parameters, Request, Response

from . import digest
from .account import Account
from .messages import branch_of, new_tag

TIMEOUT_SECONDS = 32.0
"""Timers B and F: 64 times T1."""

_ASKED_MOST = 3
"""So often a nonce may be too old: two servers behind one name may not know each other's."""

Done = Callable[[Response | None, float], None]
"""Takes the final response and the time; `None` where none came."""


@dataclass(slots=True)
class Sequence:
    """The numbers of the requests of a dialog, or of a registration: RFC 3261 section 8.1.1.5."""

    last: int = 0

    def next(self) -> int:
        """Return the next."""
        self.last += 1
        return self.last


@dataclass(slots=True)
class _Transaction:
    request: Request
    sequence: Sequence
    done: Done
    due: float
    patience: float
    asked: int = 0
    """How often name and password have been asked for."""


@dataclass(slots=True)
class Clients:
    """The transactions that we have begun."""

    account: Account
    send: Callable[[Request], bool]
    """Says whether there was a way."""
    _open: dict[str, _Transaction] = field(default_factory=dict)
    _known: AuthChallenge | None = None
    """The challenge that was answered last; its nonce is used until it is too old."""
    _code: int = 401
    _count: int = 0

    def begin(
        self,
        request: Request,
        sequence: Sequence,
        done: Done,
        now: float,
        patience: float = TIMEOUT_SECONDS,
    ) -> None:
        """Send a request; `done` is called once, with what becomes of it in `patience` seconds."""
        request.cseq = CSeq(sequence.next(), request.method)
        if self._known is not None:
            self._authorize(request, self._known)
        if self.send(request):
            self._open[branch_of(request)] = _Transaction(
                request, sequence, done, now + patience, patience
            )
        else:
            done(None, now)

    def received(self, response: Response, now: float) -> None:
        """Take a response; one that nobody waits for is let go."""
        branch = branch_of(response)
        found = self._open.get(branch)
        if found is None or response.cseq.method != found.request.method:
            return
        if response.code < 200:
            found.due = now + found.patience
            return
        del self._open[branch]
        if found.request.method == "INVITE" and response.code >= 300:
            self._acknowledge(found.request, response)
        if response.code not in digest.CHALLENGES or not self._again(found, response, now):
            found.done(response, now)

    def pass_time(self, now: float) -> None:
        """End what has waited too long."""
        for branch, each in list(self._open.items()):
            if each.due <= now:
                del self._open[branch]
                each.done(None, now)

    def due(self) -> float | None:
        """Return when time brings something next."""
        return min((each.due for each in self._open.values()), default=None)

    def lost(self, now: float) -> None:
        """The way is gone, and with it what was to come over it."""
        waiting, self._open = list(self._open.values()), {}
        for each in waiting:
            each.done(None, now)

    def _again(self, found: _Transaction, response: Response, now: float) -> bool:
        """Send the request once more, as its challenge asks; say whether there is a point in it."""
        best = next(iter(digest.challenges(response, response.code)), None)
        if best is None or found.asked >= (_ASKED_MOST if digest.is_stale(best) else 1):
            return False
        self._known, self._code, self._count = best, response.code, 0
        old = found.request
        request = Request(old.method, old.uri, old.body)
        for name in list(old.headers.keys()):
            if name not in digest.CREDENTIALS.values():
                request.headers.setlist(name, list(old.headers.getlist(name)))
        [via] = old.via
        branch = f"z9hG4bK{new_tag()}"
        request.via = [type(via)(via.transport, via.host, parameters=Parameters(branch=branch))]
        request.cseq = CSeq(found.sequence.next(), request.method)
        self._authorize(request, best)
        self._open[branch] = _Transaction(
            request,
            found.sequence,
            found.done,
            now + found.patience,
            found.patience,
            asked=found.asked + 1,
        )
        self.send(request)
        return True

    def _authorize(self, request: Request, challenge: AuthChallenge) -> None:
        self._count += 1
        given = digest.credentials(
            challenge,
            request.method,
            str(request.uri),
            username=self.account.authentication_name,
            password=self.account.password,
            count=self._count,
        )
        request.headers.set(digest.CREDENTIALS[self._code], str(given))

    def _acknowledge(self, invite: Request, response: Response) -> None:
        """Send the ACK that ends a refused INVITE, RFC 3261 section 17.1.1.3."""
        ack = Request("ACK", invite.uri)
        ack.via = invite.via
        for name in ("From", "Call-ID", "Max-Forwards", "Route"):
            ack.headers.setlist(name, list(invite.headers.getlist(name)))
        ack.headers.set("To", response.headers["To"])
        ack.cseq = CSeq(invite.cseq.sequence, "ACK")
        self.send(ack)
