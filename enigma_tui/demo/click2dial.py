"""A Click2Dial that calls nobody: it takes the request, and a moment later its record is there."""

import json
import random
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from ..model.click2dial import AGENT

RECORD_SECONDS = 6.0
"""How long such a call takes, from the request to its record."""

MOST_BYTES = 4_096


class SimulatedClick2Dial:
    """`with SimulatedClick2Dial(push) as click2dial`: its `address`, on this machine alone.

    `push` is given each call's record (PROTOCOL.md §2), in a thread of its own.
    """

    def __init__(self, push: Callable[[bytes], object], seconds: float = RECORD_SECONDS) -> None:
        self._push = push
        self._seconds = seconds
        self._timers: list[threading.Timer] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._place))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for timer in self._timers:
            timer.cancel()

    @property
    def address(self) -> str:
        """Where it is: `http://127.0.0.1:…`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def _place(self, told: dict[str, Any]) -> None:
        payload = {
            "extension": told["agent"],
            "number": told["callee"],
            "dial_number": told.get("outbound_id", ""),
            "call_ref": f"c2d-{random.randrange(10**6)}",
            "contact_ref": told.get("contact_ref", ""),
            "end_reason": "hungup",
            "end_code": 16,
            "call_time": round(self._seconds),
            "call_dir": "outbound",
            "ref": "click-dial",
        }
        record = json.dumps({"type": "cdr", "payload": payload}).encode()
        timer = threading.Timer(self._seconds, self._push, [record])
        timer.daemon = True
        self._timers = [each for each in self._timers if each.is_alive()] + [timer]
        timer.start()


def _handler(place: Callable[[dict[str, Any]], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a request, or refuse it as a PBX does."""
            length = int(self.headers.get("Content-Length") or 0)
            try:
                told = json.loads(self.rfile.read(min(length, MOST_BYTES)))
                right = bool(AGENT.fullmatch(told["agent"]) and told["callee"])
            except (ValueError, TypeError, KeyError):
                right = False
            if self.path != "/click2dial/calls" or not right:
                self._answer(400, {"errors": ["agent and callee are wanted"]})
                return
            place(told)
            self._answer(201, {"status": "calling, in a simulation: nobody's telephone rings"})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            said = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing: the terminal belongs to the board."""

    return Handler
