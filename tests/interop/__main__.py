"""`python -m tests.interop`: obtain what the tests need, which takes a minute the first time."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from tests.browser import chromium
from tests.interop import root, sipjs
from tests.interop.cache import Unavailable

_PROGRAMS = {"mmdebstrap": "mmdebstrap", "ip": "iproute2", "npm": "npm"}
"""What the tests run, and the packages it is in; those that are missing are installed."""


def main() -> None:
    """Install packages where root may, make the root, fetch SIP.js; say what is not to be had.

    The tests that need it are skipped then, for the same reason.
    """
    packages = sorted(_missing())
    if packages and not os.geteuid() and shutil.which("apt-get"):
        _install(packages)
    for obtain in (root.asterisk, sipjs.library):
        try:
            print(f"{obtain()}")
        except Unavailable as why:
            print(why, file=sys.stderr)


def _missing() -> Iterator[str]:
    yield from (package for name, package in _PROGRAMS.items() if not shutil.which(name))
    if chromium.find() is None:
        yield "chromium"


def _install(packages: list[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    wanted = ("apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *packages)
    for command in (("apt-get", "update", "--quiet"), wanted):
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environment,
            check=False,
        )
        if done.returncode:
            print(f"{' '.join(command)} has failed", file=sys.stderr)
            return


if __name__ == "__main__":
    main()
