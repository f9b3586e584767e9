"""A network of two: this process at one end of a line, the PBX at the other.

ICE takes no loopback addresses, and neither end shall see what else the machine is connected to.
"""

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator

from tests.interop import cache

OURS = "192.0.2.1"

PBX = "192.0.2.2"

_LINK = "phone0"

PBX_LINK = "pbx0"

_CLONE_NEWNET = 0x40000000
"""<sched.h>; the module `os` has it from Python 3.12 on."""


@contextlib.contextmanager
def separate() -> Iterator[None]:
    """Have this thread, and the processes that it starts, in a network of their own."""
    cache.program("ip", "iproute2")
    with open("/proc/thread-self/ns/net") as before:
        _call("unshare", _CLONE_NEWNET)
        try:
            ip("link", "set", "lo", "up")
            yield
        finally:
            _call("setns", before.fileno(), _CLONE_NEWNET)


def connect(pid: int) -> None:
    """Lay the line to the network namespace of a process, which sees to its own end."""
    ip("link", "add", _LINK, "type", "veth", "peer", "name", PBX_LINK, "netns", str(pid))
    ip("address", "add", f"{OURS}/24", "dev", _LINK)
    ip("link", "set", _LINK, "up")
    # Chromium takes the address of the default route.
    ip("route", "add", "default", "dev", _LINK)


def disconnect() -> None:
    """Take the line away, if there is one."""
    subprocess.run(("ip", "link", "delete", _LINK), capture_output=True, check=False)


def ip(*arguments: str) -> None:
    """Run ip(8) in this thread's network."""
    subprocess.run(("ip", *arguments), check=True, stdin=subprocess.DEVNULL)


def _call(name: str, *arguments: int) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise cache.Unavailable(f"{name}: {os.strerror(number)}: no network namespaces here")
