"""Boxes of characters: lines of one width with the line that stands on the level of the text around them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

LEFT = {"(": "⎛⎜⎝", "[": "⎡⎢⎣"}
RIGHT = {"(": "⎞⎟⎠", "[": "⎤⎥⎦"}
CLOSING = {"(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class Box:
    """`level` is the line on the level of the text around; a fraction in one line keeps apart from what follows."""

    lines: tuple[str, ...]
    level: int = 0
    kind: Literal["", "sign", "fraction"] = ""

    @property
    def width(self) -> int:
        """Columns of a monospaced face."""
        return width(self.lines[0])

    @property
    def simple(self) -> bool:
        """Whether it is one word, which needs no parentheses."""
        return len(self.lines) == 1 and " " not in self.lines[0] and self.kind == "" and "·" not in self.lines[0]


def width(text: str) -> int:
    """Columns that a text takes in a monospaced face."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@cache
def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, to: int, align: Literal["left", "right", "centre"] = "left") -> str:
    """The text with spaces around it."""
    room = max(to - width(text), 0)
    before = {"left": 0, "right": room, "centre": room // 2}[align]
    return " " * before + text + " " * (room - before)


def beside(boxes: Sequence[Box]) -> Box:
    """The boxes next to each other on one level."""
    boxes = [box for box in boxes if box.lines != ("",)]
    if not boxes:
        return Box(("",))
    spaced = [boxes[0]]
    for left, right in pairwise(boxes):
        if left.kind == "fraction" and right.kind != "sign":
            spaced.append(Box((" ",)))
        spaced.append(right)
    above = max(box.level for box in spaced)
    below = max(len(box.lines) - box.level for box in spaced)
    rows = []
    for i in range(-above, below):
        found = (box.lines[box.level + i] if 0 <= box.level + i < len(box.lines) else " " * box.width for box in spaced)
        rows.append("".join(found))
    return Box(tuple(rows), above, spaced[-1].kind)


def stacked(lines: Iterable[str], level: int = 0) -> Box:
    """Lines below each other, each in the middle."""
    found = list(lines)
    most = max(map(width, found))
    return Box(tuple(padded(each, most, "centre") for each in found), level)


def fenced(box: Box, kind: Literal["(", "["]) -> Box:
    """In parentheses or brackets of its height."""
    n = len(box.lines)
    if n == 1:
        return Box((f"{kind}{box.lines[0]}{CLOSING[kind]}",))
    sides = [LEFT[kind], RIGHT[kind]]
    left, right = (side[0] + side[1] * (n - 2) + side[2] for side in sides)
    return Box(tuple(f"{a}{line}{b}" for a, line, b in zip(left, box.lines, right, strict=True)), box.level)


def columns(rows: Sequence[Sequence[str]], gap: str = "  ") -> list[str]:
    """Rows of cells as lines with the columns aligned at the right."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [gap.join(padded(x, n, "right") for x, n in zip(row, widths, strict=True)) for row in rows]
