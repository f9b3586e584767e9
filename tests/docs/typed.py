"""What an example has somebody type: whose commands, and whether click would take ours."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

import click
from msgspec import Struct

from enigma_tui.cli import main

OURS = "enigma-tui"


class Typed(Struct, frozen=True):
    """One command of a line: what stands between two pipes, say."""

    environment: Mapping[str, str]
    words: Sequence[str]

    @property
    def program(self) -> str:
        """The program's name, wherever it is."""
        return self.words[0].rpartition("/")[2]

    def __str__(self) -> str:
        return shlex.join(self.words)


def typed(text: str) -> Iterator[Typed]:
    """Yield the commands of lines of shell; where they read from and write to is left out."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        words: list[str] = []
        parts = [words]
        for word in (reading := iter(lexer)):
            if set(word) <= set("|&;"):
                parts.append(words := [])
            elif set(word) <= set("<>"):
                next(reading)
            else:
                words.append(word)
        for part in parts:
            first = next((n for n, word in enumerate(part) if not _ASSIGNED.match(word)), len(part))
            if part[first:]:
                yield Typed(dict(word.split("=", 1) for word in part[:first]), part[first:])


_ASSIGNED = re.compile("[A-Z_]+=")


def read(words: Sequence[str], *, leniently: bool = False) -> str:
    """Have click read the words after `enigma-tui`; return the command's own name, `site set`.

    Raises `click.UsageError` for whatever is wrong; `leniently` it goes as far as it can.
    """
    context = main.make_context(OURS, list(words), resilient_parsing=leniently)
    command: click.Command = main
    path = []
    while isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        if not rest:
            break
        name, found, rest = command.resolve_command(context, rest)
        if found is None:
            break
        command = found
        context = command.make_context(name, rest, parent=context, resilient_parsing=leniently)
        path.append(str(name))
    return " ".join(path)


def commands() -> Mapping[str, click.Command]:
    """Return all commands by their names, `site set`; the board's is empty."""
    found: dict[str, click.Command] = {}

    def add(path: Sequence[str], command: click.Command) -> None:
        found[" ".join(path)] = command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                add([*path, name], inner)

    add([], main)
    return found


def unknown(usage: str) -> Sequence[str]:
    """Return the commands and options that a text like `enigma-tui site show|edit` names, and that
    there are not."""
    known = commands()
    missing: list[str] = []
    options = _options(main)
    path = group = last = ""
    words = iter(re.findall(r"\||[^\s|\[\]]+", usage)[1:])
    for word in words:
        if word == "|":
            # `show|edit` are two of one group, in `ID|--all` it is only what is given to a command.
            path = group if path.split()[-1:] == [last] else path
        elif word.startswith("-"):
            names = word.split("/")
            missing += [name for name in names if name not in options]
            if word in options and not options[word].is_flag:
                next(words, None)
        elif isinstance(known[path], click.Group):
            group, path = path, f"{path} {word}".strip()
            if path in known:
                options |= _options(known[path])
            else:
                missing.append(word)
                path = group
        last = word
    return missing


def _options(command: click.Command) -> dict[str, click.Option]:
    return {
        flag: option
        for option in command.get_params(click.Context(command))
        if isinstance(option, click.Option)
        for flag in (*option.opts, *option.secondary_opts)
    }


OPTIONS = frozenset(flag for command in commands().values() for flag in _options(command))
"""Every option there is."""
