"""The driver that stands between Textual and a terminal."""

import threading

import pytest
from textual.drivers.linux_driver import LinuxDriver

from enigma_tui.ui.sparing import Sparing
from enigma_tui.ui.terminal import SparingDriver

FRAME = "\x1b[2;1Hlive\x1b[1;1H"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what would go to the terminal."""
    kept: list[str] = []
    monkeypatch.setattr(LinuxDriver, "write", lambda _, data: kept.append(data))
    monkeypatch.setattr(LinuxDriver, "_get_terminal_size", lambda _: (80, 24))
    return kept


@pytest.fixture
def driver() -> SparingDriver:
    """A driver that has not taken over any terminal, nor any signal."""
    made = object.__new__(SparingDriver)
    made._file = made._writer_thread = None
    made._sparing, made._at_it, made._stale = Sparing(80, 24), threading.Lock(), False
    return made


def test_what_is_shown_is_not_written_again(driver: SparingDriver, written: list[str]) -> None:
    driver.write(FRAME)
    driver.write(FRAME)
    assert len(written) == 1


def test_a_write_in_the_midst_of_another_passes_and_all_is_forgotten(
    driver: SparingDriver, written: list[str]
) -> None:
    driver.write(FRAME)
    with driver._at_it:  # as a signal or the thread that reads keys would find it
        driver.write("\x1b[?1049l")
    driver.write(FRAME)
    assert written[1] == "\x1b[?1049l"
    assert "live" in written[2]


def test_another_size_is_noticed_before_anything_is_written(
    driver: SparingDriver, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.write(FRAME)
    monkeypatch.setattr(LinuxDriver, "_get_terminal_size", lambda _: (70, 24))
    driver.write(FRAME)
    assert "live" in written[1]
