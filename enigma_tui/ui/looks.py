"""How cells look, by the parameters of SGR (ECMA-48 §8.3.117), and the ways between looks.

A look is named by one character, so that the looks of a line are a string beside its text, and
both are compared at the speed of strings.
"""

from typing import NamedTuple

PLAIN = "\x00"
"""The look after a reset."""

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}
"""What ends each attribute. Bold and dim end together."""
_SEEN_ON_BLANKS = frozenset("479")
"""Underline, reverse and strike show where there is no letter."""
_COLOURS_FOLLOW = {"2": 3, "5": 1}
"""How many parameters a colour has, by its kind."""
_MOST = 4_000
"""Fades bring new colours all the time."""


class NotUnderstood(ValueError):
    """A sequence whose effect is not known exactly."""


class _Look(NamedTuple):
    colour: str = "39"
    ground: str = "49"
    on: frozenset[str] = frozenset()


class Looks:
    """All looks that have been met, each under its character."""

    def __init__(self) -> None:
        self._all = [_Look()]
        self._names = {_Look(): PLAIN}
        self._after: dict[tuple[str, str], str] = {(PLAIN, "0"): PLAIN}
        self._blank: dict[str, str] = {}
        self._ways: dict[tuple[str | None, str], str] = {}

    @property
    def too_many(self) -> bool:
        """Whether it is time to begin anew."""
        return len(self._all) > _MOST

    def after(self, look: str, parameters: str) -> str:
        """Return the look that SGR with these parameters leads to; raises `NotUnderstood`."""
        key = look, parameters
        found = self._after.get(key)
        if found is None:
            found = self._after[key] = self._name(_apply(self._all[ord(look)], parameters))
        return found

    def blank(self, look: str) -> str:
        """Return what is the same for all looks in which a space looks the same."""
        found = self._blank.get(look)
        if found is None:
            whole = self._all[ord(look)]
            on = whole.on & _SEEN_ON_BLANKS
            found = self._name(_Look(whole.colour if on else "39", whole.ground, on))
            self._blank[look] = found
        return found

    def way(self, now: str | None, wanted: str) -> str:
        """Return the shortest sequence from one look, or from an unknown one, to another."""
        key = now, wanted
        found = self._ways.get(key)
        if found is None:
            found = self._ways[key] = self._find_way(now, wanted)
        return found

    def _find_way(self, now: str | None, wanted: str) -> str:
        if now == wanted:
            return ""
        to = self._all[ord(wanted)]
        anew = _sgr(["0", *_changes(_Look(), to)]) if wanted != PLAIN else "\x1b[m"
        if now is None:
            return anew
        return min(anew, _sgr(_changes(self._all[ord(now)], to)), key=len)

    def _name(self, look: _Look) -> str:
        name = self._names.get(look)
        if name is None:
            name = self._names[look] = chr(len(self._all))
            self._all.append(look)
        return name


def _sgr(parameters: list[str]) -> str:
    return f"\x1b[{';'.join(parameters)}m"


def _changes(now: _Look, to: _Look) -> list[str]:
    ended = sorted({_OFF[code] for code in now.on - to.on})
    # What ends one of two that end together must be followed by the other.
    kept = {code for code in now.on & to.on if _OFF[code] not in ended}
    changes = ended + sorted(to.on - kept)
    if now.colour != to.colour:
        changes.append(to.colour)
    if now.ground != to.ground:
        changes.append(to.ground)
    return changes


def _apply(look: _Look, parameters: str) -> _Look:
    colour, ground, on = look
    codes = iter(parameters.split(";"))
    for code in codes:
        if code in {"", "0"}:
            colour, ground, on = _Look()
        elif code in _OFF:
            on |= {code}
        elif code in _OFF.values():
            on = frozenset(attribute for attribute in on if _OFF[attribute] != code)
        elif code in {"38", "48"}:
            kind = next(codes, "")
            rest = [next(codes, "") for _ in range(_COLOURS_FOLLOW.get(kind, 0))]
            if not rest or not all(part.isdecimal() and part.isascii() for part in rest):
                raise NotUnderstood(parameters)
            named = ";".join((code, kind, *rest))
            colour, ground = (named, ground) if code == "38" else (colour, named)
        elif _is_between(code, 30, 37) or _is_between(code, 90, 97) or code == "39":
            colour = code
        elif _is_between(code, 40, 47) or _is_between(code, 100, 107) or code == "49":
            ground = code
        else:
            raise NotUnderstood(parameters)
    return _Look(colour, ground, on)


def _is_between(code: str, first: int, last: int) -> bool:
    return code.isascii() and code.isdecimal() and first <= int(code) <= last
