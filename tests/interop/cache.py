"""What is obtained once and kept outside the repository: Debian 11 with Asterisk, and SIP.js."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs


class Unavailable(Exception):
    """Something cannot be had on this machine; the text says what, why, and what to do."""


def directory() -> Path:
    """Return where it is kept, for this user; `$XDG_CACHE_HOME` moves it."""
    return Path(platformdirs.user_cache_dir("enigma-tui")) / "interop"


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """Return a directory of this name, made now unless it was before.

    It is made beside its place and then renamed, so that there is never half of one.
    """
    place = directory() / name
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=place.parent, prefix=f".{name}-") as scratch:
        made = Path(scratch) / name
        make(made)
        try:
            made.rename(place)
        except OSError:
            # Somebody else was making it, too, and has been faster.
            if not place.is_dir():
                raise
    return place


def program(name: str, package: str) -> str:
    """Return where a program is; raise `Unavailable` unless it is there."""
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"there is no {name}: apt-get install {package}")
    return found


def run(arguments: Sequence[str], what: str, *, seconds: float, cwd: Path | None = None) -> str:
    """Return what a program prints; raise `Unavailable` with the end of its complaint."""
    try:
        done = subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            cwd=cwd,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{what} has taken more than {seconds:g} seconds") from None
    if done.returncode:
        complaint = done.stderr.strip().splitlines()[-3:]
        raise Unavailable(f"{what} has failed ({done.returncode}): {' | '.join(complaint)}")
    return done.stdout
