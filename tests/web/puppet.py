"""What a tab's process may do that the board does not: run as a program, with what to do as words.

It says how many columns and lines it was given, and sends back what it is sent.
"""

import os
import signal
import sys


def _packet(kind: bytes, payload: bytes) -> None:
    os.write(1, kind + len(payload).to_bytes(4, "big") + payload)


def _main(words: set[str]) -> None:
    if "stubborn" in words:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "fails" in words:
        sys.exit("a setting is wrong")
    os.write(1, b"__GANGLION__\n")
    _packet(b"D", f"{os.environ['COLUMNS']}x{os.environ['ROWS']}".encode())
    if "ends" in words:
        _packet(b"M", b'{"type": "exit"}')
    if "floods" in words:
        while True:
            _packet(b"D", b"x" * 60_000)
    while True:
        data = os.read(0, 65_536)
        if data:
            _packet(b"D", data)
        elif "stubborn" not in words:
            return
        else:
            signal.pause()


if __name__ == "__main__":
    _main(set(sys.argv[1:]))
