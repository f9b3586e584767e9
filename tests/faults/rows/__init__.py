"""The rows of the table, in the order of the table."""

from functools import partial

from ..result import Row, Size
from . import (
    collector_killed,
    delivery,
    dispose_killed,
    failover,
    frozen,
    half_way,
    million,
    network,
    race,
    server_killed,
)

_PLACES = (("", False), ("-other", True))
"""Where the source is: on the journal's server, or on another, with the other mover."""

ROWS = (
    *(
        Row(
            f"collector-killed{place}",
            partial(collector_killed.row, other=other),
            quick=Size(times=8, notifications=800, lanes=8),
            full=Size(times=200, notifications=100_000, lanes=10),
        )
        for place, other in _PLACES
    ),
    *(
        Row(f"{name}{place}", partial(run, other=other), Size(times=2), Size(times=10))
        for name, run in (
            ("journal-type", half_way.journal_type),
            ("source-type", half_way.source_type),
            ("maxmemory", half_way.maxmemory),
            ("acl", half_way.acl),
        )
        for place, other in _PLACES
    ),
    Row("dispose-killed", dispose_killed.row, quick=Size(times=16), full=Size(times=200)),
    Row(
        "server-killed",
        partial(server_killed.row, fsync="always"),
        quick=Size(times=2, notifications=1_000),
        full=Size(times=20, notifications=20_000),
    ),
    Row(
        "server-killed-everysec",
        partial(server_killed.row, fsync="everysec"),
        quick=Size(times=1, notifications=500),
        full=Size(times=20, notifications=20_000),
    ),
    Row(
        "sentinel",
        failover.sentinel,
        quick=Size(times=1, notifications=50),
        full=Size(times=5, notifications=5_000),
    ),
    Row(
        "sentinel-source",
        failover.sentinel_source,
        quick=Size(times=1, notifications=50),
        full=Size(times=5, notifications=5_000),
    ),
    Row(
        "cluster",
        failover.cluster,
        quick=Size(times=1, notifications=50),
        full=Size(times=6, notifications=6_000),
    ),
    *(
        Row(
            f"network-{name}{place}",
            partial(network.row, kind=kind, other=other),
            quick=Size(times=2, lanes=2, seconds=quick),
            full=Size(times=20, lanes=5, seconds=full),
        )
        for name, kind, quick, full in (
            ("cut", network.CUT, 0.0, 0.0),
            ("stall", network.STALL, 2.0, 5.0),
            ("slow", network.SLOW, 1.0, 2.0),
            ("half-open", network.HALF_OPEN, 1.0, 0.0),
            ("dribble", network.DRIBBLE, 0.5, 1.0),
        )
        for place, other in _PLACES
    ),
    *(
        Row(
            f"frozen{place}",
            partial(frozen.row, other=other),
            quick=Size(times=2, lanes=2, seconds=6.0),
            full=Size(times=20, lanes=10, seconds=20.0),
        )
        for place, other in _PLACES
    ),
    Row("race", race.row, quick=Size(times=1, notifications=100), full=Size(1, 1_000)),
    Row(
        "delivery",
        delivery.row,
        quick=Size(times=4, seconds=2.0),
        full=Size(times=50, seconds=60.0),
    ),
    Row("million", million.row, quick=Size(1, 10_000), full=Size(1, 1_000_000)),
)
"""Every row."""
