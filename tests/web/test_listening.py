"""Where the server listens, and who can reach it there."""

import errno
import os
import socket

import pytest

from enigma_tui.web.listening import is_loopback, listen, places
from tests.servers import free_port

V4 = socket.AF_INET


@pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"])
def test_what_only_this_machine_can_reach(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "::", "192.0.2.7", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1%1", "2001:db8::1"],
)
def test_what_others_can_reach(address: str) -> None:
    assert not is_loopback(address)


@pytest.mark.parametrize(("host", "loopback"), [("127.1", True), ("localhost", True), ("0", False)])
def test_a_name_is_what_it_stands_for(host: str, loopback: bool) -> None:
    found = places(host)
    assert found
    assert all(is_loopback(address) is loopback for _, address in found)


def test_all_addresses_have_the_same_port() -> None:
    at = listen([(V4, "127.0.0.1"), (V4, "127.0.0.2")], 0)
    try:
        names = [each.getsockname() for each in at]
    finally:
        for each in at:
            each.close()
    assert [name[0] for name in names] == ["127.0.0.1", "127.0.0.2"]
    assert names[0][1] == names[1][1] > 0


def test_an_address_that_the_machine_does_not_have_is_left_out_where_there_is_another() -> None:
    nowhere, here = (V4, "192.0.2.7"), (V4, "127.0.0.1")
    (only,) = listen([nowhere, here], 0)
    only.close()
    with pytest.raises(OSError, match=os.strerror(errno.EADDRNOTAVAIL)):
        listen([nowhere], 0)


def test_a_port_that_is_taken_opens_none_of_the_others() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.2", port)):
        with pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)):
            listen([(V4, "127.0.0.1"), (V4, "127.0.0.2")], port)
        (free,) = listen([(V4, "127.0.0.1")], port)
        free.close()
