"""What a command says of a fault: once, in its own words, with the exit code of the README."""

from .conftest import Run


def test_a_fault_that_ends_tail_is_told_once(run: Run) -> None:
    done = run("tail", "--no-follow", url="redis://nosuch.invalid:6379/0")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("enigma-tui: the name of the host in redis://nosuch.invalid:6379/0")


def test_that_collecting_may_not_begin_is_no_mistake_of_whoever_typed_it(run: Run) -> None:
    done = run("collect")
    assert done.returncode == 1
    assert "To begin: enigma-tui collect --yes" in done.stderr
    assert run("collect", "--maybe").returncode == 2
