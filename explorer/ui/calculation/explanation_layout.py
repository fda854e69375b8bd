"""Where the parts of a calculation stand: grids, signs, numbers and sums from left to right, captions above them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QFont, QFontMetricsF

from explorer.model.digits import MINUS, Written, excerpt
from explorer.ops.explanation import Grid, Number, Part, Sign, Step, Sum
from explorer.refusal import message
from explorer.ui.texts import said
from explorer.ui.theme import Theme

LEDGER_ROW, LEDGER_GAP = 18, 10
"""Height of a term of a sum, and the space between its name and its number, at scale 1."""
_SYMBOLS = re.compile(r"[\u0370-\u03ff\u0300-\u036f^]|(?<!\w)[b-wzB-WZ](?!\w)|^\W*\w\W*$")


class Faces:
    """The fonts of a calculation and their measures."""

    def __init__(self, theme: Theme) -> None:
        self.caption, self.symbols, self.note = theme.font("caption"), theme.font("caption"), theme.font("small number")
        self.symbols.setCapitalization(QFont.Capitalization.MixedCase)
        self.cell, self.small_cell, self.label = theme.font("number"), self.note, theme.font("small")
        self.sign, self.number, self.result = theme.font("title"), theme.font("number"), theme.font("result")
        self.sign.setWeight(QFont.Weight.Normal)
        self.number.setPixelSize(theme.px(15))
        self._measures: dict[int, QFontMetricsF] = {}

    def caption_of(self, text: str) -> QFont:
        """The font of a caption: spaced capitals, except where capitals would turn γ into Γ or z into Z."""
        return self.symbols if _SYMBOLS.search(text) else self.caption

    def cell_of(self, rows: int) -> QFont:
        """The font of the numbers of a grid."""
        return self.cell if rows <= 3 else self.small_cell

    def measure(self, font: QFont) -> QFontMetricsF:
        """The metrics of one of these fonts."""
        found = self._measures.get(id(font))
        if found is None:
            found = self._measures[id(font)] = QFontMetricsF(font)
        return found

    def width(self, font: QFont, text: str) -> float:
        """Of a text in one of these fonts."""
        return self.measure(font).horizontalAdvance(text) if text else 0.0

    def height(self, font: QFont) -> float:
        """Of a line in one of these fonts."""
        return self.measure(font).height()


@lru_cache(maxsize=4)
def faces(theme: Theme) -> Faces:
    """The fonts of a theme; made once, for they are needed with every move of the cursor."""
    return Faces(theme)


@dataclass(frozen=True, slots=True)
class Placed:
    """A part in its place; `first` is the row and the column that an excerpt of a grid begins with."""

    part: Part
    texts: Written
    caption: str
    note: str
    column: QRectF
    body: QRectF
    first: tuple[int, int] = (0, 0)
    shown: tuple[int, int] = (0, 0)
    ledger: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Calculation:
    """A step, laid out from (0, 0)."""

    parts: tuple[Placed, ...] = ()
    size: QSizeF = field(default_factory=lambda: QSizeF(0, 0))

    def cell_at(self, point: QPointF) -> tuple[Placed, int, int] | None:
        """The grid, the row and the column under a point."""
        for placed in self.parts:
            if isinstance(placed.part, Grid) and placed.body.contains(point):
                inside = point - placed.body.topLeft()
                rows, columns = placed.shown
                row = min(int(inside.y() * rows / placed.body.height()), rows - 1)
                column = min(int(inside.x() * columns / placed.body.width()), columns - 1)
                return placed, row + placed.first[0], column + placed.first[1]
        return None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The number that a calculation arrives at, its name above it and what belongs to it below; all texts ready."""

    caption: str
    value: str
    lines: tuple[str, ...] = ()


def input_cell(grid: Grid, row: int, column: int) -> tuple[int, int, int, int] | None:
    """(port, channel, row, column) of the input that a cell of a grid shows; None of the padding and of others."""
    if grid.where is None or (grid.padding is not None and bool(grid.padding[row, column])):
        return None
    port, channel, top, left = grid.where
    return port, channel, top + row * grid.spacing[0], left + column * grid.spacing[1]


def arrives(step: Step) -> Number | Sum | None:
    """The part at the end of a step that carries its value."""
    last = step.parts[-1] if step.parts else None
    value = last.value if isinstance(last, Number) else last.total if isinstance(last, Sum) else None
    same = value is not None and (value == step.value or (value != value and step.value != step.value))
    return cast("Number | Sum", last) if same else None


def laid_out(step: Step, texts: Sequence[Written], value: str, theme: Theme, *, last: bool) -> Calculation:
    """A step in its places. The value of the last step is left to the outcome beside it; others show their own."""
    parts = _complete(step, texts, value, last=last)
    face = faces(theme)
    notes = [_place(part) if isinstance(part, Grid) else "" for part, _ in parts]
    top = face.height(face.caption) + (face.height(face.note) if any(notes) else 0) + theme.px(5)
    height = max((_height(part, theme) for part, _ in parts), default=0.0)
    placed: list[Placed] = []
    left, gap = 0.0, theme.px(11)
    for (part, written), note in zip(parts, notes, strict=True):
        caption = _caption(part)
        first, shown = excerpt(part) if isinstance(part, Grid) else ((0, 0), (0, 0))
        columns = _ledger(cast("tuple[list[str], str]", written), part, height, theme) if isinstance(part, Sum) else ()
        size = _body(part, written, shown, columns, theme)
        width = max(size.width(), face.width(face.caption_of(caption), caption), face.width(face.note, note))
        body = QRectF(left, top + (height - size.height()) / 2, size.width(), size.height())
        placed.append(
            Placed(part, written, caption, note, QRectF(left, 0, width, top + height), body, first, shown, columns)
        )
        left += width + gap
    return Calculation(tuple(placed), QSizeF(max(left - gap, 0) + 1, top + height + 1))


def outcome_size(outcome: Outcome, theme: Theme) -> QSizeF:
    """The room that an outcome takes."""
    face = faces(theme)
    width = max(
        face.width(face.caption_of(outcome.caption), outcome.caption),
        face.width(face.result, outcome.value),
        *(face.width(face.label, line) for line in outcome.lines),
        theme.px(112),
    )
    height = face.height(face.caption) + face.height(face.result) + theme.px(6)
    return QSizeF(width + 2, height + len(outcome.lines) * face.height(face.label))


def _complete(step: Step, texts: Sequence[Written], value: str, *, last: bool) -> list[tuple[Part, Written]]:
    """The parts as they are shown: sums that are not the outcome get their total, steps without a value theirs."""
    parts: list[tuple[Part, Written]] = []
    arriving = arrives(step)
    for part, text in zip(step.parts, texts, strict=True):
        outcome = last and part is arriving
        if isinstance(part, Sum):
            parts += [(part, text), (Sign("Σ"), "Σ")]
            if not outcome:
                parts.append((Number(part.label, part.total), cast("tuple[list[str], str]", text)[1]))
        elif not outcome:
            parts.append((part, text))
    if parts and isinstance(parts[-1][0], Grid) and parts[-1][0].adds_up:
        parts.append((Sign("Σ"), "Σ"))
    if parts and not last and arriving is None:
        if not isinstance(parts[-1][0], Sign):
            parts.append((Sign("="), "="))
        parts.append((Number(message(""), step.value), value))
    return parts


def _caption(part: Part) -> str:
    if isinstance(part, (Sign, Sum)):
        return ""
    caption = said(part.label)
    if isinstance(part, Grid):
        (_, _), shown = excerpt(part)
        if shown != part.values.shape:
            whole = "{rows} × {columns} of {all_rows} × {all_columns}"
            sizes = dict(zip(("rows", "columns", "all_rows", "all_columns"), shown + part.values.shape, strict=False))
            caption += " · " + said(message(whole, **sizes))
    return caption


def _place(grid: Grid) -> str:
    """(channel, rows, columns) of a grid in its input."""
    if grid.where is None or grid.role != "input":
        return ""
    spans = []
    for axis in (0, 1):
        start = grid.where[2 + axis]
        end = start + (grid.values.shape[axis] - 1) * grid.spacing[axis]
        step = f" by {grid.spacing[axis]}" if grid.spacing[axis] > 1 and end > start else ""
        spans.append(f"{start}…{end}{step}" if end > start else f"{start}")
    return f"({grid.where[1]}, {spans[0]}, {spans[1]})".replace("-", MINUS)


def _cell_height(rows: int, theme: Theme) -> float:
    return theme.px(26 if rows <= 3 else 20 if rows == 4 else 16)


def _height(part: Part, theme: Theme) -> float:
    if isinstance(part, Grid):
        rows = excerpt(part)[1][0]
        return rows * _cell_height(rows, theme)
    if isinstance(part, Sum):
        return min(len(part.terms), 4) * theme.px(LEDGER_ROW)
    return theme.px(24)


def _body(
    part: Part, written: Written, shown: tuple[int, int], columns: tuple[tuple[float, float], ...], theme: Theme
) -> QSizeF:
    face = faces(theme)
    if isinstance(part, Grid):
        rows = cast("list[list[str]]", written)
        longest = max((text for row in rows for text in row), key=len, default="")
        cell = max(face.width(face.cell_of(shown[0]), longest) + theme.px(9), theme.px(42 if shown[0] <= 3 else 36))
        return QSizeF(shown[1] * cell, shown[0] * _cell_height(shown[0], theme))
    if isinstance(part, Sum):
        width = sum(map(sum, columns)) + theme.px(LEDGER_GAP) * (3 * len(columns) - 2)
        return QSizeF(width, -(-len(part.terms) // max(len(columns), 1)) * theme.px(LEDGER_ROW))
    font = face.sign if isinstance(part, Sign) else face.number
    return QSizeF(face.width(font, str(written)), theme.px(24))


def _ledger(written: tuple[list[str], str], part: Sum, height: float, theme: Theme) -> tuple[tuple[float, float], ...]:
    """Widths of the names and of the numbers of every column that a sum is listed in."""
    face = faces(theme)
    count = max(3, int(height // theme.px(LEDGER_ROW)))
    rows = -(-len(part.terms) // max(-(-len(part.terms) // count), 1))
    return tuple(
        (
            max(face.width(face.label, said(label)) for label, _ in part.terms[first : first + rows]),
            max(face.width(face.cell, text) for text in written[0][first : first + rows]),
        )
        for first in range(0, len(part.terms), max(rows, 1))
    )
