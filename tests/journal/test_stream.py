"""The journal is read in portions that suit a screen, however large what arrives is."""

import pytest

from enigma_tui.journal import stream
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.stream import Journal
from enigma_tui.model.call import ORIGIN, EntryId


async def read(journal: Journal) -> list[list[int]]:
    """Return the sizes of all payloads, answer by answer."""
    last: EntryId = ORIGIN
    answers = []
    while entries := await journal.after(last, wait=False):
        last = entries[-1][0]
        answers.append([len(fields[b"raw"]) for _, fields in entries])
        if not journal.more:
            break
    return answers


async def append(connection: Connection, keys: Keys, number: int, size: int) -> None:
    pipeline = connection.quick.pipeline()
    for _ in range(number):
        pipeline.xadd(keys.journal, {"kind": "call", "raw": b"x" * size})
    await pipeline.execute()


async def test_small_entries_are_read_many_at_a_time(connection: Connection, keys: Keys) -> None:
    await append(connection, keys, 3_000, 10)
    answers = await read(Journal(connection, keys))
    assert sum(map(len, answers)) == 3_000
    assert len(answers) < 12
    assert max(map(len, answers)) == stream.READ_COUNT


async def test_large_entries_are_read_few_at_a_time_and_then_small_ones_many_again(
    connection: Connection, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "READ_BYTES", 100_000)
    await append(connection, keys, 300, 10_000)
    await append(connection, keys, 3_000, 10)
    answers = await read(Journal(connection, keys))
    assert sum(map(len, answers)) == 3_300
    large = [sum(answer) for answer in answers if answer[-1] == 10_000]
    # The first may be too large, and those where it is tried whether more are possible.
    assert max(large[1:]) <= 2 * stream.READ_BYTES + 50_000
    assert len(answers[-2]) == stream.READ_COUNT


async def test_it_tells_whether_there_is_more(connection: Connection, keys: Keys) -> None:
    journal = Journal(connection, keys)
    await append(connection, keys, 40, 10)
    entries = await journal.after(ORIGIN, wait=False)
    assert journal.more
    assert len(entries) < 40
    await journal.after(entries[-1][0], wait=False)
    assert not journal.more
