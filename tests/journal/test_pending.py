"""What a supervisor did while the server was away is on the disk, and is handed in once."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from enigma_tui.journal.desk import Act, Undo
from enigma_tui.journal.pending import KeepingError, Pending, PendingActs, kept_in
from enigma_tui.model.call import CallKey, EntryId, Feed

KEY = CallKey("pbx", Feed.INBOUND, "47:11 ☎", EntryId(1_763_800_000_000, 5))
ACT = Act(KEY, "callback", 3, "ring Zoë\nback", 1_763_900_000_000, "she said so", over_claim=True)


def opened(directory: Path, identity: str = "redis://pbx enigma-tui mo") -> PendingActs:
    acts = PendingActs(directory, identity)
    acts.open()
    return acts


def left_behind(directory: Path, code: str, identity: str = "redis://pbx enigma-tui mo") -> None:
    """Let another process keep acts, and die without any chance to clean up."""
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from enigma_tui.journal.desk import Act, Undo\n"
        "from enigma_tui.journal.pending import Pending, PendingActs\n"
        "from tests.journal.test_pending import KEY\n"
        f"acts = PendingActs(Path(sys.argv[1]), {identity!r}); acts.open()\n"
        f"{code}\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(directory)], check=False)
    assert ended.returncode == -9


def test_an_act_outlives_the_program_that_made_it_as_it_was_made(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.keep(Pending(ACT, 1_763_800_001_000, sent=True))
    first.keep(Pending(Undo(KEY, "a1"), 1_763_800_002_000))
    kept = list(first)
    first.close()
    second = opened(tmp_path)
    assert list(second) == kept
    assert next(iter(second)).act == ACT
    assert len(list(tmp_path.iterdir())) == 1


def test_acts_of_a_killed_program_are_taken_over_once(tmp_path: Path) -> None:
    left_behind(tmp_path, "acts.keep(Pending(Act(KEY, 'spam', 0, id='a1'), 1))")
    mine, theirs = opened(tmp_path), opened(tmp_path)
    assert [pending.id for pending in mine] == ["a1"]
    assert list(theirs) == []
    assert theirs.elsewhere() == []
    mine.close()
    assert [pending.id for pending in opened(tmp_path)] == ["a1"]


def test_what_was_settled_does_not_come_back_and_no_file_stays(tmp_path: Path) -> None:
    acts = opened(tmp_path)
    acts.keep(Pending(ACT, 1))
    acts.settle(ACT.id)
    assert not len(acts)
    acts.close()
    assert list(tmp_path.iterdir()) == []
    left_behind(tmp_path, "acts.keep(Pending(Act(KEY, 'spam', 0, id='a1'), 1)); acts.settle('a1')")
    assert list(opened(tmp_path)) == []


def test_a_refused_act_is_kept_to_be_seen_and_is_not_waiting(tmp_path: Path) -> None:
    acts = opened(tmp_path)
    acts.keep(Pending(ACT, 1))
    assert acts.of(KEY) is not None
    acts.refuse(ACT.id, "bob was first")
    acts.close()
    again = opened(tmp_path)
    assert [pending.refused for pending in again] == ["bob was first"]
    assert list(again.waiting()) == []
    assert again.of(KEY) is None


@pytest.mark.parametrize("identity", ["redis://other enigma-tui mo", "redis://pbx enigma-tui ann"])
def test_acts_for_another_server_or_person_are_left_alone(tmp_path: Path, identity: str) -> None:
    left_behind(tmp_path, "acts.keep(Pending(Act(KEY, 'spam', 0, id='a1'), 1))")
    other = opened(tmp_path, identity)
    assert list(other) == []
    assert other.elsewhere() == ["redis://pbx enigma-tui mo"]
    assert [pending.id for pending in opened(tmp_path)] == ["a1"]


def test_nobody_else_may_read_what_is_kept(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        acts = opened(tmp_path / "state")
        acts.keep(Pending(ACT, 1))
    finally:
        os.umask(before)
    (file,) = (tmp_path / "state").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    acts = opened(tmp_path)
    acts.keep(Pending(Act(KEY, "spam", 0, id="whole"), 1))
    acts.close()
    (file,) = tmp_path.iterdir()
    with file.open("ab") as end:
        end.write(b'{"kind": "disposition", "act": {"key": ["pb')
    again = opened(tmp_path)
    again.keep(Pending(Act(KEY, "spam", 0, id="after"), 1))
    again.close()
    assert [pending.id for pending in opened(tmp_path)] == ["whole", "after"]


def test_every_act_is_on_the_disk_before_anything_else_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bytes] = []
    fsync = os.fsync

    def noting(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            (file,) = tmp_path.iterdir()
            synced.append(file.read_bytes())
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    acts = opened(tmp_path)
    acts.keep(Pending(ACT, 1))
    assert ACT.id.encode() in synced[-1]
    acts.settle(ACT.id)
    assert b"settled" in synced[-1]


def test_where_nothing_can_be_written_the_supervisor_is_not_told_otherwise(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    acts = PendingActs(tmp_path / "file" / "state", "x")
    with pytest.raises(KeepingError, match="Not a directory"):
        acts.keep(Pending(ACT, 1))
    assert not len(acts)


def test_acts_of_several_programs_are_handed_in_in_the_order_in_which_they_were_made(
    tmp_path: Path,
) -> None:
    for number, made_ms in enumerate((3, 1, 2)):
        code = f"acts.keep(Pending(Act(KEY, 'spam', 0, id='a{number}'), {made_ms}))"
        left_behind(tmp_path, code)
        (file,) = [path for path in tmp_path.iterdir() if path.suffix == ".jsonl"]
        file.rename(file.with_suffix(f".{number}"))
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(path.name.replace(".", "-") + ".jsonl"))
    assert [pending.made_ms for pending in opened(tmp_path)] == [1, 2, 3]


def test_what_cannot_be_read_is_named_to_who_only_looks(tmp_path: Path) -> None:
    (tmp_path / "acts-0-0.jsonl").mkdir()
    with pytest.raises(KeepingError, match=r"acts-0-0\.jsonl: Is a directory"):
        kept_in(tmp_path)
