"""SIP messages as a WebSocket carries them, one in each frame: RFC 3261, RFC 7118."""

import re
import secrets
from http import HTTPStatus

from sipmessage import URI, Message, Parameters, Request, Response, Via

from .headers import Address, addresses, parameter

METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE")
"""What is understood; other methods get 405."""

EXTENSIONS = ("timer",)
"""What of SIP's extensions is understood; a request that requires another gets 420."""

LONGEST = 65_536
"""Bytes of a message at most."""

_REQUESTED = re.compile(r"\A([A-Z]+) \S+ SIP/2\.0(?=\r\n)")

_PHRASES = {
    100: "Trying",
    180: "Ringing",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    603: "Decline",
}


class MalformedError(ValueError):
    """A frame is no SIP message."""


def read(frame: str | bytes) -> Request | Response:
    """Return the message of a text or binary frame; raises `MalformedError`.

    The headers that every message has are there, and can be read: RFC 3261 section 8.1.1.
    """
    text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
    try:
        # Whom a request is for is known, and its host need not please the parser.
        message = Message.parse(_REQUESTED.sub(r"\1 sip:phone.invalid SIP/2.0", text).encode())
        _ = message.cseq
        if not (address_of(message, "From") and address_of(message, "To") and message.call_id):
            raise MalformedError("there is no From, no To or no Call-ID")
        if not branch_of(message):
            raise MalformedError("there is no branch in the Via")
        if message.content_length is not None and message.content_length > len(message.body):
            raise MalformedError("the body is shorter than Content-Length says")
    except MalformedError:
        raise
    except Exception as error:  # of a parser fed by strangers: nothing it does may end the phone
        raise MalformedError(type(error).__name__) from None
    return message


def phrase(code: int) -> str:
    """Return what a status is called."""
    try:
        return _PHRASES.get(code) or HTTPStatus(code).phrase
    except ValueError:
        return "Unknown"


def new_tag() -> str:
    """Return a tag, a Call-ID or part of a branch that nobody else has."""
    return secrets.token_hex(8)


def new_request(
    method: str, uri: URI | str, *, via: str, sender: str, to: str, call_id: str
) -> Request:
    """Return a request that only wants its CSeq; `via` is the transport and the host of its Via."""
    request = Request(method, uri)  # type: ignore[arg-type]  # a URI is only printed
    transport, host = via.split(" ")
    request.via = [Via(transport, host, parameters=Parameters(branch=f"z9hG4bK{new_tag()}"))]
    request.max_forwards = 70
    request.headers.set("From", sender)
    request.headers.set("To", to)
    request.call_id = call_id
    return request


def new_response(request: Request, code: int, *, tag: str = "") -> Response:
    """Return a response to a request, RFC 3261 section 8.2.6; `tag` is ours, of its To."""
    response = Response(code, phrase(code))
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        response.headers.setlist(name, list(request.headers.getlist(name)))
    if tag and not tag_of(request, "To"):
        response.headers.set("To", f"{request.headers['To']};tag={tag}")
    return response


def frame_of(message: Request | Response) -> str:
    """Return the text frame that carries a message."""
    message.content_length = len(message.body)
    return bytes(message).decode()


def branch_of(message: Message) -> str:
    """Return what names the transaction of a message; an empty text where nothing does."""
    return parameter((message.headers.get("Via") or "").split(",")[0], "branch")


def address_of(message: Message, name: str) -> Address | None:
    """Return the first address in a header of a message; `None` where there is none."""
    return next(iter(addresses(message.headers.getlist(name))), None)


def tag_of(message: Message, name: str) -> str:
    """Return the tag of a From or a To; an empty text where it has none."""
    address = address_of(message, name)
    return address.parameter("tag") if address else ""


def number(text: str | None) -> int:
    """Return the number that a header or a parameter is, or 0: nobody has checked it."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def requires(request: Request) -> list[str]:
    """Return the extensions that a request requires and nobody here understands."""
    return [each for each in request.require if each.lower() not in EXTENSIONS]
