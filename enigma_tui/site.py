"""What must be the same for everyone: the shared settings of a site.

They live in Redis, so that nobody can starve a consumer or trim a journal by having another
file. The first collector writes them; a colleague needs only the server's address.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Meta

from .model.call import Policy
from .model.delivery import Rule
from .model.disposition import Code, CodeTree
from .model.entry import DEFAULT_SOURCE
from .model.metrics import ServiceLevel, ShortAbandons
from .model.text import safe
from .target import Name, Target, read_target
from .values import Checked


class SiteError(ValueError):
    """Site settings that cannot be used; the text names the setting and what to do."""


class SourceNotOpenedError(SiteError):
    """A source's server, which this program's personal settings do not let it open; the text says
    which source, and why."""


def _printable(name: str) -> str:
    """Refuse a list's name that would act on a terminal, or not be seen, where it is shown."""
    if safe(name, 512) != name:
        raise ValueError("has characters that cannot be shown")
    return name


_Label = Annotated[str, Meta(max_length=200), lambda text: safe(text, 40)]
"""Shown on every board, and so made safe like everything that others write."""

_ListName = Annotated[str, Meta(min_length=1, max_length=512), _printable]


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


def _click2dial(server: str) -> str:
    if server:
        from .targets import wrong_address  # of use to few sites

        if message := wrong_address(server):
            raise ValueError(message.replace("https://crm.example/outcomes", "http://pbx.example"))
    return server


def _outbound_id(text: str) -> str:
    from .model.click2dial import is_outbound_id

    if text and not is_outbound_id(text):
        raise ValueError("expected is a number, 0 or 27 and nine digits; or tvc_ and a name")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Click2Dial(Checked):
    """Where a PBX can be asked to call somebody back."""

    server: Annotated[str, Meta(max_length=512), _click2dial] = ""
    """Its address, `http://pbx.example:8300`; empty where nobody is called back."""
    outbound_id: Annotated[str, _outbound_id] = ""
    """What those who are called back see as the caller; the number they had dialled, if empty."""
    reference: Literal["contact_ref", "call_ref"] = "contact_ref"
    """What the PBX calls a contact reference: `call_ref` before v3.0.0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Checked):
    """One PBX, and the lists it appends to."""

    name: Name = DEFAULT_SOURCE
    """What the site calls it; it marks the PBX's calls in the journal."""
    inbound: _ListName = "enigma:notifications:inbound"
    """The list of inbound notifications."""
    cdr: _ListName = "enigma:notifications:cdr"
    """The list of call detail records."""
    collect_cdr: bool = False
    """Whether records are collected. A single worker must exist for them: leave this off while
    another program reads the list."""
    cdr_since_ms: Annotated[int, Meta(ge=0)] = 0
    """Written when records are switched on, and not by hand: of calls that began before
    (milliseconds since the epoch) no end was collected."""
    pop: Literal["left", "right"] = "left"
    """The side to take from: `left` where the PBX appends with RPUSH."""
    server: Annotated[str, Meta(max_length=512), _without_password] = ""
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
    click2dial: Click2Dial = Click2Dial()
    """How its callers are called back."""

    @property
    def server_tag(self) -> str:
        """A word for its server, the same whatever else addresses say: a user, a database."""
        if not self.server:
            return "here"
        return hashlib.sha256(repr(_place(self.server)[0]).encode()).hexdigest()[:16]

    def _inconsistent(self) -> Iterator[str]:
        for setting in ("relay_to", "relay_cdr_to"):
            names = getattr(self, setting)
            if len(set(names)) != len(names):
                yield f"{setting} names a list twice"


def _same_lists(sources: tuple[Source, ...], targets: tuple[Target, ...]) -> Iterator[str]:
    lists: set[tuple[object, ...]] = set()
    for source in sources:
        for name in (source.inbound, source.cdr):
            if (place := (*_place(source.server), name)) in lists:
                yield f"two feeds read the same list {name!r}"
            lists.add(place)
    listened: set[tuple[object, ...]] = set()
    for source in sources:
        for name in (*source.relay_to, *source.relay_cdr_to):
            if (*_place(source.server), name) in lists:
                yield (
                    f"source {source.name} relays to {name!r}, which is a list that a source "
                    "reads: every copy would be collected again"
                )
        server = _place(source.server)[:1]
        if source.agents and server in listened:
            yield (
                f"source {source.name}: another source listens to the agents of the same server; "
                "everything would be heard twice"
            )
        if source.agents:
            listened.add(server)
    for source in sources:
        if not source.server:
            lists.update((*_place(""), name) for name in (*source.relay_to, *source.relay_cdr_to))
    for target in targets:
        if target.list:
            if (place := (*_place(""), target.list)) in lists:
                yield (
                    f"delivery: the list {target.list!r} of {target.name} is one that is "
                    "already in use here; name another"
                )
            lists.add(place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention(Checked):
    """How much of the journal is kept. Only collectors trim."""

    days: Annotated[int, Meta(ge=1, le=366)] = 7
    """Entries older than this are trimmed."""
    entries: Annotated[int, Meta(ge=1_000, le=1_000_000_000)] = 1_000_000
    """At most this many entries, whatever their age; a cut by this is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls(Checked):
    """When a call is over though nobody said so."""

    ghost_after_minutes: Annotated[int, Meta(ge=1, le=527_040)] = 240
    """With CDRs: a call live for longer is flagged as a ghost."""
    assume_ended_after_minutes: Annotated[int, Meta(ge=1, le=527_040)] = 120
    """Without CDRs: a call is taken to be over after this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSetting(Checked):
    """One disposition code, or a group of them."""

    code: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_-]{1,40}\Z",
            description="expected are 1 to 40 letters, digits, underscores and dashes",
        ),
    ]
    """What is recorded."""
    label: _Label = ""
    """What is shown; the code itself when empty."""
    key: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9]\Z", description="expected is one letter or digit")
    ]
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

    def _inconsistent(self) -> Iterator[str]:
        yield from _same_siblings(self.codes)
        if any(inner.codes for inner in self.codes):
            yield f"code {self.code}: groups have one level"
        if self.codes and (self.callback or self.note == "required"):
            yield f"code {self.code}: a group itself asks for nothing; its codes do"
        if self.codes and self.dialler:
            yield f"code {self.code}: a group is not sent to the Dialler; its codes are"

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


def _same_siblings(codes: tuple[CodeSetting, ...]) -> Iterator[str]:
    for attribute in ("code", "key"):
        seen: set[str] = set()
        for code in codes:
            value = getattr(code, attribute)
            if value in seen:
                yield f"two codes have the {attribute} {value!r}"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Checked):
    """The shared settings of a site."""

    title: _Label = ""
    """The name shown at the top of every board."""
    sources: Annotated[tuple[Source, ...], Meta(min_length=1)] = (Source(),)
    """The PBXs to collect from."""
    retention: Retention = Retention()
    """How much of the journal is kept."""
    calls: Calls = Calls()
    """When a call is over though nobody said so."""
    service_level_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 20.0
    """The T of the service level: the share of calls answered within T seconds."""
    short_abandon_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 5.0
    """Who hangs up within so many seconds abandons a call shortly."""
    short_abandons: Literal["ignored", "negative", "positive"] = "ignored"
    """What these are to the service level: as if never called (`ignored`), not served in time
    (`negative`), or served in time (`positive`)."""
    undo_seconds: Annotated[int, Meta(ge=0, le=600)] = 10
    """How long a disposition can be taken back by whoever recorded it. Nothing is delivered to
    another system before."""
    codes: Annotated[tuple[CodeSetting, ...], Meta(min_length=1)] = DEFAULT_CODES
    """The disposition codes."""
    numbers: dict[_Label, _Label] = field(default_factory=dict)
    """Labels for dialled numbers: `{"0115550100": "Support"}`."""
    delivery: Annotated[tuple[Target, ...], Meta(max_length=50)] = ()
    """The systems that recorded outcomes are handed on to."""

    def _inconsistent(self) -> Iterator[str]:
        yield from _same_siblings(self.codes)
        yield from _same_lists(self.sources, self.delivery)
        if len({source.name for source in self.sources}) != len(self.sources):
            yield "two sources have the same name"
        if len({target.name for target in self.delivery}) != len(self.delivery):
            yield "delivery: two targets have the same name"
        for target in self.delivery:
            if target.max_age_minutes * 60 <= self.undo_seconds:
                yield (
                    f"delivery: {target.name} is sent nothing that is older than max_age_minutes "
                    f"({target.max_age_minutes}), and nothing before undo_seconds "
                    f"({self.undo_seconds}) are over: set max_age_minutes higher"
                )

    def switched_on(self, before: "Site", now_ms: int) -> "Site":
        """Return the settings with the time at which records were switched on, and each target
        was added, whatever they say.

        It is `now_ms` (milliseconds since the epoch) where they were not there `before`.
        """
        added = {target.name: target.since_ms for target in before.delivery}
        since = {
            source.name: source.cdr_since_ms for source in before.sources if source.collect_cdr
        }
        return replace(
            self,
            sources=tuple(
                replace(
                    source,
                    cdr_since_ms=since.get(source.name, now_ms) if source.collect_cdr else 0,
                )
                for source in self.sources
            ),
            delivery=tuple(
                target.since(added.get(target.name, now_ms)) for target in self.delivery
            ),
        )

    def policy(self) -> Policy:
        """Return what the model needs to know of a call's life."""
        return Policy(
            cdr_sources=frozenset(s.name for s in self.sources if s.collect_cdr),
            cdr_since_ms={s.name: s.cdr_since_ms for s in self.sources if s.cdr_since_ms},
            ghost_after_ms=self.calls.ghost_after_minutes * 60_000,
            assume_ended_after_ms=self.calls.assume_ended_after_minutes * 60_000,
        )

    def service_level(self) -> ServiceLevel:
        """Return what the model needs to know of good service."""
        return ServiceLevel(
            self.service_level_seconds,
            self.short_abandon_seconds,
            ShortAbandons(self.short_abandons),
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
            if target.kind == "dialler"
            else None,
        )

    def to_json(self) -> str:
        """Return the settings as they are stored, shown and edited."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    @classmethod
    def from_json(cls, text: str | bytes, where: str, *, strict: bool = True) -> "Site":
        """Read settings; raises `SiteError` naming `where` they stand and the wrong setting.

        Not `strict`, settings that this version does not know are passed over: a colleague's
        newer one may have written them, and must not stop an older board.
        """
        if not strict:
            with suppress(ValueError, RecursionError):
                return msgspec.json.decode(text, type=cls, dec_hook=read_target)
        # Imported here: what is stored is nearly always right, and a start need not wait for
        # who can tell what is wrong.
        from .site_mistakes import read

        return read(text, where, strict=strict)
