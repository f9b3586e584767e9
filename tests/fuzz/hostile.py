"""What a caller, a broken PBX or somebody with bad intentions may send.

Everything is a function of a `Random`, so that hypothesis can draw from it and a test of the
whole program can take ten thousand for one seed.
"""

import json
from pathlib import Path
from random import Random

_DATA = Path(__file__).parents[1] / "data"
SAMPLES = [
    line
    for file in sorted(_DATA.glob("*.jsonl"))
    for line in file.read_bytes().removesuffix(b"\n").split(b"\n")
]

FRAGMENTS = (
    # escape sequences: moves, colours, clearing, modes, reports, titles, links, clipboard, strings
    # (7771 and "owned" are what a test of the terminal looks for)
    "\x1b[7771J", "\x1b[7771m", "\x1b[7771;1H", "\x1b[?7771l", "\x1b[7771n", "\x1b[c", "\x1bc",
    "\x1b]0;owned\x07", "\x1b]2;owned\x1b\\", "\x1b]8;;http://owned\x1b\\y\x1b]8;;\x1b\\",
    "\x1b]52;c;owned\x07", "\x1bP1$rowned\x1b\\", "\x1bPq#owned\x1b\\", "\x1b_Gowned\x1b\\",
    "\x1b", "\x1b[", "\x1b]", "\x1b(0", "\x1b#8", "\x1b^owned\x1b\\", "\x9b7771m",
    "\x9d0;owned\x9c", "\x90q\x9c", "\x9f", "\x84", "\x85",
    # other controls
    "\x00", "\x07", "\x08" * 9, "\x7f", "\t", "\n", "\r", "\r\n", "\v", "\f", "\x0e", "\x1a",
    # what turns the direction of writing, hides, joins or piles up
    "\u202e", "\u202a", "\u2066", "\u2069", "\u200e", "\u061c", "\u200b", "\u200d", "\ufeff",
    "\u00ad", "\u2060", "\u2028", "\u2029", "\u180e", "\ufff9", "\U000e0041", "\ufe0f", "\u20e3",
    "e\u0301\u0302\u0303\u0304" * 3, "\u0e33", "\u0bcc", "\u1100\u1161\u11a8", "\u3164", "\u2800",
    "👩\u200d👩\u200d👧", "🇿🇦", "👍🏽", "☎\ufe0f", "日本", "ﷺ", "עברית", "العربية", "ｆｕｌｌ",
    "\ud800", "\udc1b", "\udfff", "\ufffe", "\U0010ffff", "\ue000", "\u0378", "�", "\xa0", "\u3000",
    # markup, formulas, formats, paths, SQL
    "[/]", "[/", "[red]", "[@click=app.quit]x[/]", "[link=http://x]", "\\[", "$text", "$(reboot)",
    "{0}", "%s%n", "<b>", "=1+1", "=cmd|' /C calc'!A0", "+27820001234", "-1", "@SUM(1)", "＝1",
    "'=", '"', "'", ",", ";", "\\", "../..", "*", "(", ")", "!", ":", "||", "~", "…", "–",
    # numbers and words that mean something
    "0820001234", "0027820001234", "2001", "4711", "0", "-0", "1e999", "NaN", "inbound", "outbound",
    "call", "cdr", "click-dial", "null", "None", " ", "", "1:30", "２００１", "١٢٣",
)  # fmt: skip

NAMES = {
    "call": (
        "call_ref", "ref", "agent", "number", "dial_number", "hold_time", "contact_ref", "call_dir",
        "campaign_ref",
    ),
    "cdr": (
        "call_ref", "extension", "number", "dial_number", "hold_time", "contact_ref", "call_dir",
        "dialed_at", "end_reason", "end_code", "call_time", "recording_url", "ref",
    ),
    "status": ("status", "ref", "campaign_ref"),
}  # fmt: skip
"""The fields of each type of notification."""

_LITERALS = (
    "1e999", "-1e999", "NaN", "Infinity", "-Infinity", "-0.0", "1e-320", "604800", "604801",
    "9" * 400, "9" * 401, "9" * 5000, "0.1", "1e3", "-5", "41.0", "4711", "true", "false", "null",
    "1763800000", "99999999999999", "[]", "{}", "[[1]]", '{"a":{"b":[]}}', '""',
)  # fmt: skip
"""Values as JSON writes them, and some as only Python's parser reads them."""


def text(rng: Random, pieces: int = 5) -> str:
    """Return a text of fragments, now and then a very long one."""
    made = "".join(rng.choice(FRAGMENTS) for _ in range(rng.randint(0, pieces)))
    if rng.randrange(20) == 0:
        made = ((made or "A") * 3_000)[: rng.choice((129, 257, 1_025, 10_000))]
    if rng.randrange(4) == 0:
        place = rng.randint(0, len(made))
        made = f"{made[:place]}{chr(rng.randrange(0x110000))}{made[place:]}"
    return made


def literal(rng: Random) -> str:
    """Return one value, written as JSON."""
    kind = rng.randrange(10)
    if kind < 6:
        return _string(rng, text(rng))
    if kind < 9:
        return rng.choice(_LITERALS)
    depth = rng.choice((2, 30, 61, 62, 63, 64, 65, 1000, 5000))
    opens, closes = rng.choice((("[", "]"), ('{"a":', "}")))
    return opens * depth + "1" + closes * rng.choice((depth, depth, depth, depth - 1, 0))


def notification(rng: Random) -> bytes:
    """Return a payload with the right outline, of which some values are hostile."""
    kind = rng.choice(("call", "call", "call", "cdr", "cdr", "status"))
    fields = {name: _plain(rng, name) for name in NAMES[kind]}
    for name in rng.sample(sorted(fields), rng.randint(0, 3)):
        if rng.randrange(6) == 0:
            del fields[name]
        elif rng.randrange(5) == 0:
            fields[name] = literal(rng)
        else:
            fields[name] = _string(rng, text(rng))
    return _enveloped(rng, json.dumps(kind), fields)


def payload(rng: Random) -> bytes:
    """Return anything that may come out of a list."""
    choice = rng.randrange(10)
    if choice < 4:
        return notification(rng)
    if choice < 6:
        kind = rng.choice((*NAMES, "call"))
        names = [*NAMES[kind], text(rng, 2)]
        fields = {name: literal(rng) for name in rng.sample(names, rng.randint(0, len(names)))}
        fields.setdefault("call_ref", rng.choice(('"1"', "1", literal(rng))))
        return _enveloped(rng, rng.choice((json.dumps(kind), literal(rng))), fields)
    if choice < 9:
        return _damaged(rng, rng.choice(SAMPLES))
    return _encoded(rng, rng.choice((literal(rng), text(rng), (text(rng) * 9_000)[:70_000])))


def _plain(rng: Random, name: str) -> str:
    match name:
        case "call_ref" | "end_code":
            return str(rng.randrange(1, 10_000))
        case "hold_time" | "call_time":
            return str(rng.randrange(0, 400))
        case "call_dir":
            return rng.choice(('"inbound"', '"inbound"', '"outbound"'))
        case "ref" | "extension" | "agent":
            return f'"{rng.randrange(2000, 2020)}"'
        case "dialed_at":
            return rng.choice(("1763800000", '"2025-11-22T08:26:40"'))
        case _:
            return f'"{rng.choice(("0820001234", "0115550100", "ACC-1", "hungup", ""))}"'


def _enveloped(rng: Random, kind: str, fields: dict[str, str]) -> bytes:
    inner = ", ".join(f"{_string(rng, name)}: {value}" for name, value in fields.items())
    extra = f", {_string(rng, text(rng, 2))}: {literal(rng)}" if rng.randrange(6) == 0 else ""
    return _encoded(rng, f'{{"type": {kind}, "payload": {{{inner}}}{extra}}}')


def _string(rng: Random, value: str) -> str:
    return json.dumps(value, ensure_ascii=bool(rng.randrange(2)))


def _encoded(rng: Random, value: str) -> bytes:
    raw = value.encode("utf-8", "surrogatepass")
    return _damaged(rng, raw) if rng.randrange(20) == 0 else raw


def _damaged(rng: Random, raw: bytes) -> bytes:
    damaged = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        start = rng.randint(0, len(damaged))
        stop = min(len(damaged), start + rng.choice((0, 0, 1, 4)))
        damaged[start:stop] = rng.choice(
            (
                bytes(rng.randrange(256) for _ in range(rng.randint(0, 4))),
                text(rng, 1).encode("utf-8", "surrogatepass"),
                json.dumps(text(rng, 1))[1:-1].encode(),
            )
        )
    return bytes(damaged)
