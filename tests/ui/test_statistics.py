"""The statistics: the same time as the figures, the same calls."""

from textual.widgets import Static

from enigma_tui.model.windows import Window
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.screens.statistics import StatisticsDialog
from tests.ui.hands import Eventually, Opened, text_of, type_keys


def summary(app: EnigmaApp) -> str:
    return str(app.screen.query_one("#total", Static).content)


async def test_the_statistics_are_of_the_window_that_the_figures_are_of(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened(size=(120, 36)) as (app, pilot):
        await type_keys(app, pilot, "i")
        assert isinstance(app.screen, StatisticsDialog)
        await eventually(lambda: "Last 30 min" in summary(app))
        figures = app.floor.figures()
        assert f"{figures.answered:,} answered · {figures.abandoned} abandoned" in summary(app)
        await type_keys(app, pilot, "w")
        assert app.floor.window is Window.HOUR
        await eventually(lambda: "Last hour" in summary(app))
        await type_keys(app, pilot, "i")
        assert app.screen is app.board
        assert "last hour" in text_of(app.board.figures)


async def test_w_goes_through_the_windows_and_back_to_the_first(opened: Opened) -> None:
    async with opened(size=(120, 36)) as (app, pilot):
        seen = []
        for _ in range(4):
            await type_keys(app, pilot, "w")
            seen.append(app.floor.window)
        assert seen == [
            *(Window.HOUR, Window.TODAY, Window.FIVE_MINUTES, Window.HALF_AN_HOUR),
        ]


async def test_plots_stand_beside_one_another_where_there_is_room(opened: Opened) -> None:
    for size, columns in (((80, 24), 1), ((120, 36), 2)):
        async with opened(size=size) as (app, pilot):
            await type_keys(app, pilot, "i")
            await pilot.pause()
            plots = app.screen.query("PlotextPlot")
            assert len({plot.region.x for plot in plots}) == columns
