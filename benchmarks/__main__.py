"""`python -m benchmarks [--quick] [NAME …]`: measure, print a table, keep it."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from .applying import applying
from .arriving import arriving
from .calling import calling
from .collecting import collecting
from .filtering import filtering
from .footprint import footprint
from .growth import growth
from .lasting import boards, quiet, storm
from .live import live
from .measure import FULL, QUICK, Effort, Result
from .opening import opening
from .painting import painting
from .report import publish, store, summary, table
from .ringing import ringing
from .sorting import sorting
from .starting import starting

SUBJECTS: Mapping[str, Callable[[Effort], Sequence[Result]]] = {
    "collecting": collecting,
    "arriving": arriving,
    "applying": applying,
    "painting": painting,
    "filtering": filtering,
    "sorting": sorting,
    "footprint": footprint,
    "starting": starting,
    "live": live,
    "quiet": quiet,
    "storm": storm,
    "boards": boards,
    "opening": opening,
    "calling": calling,
    "ringing": ringing,
    "growth": growth,
}


def main() -> None:
    """Run the benchmarks. A missed target is said, and is no failure: machines differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"part of a subject: {', '.join(SUBJECTS)}"
    )
    arguments = parser.parse_args()
    chosen = [
        subject
        for subject in SUBJECTS
        if not arguments.names or any(name in subject for name in arguments.names)
    ]
    if not chosen:
        parser.error(f"no subject is called like that; there are {', '.join(SUBJECTS)}")
    results: list[Result] = []
    for subject in chosen:
        print(f"{subject} …", file=sys.stderr, flush=True)
        results += SUBJECTS[subject](QUICK if arguments.quick else FULL)
    print(table(results))
    if len(chosen) == len(SUBJECTS) and not arguments.quick:
        publish(results)
        store(results)  # a part, or a hasty look, must not replace what was measured in full
    print(summary(results))


if __name__ == "__main__":
    main()
