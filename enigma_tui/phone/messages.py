"""SIP messages as a WebSocket carries them, one in each frame: RFC 3261, RFC 7118."""

import secrets
from http import HTTPStatus

from sipmessage import URI, Message, Parameters, Request, Response, Via

METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE")
"""What is understood; other methods get 405."""

EXTENSIONS = ("timer",)
"""What of SIP's extensions is understood; a request that requires another gets 420."""

LONGEST = 65_536
"""Bytes of a message at most."""

_PHRASES = {
    100: "Trying",
    180: "Ringing",
    420: "Bad Extension",
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
    data = frame.encode("utf-8", "replace") if isinstance(frame, str) else frame
    try:
        message = Message.parse(data)
        _ = message.cseq, message.from_address, message.to_address, message.call_id
        if not message.via:
            raise MalformedError("there is no Via")
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
    if tag and "tag" not in request.to_address.parameters:
        response.headers.set("To", f"{request.headers['To']};tag={tag}")
    return response


def frame_of(message: Request | Response) -> str:
    """Return the text frame that carries a message."""
    message.content_length = len(message.body)
    return bytes(message).decode()


def branch_of(message: Message) -> str:
    """Return what names the transaction of a message; an empty text where nothing does."""
    return message.via[0].parameters.get("branch") or ""


def number(text: str | None) -> int:
    """Return the number that a header or a parameter is, or 0: nobody has checked it."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def requires(request: Request) -> list[str]:
    """Return the extensions that a request requires and nobody here understands."""
    return [each for each in request.require if each.lower() not in EXTENSIONS]
