"""The dialog of a call that came in: RFC 3261 section 12, seen from the end that was called."""

from dataclasses import dataclass, field

from sipmessage import Request

from .messages import address_of, new_request, new_tag, tag_of
from .transactions import Sequence


@dataclass(slots=True)
class Dialog:
    """What the requests of one call have in common."""

    invite: Request
    via: str
    contact: str
    tag: str = field(default_factory=new_tag)
    sequence: Sequence = field(default_factory=Sequence)
    _target: str = field(init=False)
    _remote_sequence: int = field(init=False)

    def __post_init__(self) -> None:
        """Take what the INVITE says; raises `ValueError` where it says not where it comes from."""
        self._target = _contact(self.invite)
        self._remote_sequence = self.invite.cseq.sequence

    @property
    def call_id(self) -> str:
        """What names the call for both ends."""
        return self.invite.call_id

    def is_of(self, request: Request) -> bool:
        """Whether a request is one of this dialog."""
        return (
            request.call_id == self.call_id
            and tag_of(request, "To") == self.tag
            and tag_of(request, "From") == tag_of(self.invite, "From")
        )

    def follows(self, request: Request) -> bool:
        """Whether a request of this dialog comes after those before, and count it if it does.

        RFC 3261 section 12.2.2: one that does not gets 500.
        """
        number = request.cseq.sequence
        if number <= self._remote_sequence and request.method not in ("ACK", "CANCEL"):
            return False
        self._remote_sequence = max(number, self._remote_sequence)
        return True

    def retarget(self, request: Request) -> None:
        """Take over where the other end wants to be reached from now on."""
        if request.headers.get("Contact"):
            self._target = _contact(request)

    def new_request(self, method: str) -> Request:
        """Return a request of ours within this dialog."""
        request = new_request(
            method,
            self._target,
            via=self.via,
            sender=f"{self.invite.headers['To']};tag={self.tag}",
            to=self.invite.headers["From"],
            call_id=self.call_id,
        )
        routes = self.invite.headers.getlist("Record-Route")
        if routes:
            request.headers.setlist("Route", list(routes))
        if method in ("INVITE", "UPDATE"):
            request.headers.set("Contact", self.contact)
        return request


def _contact(request: Request) -> str:
    contact = address_of(request, "Contact")
    if contact is None:
        raise ValueError("there is no Contact")
    return contact.uri
