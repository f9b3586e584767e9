"""Forks the children of a row; run by `nursery` as a process of its own.

It imports the program once and forks, so that a child is a real process and yet starts in
milliseconds. Orders come as lines of JSON on standard input; what the children say, and their
ends, go out as lines on standard output. When the input ends, for whatever reason, every child
is killed.
"""

import asyncio
import json
import os
import select
import signal
import sys
import traceback
from typing import Any

from . import killing, roles


def main() -> None:
    """Serve orders until the input ends."""
    bell, ringer = os.pipe()
    for end in (bell, ringer):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(ringer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    alive: dict[int, int] = {}  # the order's number: the process
    pending = b""
    while True:
        ready, _, _ = select.select([0, bell], [], [])
        if bell in ready:
            os.read(bell, 512)
            _reap(alive)
        if 0 not in ready:
            continue
        read = os.read(0, 65_536)
        if not read:
            break
        *orders, pending = (pending + read).split(b"\n")
        for line in orders:
            order = json.loads(line)
            if "signal" in order:
                if order["id"] in alive:  # not reaped, so the number is still that process's
                    os.kill(alive[order["id"]], order["signal"])
            else:
                alive[order["id"]] = _bear(order, bell, ringer)
    for process in alive.values():
        os.kill(process, signal.SIGKILL)


def _reap(alive: dict[int, int]) -> None:
    for number, process in list(alive.items()):
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            del alive[number]
            _say(1, number, "ended", status=os.waitstatus_to_exitcode(status))


def _say(to: int, number: int, kind: str, **what: Any) -> None:
    # One short write into a pipe arrives whole, whoever else writes there.
    line = json.dumps({"id": number, "kind": kind, **what}).encode() + b"\n"
    assert len(line) < select.PIPE_BUF
    os.write(to, line)


def _bear(order: dict[str, Any], bell: int, ringer: int) -> int:
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in (bell, ringer):
            os.close(end)
        voice = os.dup(1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)

        def say(kind: str, **what: Any) -> None:
            _say(voice, order["id"], kind, **what)

        if order["kill_at"]:
            killing.install(order["kill_at"], lambda step: say("step", step=step))
        asyncio.run(getattr(roles, order["role"])(say, **order["args"]))
        status = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
