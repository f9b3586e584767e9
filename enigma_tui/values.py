"""Values that are checked against their type hints, and words for what is wrong with them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta


class WrongError(ValueError):
    """Values that a setting cannot have: for each which one, and what is wrong with it.

    Where it is wrong of several settings together, no setting is named.
    """

    def __init__(self, *mistakes: tuple[str, str]) -> None:
        super().__init__("\n".join(f"{path}: {text}".removeprefix(": ") for path, text in mistakes))
        self.mistakes = mistakes


class Secret:
    """A text that is not shown where what holds it is."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Return the text."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Secret({'**********' if self._text else ''!r})"


class Checked:
    """What frozen dataclasses inherit whose values are to be what their type hints say.

    A hint may be `Annotated` with a `Meta`, whose description says what is expected, and with
    functions that return the value as it is to be, or raise `ValueError`. Values are read
    leniently: the environment has nothing but texts. Raises `WrongError`.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        mistakes: list[tuple[str, str]] = []
        kind: type = type(self)
        usual = defaults(kind)
        for name, hint in hints(kind).items():
            value = getattr(self, name)
            if name in usual and type(value) is type(made := usual[name]()) and value == made:
                continue
            try:
                object.__setattr__(self, name, _read(value, hint, name))
            except WrongError as error:
                mistakes += error.mistakes
        if mistakes := mistakes or [("", text) for text in self._inconsistent()]:
            raise WrongError(*mistakes)

    def _inconsistent(self) -> Iterator[str]:
        """Yield what is wrong of several values together."""
        return iter(())


@cache
def hints(kind: type) -> Mapping[str, Any]:
    """Return the type hints of a dataclass's fields."""
    found = get_type_hints(kind, include_extras=True)
    return {each.name: found[each.name] for each in fields(kind)}


@cache
def defaults(kind: type) -> Mapping[str, Callable[[], Any]]:
    """Return what makes the default of each field of a dataclass that has one."""
    return {each.name: made for each in fields(kind) if (made := _default(each)) is not None}


def _default(of: Field[Any]) -> Callable[[], Any] | None:
    if of.default is not MISSING:
        return lambda: of.default
    return None if of.default_factory is MISSING else of.default_factory


_BOOLEANS = {word: True for word in ("true", "yes", "on", "y", "t", "1")}
_BOOLEANS |= {word: False for word in ("false", "no", "off", "n", "f", "0")}


def _read(value: Any, hint: Any, path: str) -> Any:
    """Return a value as what its type hint says; raises `WrongError` naming the path."""
    base, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    meta = next((note for note in notes if isinstance(note, Meta)), None)
    made = _plain(value, base, meta, path)
    try:
        for note in notes:
            made = note(made) if callable(note) else made
    except ValueError as error:
        raise WrongError((path, str(error))) from None
    return made


def _plain(value: Any, base: Any, meta: Meta | None, path: str) -> Any:
    """Return a value as what a hint says without its functions."""
    if base is Secret:
        return value if isinstance(value, Secret) else Secret(_read(value, str, path))
    if isinstance(base, type) and issubclass(base, Checked):
        return _checked(value, base, path)
    kind = get_origin(base)
    if kind is Literal:
        if value not in get_args(base):
            raise WrongError((path, f"expected is one of {_listed(get_args(base))}"))
        return value
    if kind is dict:
        if not isinstance(value, Mapping):
            raise WrongError((path, "expected is a table"))
        names, values = get_args(base)
        return {
            _read(name, names, f"{path}.{name}"): _read(inner, values, f"{path}.{name}")
            for name, inner in value.items()
        }
    if kind is tuple:
        least, most = (meta.min_length or 0, meta.max_length) if meta else (0, None)
        if not least <= len(value) <= (len(value) if most is None else most):
            words = f"{most} at most" if most is not None else f"{least} or more"
            raise WrongError((path, f"expected are {words}"))
        inner = get_args(base)[0]
        return tuple(_each(value, inner, path))
    return _scalar(value, base, meta, path)


def _each(values: Sequence[Any], hint: Any, path: str) -> Iterator[Any]:
    """Yield values as what a hint says; raises what is wrong with all of them."""
    mistakes: list[tuple[str, str]] = []
    for place, value in enumerate(values):
        try:
            yield _read(value, hint, f"{path}.{place}")
        except WrongError as error:
            mistakes += error.mistakes
    if mistakes:
        raise WrongError(*mistakes)


def _checked(value: Any, kind: type[Checked], path: str) -> Any:
    """Return a table as what it describes; what is that already has checked itself."""
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise WrongError((path, "expected is a table"))
    of: type = kind
    known, usual = hints(of), defaults(of)
    mistakes = [
        (f"{path}.{name}", f"there is no such setting; there are {', '.join(known)}")
        for name in value
        if name not in known
    ]
    mistakes += [
        (f"{path}.{name}", "is missing")
        for name in known
        if name not in value and name not in usual
    ]
    if mistakes:
        raise WrongError(*mistakes)
    try:
        return kind(**value)
    except WrongError as error:
        inner = [(f"{path}.{name}".rstrip("."), text) for name, text in error.mistakes]
        raise WrongError(*inner) from None


def is_structured(hint: Any) -> bool:
    """Whether a value of this type hint is a table or a list, and so written as JSON."""
    base = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    return get_origin(base) in (dict, tuple)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(word or '""' for word in words)


def _scalar(value: Any, base: Any, meta: Meta | None, path: str) -> Any:
    """Return a value as a text, a number or a Boolean."""
    if isinstance(value, str):
        if value != value.encode("utf-8", "ignore").decode():
            raise WrongError((path, "is not UTF-8 text"))
        if base is bool:
            value = _BOOLEANS.get(value.strip().lower(), value)
        elif base in (int, float):
            value = value.strip().replace("_", "")
    try:
        return msgspec.convert(value, Annotated[base, meta] if meta else base, strict=False)
    except msgspec.ValidationError as error:
        raise WrongError((path, _expected(base, meta or Meta(), error))) from None


_KINDS = {bool: "yes or no", int: "a whole number", float: "a number"}


def _expected(base: Any, meta: Meta, error: Exception) -> str:
    """Say in words what a value has to be."""
    if meta.description is not None:
        return meta.description
    if words := limits(base, meta):
        return f"expected is {words}"
    return str(error).split(" - at ")[0]


def limits(base: Any, meta: Meta) -> str:
    """Say in words what a text or a number may be, `a number, 0 or more`.

    Of a text that may be anything, or has to have a pattern, there is nothing to say.
    """
    if base is str and meta.pattern is None and (meta.min_length or meta.max_length):
        least, most = meta.min_length, meta.max_length
        if most is None:
            return f"a text of at least {least:,} characters"
        upto = f"{least:,} to {most:,}" if least else f"up to {most:,}"
        return f"a text of {upto} characters"
    words = _KINDS.get(base, "")
    if meta.ge is not None:
        words += f", {meta.ge:,} or more"
    if meta.gt is not None:
        words += f", more than {meta.gt:,}"
    if meta.le is not None:
        words += f", {meta.le:,} at most"
    return words
