"""What must be the same for everyone: the shared settings of a site.

They live in Redis, so that nobody can starve a consumer or trim a journal by having another
file. The first collector writes them; a colleague needs only the server's address.
"""

import hashlib
import json
from typing import Annotated, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from .model.call import Policy
from .model.delivery import Rule
from .model.disposition import Code, CodeTree
from .model.entry import DEFAULT_SOURCE
from .model.text import safe
from .targets import DiallerTarget, ListTarget, Target


class SiteError(ValueError):
    """Site settings that cannot be used; the text names the setting and what to do."""


class SourceNotOpenedError(SiteError):
    """A source's server, which this program's personal settings do not let it open; the text says
    which source, and why."""


class _Shared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _printable(name: str) -> str:
    """Refuse a list's name that would act on a terminal, or not be seen, where it is shown."""
    if safe(name, 512) != name:
        raise ValueError("has characters that cannot be shown")
    return name


_Label = Annotated[str, Field(max_length=200), AfterValidator(lambda text: safe(text, 40))]
"""Shown on every board, and so made safe like everything that others write."""

_ListName = Annotated[str, Field(min_length=1, max_length=512), AfterValidator(_printable)]


def _without_password(address: str) -> str:
    """Refuse what is not the address of a server, or has a password in it that all could read."""
    if not address:
        return address
    from .journal.connection import Address, AddressError  # which knows of faults, and they of us

    _printable(address)
    parts = urlsplit(address)
    named = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    if ("@" in parts.netloc and parts.password is not None) or any("password" in n for n in named):
        raise ValueError(
            "has a password in it, which everyone at the site could read; a password belongs "
            "in the settings of those who collect"
        )
    try:
        Address(address)
    except AddressError as error:
        raise ValueError(str(error)) from None
    return address


def _place(server: str) -> tuple[object, ...]:
    """Return what tells two servers' databases apart, whatever else their addresses say."""
    if not server:
        return ("", 0)
    from .journal.connection import Address  # which knows of faults, and they of us

    parts = Address(server).parts
    places = tuple(sorted((host.lower(), port) for host, port in parts.places))
    return ((parts.form, parts.service, parts.path, places), parts.db)


class Source(_Shared):
    """One PBX, and the lists it appends to."""

    name: str = Field(DEFAULT_SOURCE, pattern=r"^[A-Za-z0-9_.-]{1,32}$")
    """What the site calls it; it marks the PBX's calls in the journal."""
    inbound: _ListName = "enigma:notifications:inbound"
    """The list of inbound notifications."""
    cdr: _ListName = "enigma:notifications:cdr"
    """The list of call detail records."""
    collect_cdr: bool = False
    """Whether records are collected. A single worker must exist for them: leave this off while
    another program reads the list."""
    cdr_since_ms: int = Field(0, ge=0)
    """Written when records are switched on, and not by hand: of calls that began before
    (milliseconds since the epoch) no end was collected."""
    pop: Literal["left", "right"] = "left"
    """The side to take from: `left` where the PBX appends with RPUSH."""
    server: Annotated[str, Field(max_length=512), AfterValidator(_without_password)] = ""
    """The address of the PBX's own server, where that is not the one that has the journal. A user
    name may stand in it, a password may not: it belongs in the settings of those who collect."""
    relay_to: tuple[_ListName, ...] = ()
    """Lists on the PBX's server that get an untouched copy of every inbound notification, for the
    program that reads them there. It must read them: they are never trimmed. (In a cluster their
    names need the hash tag of `inbound`.)"""
    relay_cdr_to: tuple[_ListName, ...] = ()
    """The same for call detail records, while they are collected."""
    agents: bool = False
    """Whether the Dialler's calls and agents' states are listened to (PubSub, which takes nothing
    from anyone). One source of a server is enough: its channels have no databases."""

    @property
    def server_tag(self) -> str:
        """A word for its server, the same whatever else addresses say: a user, a database."""
        if not self.server:
            return "here"
        return hashlib.sha256(repr(_place(self.server)[0]).encode()).hexdigest()[:16]

    @model_validator(mode="after")
    def _relays_once(self) -> Self:
        for setting in ("relay_to", "relay_cdr_to"):
            names = getattr(self, setting)
            if len(set(names)) != len(names):
                raise ValueError(f"{setting} names a list twice")
        return self


def _check_lists(sources: tuple[Source, ...], targets: tuple[Target, ...]) -> None:
    lists: set[tuple[object, ...]] = set()
    for source in sources:
        for name in (source.inbound, source.cdr):
            if (place := (*_place(source.server), name)) in lists:
                raise ValueError(f"two feeds read the same list {name!r}")
            lists.add(place)
    listened: set[tuple[object, ...]] = set()
    for source in sources:
        for name in (*source.relay_to, *source.relay_cdr_to):
            if (*_place(source.server), name) in lists:
                raise ValueError(
                    f"source {source.name} relays to {name!r}, which is a list that a source "
                    "reads: every copy would be collected again"
                )
        server = _place(source.server)[:1]
        if source.agents and server in listened:
            raise ValueError(
                f"source {source.name}: another source listens to the agents of the same server; "
                "everything would be heard twice"
            )
        if source.agents:
            listened.add(server)
    for source in sources:
        if not source.server:
            lists.update((*_place(""), name) for name in (*source.relay_to, *source.relay_cdr_to))
    for target in targets:
        if isinstance(target, ListTarget):
            if (place := (*_place(""), target.key)) in lists:
                raise ValueError(
                    f"delivery: the list {target.key!r} of {target.name} is one that is "
                    "already in use here; name another"
                )
            lists.add(place)


class Retention(_Shared):
    """How much of the journal is kept. Only collectors trim."""

    days: int = Field(7, ge=1, le=366)
    """Entries older than this are trimmed."""
    entries: int = Field(1_000_000, ge=1_000, le=1_000_000_000)
    """At most this many entries, whatever their age; a cut by this is shown."""


class Calls(_Shared):
    """When a call is over though nobody said so."""

    ghost_after_minutes: int = Field(240, ge=1, le=527_040)
    """With CDRs: a call live for longer is flagged as a ghost."""
    assume_ended_after_minutes: int = Field(120, ge=1, le=527_040)
    """Without CDRs: a call is taken to be over after this long."""


class CodeSetting(_Shared):
    """One disposition code, or a group of them."""

    code: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    """What is recorded."""
    label: _Label = ""
    """What is shown; the code itself when empty."""
    key: str = Field(pattern=r"^[A-Za-z0-9]$")
    """The key that chooses it."""
    note: Literal["optional", "required"] = "optional"
    """Whether a note has to be typed."""
    callback: bool = False
    """Whether it asks when to call back."""
    dialler: Literal["E", "H", "C", "R", ""] = ""
    """What it is to the Dialler: E agent hung up, H remove the number, C closed, R retry. A code
    without one is not sent there."""
    codes: tuple["CodeSetting", ...] = ()
    """The codes of a group."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_siblings(self.codes)
        if any(inner.codes for inner in self.codes):
            raise ValueError(f"code {self.code}: groups have one level")
        if self.codes and (self.callback or self.note == "required"):
            raise ValueError(f"code {self.code}: a group itself asks for nothing; its codes do")
        if self.codes and self.dialler:
            raise ValueError(f"code {self.code}: a group is not sent to the Dialler; its codes are")
        return self

    def built(self, group: str = "") -> Code:
        """Return it as the model's value."""
        name = f"{group}.{self.code}" if group else self.code
        return Code(
            code=name,
            label=safe(self.label or self.code.replace("_", " ").capitalize(), 40),
            key=self.key,
            note_required=self.note == "required",
            callback=self.callback,
            dialler=self.dialler,
            codes=tuple(inner.built(name) for inner in self.codes),
        )


def _check_siblings(codes: tuple[CodeSetting, ...]) -> None:
    for attribute in ("code", "key"):
        seen: set[str] = set()
        for code in codes:
            value = getattr(code, attribute)
            if value in seen:
                raise ValueError(f"two codes have the {attribute} {value!r}")
            seen.add(value)


DEFAULT_CODES = (
    CodeSetting(code="resolved", key="r"),
    CodeSetting(code="callback", label="Call back", key="c", callback=True),
    CodeSetting(
        code="escalated",
        key="e",
        codes=(
            CodeSetting(code="billing", key="b"),
            CodeSetting(code="technical", key="t"),
            CodeSetting(code="manager", key="m"),
        ),
    ),
    CodeSetting(code="wrong_number", key="w"),
    CodeSetting(code="no_answer", key="n"),
    CodeSetting(code="spam", key="s"),
    CodeSetting(code="complaint", key="p", note="required"),
)


class Site(_Shared):
    """The shared settings of a site."""

    title: _Label = ""
    """The name shown at the top of every board."""
    sources: tuple[Source, ...] = Field((Source(),), min_length=1)
    """The PBXs to collect from."""
    retention: Retention = Retention()
    calls: Calls = Calls()
    service_level_seconds: float = Field(20.0, gt=0, le=86_400)
    """The T of the service level: the share of calls answered within T seconds."""
    undo_seconds: int = Field(10, ge=0, le=600)
    """How long a disposition can be taken back by whoever recorded it. Nothing is delivered to
    another system before."""
    codes: tuple[CodeSetting, ...] = Field(DEFAULT_CODES, min_length=1)
    """The disposition codes."""
    numbers: dict[_Label, _Label] = Field(default_factory=dict)
    """Labels for dialled numbers: `{"0115550100": "Support"}`."""
    delivery: tuple[Target, ...] = Field((), max_length=50)
    """The systems that recorded outcomes are handed on to."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_siblings(self.codes)
        _check_lists(self.sources, self.delivery)
        if len({source.name for source in self.sources}) != len(self.sources):
            raise ValueError("two sources have the same name")
        if len({target.name for target in self.delivery}) != len(self.delivery):
            raise ValueError("delivery: two targets have the same name")
        for target in self.delivery:
            if target.max_age_minutes * 60 <= self.undo_seconds:
                raise ValueError(
                    f"delivery: {target.name} is sent nothing that is older than max_age_minutes "
                    f"({target.max_age_minutes}), and nothing before undo_seconds "
                    f"({self.undo_seconds}) are over: set max_age_minutes higher"
                )
        return self

    def switched_on(self, before: "Site", now_ms: int) -> "Site":
        """Return the settings with the time at which records were switched on, and each target
        was added, whatever they say.

        It is `now_ms` (milliseconds since the epoch) where they were not there `before`.
        """
        added = {target.name: target.since_ms for target in before.delivery}
        since = {
            source.name: source.cdr_since_ms for source in before.sources if source.collect_cdr
        }
        return self.model_copy(
            update={
                "sources": tuple(
                    source.model_copy(
                        update={
                            "cdr_since_ms": since.get(source.name, now_ms)
                            if source.collect_cdr
                            else 0
                        }
                    )
                    for source in self.sources
                ),
                "delivery": tuple(
                    target.model_copy(update={"since_ms": added.get(target.name, now_ms)})
                    for target in self.delivery
                ),
            }
        )

    def policy(self) -> Policy:
        """Return what the model needs to know of a call's life."""
        return Policy(
            cdr_sources=frozenset(s.name for s in self.sources if s.collect_cdr),
            cdr_since_ms={s.name: s.cdr_since_ms for s in self.sources if s.cdr_since_ms},
            ghost_after_ms=self.calls.ghost_after_minutes * 60_000,
            assume_ended_after_ms=self.calls.assume_ended_after_minutes * 60_000,
        )

    def code_tree(self) -> CodeTree:
        """Return the disposition codes as the model's values."""
        return CodeTree(tuple(code.built() for code in self.codes))

    def rule(self, target: Target) -> Rule:
        """Return what the model needs to know of a target."""
        return Rule(
            name=target.name,
            since_ms=target.since_ms,
            dialler={leaf.code: leaf.dialler for leaf in self.code_tree().leaves() if leaf.dialler}
            if isinstance(target, DiallerTarget)
            else None,
        )

    def to_json(self) -> str:
        """Return the settings as they are stored, shown and edited."""
        return self.model_dump_json(indent=2)

    @classmethod
    def from_json(cls, text: str | bytes, where: str, *, strict: bool = True) -> "Site":
        """Read settings; raises `SiteError` naming `where` they stand and the wrong setting.

        Not `strict`, settings that this version does not know are passed over: a colleague's
        newer one may have written them, and must not stop an older board.
        """
        try:
            return cls.model_validate(json.loads(text), extra="forbid" if strict else "ignore")
        except json.JSONDecodeError as error:
            raise SiteError(
                f"{where} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
            ) from None
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)[0]
            path = safe(".".join(str(part) for part in found["loc"]))
            message = found["msg"].removeprefix("Value error, ")
            if found["type"] == "extra_forbidden":
                message = "there is no such setting"
            raise SiteError(f"{where}: {path + ': ' if path else ''}{message}") from None
        except (ValueError, RecursionError) as error:
            raise SiteError(f"{where} cannot be read: {error}") from None
