"""Journals as they might be: connections, records and acts in any order, as time goes by."""

import json
from dataclasses import dataclass
from random import Random

from enigma_tui.model.call import CallKey, EntryId, Feed, Policy
from enigma_tui.model.entry import Event, decode

from . import hostile

T = 1_763_800_000_000
"""When every story begins."""

HOUR = 3_600_000

POLICIES = (
    Policy(),
    Policy(cdr_sources={"pbx"}),
    Policy(cdr_sources={"pbx", "east"}, ghost_after_ms=HOUR, assume_ended_after_ms=HOUR // 2),
    Policy(cdr_sources={"pbx"}, cdr_since_ms={"pbx": T + HOUR}),
)

_STEPS = (0, 0, 1, 1_000, 5_000, 59_000, 60_000, 60_001, HOUR // 2, HOUR, 2 * HOUR + 1, 5 * HOUR)
_REFS = ("1", "2", "3", "a\x1bb")
_EXTENSIONS = ("2001", "2002", "2003", "", None, "\u202e1")


@dataclass(frozen=True)
class Story:
    """Entries in the order of a journal, and what decides about them."""

    policy: Policy
    keep: int
    events: tuple[Event, ...]


def story(rng: Random, most: int = 30) -> Story:
    """Tell a story of up to `most` entries."""
    now, seq = T, 0
    events: list[Event] = []
    keys: list[CallKey] = []
    for _ in range(rng.randint(0, most)):
        step = rng.choice(_STEPS)
        now, seq = now + step, 0 if step else seq + 1
        entry = EntryId(now, seq)
        fields = _entry(rng, keys)
        if rng.randrange(12) == 0:
            fields[b"late"] = b"1"
        events.append(decode(entry, fields))
        keys += [CallKey(source, feed, "1", entry) for source in ("pbx", "east") for feed in Feed]
    return Story(rng.choice(POLICIES), rng.choice((1, 3, 10, 1_000)), tuple(events))


def _entry(rng: Random, keys: list[CallKey]) -> dict[bytes, bytes]:
    kind = rng.choice(("call",) * 6 + ("cdr",) * 5 + ("disposition",) * 3 + ("hostile", "cut"))
    source = rng.choice((b"pbx", b"pbx", b"east"))
    told: dict[str, object] = {"call_ref": rng.choice(_REFS)}
    if kind == "call":
        told |= {"ref": rng.choice(_EXTENSIONS), "number": "0820001234"}
        told |= rng.choice(({"call_dir": "inbound"}, {"call_dir": "outbound"}, {"agent": "2001"}))
        told["hold_time"] = rng.choice((None, 0, 41, "7.5"))
    elif kind == "cdr":
        told |= {"extension": rng.choice(_EXTENSIONS), "call_time": rng.choice((None, 0, 60, 9000))}
        told |= {"call_dir": rng.choice(("inbound", "inbound", "outbound"))}
        told |= {"ref": rng.choice(("click-dial", "winback", "083")), "recording_url": "=x"}
        told |= rng.choice(({"number": "0820001234"}, {}))
    elif kind == "disposition":
        return _act(rng, keys)
    elif kind == "cut":
        return {b"kind": b"cut", b"count": b"3"}
    else:
        return {b"kind": b"call", b"source": source, b"raw": hostile.payload(rng)}
    raw = json.dumps({"type": kind, "payload": told}).encode()
    return {b"kind": b"call", b"source": source, b"raw": raw}


def _act(rng: Random, keys: list[CallKey]) -> dict[bytes, bytes]:
    since = rng.choice(keys).since if keys else EntryId(T, 0)
    kind = rng.choice((b"disposition", b"disposition", b"undo", b"claim", b"release", b"delivery"))
    more = {
        b"undo": {
            b"was_code": rng.choice((b"", b"spam")),
            b"was_at": rng.choice((b"", b"1763800000000", b"soon")),
        },
        b"claim": {b"until": rng.choice((b"", b"0", b"1763800060000", b"253000000000000"))},
        b"delivery": {
            b"target": rng.choice((b"crm", b"")),
            b"outcome": rng.choice((b"delivered", b"refused", b"again", b"lost")),
            b"answer": hostile.text(rng).encode("utf-8", "surrogatepass"),
        },
    }
    return {
        **more.get(kind, {}),
        b"kind": kind,
        b"claim": rng.choice((b"c1", b"c2", b"")),
        b"act": rng.choice((b"a1", b"a2", b"")),
        b"reason": hostile.text(rng, 2).encode("utf-8", "surrogatepass"),
        b"source": rng.choice((b"pbx", b"pbx", b"east")),
        b"call_feed": rng.choice((b"inbound", b"inbound", b"outbound", b"dialler")),
        b"call_ref": rng.choice(_REFS).encode(),
        b"since": str(since).encode(),
        b"version": str(rng.randint(0, 3)).encode(),
        b"code": rng.choice((b"spam", b"callback", b"=1+1", b"escalated.billing")),
        b"note": hostile.text(rng).encode("utf-8", "surrogatepass"),
        b"by": rng.choice(("thandi", "sipho", "@x", hostile.text(rng, 2))).encode(
            "utf-8", "surrogatepass"
        ),
        b"callback": rng.choice((b"", b"", b"1763890000000", b"253000000000000")),
    }
