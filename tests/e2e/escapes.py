"""What the program itself sends to a terminal, and what can only have come out of data."""

import re
import unicodedata

import pyte

# Colours, moves, clearing, modes, the keyboard's protocol and the pointer's shape.
_OWN = re.compile(
    rb"\x1b(\[[0-9;:]*[mHJKABCDGr]|\[[?>=<][0-9;$]*[a-zA-Z]|\[[0-9;]*t|\[c|[()][AB012]|[=>78]"
    rb"|P[^\x1b]*\x1b\\|\]22;[a-z]*\x07)"
)
# Generated payloads write this into every sequence that could pass for one of the program's.
_PLANTED = re.compile(rb"\x1b\[[?>=<]?[0-9;:]*7771|\x1b[\]PX^_][^\x1b\x07]*owned")
_NEVER = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def foreign_in(output: bytes) -> str:
    """Return the beginning of what the program would not have sent of itself, or nothing."""
    if planted := _PLANTED.search(output):
        return repr(planted[0])
    rest = _OWN.sub(b"", output).decode("utf-8", "backslashreplace")
    for place, char in enumerate(rest):
        if char not in "\r\n" and unicodedata.category(char) in _NEVER:
            return repr(rest[place : place + 40])
    return ""


def fault_in_frames(screen: pyte.Screen) -> str:
    """Return where a border of a box is interrupted or pushed aside, or nothing."""
    cells = screen.buffer
    boxes = 0
    for y in range(screen.lines):
        opened: list[int] = []
        for x in range(screen.columns):
            match cells[y][x].data:
                case "╭":
                    opened.append(x)
                case "╮":
                    if not opened:
                        return f"line {y}: a corner stands alone"
                    if fault := _fault_in_box(screen, opened.pop(), x, y):
                        return fault
                    boxes += 1
    return "" if boxes else "there is no box"


def _fault_in_box(screen: pyte.Screen, left: int, right: int, top: int) -> str:
    for y in range(top + 1, screen.lines):
        ends = screen.buffer[y][left].data + screen.buffer[y][right].data
        if ends == "╰╯":
            return ""
        if ends != "││":
            return f"line {y}, columns {left} and {right}: {ends!r} instead of a border"
    return f"the box from line {top} on has no end"
