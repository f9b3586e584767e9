"""Acts made while the server is away: kept in a file until they can be handed in.

Every change is on the disk (fsync) before the supervisor is told that the act is kept. Each
program has a file of its own, locked while it runs; those left behind by a program that ended are
taken over by the next one for the same server.
"""

import errno
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..model.call import CallKey, EntryId, Feed
from .desk import Act, Undo


@dataclass(frozen=True, slots=True)
class Pending:
    """An act that has not been recorded, as far as is known."""

    act: Act | Undo
    made_ms: int
    """When the supervisor made it; milliseconds, by the server's clock."""
    sent: bool = False
    """Whether it may have reached the server: it was sent, and no answer came."""
    refused: str = ""
    """Why it will never be recorded; it is kept until somebody has seen that."""

    @property
    def id(self) -> str:
        """The act's id, under which it is recorded at most once."""
        return self.act.id

    @property
    def code(self) -> str | None:
        """The outcome that is to be recorded; `None` of an undo."""
        return self.act.code if isinstance(self.act, Act) else None


class KeepingError(Exception):
    """The file could not be written or read; the text says which, and why."""


class PendingActs:
    """The acts of this person that wait for one server.

    Whatever cannot be written raises `KeepingError`: what it was about is then not on the disk.
    """

    def __init__(self, directory: Path, identity: str) -> None:
        """Prepare; nothing is read or written before `open`.

        `identity` names the server, the prefix and the person: acts are for nobody else.
        """
        self._directory = directory
        self._identity = identity
        self._stem = "acts-" + hashlib.sha256(identity.encode()).hexdigest()[:16]
        self._acts: dict[str, Pending] = {}
        self._by_call: dict[CallKey, str] = {}
        self._file: int | None = None
        self._path: Path | None = None

    def open(self) -> None:
        """Take over what programs that ended have left."""
        try:
            with ExitStack() as stack:
                found: list[Pending] = []
                paths = []
                for path in self._directory.glob(f"{self._stem}-*.jsonl"):
                    handle = None if path == self._path else _locked(path)
                    if handle is not None:  # otherwise another program of ours uses it
                        stack.callback(os.close, handle)
                        found += _read(handle)[1].values()
                        paths.append(path)
                for pending in sorted(found, key=lambda each: each.made_ms):
                    self._put(pending)
                for path in paths:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise self._told(error) from error

    def elsewhere(self) -> Sequence[str]:
        """Return for whom else acts wait here, that no program has open: another server, or name.

        They are handed in when a board is opened for that one.
        """
        waiting: set[str] = set()
        for path in self._directory.glob("acts-*.jsonl"):
            if path == self._path or path.name.startswith(self._stem):
                continue
            with suppress(OSError):
                handle = _locked(path)
                if handle is not None:
                    identity, acts = _read(handle)
                    os.close(handle)
                    if acts:
                        waiting.add(identity)
        return sorted(waiting)

    def close(self) -> None:
        """Let go of the file; it is removed where nothing waits in it."""
        if self._file is None or self._path is None:
            return
        if not self._acts:
            self._path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = self._path = None

    def __len__(self) -> int:
        return len(self._acts)

    def __iter__(self) -> Iterator[Pending]:
        """Yield what is kept, in the order in which it was made."""
        return iter(tuple(self._acts.values()))

    def waiting(self) -> Iterator[Pending]:
        """Yield what can still be handed in, in order."""
        return (pending for pending in self if not pending.refused)

    def of(self, key: CallKey) -> Pending | None:
        """Return the disposition that waits for a call, if any does."""
        return self._acts.get(self._by_call.get(key, ""))

    def get(self, act_id: str) -> Pending | None:
        """Return what is kept under an act's id."""
        return self._acts.get(act_id)

    def keep(self, pending: Pending) -> None:
        """Keep an act; when this returns it is on the disk."""
        self._put(pending)

    def mark_sent(self, act_id: str) -> None:
        """Note that an act may have reached the server."""
        pending = self._acts[act_id]
        if not pending.sent:
            self._put(replace(pending, sent=True))

    def refuse(self, act_id: str, why: str) -> None:
        """Keep an act only to be looked at: it will not be recorded."""
        self._put(replace(self._acts[act_id], refused=why))

    def settle(self, act_id: str) -> None:
        """Forget an act: it has been recorded, taken back, or seen."""
        self._append({"settled": act_id})
        self._acts.pop(act_id, None)
        self._index()

    def _index(self) -> None:
        self._by_call = {
            pending.act.key: pending.id
            for pending in self._acts.values()
            if isinstance(pending.act, Act) and not pending.refused
        }

    # ── the file ────────────────────────────────────────────────────────────────────────

    def _put(self, pending: Pending) -> None:
        self._append(_to_json(pending))
        self._acts[pending.id] = pending
        self._index()

    def _append(self, line: Mapping[str, Any]) -> None:
        try:
            if self._file is None:
                self._create()
            self._write(line)
        except OSError as error:
            raise self._told(error) from error

    def _write(self, line: Mapping[str, Any]) -> None:
        assert self._file is not None
        # Between line ends of its own: what a crash or a full disk has torn costs only itself.
        data = ("\n" + json.dumps(line, ensure_ascii=True) + "\n").encode()
        written = os.write(self._file, data)
        if written != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self._file)

    def _told(self, error: OSError) -> KeepingError:
        return KeepingError(f"{self._path or self._directory}: {error.strerror or error}")

    def _create(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._directory / f"{self._stem}-{secrets.token_hex(4)}.jsonl"
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._path = path
        self._write({"for": self._identity})
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(directory)  # the file's name has to outlast a power cut, too
        finally:
            os.close(directory)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept on this machine for one server, prefix and person."""

    identity: str
    waiting: int
    refused: int
    since_ms: int
    """When the oldest was made; milliseconds, by the server's clock."""
    files: tuple[Path, ...]


def kept_in(directory: Path) -> Sequence[Kept]:
    """Return what is kept, also by programs that run; nothing is locked, taken over or changed.

    Raises `KeepingError` where a file cannot be read.
    """
    found: dict[str, dict[Path, Sequence[Pending]]] = {}
    for path in sorted(directory.glob("acts-*.jsonl")):
        try:
            handle = os.open(path, os.O_RDONLY)
            try:
                identity, acts = _read(handle)
            finally:
                os.close(handle)
        except FileNotFoundError:
            continue  # just handed in
        except OSError as error:
            raise KeepingError(f"{path}: {error.strerror or error}") from error
        if acts:
            found.setdefault(identity, {})[path] = tuple(acts.values())
    return [_kept(identity, by_file) for identity, by_file in found.items()]


def _kept(identity: str, by_file: Mapping[Path, Sequence[Pending]]) -> Kept:
    acts = [each for several in by_file.values() for each in several]
    refused = sum(bool(each.refused) for each in acts)
    since_ms = min(each.made_ms for each in acts)
    return Kept(identity, len(acts) - refused, refused, since_ms, tuple(by_file))


def _locked(path: Path) -> int | None:
    """Open a file that nobody uses; `None` where somebody does, or it has gone meanwhile."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    if os.fstat(handle).st_nlink == 0:  # somebody has taken it over in between
        os.close(handle)
        return None
    return handle


def _read(handle: int) -> tuple[str, dict[str, Pending]]:
    """Return for whom a file keeps acts, and which."""
    with os.fdopen(os.dup(handle), "rb") as file:
        file.seek(0)
        lines = file.read().split(b"\n")
    identity = ""
    acts: dict[str, Pending] = {}
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):  # torn, or of a newer version
            found = json.loads(line)
            if "for" in found:
                identity = str(found["for"])
            elif "settled" in found:
                acts.pop(found["settled"], None)
            else:
                pending = _from_json(found)
                acts[pending.id] = pending
    return identity, acts


def _to_json(pending: Pending) -> Mapping[str, Any]:
    act = asdict(pending.act)
    key = pending.act.key
    act["key"] = [key.source, str(key.feed), key.call_ref, str(key.since)]
    return {
        "kind": "disposition" if isinstance(pending.act, Act) else "undo",
        "act": act,
        "made_ms": pending.made_ms,
        "sent": pending.sent,
        "refused": pending.refused,
    }


def _from_json(found: Mapping[str, Any]) -> Pending:
    source, feed, call_ref, since = found["act"]["key"]
    key = CallKey(source, Feed(feed), call_ref, EntryId.parse(since))
    kind = {"disposition": Act, "undo": Undo}[found["kind"]]
    return Pending(
        act=kind(**{**found["act"], "key": key}),
        made_ms=int(found["made_ms"]),
        sent=bool(found["sent"]),
        refused=str(found["refused"]),
    )
