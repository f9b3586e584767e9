"""Where a server listens: what a host's name stands for, and who can reach it there."""

import errno
import ipaddress
import socket
from collections.abc import Sequence
from contextlib import ExitStack

Place = tuple[socket.AddressFamily, str]
"""An address, and of which family it is."""

_BACKLOG = 128


def places(host: str) -> Sequence[Place]:
    """Return every address that a host's name stands for.

    Raises `OSError` if nobody knows it, and `ValueError` if it cannot be a name.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def is_loopback(address: str) -> bool:
    """Whether no other machine can reach an address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


def listen(at: Sequence[Place], port: int) -> Sequence[socket.socket]:
    """Listen at every address, at the same port; 0 picks one that is free.

    An address that this machine does not have is left out where there is another (`localhost` may
    stand for one of IPv6 where that is turned off). Raises `OSError`.
    """
    with ExitStack() as opened:
        listening: list[socket.socket] = []
        refused: OSError | None = None
        for family, address in at:
            try:
                one = _listen(family, address, port)
            except OSError as error:
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                refused = error
                continue
            listening.append(opened.enter_context(one))
            port = one.getsockname()[1]
        if refused is not None and not listening:
            raise refused
        opened.pop_all()
        return listening


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, port))
        one.listen(_BACKLOG)
    except BaseException:
        one.close()
        raise
    return one
