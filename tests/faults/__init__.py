"""Breaks something real, again and again, and counts what it cost: `python -m tests.faults`.

Each row of the table is a function in `rows/`. The other modules are its tools: processes that
are killed at a chosen step (`nursery`, `cradle`, `killing`), a network that fails (`proxy`), a
PBX that notes what was accepted (`pbx`), and a board that notes what it showed (`watch`).
"""
