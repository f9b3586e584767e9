"""Runs rows and writes the table."""

import argparse
import asyncio
import logging
import os
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from .result import Result, table
from .rows import ROWS
from .scene import new_server

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- make faults -->", "<!-- /make faults -->"


def main() -> None:
    """Run the rows that are named, or all; end with 1 if one of them lost or doubled anything."""
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="the sizes that `make test` runs")
    parser.add_argument("--list", action="store_true", help="the names of the rows")
    given = parser.parse_args()
    if given.list:
        print("\n".join(names))
        return
    if unknown := set(given.rows) - set(names):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    logging.getLogger("enigma_tui").addHandler(logging.NullHandler())
    results = asyncio.run(_run(given.rows or names, given.quick))
    text = table(results)
    print(text)
    if not given.rows and not given.quick and all(result.good for result in results):
        _write(text, asyncio.run(_machine()))
    sys.exit(not all(result.good for result in results))


async def _run(names: Sequence[str], quick: bool) -> list[Result]:
    results = []
    for row in ROWS:
        if row.name in names:
            began = time.monotonic()
            print(f"{row.name} …", end=" ", file=sys.stderr, flush=True)
            try:
                result = await row.run(row.quick if quick else row.full)
            except Exception:
                # The other rows are worth having all the same; this one is not good.
                traceback.print_exc()
                result = Result(
                    row.name, 0, 0, 0, 0, 0, time.monotonic() - began, "", ("broken off",)
                )
            results.append(result)
            word = "lost 0" if result.good else "NOT GOOD"
            print(f"{word}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return results


async def _machine() -> str:
    from enigma_tui.journal.connection import Address, connect

    async with new_server() as server:
        connection = connect(Address(server.url), "faults")
        told = await connection.quick.info("server")
        await connection.close()
    name = told.get("server_name", "redis").capitalize()
    version = told.get("valkey_version") or told["redis_version"]
    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"{os.cpu_count()} cores, {name} {version}, Python {python}"


def _write(text: str, machine: str) -> None:
    """Put the table between its marks in the document."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        sys.exit(f"{DOCUMENT} has no {BEGIN} … {END} to write the table between")
    block = f"{BEGIN}\n`make faults`, on {machine}:\n\n{text}\n{END}"
    DOCUMENT.write_text(before + block + after, encoding="utf-8")
