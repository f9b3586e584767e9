"""Media between processes of one machine: aioice leaves the loopback out, and would use others.

Run as a program, it is the media process.
"""

from pathlib import Path

import aioice.ice

ROOT = Path(__file__).parents[2]
"""Where Python finds this."""

PROGRAM = """
import sys
from enigma_tui.phone import media
media.PROGRAM = (sys.executable, "-m", "tests.phone.loopback")
from enigma_tui.cli import main
main(prog_name="enigma-tui")
"""
"""`enigma-tui`, its media on the loopback; `ROOT` has to be on the path."""


def use_loopback_only() -> None:
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


if __name__ == "__main__":
    from enigma_tui.phone.child.__main__ import main

    use_loopback_only()
    main()
