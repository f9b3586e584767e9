"""Lines that are taken straight to the terminal: the same is seen, and nothing is put together."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from textual._compositor import Compositor
from textual.pilot import Pilot

from enigma_tui.ui.app import EnigmaApp
from tests.ui.hands import Eventually, Opened, payload, push, type_keys
from tests.ui.seen import Record, Recorded

SIZE = (120, 30)


@contextmanager
def put_together(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note whenever Textual puts lines of the screen together, or lays it out."""
    noted: list[str] = []
    for name in ("_render_chops", "reflow"):
        original = getattr(Compositor, name)

        def counted(*arguments: object, _name: str = name, _original: object = original) -> object:
            noted.append(_name)
            return _original(*arguments)  # type: ignore[operator]

        monkeypatch.setattr(Compositor, name, counted)
    yield noted
    monkeypatch.undo()


async def painted(app: EnigmaApp, pilot: Pilot[None]) -> None:
    """Wait until nothing waits for the next frame, neither ours nor Textual's."""
    board = app.board
    async with asyncio.timeout(15):
        while board._frame is not None or board._dirty_widgets or board._layout_required:
            await pilot.pause()


async def expect_as_painted_anew(app: EnigmaApp, pilot: Pilot[None], record: Recorded) -> None:
    """Expect that the terminal shows what it would show if all were painted anew."""
    now = app.floor.now_ms() / 1000
    app.floor.clock = lambda: now
    app.board.filter_bar.input.cursor_blink = False
    app.board.changed()
    await painted(app, pilot)
    shown = record.looks()
    app.board.repaint()
    app.screen.refresh()
    await pilot.pause()
    again = record.looks()
    places = [place for place, cell in enumerate(shown) if cell != again[place]]
    assert [(divmod(place, SIZE[0]), shown[place], again[place]) for place in places] == []


async def test_a_call_that_comes_is_written_without_putting_the_screen_together(
    opened: Opened, recorded: Record, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = recorded(SIZE)
    async with opened(size=SIZE) as (app, pilot):
        # Of few calls, so that there is no scroll bar of which the length changes.
        await type_keys(app, pilot, "5", "slash", *"call:70", "enter")
        await push(app, payload(7001, 7001))
        await eventually(lambda: any("7001" in sent for sent, _ in record.frames))
        await painted(app, pilot)
        with put_together(monkeypatch) as noted:
            for number in range(7002, 7005):
                await push(app, payload(number, number))
                await eventually(lambda n=number: any(str(n) in sent for sent, _ in record.frames))
        assert noted == []
        await expect_as_painted_anew(app, pilot, record)


@pytest.mark.parametrize(
    "keys",
    [
        ("5", "home"),
        ("5", "end"),
        ("5", "pagedown", "j", "space", "j", "space"),
        ("5", "f", "j", "j"),
        ("slash", *"hold>1", "enter"),
        ("2", "j", "less_than_sign"),
        ("1", "p"),
    ],
)
async def test_what_is_seen_is_what_textual_would_paint(
    opened: Opened, recorded: Record, keys: tuple[str, ...]
) -> None:
    record = recorded(SIZE)
    async with opened(size=SIZE) as (app, pilot):
        await type_keys(app, pilot, *keys)
        await push(app, *(payload(f"日本 {n}", 7000 + n, hold_time=n * 40) for n in range(4)))
        await expect_as_painted_anew(app, pilot, record)
        await type_keys(app, pilot, "j", "k")
        await push(app, *(payload(n, 7000) for n in range(8000, 8040)))
        await expect_as_painted_anew(app, pilot, record)


@pytest.mark.parametrize("key", ["d", "question_mark", "s", "x"])
async def test_nothing_is_written_over_what_lies_above(
    opened: Opened, recorded: Record, key: str
) -> None:
    record = recorded(SIZE)
    async with opened(size=SIZE) as (app, pilot):
        await type_keys(app, pilot, "5", "home", key)
        assert app.screen is not app.board
        before = record.twins.plain_screen.display[SIZE[1] // 2]
        await push(app, *(payload(n, n) for n in range(7001, 7020)))
        await expect_as_painted_anew(app, pilot, record)
        middle = slice(SIZE[0] // 2 - 10, SIZE[0] // 2 + 10)
        assert record.twins.plain_screen.display[SIZE[1] // 2][middle] == before[middle]


async def test_the_scroll_bar_comes_stays_true_and_goes(opened: Opened, recorded: Record) -> None:
    record = recorded(SIZE)
    async with opened(size=SIZE) as (app, pilot):
        for keys in (("slash", *"call:70", "enter"), ("escape", "5"), ("slash", *"call:70")):
            await type_keys(app, pilot, *keys)
            await expect_as_painted_anew(app, pilot, record)
        await type_keys(app, pilot, "enter")
        for first in range(7000, 7100, 20):
            await push(app, *(payload(n, n) for n in range(first, first + 20)))
            await expect_as_painted_anew(app, pilot, record)
        assert app.board.table.show_vertical_scrollbar
        await type_keys(app, pilot, "end")
        await push(app, *(payload(n, n) for n in range(70_000, 70_400)))
        await expect_as_painted_anew(app, pilot, record)


async def test_what_is_said_takes_lines_and_gives_them_back(
    opened: Opened, recorded: Record
) -> None:
    record = recorded(SIZE)
    async with opened(size=SIZE) as (app, pilot):
        await type_keys(app, pilot, "5", "j")
        app.notify("one\ntwo\nthree")
        await push(app, payload(7001, 7001))
        await expect_as_painted_anew(app, pilot, record)
        app.told.clear()
        await push(app, payload(7002, 7002))
        await expect_as_painted_anew(app, pilot, record)


async def test_what_the_mouse_scrolls_is_painted(opened: Opened, recorded: Record) -> None:
    record = recorded(SIZE)
    async with opened(size=SIZE) as (app, pilot):
        await type_keys(app, pilot, "5")
        app.board.table.following = False
        app.board.table.scroll_to(y=7, animate=False)
        await pilot.pause()
        assert app.board.table._shown[0].call.key == app.floor.view.key_at(7)
        await push(app, payload(7001, 7001))
        await expect_as_painted_anew(app, pilot, record)
