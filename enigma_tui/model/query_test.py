"""The tests that a filter is made of: each looks at many calls at once.

A function called for each of 100,000 calls is most of what a filter costs; so a test is called
with some hundreds of them, and returns for each whether it passes.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import and_, or_
from typing import Any, TypeVar

from .call import Call
from .readings import texts
from .subject import Lens, Read, Subjects

Values = TypeVar("Values")

Passes = Callable[[Subjects[Any]], bytes]
"""Returns for each of the calls a byte: 1 if it passes, 0 if not.

Bytes are counted, turned round and joined all at once; a list of truths is walked.
"""

Test = Callable[[Lens], Passes]
"""Works out, once for all calls, what depends on the lens alone."""


def any_of(tests: Iterable[Test]) -> Test:
    """Return the test that a call passes if it passes one of `tests`."""
    return _joined(list(tests), settled=True)


def all_of(tests: Iterable[Test]) -> Test:
    """Return the test that a call passes if it passes every one of `tests`."""
    return _joined(list(tests), settled=False)


def _joined(tests: list[Test], *, settled: bool) -> Test:
    """Return the test that asks one after the other, each only for the calls not `settled` yet."""
    if len(tests) == 1:
        return tests[0]

    join = or_ if settled else and_

    def test(lens: Lens) -> Passes:
        first, *others = (test(lens) for test in tests)

        def passes(subjects: Subjects[Any]) -> bytes:
            found = first(subjects)
            for other in others:
                left = found.count(not settled)
                if left > len(found) / 8:  # to choose so many would take longer than to ask all
                    bits = join(int.from_bytes(found), int.from_bytes(other(subjects)))
                    found = bits.to_bytes(len(found))
                elif left:
                    chosen = found.translate(_NOT) if settled else found
                    rest = iter(other(subjects.only(chosen)))
                    found = bytes([settled if had == settled else next(rest) for had in found])
            return found

        return passes

    return test


_NOT = bytes([1, *[0] * 255])


def everything(_lens: Lens) -> Passes:
    """Pass every call."""
    return lambda subjects: b"\1" * len(subjects.rows)


def complement(test: Test) -> Test:
    """Return the test that a call passes if it fails `test`."""

    def failed(lens: Lens) -> Passes:
        passes = test(lens)
        return lambda subjects: passes(subjects).translate(_NOT)

    return failed


def sought(needles: Callable[[Lens], Sequence[str]]) -> Test:
    """Return the test that a call passes if one of the needles is in its text."""

    def test(lens: Lens) -> Passes:
        first, *others = needles(lens)

        def passes(subjects: Subjects[Any]) -> bytes:
            found_in = subjects.column(texts)
            found = [first in text for text in found_in]
            for needle in others:
                pairs = zip(found, found_in, strict=True)
                found = [had or needle in text for had, text in pairs]
            return bytes(found)

        return passes

    return test


def by_value(read: Read[str], matches: Callable[[str], bool]) -> Test:
    """Return the test of a value that many calls share: each value is looked at once."""

    def test(_lens: Lens) -> Passes:
        known: dict[str, bool] = {}

        def passes(subjects: Subjects[Any]) -> bytes:
            values = subjects.column(read)
            for value in set(values) - known.keys():
                known[value] = matches(value)
            return bytes([known[value] for value in values])

        return passes

    return test


def by_values(
    get: Callable[[Subjects[Any], Lens], Values], passes: Callable[[Values], Iterable[int]]
) -> Test:
    """Return the test of what is got of many calls at once, and passes or not at once."""
    return lambda lens: lambda subjects: bytes(passes(get(subjects, lens)))


def by_call(passes: Callable[[Call, Lens], bool]) -> Test:
    """Return the test that asks for each call by itself."""
    return lambda lens: lambda subjects: bytes([passes(row.call, lens) for row in subjects.rows])
