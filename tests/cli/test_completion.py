"""What is typed at a shell is completed, in the shells themselves."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pyte
import pytest

from enigma_tui.cli.completing import SHELLS, word_at_end

from .conftest import Run

PATIENCE = 30.0
"""Seconds; each completion is a start of the program, on a machine that may be busy."""

BEGIN = {
    "bash": (("--norc", "--noprofile", "-i"), "source <(enigma-tui completion bash)"),
    "zsh": (
        ("-f", "-i"),
        "autoload -U compinit; compinit -u -D; source <(enigma-tui completion zsh)",
    ),
    "zsh from a file": (
        ("-f", "-i"),
        "mkdir ~/own; enigma-tui completion zsh > ~/own/_enigma-tui; fpath=(~/own $fpath); "
        "autoload -U compinit; compinit -u -D",
    ),
    "fish": (("--no-config", "-i"), "enigma-tui completion fish | source"),
}
"""How each is started without anybody's settings, and what has it complete our words."""

WORDS = {
    "exp": "export +",
    "config sh": "config show +",
    "completion z": "completion zsh +",
    "--fil": "--filter +",
    "export --format j": "export --format jsonl +",
    "export --format=j": "export --format=jsonl +",
    "disposition 4711 spam --feed di": "disposition 4711 spam --feed dialler +",
    "--filter st": "--filter state:+",
    "--filter=st": "--filter=state:+",
    "--filter state:ab": "--filter state:abandoned +",
    "tail --filter disp:n": "tail --filter disp:none +",
    '--filter "state:ab': '--filter "state:abandoned" +',
    "--config /etc/passw": "--config /etc/passwd+",
}
"""What is typed, and what stands there after a tab and a plus."""

OWN_WORDS = {
    # A `>` would be taken for a redirection by the shell.
    "bash": {
        "--filter ho": "--filter hold\\>+",
        "--filter 'ext:2001 ho": "--filter 'ext:2001 hold>'+",
    },
    "zsh": {
        "--filter ho": "--filter hold\\>+",
        "--filter 'ext:2001 st": "--filter 'ext:2001 state:+",
    },
    "fish": {
        "--filter ho": "--filter hold\\> +",
        "--filter 'ext:2001 st": "--filter 'ext:2001 state:+",
    },
}
"""The same where shells have habits of their own."""


class Shell:
    """A shell in a pseudo-terminal, and what it shows."""

    def __init__(self, name: str, program: str, home: Path) -> None:
        self._screen = pyte.Screen(200, 30)
        self._stream = pyte.ByteStream(self._screen)
        bin = home / "bin"
        bin.mkdir()
        (bin / "enigma-tui").write_text(
            f"#!{sys.executable}\nfrom enigma_tui.cli import main\nmain()\n"
        )
        (bin / "enigma-tui").chmod(0o755)
        options, setup = BEGIN[name]
        environment = {
            "PATH": f"{bin}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "TERM": "xterm",
            "LANG": "C.UTF-8",
            "PS1": "$ ",
        }
        self._process = pexpect.spawn(
            program, list(options), env=environment, dimensions=(30, 200), timeout=PATIENCE
        )
        self._process.delaybeforesend = None
        # What it prints is another text than what is typed, which is shown, too.
        self._send(f"{setup}; echo rea''dy\r")
        self._wait_for(lambda text: "\nready" in text.replace(" ", ""))

    def complete(self, typed: str, wanted: str) -> None:
        """Type a tab and a plus behind `typed`, and see that `wanted` comes to stand there."""
        self._send(f"enigma-tui {typed}\t+")
        self._wait_for(lambda text: text.rpartition("enigma-tui ")[2].startswith(wanted))
        self._send("\x15\x0c")  # takes the line away, and what is above it
        self._wait_for(lambda text: "enigma-tui" not in text)

    def close(self) -> None:
        self._process.close(force=True)

    def _send(self, keys: str) -> None:
        self._process.send(keys)

    def _wait_for(self, predicate: Callable[[str], bool]) -> str:
        deadline = time.monotonic() + PATIENCE
        while True:
            text = "\n".join(line.rstrip() for line in self._screen.display)
            if predicate(text):
                return text
            assert time.monotonic() < deadline, text
            try:
                self._stream.feed(self._process.read_nonblocking(65_536, timeout=0.1))
            except pexpect.TIMEOUT:
                continue


@pytest.fixture(params=BEGIN)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Shell]]:
    """Each of the shells that is installed."""
    name = request.param.split()[0]
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    opened = Shell(request.param, program, tmp_path)
    yield name, opened
    opened.close()


def test_words_are_completed_in_the_shell_itself(shell: tuple[str, Shell]) -> None:
    name, opened = shell
    for typed, wanted in {**WORDS, **OWN_WORDS[name]}.items():
        opened.complete(typed, wanted)


def test_what_is_not_known_is_left_as_it_is(shell: tuple[str, Shell]) -> None:
    _, opened = shell
    for typed in ("nonsense", "--filter nonsense:x", "export --format x", "keys x"):
        opened.complete(typed, f"{typed}+")


def test_a_script_is_printed_for_the_shell_that_is_named_or_is_ones_own(run: Run) -> None:
    for name in SHELLS:
        named = run("completion", name, SHELL="/bin/sh")
        assert named.returncode == 0, named.stderr
        assert "enigma-tui" in named.stdout
        assert run("completion", SHELL=f"/usr/bin/{name}").stdout == named.stdout
    scripts = {run("completion", name).stdout for name in SHELLS}
    assert len(scripts) == len(SHELLS)


@pytest.mark.parametrize(("own", "said"), [("/bin/ksh", "$SHELL is ksh"), ("", "says nothing")])
def test_a_shell_that_is_not_known_is_to_be_named(run: Run, own: str, said: str) -> None:
    done = run("completion", SHELL=own)
    assert done.returncode == 2
    assert said in done.stderr
    assert "enigma-tui completion bash|zsh|fish" in done.stderr
    assert done.stdout == ""
    assert run("completion", "ksh").returncode == 2


def test_where_a_script_goes_is_said(run: Run) -> None:
    told = run("completion", "--help").stdout
    for place in ("bash-completion/completions", "${fpath[1]}/_enigma-tui", "fish/completions"):
        assert place in told


@pytest.mark.parametrize(
    ("line", "begin", "quote"),
    [
        ("", 0, ""),
        ("enigma-tui", 0, ""),
        ("enigma-tui ", 11, ""),
        ("enigma-tui a\\ b", 11, ""),
        ("enigma-tui 'a b", 11, "'"),
        ("enigma-tui 'a b' ", 17, ""),
        ("enigma-tui 'a \\' c", 17, ""),
        ('enigma-tui "a \\" b', 11, '"'),
        ("enigma-tui --filter='a b", 11, "'"),
    ],
)
def test_the_word_that_is_being_typed(line: str, begin: int, quote: str) -> None:
    word = word_at_end(line)
    assert (word.begin, word.quote) == (begin, quote)
    if quote:
        assert line[word.inside - 1] == quote
