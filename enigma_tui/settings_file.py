"""Writes the personal settings file: a new one, or a setting into one that somebody wrote."""

import errno
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

_Table = Mapping[str, str | int]


class UnwritableError(OSError):
    """The settings file cannot be changed; the text says why and names it."""


def create(file: Path, text: str) -> None:
    """Write a settings file where there is none, for this user alone: it may hold a password.

    It is there whole or not at all. Raises `UnwritableError`, also where there is one.
    """
    try:
        make_room(file)
        # Only one can make it, of several that begin at once.
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            _replace(file, text)
        except BaseException:
            file.unlink(missing_ok=True)
            raise
    except FileExistsError:
        raise UnwritableError(f"{file} exists already; it is left as it is") from None
    except OSError as error:
        raise UnwritableError(f"{file} cannot be written: {error.strerror}") from None


def put_table(file: Path, name: str, values: _Table) -> None:
    """Make a table of the file what `values` says, in their order; comments and all else stay.

    The file is written anew beside the old one and takes its place and its permissions, so that
    there is always a whole one. Raises `UnwritableError`.
    """
    _change_table(file, name, lambda _: values)


def put_entry(file: Path, name: str, key: str, value: str | int | None, *, most: int) -> None:
    """Make one entry of a table what `value` says, with `None` none; there are `most` at most.

    Other entries stay, also those that another board has put there since. All else as with
    `put_table`.
    """

    def changed(entries: _Table) -> _Table:
        if value is None:
            return {each: entries[each] for each in entries if each != key}
        if key not in entries and len(entries) >= most:
            raise UnwritableError(f"{file} has {most} {name} already")
        return {**entries, key: value}

    _change_table(file, name, changed)


def put_value(file: Path, name: str, value: str) -> None:
    """Make a setting of the file that is a text `value`; all else as with `put_table`.

    Where there is none yet, it comes below the comment that shows its default. At the end of a
    file from `config init` it would become part of a table as soon as somebody begins one.
    """

    def changed(text: str) -> str:
        import tomlkit

        document = tomlkit.parse(text)
        if name not in document:
            line = f"{name} = {tomlkit.string(value).as_string()}"
            shown = re.compile(rf"^#[ \t]*{re.escape(name)}[ \t]*=.*$", re.MULTILINE)
            below = shown.sub(lambda found: f"{found[0]}\n{line}", text, count=1)
            if tomlkit.parse(below).get(name) == value:  # and not in some table's
                return below
        document[name] = value
        return tomlkit.dumps(document)

    _change(file, changed)


def _change_table(file: Path, name: str, changed: Callable[[_Table], _Table]) -> None:
    """Have a table of the file hold what becomes of it, in that order."""

    def with_table(text: str) -> str:
        import tomlkit
        from tomlkit.items import InlineTable, Table

        document = tomlkit.parse(text)
        table = document.get(name)
        values = changed(dict(table) if isinstance(table, dict) else {})
        if not isinstance(table, Table | InlineTable):  # but missing, or of lines with dotted keys
            document.pop(name, None)
            document[name] = table = tomlkit.table()
        for gone in [key for key in table if key not in values]:
            del table[gone]
        for key, value in values.items():
            if table.get(key) != value:
                table[key] = value
        if list(table) != list(values):  # each moves to the end in its turn, with its comment
            for key in values:
                table[key] = table.pop(key)
        if not values:
            del document[name]
        return tomlkit.dumps(document)

    _change(file, with_table)


def _change(file: Path, changed: Callable[[str], str]) -> None:
    """Have the file hold what becomes of its text; raises `UnwritableError`."""
    from tomlkit.exceptions import TOMLKitError  # of use to few sessions, and so to no start

    try:
        _replace(file, changed(file.read_text(encoding="utf-8") if file.exists() else ""))
    except TOMLKitError as error:
        raise UnwritableError(f"{file} is not TOML any more: {error}") from None
    except UnicodeDecodeError:
        raise UnwritableError(f"{file} is not UTF-8 text") from None
    except UnwritableError:
        raise
    except OSError as error:
        raise UnwritableError(f"{file} cannot be written: {error.strerror}") from None
    except Exception as error:  # of some valid files tomlkit makes an IndexError, and others
        raise UnwritableError(f"{file} cannot be changed as it is written: {error!r}") from None


def make_room(file: Path) -> None:
    """Make the directory that a file is to be in; raises `OSError`."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(
            errno.ENOTDIR, f"{file.parent} is not a directory", str(file)
        ) from None


def _replace(file: Path, text: str) -> None:
    make_room(file)
    whole = file.resolve()  # a link to where somebody keeps such files stays one
    mode = whole.stat().st_mode & 0o777 if whole.exists() else 0o600  # it may hold a password
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=whole.parent, prefix=f".{whole.name}.", delete=False
    ) as fresh:
        try:
            fresh.write(text)
            fresh.flush()
            os.fsync(fresh.fileno())
            Path(fresh.name).chmod(mode)
            Path(fresh.name).replace(whole)
        except BaseException:
            Path(fresh.name).unlink(missing_ok=True)
            raise
