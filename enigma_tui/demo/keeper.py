"""Keeps one server process for as long as its owner lives, and not a moment longer.

Run as a program of its own, `python -I -S keeper.py [directory…] -- <command…>`, with pipes from
the owner as standard input and output. It starts the command in a session of its own, so that
Ctrl-C and a closed terminal reach the owner alone, writes the command's process id to standard
output as one line, and then sleeps until one of these happens:

- standard input ends, because the owner closed it or died in whatever way: the command gets
  SIGTERM, and SIGKILL once `GRACE` seconds are over;
- the owner writes `KILL`: the command gets SIGKILL at once;
- the command ends by itself.

The directories are removed after the first of these: an owner that died cannot do it.

Only the keeper waits for the command, so a process id that is signalled here is never stale.
It uses nothing but the standard library: `-I -S` starts it in some 30 ms and lets no
environment variable of the user change what it does.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType

GRACE = 3.0
"""Seconds from SIGTERM to SIGKILL."""

KILL = b"k"
"""What the owner writes to have the command killed."""

_ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_STDIN = 0


def main(arguments: list[str]) -> int:
    """Run the command until it or the owner ends; return an exit status for the keeper.

    Raises `OSError` if the command cannot be started. The command's own standard output and
    error both go to the keeper's standard error.
    """
    # Signals become bytes in a pipe: one `select` then waits for the owner, for the command's
    # end and for a signal alike, with no polling, on Linux and macOS.
    dashes = arguments.index("--")
    directories, command = arguments[:dashes], arguments[dashes + 1 :]
    bell, ringer = os.pipe()
    for end in (bell, ringer):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(ringer, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, *_ENDING):
        # Not SIG_IGN, which the command would inherit.
        signal.signal(number, _heard)

    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True
    )
    # A broken pipe: the owner is gone already, and its end of standard input is closed too.
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), b"%d\n" % server.pid)
    if _keep(server, bell):
        for directory in directories:
            shutil.rmtree(directory, ignore_errors=True)
    return 0


def _keep(server: "subprocess.Popen[bytes]", bell: int) -> bool:
    """Return once `server` has ended and has been waited for: whether the owner has gone."""
    watched = [_STDIN, bell]
    deadline: float | None = None
    killed = orphaned = False
    while server.poll() is None:
        patience = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select(watched, [], [], patience)
        if not ready:
            server.kill()
            server.wait()
            break
        told_to_end = bell in ready and not _ENDING.isdisjoint(os.read(bell, 512))
        if _STDIN in ready:
            word = os.read(_STDIN, 1)
            if word == KILL:
                server.kill()
                killed = True
            elif not word:
                watched.remove(_STDIN)
                told_to_end = True
                orphaned = not killed  # an owner that has it killed wants its files kept
        if told_to_end and deadline is None:
            server.terminate()
            deadline = time.monotonic() + GRACE
    return orphaned


def _heard(number: int, frame: FrameType | None) -> None:
    """Do nothing: the wake-up pipe has the news."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
