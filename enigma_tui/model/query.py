"""The filter language: a supervisor's text becomes a test of calls, or an error with its place.

    filter  = all ("or" all)*
    all     = one (["and"] one)*
    one     = "!"* ( "(" filter ")" | field op value ("," value)* | word | phrase )
    op      = ":" | "=" | "!=" | ">" | ">=" | "<" | "<="

A word ends at a space, a quote, a parenthesis or an operator; a value only at a space, a quote, a
parenthesis or a comma, so that `hold:1:30` needs no quotes. In quotes, `\\"` and `\\\\` stand for a
quote and a backslash. Adjacent words of digits are one number.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NoReturn

from msgspec import Struct

from .call import Call
from .phone import ABROAD, Dialplan
from .query_fields import TABLE, QueryError, Value, number_pattern, pattern, suggestion
from .query_test import Passes, Test, all_of, any_of, by_call, complement, everything, sought
from .subject import Frame, Lens, Subject, Subjects
from .text import MARK, safe

__all__ = ["FIELDS", "Lens", "Query", "QueryError", "parse"]

FIELDS: Mapping[str, str] = MappingProxyType({name: entry.help for name, entry in TABLE.items()})
"""Each field's name and what it is, in one line."""

MAX_LENGTH = 2000
"""The most characters of a filter; choosing every extension of a large floor takes many."""

MAX_DEPTH = 50
"""How deep parentheses may nest."""

_OPERATOR = re.compile(r"!=|>=|<=|[:=<>]")
# What can only be meant as a term of its own: a field with its operator, or a comparison.
_TERM = re.compile(rf"(?:{'|'.join(TABLE)})\s*[:=]|[A-Za-z]+\s*(?:[<>]|!=)")
_WORD = re.compile(r'(?:(?!!=)[^\s"():=<>])+')
VALUE = re.compile(r'[^\s"(),]+')
_DIGITS = re.compile(r"[0-9-]*[0-9][0-9-]*")
DIGIT = "0123456789-"
_MARKS = dict.fromkeys(map(ord, (*Frame, ABROAD)), MARK)
_KEYWORDS = frozenset({"and", "or"})


@dataclass(frozen=True, slots=True)
class Query:
    """A filter that has been understood."""

    text: str
    timed: bool
    """Whether the answer for a call can change by the mere passing of time."""
    _test: Test = field(repr=False, compare=False)

    def matches(self, call: Call, lens: Lens) -> bool:
        """Tell whether the filter lets `call` through. Never raises."""
        [passed] = self.through(lens)(Subjects([Subject(call, lens.text(call))]))
        return bool(passed)

    def through(self, lens: Lens) -> Passes:
        """Return what tells of many calls at once, in much less time, whether each `matches`."""
        return self._test(lens)


def parse(text: str, codes: Collection[str] = ()) -> Query:
    """Read a filter; an empty one lets every call through.

    `codes` are the known disposition codes: with them, a code that none begins with is a mistake.
    Raises `QueryError`, and nothing else.
    """
    parser = _Parser(text, codes)
    test = _any_of_all(parser.alternatives())
    return Query(text, parser.timed, test)


class Term(Struct, frozen=True):
    """One of the things that are ANDed, and where it stands in the text."""

    test: Test
    start: int
    end: int
    field: str = ""
    """Of a term with `:` or `=` that is not negated."""
    values: tuple[Value, ...] = ()


def _any_of_all(alternatives: list[list[Term]]) -> Test:
    if alternatives == [[]]:
        return everything
    return any_of(all_of(term.test for term in terms) for terms in alternatives)


# ── bare words ──────────────────────────────────────────────────────────────────────────────


def _bare(value: Value) -> Test:
    """Return the test for a word without a field: numbers, label, references, extension."""
    if value.pieces is not None:
        return _bare_pattern(value, value.pieces)
    text = value.text
    word, digits = text.casefold(), Dialplan.digits(text)

    def needles(lens: Lens) -> list[str]:
        marks = (Frame.CALLER_FORMS, Frame.DIALLED_FORMS)
        found = [each for mark in marks for each in lens.dialplan.needles(text, "infix", mark)]
        return [word, *(each for each in dict.fromkeys(found) if each not in (word, digits))]

    def in_number(call: Call, lens: Lens) -> bool:
        return any(
            (digits or word) in form for get in _NUMBERS for form in lens.dialplan.forms(get(call))
        )

    if digits is None or digits == word or text.strip().startswith("+"):
        return sought(needles)
    # Digits that were typed with something between them are sought in numbers alone.
    return any_of([sought(needles), by_call(in_number)])


def _bare_pattern(value: Value, pieces: list[str]) -> Test:
    matches, numbers = pattern(pieces), (number_pattern(value, get) for get in _NUMBERS)
    longest = max(pieces, key=len).casefold()

    def passes(call: Call, lens: Lens) -> bool:
        texts = (
            *(get(call) for get in _NUMBERS),
            *(lens.label(call.dialled), call.contact_ref, call.extension, call.key.call_ref),
        )
        return any(matches(text.casefold()) for text in texts)

    # Few have the longest piece at all.
    test = all_of([sought(lambda _: [longest]), by_call(passes)])
    return any_of([*(number for number in numbers if number is not None), test])


_NUMBERS: tuple[Callable[[Call], str], ...] = (lambda call: call.caller, lambda call: call.dialled)


# ── reading ─────────────────────────────────────────────────────────────────────────────────


class _Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str, codes: Collection[str]) -> None:
        if len(text) > MAX_LENGTH:
            message = f"a filter has up to {MAX_LENGTH:,} characters"
            raise QueryError(message, MAX_LENGTH, len(text))
        # The marks between the fields of a call's text can be pasted; they mean nothing here.
        self._text = text.translate(_MARKS)
        self._codes = codes
        self._at = 0
        self._depth = 0
        self.timed = False

    def alternatives(self) -> list[list[Term]]:
        """Read all of the text: what is ORed, each of it what is ANDed."""
        self._skip_space()
        if self._at == len(self._text):
            return [[]]
        found = self._alternatives()
        if self._at < len(self._text):
            self._fail("no parenthesis is open here", self._at, self._at + 1)
        return found

    def _alternatives(self) -> list[list[Term]]:
        found = [self._terms()]
        while self._keyword("or"):
            found.append(self._terms())
        return found

    def _terms(self) -> list[Term]:
        terms = [self._term()]
        while self._keyword("and") or not (self._peek() in ("", ")") or self._next_word() == "or"):
            terms.append(self._term())
        return terms

    def _term(self) -> Term:
        self._skip_space()
        start = self._at
        while self._peek() == "!" and not self._text.startswith("!=", self._at):
            self._at += 1
            self._skip_space()
        negations = self._text.count("!", start, self._at)
        term = self._positive()
        if not negations:
            return term
        test = complement(term.test) if negations % 2 else term.test
        return Term(test, start, self._at)

    def _positive(self) -> Term:
        start = self._at
        if self._peek() == "(":
            return self._group()
        if self._peek() == '"':
            value = self._phrase()
            if not value.text:
                self._fail("a word is expected between the quotes", start, self._at)
            return Term(_bare(value), start, self._at)
        word = self._next_word()
        if not word or word in _KEYWORDS:
            self._fail_at_term(word)
        self._at += len(word)
        end = self._at
        self._skip_space()
        operator = _OPERATOR.match(self._text, self._at)
        if operator is None:
            self._at = end
            value = self._joined(Value(self._text[start:end], start, end))
            return Term(_bare(value), start, self._at)
        return self._field_term(word, start, end, operator)

    def _fail_at_term(self, word: str) -> NoReturn:
        operator = _OPERATOR.match(self._text, self._at)
        if operator is not None:
            self._fail(f"a field is expected before {operator[0]}", self._at, operator.end())
        if word:
            self._fail(f"a word is expected before {word}", self._at, self._at + len(word))
        if self._peek():
            self._fail("a word or a field is expected", self._at, self._at + 1)
        # Nothing is left: the word or sign that asks for more is underlined instead.
        end = len(self._text.rstrip())
        start = end - len(self._text[:end].split()[-1])
        self._fail("a word or a field is expected after this", start, end)

    def _group(self) -> Term:
        start = self._at
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(f"parentheses nest up to {MAX_DEPTH} deep", start, start + 1)
        self._at += 1
        found = self._alternatives()
        if self._peek() != ")":
            self._fail("this parenthesis is not closed: ) is expected", start, start + 1)
        self._at += 1
        self._depth -= 1
        return Term(_any_of_all(found), start, self._at)

    def _field_term(self, word: str, start: int, end: int, operator: re.Match[str]) -> Term:
        name, op = word.casefold(), operator[0]
        entry = TABLE.get(name)
        if entry is None:
            raise unknown_field(word, start, end)
        self.timed |= entry.timed
        self._at = operator.end()
        ordered = op not in (":", "=", "!=")
        if ordered and not entry.compares:
            self._fail(f"{name} has no order: : = or != is expected", operator.start(), self._at)
        values = [self._value(f"a value is expected after {name}{op}", start)]
        while self._peek() == ",":
            self._at += 1
            values.append(self._value("a value is expected after the comma", self._at - 1))
            if _TERM.match(self._text, values[-1].start):
                self._fail(
                    "a comma joins values; terms stand apart with a space",
                    values[-1].start,
                    values[-1].end,
                )
        if len(values) > 1 and ordered:
            self._fail(f"{op} takes one value", values[1].start, values[-1].end)
        if entry.phone and not values[-1].quoted:
            values[-1] = self._joined(values[-1])
        kept = tuple(values)
        test = entry.compile(op, kept, self._codes)
        return Term(test, start, self._at, name if op in (":", "=") else "", kept)

    def _value(self, expected: str, begun: int) -> Value:
        before = self._at
        self._skip_space()
        start = self._at
        if self._peek() == '"':
            return self._phrase()
        found = VALUE.match(self._text, start)
        # `contact:or` means the word; in `contact: or …` the value has been forgotten.
        if found is None or (start > before and found[0].casefold() in _KEYWORDS):
            self._fail(expected, begun, before)
        self._at = found.end()
        return Value(found[0], start, self._at)

    def _phrase(self) -> Value:
        start = self._at
        read: list[str] = []
        at = start + 1
        while at < len(self._text):
            char = self._text[at]
            if char == '"':
                self._at = at + 1
                return Value("".join(read), start, self._at, quoted=True)
            if char == "\\" and self._text[at + 1 : at + 2] in ('"', "\\"):
                at += 1
                char = self._text[at]
            read.append(char)
            at += 1
        self._fail('this quote is not closed: " is expected', start, len(self._text))

    def _joined(self, value: Value) -> Value:
        """Add to a number the words of digits that follow it."""
        if not _DIGITS.fullmatch(value.text.removeprefix("+")):
            return value
        parts, end = [value.text], value.end
        while True:
            self._skip_space()
            word = self._next_word()
            self._at += len(word)
            last = self._at
            self._skip_space()
            is_field = _OPERATOR.match(self._text, self._at)
            if is_field or not _DIGITS.fullmatch(word):
                self._at = end
                return Value("".join(parts), value.start, end)
            parts.append(word)
            end = last

    def _keyword(self, keyword: str) -> bool:
        """Pass over `keyword` if it is next; in quotes, or as a field, it is a word."""
        self._skip_space()
        if self._next_word() != keyword:
            return False
        self._at += len(keyword)
        return True

    def _next_word(self) -> str:
        """Return the word that is next, a keyword in small letters, or nothing."""
        found = _WORD.match(self._text, self._at)
        word = found[0] if found else ""
        return word.casefold() if word.casefold() in _KEYWORDS else word

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip_space(self) -> None:
        while self._peek().isspace():
            self._at += 1

    def _fail(self, message: str, start: int, end: int) -> NoReturn:
        raise QueryError(message, start, end)


def unknown_field(word: str, start: int, end: int) -> QueryError:
    near = suggestion(word, TABLE) or f": one of {', '.join(TABLE)} is expected"
    return QueryError(f"unknown field {safe(word, 40)!r}{near}", start, end)


def top_level(text: str) -> list[Term]:
    """Return what a filter ANDs; nothing if it is empty or an `or`."""
    alternatives = _Parser(text, ()).alternatives()
    return alternatives[0] if len(alternatives) == 1 else []
