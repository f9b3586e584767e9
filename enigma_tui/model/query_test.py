"""The tests that a filter is made of: each looks at many calls at once.

A function called for each of 100,000 calls is most of what a filter costs; so a test is called
once, goes over all of them, and returns for each whether it passes.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import not_

from .call import Call
from .subject import Lens, Subject

Test = Callable[[Sequence[Subject], Lens], list[bool]]
"""Returns for each of the calls whether it passes."""


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

    def test(subjects: Sequence[Subject], lens: Lens) -> list[bool]:
        first, *others = tests
        found = first(subjects, lens)
        for other in others:
            left = [each for each, had in zip(subjects, found, strict=True) if had is not settled]
            answers = iter(other(left, lens))
            found = [settled if had is settled else next(answers) for had in found]
        return found

    return test


def everything(subjects: Sequence[Subject], _lens: Lens) -> list[bool]:
    """Pass every call."""
    return [True] * len(subjects)


def complement(test: Test) -> Test:
    """Return the test that a call passes if it fails `test`."""
    return lambda subjects, lens: list(map(not_, test(subjects, lens)))


def sought(needles: Callable[[Lens], Sequence[str]]) -> Test:
    """Return the test that a call passes if one of the needles is in its text."""

    def test(subjects: Sequence[Subject], lens: Lens) -> list[bool]:
        first, *others = needles(lens)
        found = [first in subject.text for subject in subjects]
        for needle in others:
            pairs = zip(found, subjects, strict=True)
            found = [had or needle in subject.text for had, subject in pairs]
        return found

    return test


def by_value(get: Callable[[Call], str], matches: Callable[[str], bool]) -> Test:
    """Return the test of a value that many calls share: each value is looked at once."""

    def test(subjects: Sequence[Subject], _lens: Lens) -> list[bool]:
        values = [get(subject.call) for subject in subjects]
        known = {value: matches(value) for value in set(values)}
        return [known[value] for value in values]

    return test


def by_seconds(
    get: Callable[[Sequence[Call], Lens], list[float | None]],
    passes: Callable[[float | None], bool],
) -> Test:
    """Return the test of a number of seconds, which may be unknown."""

    def test(subjects: Sequence[Subject], lens: Lens) -> list[bool]:
        return list(map(passes, get([subject.call for subject in subjects], lens)))

    return test


def by_call(passes: Callable[[Call, Lens], bool]) -> Test:
    """Return the test that asks for each call by itself."""
    return lambda subjects, lens: [passes(subject.call, lens) for subject in subjects]
