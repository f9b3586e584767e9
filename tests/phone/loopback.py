"""Media between processes of one machine: aioice leaves the loopback out, and would use others.

Run as a program, it is the media process.
"""

import aioice.ice


def use_loopback_only() -> None:
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


if __name__ == "__main__":
    from enigma_tui.phone.child.__main__ import main

    use_loopback_only()
    main()
