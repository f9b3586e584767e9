"""Registers an extension and keeps it registered: RFC 3261 section 10.2, RFC 5626 section 4.2."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from sipmessage import Request, Response

from ..backoff import Backoff
from .account import Account
from .events import Event, NotRegistered, Registered
from .headers import Address, addresses
from .messages import new_request, new_tag, number
from .transactions import Clients, Sequence

EXPIRES_SECONDS = 300
"""What is asked for: a phone that has gone without a word rings for no longer than that."""

REFRESH_SECONDS = 60.0
"""It is asked for once more after so long, though it lasts longer.

Asterisk 16 forgets all registrations from an address as soon as one WebSocket from there is closed,
whoever's, and tells nobody: its issue ASTERISK-30369.
"""

SETTLE_SECONDS = 5.0
"""The same, on a new connection: that the one before is gone is what the PBX may notice late."""

ANSWER_SECONDS = 8.0
"""How long an answer may take: a PBX that is starting may accept a connection, and drop what comes
over it."""

WRONG_PASSWORD = (
    "the PBX does not accept the name and the password; correct phone_password (and phone_user, "
    "where the name is not the extension)"
)

FORBIDDEN = (
    "the PBX forbids it: the extension has as many phones as it may, and keeps the one it has, or "
    "the name or the password is wrong; see phone_password"
)

DISPLACED = "another phone has registered in the place of this one"

_CHALLENGES = (401, 407)


def refusal(account: Account, response: Response | None) -> str:
    """Say why an extension is not registered."""
    if response is None:
        return "the PBX answered nothing to REGISTER"
    if response.code in _CHALLENGES:
        return WRONG_PASSWORD
    if response.code == 403:
        return FORBIDDEN
    more = f": there is no extension {account.extension}" if response.code == 404 else ""
    return f"the PBX answered {response.code} to REGISTER{more}"


def bindings(response: Response) -> list[Address]:
    """Return where the PBX sends an extension's calls to, by its 200 to a REGISTER."""
    return addresses(response.headers.getlist("Contact"))


def query(account: Account, via: str, tag: str, call_id: str) -> Request:
    """Return a REGISTER that only asks who is registered: RFC 3261 section 10.2.3."""
    of_record = f"<sip:{account.extension}@{account.host}>"
    return new_request(
        "REGISTER",
        f"sip:{account.host}",
        via=via,
        sender=f"{of_record};tag={tag}",
        to=of_record,
        call_id=call_id,
    )


@dataclass(slots=True)
class Registration:
    """One extension's registration over one connection after the other."""

    account: Account
    clients: Clients
    contact: str
    """Where the PBX is to send calls to, without what belongs to a registration."""
    via: str
    tell: Callable[[Event], None]
    backoff: Backoff
    registered: bool = False
    _was_registered: bool = False
    _connected: bool = False
    _asked: bool = False
    """Whether a REGISTER is on its way."""
    _expires: int = EXPIRES_SECONDS
    _due: float | None = None
    _settled: bool = False
    """Whether it has been asked for a second time on this connection."""
    _others: int | None = None
    """How many other phones there are, where that has been told."""
    _call_id: str = field(default_factory=new_tag)
    _tag: str = field(default_factory=new_tag)
    _instance: str = field(default_factory=lambda: str(uuid4()))
    _sequence: Sequence = field(default_factory=Sequence)

    def begin(self, now: float) -> None:
        """Register, on a connection that is new."""
        self._due = None
        self._connected = True
        self._settled = False
        self._register(self._expires, now)

    def lost(self) -> None:
        """The connection is gone; the PBX has nothing to send calls over."""
        self.registered = self._connected = self._asked = False
        self._due = self._others = None

    def end(self, now: float) -> None:
        """Have the PBX send no more calls."""
        self._due = None
        wanted = self._connected and (self.registered or self._asked)
        self.registered = self._connected = self._asked = False
        if wanted:
            self.clients.begin(self._request(0), self._sequence, lambda response, at: None, now)

    def due(self) -> float | None:
        """Return when time brings something next."""
        return self._due

    def pass_time(self, now: float) -> None:
        """Refresh, or try again, when it is time."""
        if self._due is not None and self._due <= now:
            self._due = None
            if self.registered:
                self._look(now)
            else:
                self._register(self._expires, now)

    def _request(self, expires: int) -> Request:
        request = query(self.account, self.via, self._tag, self._call_id)
        request.headers.set(
            "Contact",
            f'{self.contact};+sip.instance="<urn:uuid:{self._instance}>";expires={expires}',
        )
        request.expires = expires
        return request

    def _look(self, now: float) -> None:
        """Look before refreshing: to take an extension back that somebody took begins a war."""
        request = query(self.account, self.via, self._tag, self._call_id)
        self.clients.begin(request, self._sequence, self._looked, now, ANSWER_SECONDS)

    def _looked(self, response: Response | None, now: float) -> None:
        if not self._connected or not self.registered:
            return
        found = [] if response is None or response.code >= 300 else bindings(response)
        # With several phones allowed, the PBX has only forgotten this one.
        if found and not self._others and not any(map(self._is_ours, found)):
            self._refused(DISPLACED, None)
        else:
            self._register(self._expires, now)

    def _is_ours(self, binding: Address) -> bool:
        return f"<{binding.place}" == self.contact.split(";")[0]

    def _register(self, expires: int, now: float) -> None:
        self._asked = True
        request = self._request(expires)
        self.clients.begin(request, self._sequence, self._answered, now, ANSWER_SECONDS)

    def _answered(self, response: Response | None, now: float) -> None:
        if not self._connected:
            return  # the connection is gone, which is told already; or the phone goes
        self._asked = False
        if response is not None and 200 <= response.code < 300:
            self._accepted(response, now)
        elif response is not None and response.code == 423 and self._longer(response):
            self._register(self._expires, now)
        elif response is not None and response.code in (*_CHALLENGES, 403):
            # To try a wrong password again and again is how an address comes to be banned. One that
            # was right before is so still: the PBX has yet to notice that the phone was lost.
            again = now + REFRESH_SECONDS if response.code == 403 and self._was_registered else None
            self._refused(refusal(self.account, response), again)
        else:
            why = refusal(self.account, response)
            self._refused(why, now + self.backoff.next())

    def _accepted(self, response: Response, now: float) -> None:
        expires, others = self._bindings(response)
        self.registered = self._was_registered = True
        self.backoff.reset()
        # Before it ends, also where messages take their time: RFC 5626 says when half is over.
        soonest = REFRESH_SECONDS if self._settled else SETTLE_SECONDS
        self._due = now + max(min(expires / 2, soonest), 1.0)
        self._settled = True
        if others != self._others:
            self._others = others
            self.tell(Registered(expires, others))

    def _bindings(self, response: Response) -> tuple[float, int]:
        """Return how long ours lasts, and how many others there are."""
        expires, others = float(number(response.headers.get("Expires")) or self._expires), 0
        for each in bindings(response):
            if self._is_ours(each):
                expires = float(number(each.parameter("expires")) or expires)
            else:
                others += 1
        return expires, others

    def _longer(self, response: Response) -> bool:
        least = number(response.headers.get("Min-Expires"))
        longer = self._expires < least <= 86_400
        if longer:
            self._expires = least
        return longer

    def _refused(self, why: str, again_at: float | None) -> None:
        self.registered = False
        self._due = again_at
        self._others = None
        self.tell(NotRegistered(why, again_at is not None))
