"""Reads secrets from files that nobody else may read, and writes such files."""

import os
import stat
from itertools import count
from pathlib import Path

MOST_BYTES = 4096
"""A file that is longer is no password."""


class UnusableError(ValueError):
    """A file that a setting names cannot be used; the text says why, and what to do."""

    def __init__(self, setting: str, text: str) -> None:
        super().__init__(text)
        self.setting = setting


def first_line(file: Path, setting: str) -> str:
    """Return a password; raises `UnusableError` where others may read it, too."""
    try:
        # Looked at once it is open: it cannot be exchanged in between.
        with file.open("rb") as opened:
            about = os.fstat(opened.fileno())
            _refuse_shared(file, about, setting)
            text = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnusableError(setting, f"{file} cannot be read: {error.strerror}") from None
    line = text.split(b"\n", 1)[0].removesuffix(b"\r")
    if len(text) > MOST_BYTES or not line:
        raise UnusableError(setting, f"{file} must have the password as its first line")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise UnusableError(setting, f"{file} is not UTF-8 text") from None


def _refuse_shared(file: Path, about: os.stat_result, setting: str) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise UnusableError(setting, f"{file} is not a file")
    # What an administrator gives a group, as with a service's credentials, is meant for it; a
    # user's own group may be everyone.
    open_to = 0o037 if about.st_uid == 0 and os.getuid() != 0 else 0o077
    if about.st_mode & open_to:
        raise UnusableError(
            setting,
            f"{file} can be read or written by others; take that from them: chmod 600 {file}",
        )


def keep_secret(directory: Path, name: str, secret: str) -> tuple[Path, bool]:
    """Write a secret as the only line of a new file; return the file, and whether it is new.

    Nothing is overwritten: where `name` is taken the file gets a number, unless what is there
    holds the same secret for this user alone. Raises `OSError`.
    """
    for number in count(1):
        file = directory / (name if number == 1 else f"{name}-{number}")
        try:
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            if _holds(file, secret):
                return file, False
            continue
        try:
            with os.fdopen(opened, "w", encoding="utf-8") as fresh:
                fresh.write(f"{secret}\n")
                fresh.flush()
                os.fsync(fresh.fileno())
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        return file, True
    raise AssertionError("there is always another number")


def _holds(file: Path, secret: str) -> bool:
    try:
        return first_line(file, "") == secret
    except UnusableError:
        return False
