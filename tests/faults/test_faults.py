"""No fault costs a notification or doubles one: every row of `make faults`, in its quick form."""

import pytest

from .result import Row
from .rows import ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_nothing_is_lost_and_nothing_comes_twice(row: Row) -> None:
    result = await row.run(row.quick)
    assert result.lost == 0, result
    assert result.twice == 0, result
    assert result.good, result
    assert result.times >= row.quick.times, result
    assert result.notifications >= max(1, row.quick.notifications), result
