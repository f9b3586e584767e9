"""A simulated PBX that behaves like a call centre: callers queue, agents talk, calls end.

`Pbx` is a discrete-event simulation, pure and seeded: the same arguments give the same bytes.
`drive` plays what it makes in real time. Nothing here knows of Redis.

A caller arrives, by chance (a Poisson process), and would wait for as long as the welcome, the
menu and the queue take on a calm day (log-normal). After that the first free agent is given,
longest idle first; if none is free the wait goes on, first come first served. So holds are short
with a long tail, and grow by themselves when the floor is overloaded.
"""

import asyncio
import json
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from heapq import heappop, heappush
from itertools import count, groupby
from random import Random

from ..model.notification import CallConnected, CallEnded, unpack
from .callers import UNREADABLE, Caller, Callers

INBOUND = "enigma:notifications:inbound"
CDR = "enigma:notifications:cdr"

_EPOCH = 1_763_800_000.0
_FIRST_EXTENSION = 2001
_MAX_BATCH = 500  # pushes at once when far behind: the loop is for others too
_RETRY = 10.0  # seconds until an agent tries again to hand a call over


@dataclass(frozen=True, slots=True)
class Push:
    """One payload that the PBX appends to a list."""

    at: float
    """Seconds since the start of the simulation."""
    list_key: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Profile:
    """What kind of floor is simulated. Times are in seconds, shares between 0 and 1.

    The floor carries `agents / (mean_talk + mean_wrap_up)` calls a second: 14 calls a minute of
    three and a half minutes keep some 52 agents busy. With fewer, the queue grows until callers
    reach `longest_wait`.
    """

    calls_per_minute: float = 14.0
    agents: int = 58
    """How many, with the extensions 2001, 2002, …"""
    mean_wait: float = 24.0
    """In the queue, on a calm day."""
    longest_wait: float = 600.0
    """After this the PBX ends a call that no agent has taken."""
    mean_patience: float = 70.0
    """Of those who abandon, until they hang up."""
    mean_talk: float = 210.0
    mean_wrap_up: float = 20.0
    """From the end of an agent's call until the agent takes another."""
    transfer_share: float = 0.06
    """Of the answered calls; none while no other agent is free."""
    abandon_share: float = 0.06
    v2_share: float = 0.1
    """Of the calls, told in the shapes from before v3.0.0."""
    odd_share: float = 0.01
    """Of the calls, with a hostile text in them or an unreadable payload beside them."""
    reference_share: float = 0.6
    """Of the callers, who key in an account."""
    repeat_share: float = 0.25
    """Of the calls, made by one of the regulars."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for a floor that cannot be simulated."""
        if self.calls_per_minute <= 0 or self.agents < 1:
            raise ValueError("calls_per_minute and agents must be above 0")
        for name in self.__slots__:
            value = getattr(self, name)
            if name.endswith("_share") and not 0 <= value <= 1:
                raise ValueError(f"{name} must be between 0 and 1, not {value}")
            if name.startswith(("mean_", "longest_")) and value <= 0:
                raise ValueError(f"{name} must be above 0, not {value}")


class Pbx:
    """A simulated PBX.

    `epoch` is the Unix time, in seconds, of second 0: the CDRs' `dialed_at` counts from there.
    For a demo with a head start that is `time.time() - head_start`.
    """

    def __init__(
        self,
        seed: int,
        profile: Profile = Profile(),
        inbound: str = INBOUND,
        cdr: str = CDR,
        *,
        epoch: float = _EPOCH,
    ) -> None:
        self._seed = seed
        self._profile = profile
        self._inbound = inbound
        self._cdr = cdr
        self._epoch = epoch

    def pushes(self) -> Iterator[Push]:
        """Yield what the PBX sends, endlessly, in order of time; each call starts anew."""
        floor = _Floor(Random(self._seed), self._profile, self._epoch)
        for at, is_cdr, payload in floor.run():
            yield Push(at, self._cdr if is_cdr else self._inbound, payload)


# ── the floor ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Call:
    ref: int
    caller: Caller
    dialled: str
    arrived: float
    v2: bool
    tells_hold: bool


@dataclass(frozen=True, slots=True)
class _Talk:
    """A call that an agent has taken."""

    call: _Call
    agent: int
    bridged: float
    """When the first agent took it."""
    ends: float

    @property
    def hold(self) -> int:
        return int(self.bridged - self.call.arrived)


_Sent = tuple[float, bool, bytes]  # when, whether to the CDR list, what
_Event = Callable[[float], Iterable[_Sent]]


class _Floor:
    """The state of one run: who waits, who is free, and what happens next."""

    def __init__(self, random: Random, profile: Profile, epoch: float) -> None:
        self._random = random
        self._profile = profile
        self._epoch = epoch
        self._callers = Callers(
            random, repeat_share=profile.repeat_share, reference_share=profile.reference_share
        )
        self._refs = count(random.randrange(4_000, 90_000))
        agents = list(range(_FIRST_EXTENSION, _FIRST_EXTENSION + profile.agents))
        random.shuffle(agents)
        self._free = deque(agents)
        self._waiting: dict[int, _Call] = {}  # by reference, first come first
        self._agenda: list[tuple[float, int, _Event]] = []
        self._order = count()  # events of one moment happen in the order they were planned

    def run(self) -> Iterator[_Sent]:
        self._plan(self._until_next(), self._arrive)
        while True:
            at, _, event = heappop(self._agenda)
            yield from event(at)

    def _plan(self, at: float, event: _Event) -> None:
        heappush(self._agenda, (at, next(self._order), event))

    def _until_next(self) -> float:
        return self._random.expovariate(self._profile.calls_per_minute / 60)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _span(self, mean: float, sigma: float) -> float:
        """Draw a log-normal time, in seconds, with the given mean."""
        return self._random.lognormvariate(math.log(mean) - sigma * sigma / 2, sigma)

    # ── events: each returns what is sent at its moment ─────────────────────────────────────

    def _arrive(self, at: float) -> Iterable[_Sent]:
        profile = self._profile
        self._plan(at + self._until_next(), self._arrive)
        odd = self._chance(profile.odd_share)
        unreadable = odd and self._chance(0.5)
        v2 = self._chance(profile.v2_share)
        call = _Call(
            ref=next(self._refs),
            caller=self._callers.hostile() if odd and not unreadable else self._callers.call(),
            dialled=self._callers.dialled(),
            arrived=at,
            v2=v2,
            tells_hold=not (v2 and self._chance(0.3)),
        )
        if self._chance(profile.abandon_share):
            patience = min(self._span(profile.mean_patience, 0.8), profile.longest_wait)
            self._plan(at + patience, partial(self._abandon, call))
        else:
            wait = min(self._span(profile.mean_wait, 1.2), profile.longest_wait)
            self._plan(at + wait, partial(self._seek, call))
        if unreadable:
            yield at, False, self._random.choice(UNREADABLE)

    def _seek(self, call: _Call, at: float) -> Iterable[_Sent]:
        if self._free:
            return self._bridge(call, self._free.popleft(), at)
        self._waiting[call.ref] = call
        self._plan(call.arrived + self._profile.longest_wait, partial(self._time_out, call))
        return ()

    def _bridge(self, call: _Call, agent: int, at: float) -> Iterable[_Sent]:
        talk = _Talk(call, agent, at, at + self._span(self._profile.mean_talk, 0.7))
        if self._chance(self._profile.transfer_share):
            moment = at + (talk.ends - at) * self._random.uniform(0.15, 0.5)
            self._plan(moment, partial(self._transfer, talk))
        else:
            self._plan(talk.ends, partial(self._hang_up, talk))
        return [(at, False, self._connected(talk))]

    def _transfer(self, talk: _Talk, at: float) -> Iterable[_Sent]:
        if not self._free:
            again = at + _RETRY
            if again < talk.ends:
                self._plan(again, partial(self._transfer, talk))
            else:
                self._plan(talk.ends, partial(self._hang_up, talk))
            return ()
        onward = _Talk(talk.call, self._free.popleft(), talk.bridged, talk.ends)
        self._wrap_up(talk.agent, at)
        self._plan(talk.ends, partial(self._hang_up, onward))
        return [(at, False, self._connected(onward))]

    def _hang_up(self, talk: _Talk, at: float) -> Iterable[_Sent]:
        self._wrap_up(talk.agent, at)
        if self._chance(0.01):
            reason, raw, code = "error", "CONGESTION", 34
        else:
            ends = ("hungup", "callee_hungup", "agent_hungup")
            reason, raw, code = self._random.choices(ends, (60, 25, 15))[0], "ANSWER", 16
        told = raw if talk.call.v2 else reason
        spoken = int(at - talk.bridged)
        return [(at, True, self._ended(talk.call, talk.agent, told, code, talk.hold, spoken))]

    def _abandon(self, call: _Call, at: float) -> Iterable[_Sent]:
        told = "CANCEL" if call.v2 else "hungup"
        return [(at, True, self._ended(call, None, told, 16, int(at - call.arrived), 0))]

    def _time_out(self, call: _Call, at: float) -> Iterable[_Sent]:
        if self._waiting.pop(call.ref, None) is None:
            return ()
        told = "NOANSWER" if call.v2 else "timeout"
        return [(at, True, self._ended(call, None, told, 18, int(at - call.arrived), 0))]

    def _wrap_up(self, agent: int, at: float) -> None:
        ready = at + self._span(self._profile.mean_wrap_up, 0.6)
        self._plan(ready, partial(self._be_ready, agent))

    def _be_ready(self, agent: int, at: float) -> Iterable[_Sent]:
        if self._waiting:
            return self._bridge(self._waiting.pop(next(iter(self._waiting))), agent, at)
        self._free.append(agent)
        return ()

    # ── payloads (PROTOCOL.md §1 and §2) ────────────────────────────────────────────────────

    def _connected(self, talk: _Talk) -> bytes:
        call = talk.call
        payload: dict[str, object] = {
            "number": call.caller.number,
            "dial_number": call.dialled,
            "hold_time": self._loosely(talk.hold),
            "call_ref": self._either(call.ref),
            "contact_ref": call.caller.contact_ref,
            "ref": self._either(talk.agent),
            **({"campaign_ref": "inbound"} if call.v2 else {"call_dir": "inbound"}),
        }
        return _encoded("call", payload, call)

    def _ended(
        self, call: _Call, agent: int | None, reason: str, code: int, hold: int, spoken: int
    ) -> bytes:
        payload: dict[str, object] = {
            "extension": None if agent is None else self._either(agent),
            "number": call.caller.number,
            "dial_number": call.dialled,
            "call_ref": self._either(call.ref),
            "contact_ref": call.caller.contact_ref,
            "dialed_at": self._moment(call.arrived),
            "end_reason": reason,
            "end_code": self._either(code),
            "call_time": spoken,
            "hold_time": self._loosely(hold),
            "call_dir": "inbound",
            "recording_url": "" if agent is None else f"rec/{call.ref}",
            "ref": call.caller.number if call.v2 else "click-dial",
        }
        if call.v2:
            del payload["number"]
        return _encoded("cdr", payload, call)

    def _either(self, number: int) -> str | int:
        """Return a reference as a text or, now and then, as a number: both occur."""
        return number if self._chance(0.2) else str(number)

    def _loosely(self, seconds: int) -> int | str | float:
        forms: tuple[int | str | float, ...] = (seconds, str(seconds), float(seconds))
        return self._random.choices(forms, (90, 5, 5))[0]

    def _moment(self, at: float) -> int | str:
        second = int(self._epoch + at)
        if self._chance(0.15):
            return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return second


def _encoded(kind: str, payload: dict[str, object], call: _Call) -> bytes:
    if not call.tells_hold:
        del payload["hold_time"]
    return json.dumps({"type": kind, "payload": payload}, ensure_ascii=False).encode()


# ── in real time ────────────────────────────────────────────────────────────────────────────


async def drive(
    push: Callable[[str, list[bytes]], Awaitable[object]],
    pushes: Iterable[Push],
    *,
    head_start: float = 0.0,
    speed: float = 1.0,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Play `pushes` through `push(list_key, payloads)` when they are due, until cancelled.

    The first `head_start` seconds (simulated) are over at once: of them only the connections of
    calls that are still live then are sent. After that `speed` simulated seconds pass in one
    second of `clock`. Neighbours that are due together and go to one list are one batch; being
    late is made up for, so nothing drifts. Returns only if `pushes` ends, and raises what `push`
    raises, or `ValueError` for a speed that is not above 0 or a negative head start.
    """
    if speed <= 0 or head_start < 0:
        raise ValueError("speed must be above 0, and head_start 0 or more")
    start = clock()
    source = iter(pushes)
    before, following = _take(source, head_start)
    await _send(push, _still_live(before))
    while following is not None:
        due = start + (following.at - head_start) / speed
        # Sleeps even when late, if for no time: others must have their turn.
        await sleep(max(0.0, due - clock()))
        now = max(following.at, head_start + (clock() - start) * speed)
        batch = [following]
        rest, following = _take(source, now, _MAX_BATCH)
        await _send(push, batch + rest)


def _take(
    source: Iterator[Push], until: float, limit: float = math.inf
) -> tuple[list[Push], Push | None]:
    """Take what is due by `until`, up to `limit`; return it and the push that comes after."""
    taken: list[Push] = []
    for each in source:
        if each.at > until or len(taken) >= limit:
            return taken, each
        taken.append(each)
    return taken, None


def _still_live(pushes: list[Push]) -> list[Push]:
    """Return the connections among `pushes` whose call has no end among them."""
    read = [(each, unpack(each.payload)) for each in pushes]
    over = {told.call_ref for _, told in read if isinstance(told, CallEnded)}
    return [
        each for each, told in read if isinstance(told, CallConnected) and told.call_ref not in over
    ]


async def _send(push: Callable[[str, list[bytes]], Awaitable[object]], batch: list[Push]) -> None:
    # Runs of one list, not one batch a list: a call's end must not overtake its start.
    for list_key, run in groupby(batch, key=lambda each: each.list_key):
        await push(list_key, [each.payload for each in run])
