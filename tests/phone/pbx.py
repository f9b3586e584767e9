"""A PBX for the phone's tests: SIP over a real WebSocket, with digests of its own."""

import asyncio
import contextlib
import hashlib
import re
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sipmessage import Message, Request, Response
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from enigma_tui.values import Secret

OFFER = """v=0\r
o=- 7 3 IN IP4 127.0.0.1\r
s=Asterisk\r
c=IN IP4 127.0.0.1\r
t=0 0\r
a=msid-semantic:WMS *\r
a=group:BUNDLE audio-0\r
m=audio 20000 UDP/TLS/RTP/SAVPF 107 0 101\r
a=connection:new\r
a=setup:actpass\r
a=fingerprint:SHA-256 AB:CD\r
a=ice-ufrag:abcd\r
a=ice-pwd:abcdefghijklmnopqrstuvwx\r
a=candidate:1 1 UDP 2130706431 127.0.0.1 20000 typ host\r
a=rtpmap:107 opus/48000/2\r
a=rtpmap:0 PCMU/8000\r
a=sendrecv\r
a=rtcp-mux\r
a=mid:audio-0\r
"""
"""What a PBX offers, for tests that want no media."""

PASSWORD = "correct horse"


def phone_settings(url: str) -> dict[str, object]:
    """The settings of a board whose phone is on that PBX."""
    return {
        "phone_url": url,
        "extension": "201",
        "phone_password": Secret(PASSWORD),
        "phone_microphone": "silence",
        "phone_speaker": "none",
        "collect": "yes",
    }


def header(text: str, name: str) -> str:
    """The header of a message as it stands there, an empty text where it has none."""
    found = re.search(rf"(?mi)^{name}: ?(.*?)\r?$", text)
    return found[1] if found else ""


@dataclass
class Pbx:
    """Answers registrations, and calls who has registered."""

    algorithms: tuple[str, ...] = ("MD5",)
    binary: bool = False
    expires: int = 300
    least_expires: int = 0
    refuse: int = 0
    """Answer REGISTER with this code, if it is one."""
    others: tuple[str, ...] = ()
    """Contacts of other phones."""
    url: str = ""
    heard: list[str] = field(default_factory=list)
    """Each message that came, as it came."""
    sockets: list[ServerConnection] = field(default_factory=list)
    contact: str = ""
    nonces: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    always_stale: bool = False
    on_request: Callable[[Request], int | None] = lambda request: 200
    """What the PBX answers to a request within a dialog; `None` for nothing."""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def serve(self, socket: ServerConnection) -> None:
        """Speak with one phone."""
        self.sockets.append(socket)
        try:
            with contextlib.suppress(ConnectionClosed):
                async for frame in socket:
                    data = frame.encode() if isinstance(frame, str) else frame
                    await self._received(data)
        finally:
            self.sockets.remove(socket)
            await self._notify()

    async def send(self, message: Message | str | bytes) -> None:
        """Send to the phone that came last."""
        if isinstance(message, Message):
            message.content_length = len(message.body)
            message = bytes(message)  # type: ignore[call-overload]
        data = message.encode() if isinstance(message, str) else message
        await self.sockets[-1].send(data if self.binary else data.decode("utf-8", "replace"))

    async def until(self, what: Callable[[], object]) -> object:
        """Wait until something is so; return it."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(what)
        return what()

    async def wait_for(self, start: str, count: int = 1) -> str:
        """Wait for the `count`th message that begins so."""

        def found() -> list[str]:
            return [text for text in self.heard if text.startswith(start)]

        await self.until(lambda: len(found()) >= count)
        return found()[count - 1]

    async def registered(self) -> None:
        """Wait until a phone is registered."""
        await self.until(lambda: self.contact)

    def drop(self) -> None:
        """Lose every connection, without a word."""
        for each in self.sockets:
            each.transport.abort()

    async def invite(
        self, offer: str = OFFER, *, caller: str = '"Jo" <sip:0821234567@pbx>', **headers: str
    ) -> "Leg":
        """Call the phone."""
        leg = Leg(self, caller)
        await leg.invite(offer, **headers)
        return leg

    async def heard_out(self) -> None:
        """Wait until the phone has taken in all that was sent to it."""
        leg = Leg(self, "<sip:pbx@pbx>")
        await leg.send("OPTIONS")
        await leg.response(200, "OPTIONS")

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _received(self, data: bytes) -> None:
        text = data.decode()
        message = None
        with contextlib.suppress(ValueError):  # of a message that is for a host that is none
            message = Message.parse(data)
        if isinstance(message, Request):
            if message.method == "REGISTER":
                await self._register(message)
            elif message.method != "ACK" and (code := self.on_request(message)):
                response = answer(message, code)
                if timed := message.headers.get("Session-Expires"):
                    response.headers.set("Session-Expires", timed)
                await self.send(response)
        self.heard.append(text)
        await self._notify()

    async def _register(self, request: Request) -> None:
        if self.refuse:
            await self.send(answer(request, self.refuse))
            return
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', request.headers.get("Authorization") or ""))
        nonce = given.get("nonce", "")
        right = nonce in self.nonces and given.get("response") == self._expected(given)
        if not right or nonce in self.stale or self.always_stale:
            fresh = secrets.token_hex(8)
            self.nonces.add(fresh)
            response = answer(request, 401)
            for name in self.algorithms:
                stale = ", stale=true" if right else ""
                response.headers.add(
                    "WWW-Authenticate",
                    f'Digest realm="asterisk", nonce="{fresh}", algorithm={name}, '
                    f'qop="auth,auth-int", opaque="x"{stale}',
                )
            await self.send(response)
            return
        wanted = int(request.headers.get("Expires") or 0)
        if 0 < wanted < self.least_expires:
            response = answer(request, 423)
            response.headers.set("Min-Expires", str(self.least_expires))
            await self.send(response)
            return
        contact = request.headers.get("Contact") or ""
        response = answer(request, 200)
        if not contact:  # who asks changes nothing
            ours = [self.contact] if self.contact else []
            response.headers.setlist("Contact", [*self.others, *ours])
            await self.send(response)
            return
        self.contact = contact if wanted else ""
        expires = f"<{contact[1 : contact.index('>')]}>;expires={self.expires}"
        response.headers.setlist("Contact", [*self.others, expires] if wanted else [])
        await self.send(response)

    @staticmethod
    def _expected(given: dict[str, str]) -> str:
        names = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
        hashed = names[given["algorithm"]]

        def digest(text: str) -> str:
            return hashed(text.encode()).hexdigest()

        secret = digest(f"201:asterisk:{PASSWORD}")
        asked = digest(f"REGISTER:{given['uri']}")
        return digest(f"{secret}:{given['nonce']}:{given['nc']}:{given['cnonce']}:auth:{asked}")


def answer(request: Request, code: int, tag: str = "pbx") -> Response:
    """A response of the PBX."""
    response = Response(code, "Whatever")
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        response.headers.setlist(name, list(request.headers.getlist(name)))
    if ";tag=" not in response.headers["To"]:
        response.headers.set("To", f"{response.headers['To']};tag={tag}")
    return response


class Leg:
    """One call of the PBX to the phone."""

    def __init__(self, pbx: Pbx, caller: str) -> None:
        self.pbx = pbx
        self.sender = f"{caller};tag=c{secrets.token_hex(4)}"
        self.to = "<sip:201@pbx>"
        self.call_id = secrets.token_hex(8)
        self.branch = ""
        self.sequence = 100

    def request(self, method: str, *, body: str = "", sequence: int = 0, **headers: str) -> str:
        """A request of this call."""
        if method not in ("ACK", "CANCEL"):
            self.branch = f"z9hG4bK{secrets.token_hex(8)}"
            self.sequence += 1
        lines = [
            f"{method} sip:201@phone.invalid;transport=ws SIP/2.0",
            f"Via: SIP/2.0/WS 127.0.0.1:8088;rport;branch={self.branch}",
            f"From: {self.sender}",
            f"To: {self.to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {sequence or self.sequence} {method}",
            "Contact: <sip:asterisk@127.0.0.1:5060;transport=ws>",
            "Max-Forwards: 70",
            *[f"{name.replace('_', '-')}: {value}" for name, value in headers.items()],
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body.encode())}",
        ]
        return "\r\n".join(lines) + "\r\n\r\n" + body

    async def send(self, method: str, **kwargs: str) -> None:
        """Send a request of this call."""
        await self.pbx.send(self.request(method, **kwargs))

    async def invite(self, offer: str, **headers: str) -> None:
        """Invite the phone, or invite it again."""
        await self.send("INVITE", body=offer, **headers)

    async def response(self, code: int, method: str = "INVITE") -> str:
        """Wait for a response of the phone to the last request of a method."""

        def found() -> str:
            return next(
                (
                    text
                    for text in self.pbx.heard
                    if text.startswith(f"SIP/2.0 {code} ")
                    and header(text, "Call-ID") == self.call_id
                    and header(text, "CSeq") == f"{self.sequence} {method}"
                ),
                "",
            )

        text = str(await self.pbx.until(found))
        if code > 100:
            self.to = header(text, "To")
        return text

    async def answered(self) -> str:
        """Wait for the phone's 200, and acknowledge it; return its description."""
        text = await self.response(200)
        await self.send("ACK")
        return text.split("\r\n\r\n", 1)[1]


@asynccontextmanager
async def serving(
    pbx: Pbx, tls: ssl.SSLContext | None = None, listening: socket.socket | None = None
) -> AsyncIterator[Pbx]:
    """Serve on a free port of this machine, or where somebody listens already."""
    listening = listening or socket.create_server(("127.0.0.1", 0))
    async with serve(pbx.serve, sock=listening, subprotocols=["sip"], ssl=tls) as server:  # type: ignore[list-item]
        port = server.sockets[0].getsockname()[1]
        pbx.url = f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/ws"
        yield pbx
