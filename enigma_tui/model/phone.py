"""Telephone numbers as people write them: shown one way, found whichever way they are typed.

A PBX sends `0820001234`, `27820001234`, `0027820001234` or `+27820001234` for the same caller.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from typing import Literal, NamedTuple

Match = Literal["prefix", "infix", "exact"]
"""Where in a stored number a typed one must stand."""

ABROAD = "\x0e"
"""Stands before the international form in what is searched: nobody can type it."""

_IDD = "00"  # how PBXs of every region write "international" without a plus (PROTOCOL.md §5)
_SHORTEST = 7  # digits of a subscriber's number; below it are extensions and short codes
_MISNOMERS = {"UK": "GB"}
_PUNCTUATION = str.maketrans("", "", " -()")


_Reading = tuple[str, str]
"""A number's international and national digits; a foreign number has no national ones, and an
extension or short code only those. Plain, because one is made for every call that comes."""


class _Region(NamedTuple):
    """What it takes to read the numbers of one region by string operations alone."""

    code: str
    country: str
    trunk: str
    """The national prefix, such as the `0` of `082 000 1234`; empty where there is none."""
    idds: tuple[str, ...]
    lengths: frozenset[int]
    """How many digits follow the country code or the trunk prefix."""
    longest_bare: int
    """Where there is no trunk prefix: more digits than this begin with the country code."""

    def read(self, number: str) -> _Reading | None:
        """Return the digits of `number`, or `None` if it is not a number."""
        digits = number
        if not (digits.isdigit() and digits.isascii()):
            digits = number[1:]
            if not (number.startswith("+") and digits.isdigit() and digits.isascii()):
                found = _digits(number)
                if found is None:
                    return None
                digits = found
            if "+" in number:
                return self._with_country(digits)
        country, trunk, lengths = self.country, self.trunk, self.lengths
        if digits.startswith(self.idds):
            idd = next(idd for idd in self.idds if digits.startswith(idd))
            if len(digits) - len(idd) >= _SHORTEST:
                return self._with_country(digits[len(idd) :])
        if trunk and digits.startswith(trunk) and len(digits) - len(trunk) in lengths:
            return country + digits[len(trunk) :], digits
        if digits.startswith(country) and (trunk or len(digits) > self.longest_bare):
            national = digits[len(country) :]
            if len(national) in lengths:
                return digits, trunk + national
        if not trunk and len(digits) in lengths:
            return country + digits, digits
        return "", digits

    def _with_country(self, digits: str) -> _Reading:
        country = self.country
        if digits.startswith(country) and len(digits) - len(country) in self.lengths:
            return digits, self.trunk + digits[len(country) :]
        return digits, ""


class Dialplan:
    """How the numbers of one region are written.

    `region` is an ISO 3166 code of two letters. Raises `ValueError`, naming the nearest known
    regions, for one that is unknown. Of one that is `known` to be right the rules are loaded with
    the first number, and not before. Where callers are `masked`, who looks on does not learn
    their numbers.
    """

    def __init__(self, region: str = "ZA", *, known: bool = False, masked: bool = False) -> None:
        self.region = region.strip().upper()
        self.masked = masked
        if not known:
            _ = self._plan

    @cached_property
    def _plan(self) -> _Region:
        return _region(self.region)

    # The caches hold the region, not this object: nothing keeps a dialplan alive but its users.

    @cached_property
    def _international(self) -> Callable[[str], str]:
        return lru_cache(maxsize=8192)(partial(_international, self._plan))

    @cached_property
    def _framed(self) -> Callable[[str, str], str]:
        return lru_cache(maxsize=8192)(partial(_framed, self._plan))

    @cached_property
    def _spellings(self) -> Callable[[str], tuple[str, ...]]:
        return lru_cache(maxsize=2048)(partial(_spellings, self._plan))

    def __repr__(self) -> str:
        return f"Dialplan({self.region!r})"

    def international(self, number: str) -> str:
        """Return `number` as it is shown, `+27 82 000 1234`; unchanged if it is no valid number."""
        return self._international(number)

    def caller(self, number: str) -> str:
        """Return a caller's number as it is shown: masked, where that was asked for."""
        return _masked(self._international(number)) if self.masked else self._international(number)

    def forms(self, number: str) -> tuple[str, ...]:
        """Return the strings of digits by which `number` can be searched.

        International, national, and international behind each prefix that dials abroad; every
        spelling of one number has the same. An extension has its digits alone, and what is not
        a number has none.
        """
        return _forms(self._plan, number)

    def label(self, number: str, labels: Mapping[str, str]) -> str:
        """Return the label that `labels` has for any spelling of `number`; empty if it has none.

        The keys of `labels` may be in any spelling without punctuation but the plus.
        """
        if not labels:
            return ""
        for spelling in self._spellings(number):
            label = labels.get(spelling)
            if label is not None:
                return label
        return ""

    def framed(self, number: str, mark: str) -> str:
        """Return the forms of `number`, each between marks, for `needles` to be sought in.

        The international one begins with a mark of its own. Empty where it is not a number.
        """
        return self._framed(number, mark)

    def needles(self, text: str, match: Match, mark: str) -> Sequence[str]:
        """Return what to seek, any of them, where the typed `text` is to mean a number.

        Nothing if `text` does not look like a number (see `digits`). What is typed with a plus
        must stand at the beginning of the international number, also for `"infix"`.
        """
        typed = _digits(text)
        if typed is None:
            return ()
        if text.strip().startswith("+"):
            return (mark + ABROAD + typed + mark * (match == "exact"),)
        # What follows the prefix that dials abroad can only be the beginning of a whole number.
        idd = next((idd for idd in self._plan.idds if typed.startswith(idd)), None)
        abroad = None if idd is None else typed[len(idd) :]
        if match == "infix":
            # 00 within a number is no prefix yet.
            return (typed, f"{mark}{ABROAD}{abroad}") if abroad else (typed,)
        end = mark if match == "exact" else ""
        found = [f"{mark}{ABROAD}{typed}{end}", f"{mark}{typed}{end}"]
        if abroad or (abroad is not None and match == "prefix"):
            found.append(f"{mark}{ABROAD}{abroad}{end}")
        return found

    @staticmethod
    def digits(text: str) -> str | None:
        """Return the digits of what looks like (part of) a number, or `None`.

        Digits may come with spaces, dashes, parentheses and a leading plus. The trunk prefix of
        `+27 (0)82` is dropped.
        """
        return _digits(text)


_SHOWN_FIRST, _SHOWN_LAST = 4, 2
"""Digits of a masked number that are shown: enough to tell a country, and two callers apart."""


def _masked(number: str) -> str:
    """Return a number with its middle digits hidden; an extension or a name stays as it is."""
    left = sum(char.isdigit() for char in number) - _SHOWN_LAST
    if left <= _SHOWN_FIRST or _digits(number) is None:
        return number
    place, shown = 0, ""
    for char in number:
        if char.isdigit():
            place += 1
            char = char if place <= _SHOWN_FIRST or place > left else "•"
        shown += char
    return shown


def _digits(text: str) -> str | None:
    text = text.strip()
    if text.startswith("+"):
        text = text[1:].replace("(0)", "")
    digits = text.translate(_PUNCTUATION)
    return digits if digits.isdigit() and digits.isascii() else None


def _region(code: str) -> _Region:
    # Imported here: it takes tens of milliseconds, which not every command needs to spend.
    from phonenumbers import SUPPORTED_REGIONS, PhoneMetadata

    known = SUPPORTED_REGIONS
    metadata = PhoneMetadata.metadata_for_region(code) if code in known else None
    if metadata is None or metadata.country_code is None:
        near = [_MISNOMERS.get(code, code[:2])]
        if near[0] not in known:
            near = sorted(other for other in known if other[0] == code[:1])[:6] or ["ZA", "GB"]
        raise ValueError(
            f"unknown region {code[:8]!r}: a code of two letters is expected, such as "
            f"{', '.join(near)}"
        )
    country = str(metadata.country_code)
    trunk = metadata.national_prefix or ""
    if not trunk.isdigit() or trunk == country:
        trunk = ""  # in North America the 1 is the country code: numbers go without a prefix
    # A prefix of its own that begins with 00 (Nigeria's 009) cannot be told from 00 and a country.
    own = metadata.international_prefix or ""
    idds = (_IDD, own) if own.isdigit() and not own.startswith(_IDD) else (_IDD,)
    general, mobile = metadata.general_desc, metadata.mobile
    lengths = frozenset(n for n in (general.possible_length if general else ()) if n >= _SHORTEST)
    return _Region(
        code=code,
        country=country,
        trunk=trunk,
        idds=idds,
        lengths=lengths,
        longest_bare=max(mobile.possible_length if mobile else (), default=max(lengths, default=0)),
    )


def _international(plan: _Region, number: str) -> str:
    import phonenumbers

    reading = plan.read(number)
    if reading is None or not reading[0]:
        return number
    international, national = reading
    try:
        parsed = phonenumbers.parse(f"+{international}")
    except phonenumbers.NumberParseException:
        return number
    # Abroad, "possible" will do: a number that is not assigned yet is still a foreign number.
    # At home a reference or an account number must not be dressed up as a telephone number.
    shown = (
        phonenumbers.is_valid_number(parsed)
        if national
        else phonenumbers.is_possible_number_with_reason(parsed)
        == phonenumbers.ValidationResult.IS_POSSIBLE
    )
    if not shown:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _framed(plan: _Region, number: str, mark: str) -> str:
    reading = plan.read(number)
    if reading is None:
        return ""
    international, national = reading
    if not international:
        return mark + national + mark
    if not national:
        return f"{mark}{ABROAD}{international}{mark}"
    return f"{mark}{ABROAD}{international}{mark}{national}{mark}"


def _forms(plan: _Region, number: str) -> tuple[str, ...]:
    reading = plan.read(number)
    if reading is None:
        return ()
    international, national = reading
    if not international:
        return (national,)
    abroad = tuple([idd + international for idd in plan.idds])
    return (international, national, *abroad) if national else (international, *abroad)


def _spellings(plan: _Region, number: str) -> tuple[str, ...]:
    forms = _forms(plan, number)
    return (number, *forms, f"+{forms[0]}") if forms else (number,)
