"""The sample payloads of `tests/data`."""

from pathlib import Path

DATA = Path(__file__).parent.parent / "data"


def lines(name: str) -> list[bytes]:
    """Return the payloads of a sample; the file's last line break ends the last of them."""
    return (DATA / f"{name}.jsonl").read_bytes().removesuffix(b"\n").split(b"\n")


REAL = [line for file in sorted(DATA.glob("*.jsonl")) for line in lines(file.stem)]
