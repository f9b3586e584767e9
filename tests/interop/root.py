"""A Debian 11 root with Asterisk 16, the last that Debian has released with one.

The mirror is that of the machine's own apt sources. The root is made once, and only read after.
"""

import os
from pathlib import Path

from tests.interop import cache
from tests.interop.cache import Unavailable

_RELEASE = "bullseye"

_PACKAGES = ("asterisk", "asterisk-opus")

_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")

_TAKES = 900.0
"""Seconds within which it has been made, over a slow line too."""


def asterisk() -> Path:
    """Return the root; it is made, in about a minute, if there is none yet.

    Raises `Unavailable` where that cannot be.
    """
    if os.geteuid():
        raise Unavailable("only root may make network namespaces and a Debian root")
    return cache.kept(f"asterisk-{_RELEASE}", _make)


def _make(place: Path) -> None:
    cache.run(
        (
            cache.program("mmdebstrap", "mmdebstrap"),
            "--quiet",
            "--variant=essential",
            f"--include={','.join(_PACKAGES)}",
            # As root: apt's own user may not enter the cache.
            '--aptopt=APT::Sandbox::User "root"',
            *(f"--dpkgopt=path-exclude={each}" for each in _LEFT_OUT),
            *(_RELEASE, str(place), _mirror()),
        ),
        f"to make a root of Debian {_RELEASE} with mmdebstrap",
        seconds=_TAKES,
    )


def _mirror() -> str:
    told = cache.run(
        (
            cache.program("apt-get", "apt"),
            *("indextargets", "--format", "$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(SUITE)"),
            "Created-By: Packages",
        ),
        "to read the apt sources",
        seconds=30,
    )
    for line in told.splitlines():
        address, origin, label, suite = line.split("|")
        # Beside the archive there are its updates and its security fixes, at other addresses.
        if origin == label == "Debian" and "-" not in suite:
            return address
    raise Unavailable("the apt sources of this machine name no mirror of Debian's")
