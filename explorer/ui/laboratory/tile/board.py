"""The equation of a step, laid out from left to right: matrix · source = stage, as large as there is room.

Every number of a stage has its place from the start, so that nothing moves while the stage is filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QFont, QFontMetricsF

from explorer.model.digits import MINUS
from explorer.model.laboratory.tile_terms import Place, factor_of, matrix_of
from explorer.model.laboratory.tiling import Key
from explorer.ops.op import Array
from explorer.ui.laboratory.tile import naming
from explorer.ui.laboratory.tile.naming import Role
from explorer.ui.laboratory.tile.showing import Shown, grid_texts
from explorer.ui.theme import Theme
from kernels.algebra.matrix import transpose

_SIZES = (28, 24, 22, 20, 18, 16, 15, 14, 13, 12, 11)
"""Heights of the digits, in pixels at scale 1."""

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A matrix with its caption, or a sign between two.

    key      the stage that it is, whose numbers can be pointed at
    wide     texts as long as any that may come, so that the place is kept
    lit      cells that the number that is being made reads
    hatched  cells of padding, or outputs that are dropped
    """

    caption: str = ""
    sign: str = ""
    role: Role = "matrix"
    key: Key | None = None
    texts: tuple[tuple[str, ...], ...] = ()
    wide: tuple[tuple[str, ...], ...] = ()
    strengths: Array | None = None
    lit: frozenset[Cell] = frozenset()
    current: Cell | None = None
    hatched: frozenset[Cell] = frozenset()

    @property
    def shape(self) -> Cell:
        """Rows and columns."""
        return len(self.wide), len(self.wide[0]) if self.wide else 0


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A part in its place: `body` holds the cells."""

    part: Part
    caption: QRectF
    body: QRectF

    def cell(self, row: int, column: int) -> QRectF:
        """A cell of a matrix."""
        rows, columns = self.part.shape
        width, height = self.body.width() / columns, self.body.height() / rows
        return QRectF(self.body.left() + column * width, self.body.top() + row * height, width, height)


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """All parts, from (0, 0)."""

    parts: tuple[Placed, ...] = ()
    size: QSizeF = field(default_factory=lambda: QSizeF(0, 0))
    digits: int = 12

    def place_at(self, point: QPointF) -> Place | None:
        """The number of a stage under a point."""
        for placed in self.parts:
            if placed.part.key is not None and placed.body.contains(point):
                rows, columns = placed.part.shape
                inside = point - placed.body.topLeft()
                row = min(int(inside.y() * rows / placed.body.height()), rows - 1)
                column = min(int(inside.x() * columns / placed.body.width()), columns - 1)
                return Place(placed.part.key, row, column)
        return None


def parts(shown: Shown) -> tuple[Part, ...]:
    """What a step consists of."""
    of, key, place = shown.of, shown.phase.key, shown.place
    if key == "d":
        return _stage(shown, "d"), Part(sign="∗"), _stage(shown, "g")
    made = _stage(shown, key)
    factor = factor_of(of, key)
    if factor is not None:
        matrix, source = matrix_of(of, factor), _stage(shown, factor.source)
        name = {"BT": "Bᵀ", "G": "G", "AT": "Aᵀ"}[factor.matrix]
        if factor.side == "left":
            row = frozenset((place.row, k) for k in range(len(matrix[0])))
            return _matrix(name, matrix, row), Part(sign="·"), source, Part(sign="="), made
        name = {"BT": "B", "G": "Gᵀ", "AT": "A"}[factor.matrix]
        column = frozenset((k, place.column) for k in range(len(matrix[0])))
        return source, Part(sign="·"), _matrix(name, transpose(matrix), column), Part(sign="="), made
    if key == "P":
        return _stage(shown, "U"), Part(sign="⊙"), _stage(shown, "V"), Part(sign="="), made
    if key == "M":
        return _stage(shown, "P"), Part(sign="+ … ="), made
    if key == "y":
        bias = shown.texts.bias
        return (
            _stage(shown, "Y"),
            Part(sign="+"),
            Part("b", role="outputs", texts=((bias,),), wide=((bias,),)),
            Part(sign="="),
            made,
        )
    if shown.texts.mode == "difference":
        return _stage(shown, of.final), made
    return _stage(shown, of.final), Part(sign=MINUS), made, Part(sign="="), _difference(shown)


def _stage(shown: Shown, key: Key) -> Part:
    of, rows = shown.of, shown.texts.rows(key)
    here = shown.place
    read = {(each.row, each.column) for term in shown.texts.terms(here) for each in term.reads if each.key == key}
    if here.key == "direct" and key == of.final:
        read = {(here.row, here.column)}
    hatch = of.padding if key == "d" else of.dropped if key in ("Y", "y", "direct") else None
    return Part(
        naming.full_caption(of, key, shown.texts.mode),
        role=naming.role(key),
        key=key,
        texts=_so_far(shown, key, rows),
        wide=tuple(map(tuple, rows)),
        strengths=shown.texts.strengths(key),
        lit=frozenset(read),
        current=(here.row, here.column) if key == here.key and key != "d" else None,
        hatched=_cells(hatch) if hatch is not None else frozenset(),
    )


def _so_far(shown: Shown, key: Key, rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    known = shown.all_known(key).tolist()
    return tuple(
        tuple(text if there else "" for text, there in zip(*pair, strict=True))
        for pair in zip(rows, known, strict=True)
    )


def _cells(mask: Array) -> frozenset[Cell]:
    return frozenset((int(i), int(j)) for i, j in np.argwhere(mask))


def _matrix(name: str, matrix: Sequence[Sequence[Fraction]], lit: frozenset[Cell]) -> Part:
    texts = tuple(tuple(str(each).replace("-", MINUS) for each in row) for row in matrix)
    return Part(name, texts=texts, wide=texts, lit=lit)


def _difference(shown: Shown) -> Part:
    """By Winograd's algorithm less the plain sum, exactly or in float32."""
    of, mode = shown.of, shown.texts.mode
    found, plain = of.stages[of.final], of.stages["direct"]
    if mode == "exact":
        rows = [["0"] * found.shape[1]] * found.shape[0] if of.equal else grid_texts(found.values() - plain.values())
    else:
        with np.errstate(invalid="ignore"):
            rows = grid_texts(found.rounded.astype(np.float64) - plain.rounded)
    return Part(
        naming.difference(mode),
        texts=_so_far(shown, "direct", rows),
        wide=tuple(map(tuple, rows)),
        current=(shown.place.row, shown.place.column),
        hatched=_cells(of.dropped),
    )


# Laying out ----------------------------------------------------------------------------------------------------------


def laid_out(found: Sequence[Part], room: QSizeF, theme: Theme) -> Board:
    """The parts in their places, with the largest digits that fit; with the smallest they may take more room."""
    board = Board()
    longest = [max((text for row in each.wide for text in row), key=len, default="") for each in found]
    for size in _SIZES:
        board = _laid(found, longest, size, theme)
        if board.size.width() <= room.width() and board.size.height() <= room.height():
            break
    return board


def digits_font(theme: Theme, size: int) -> QFont:
    """The font of the numbers."""
    font = theme.font("number")
    font.setPixelSize(theme.px(size))
    return font


def sign_font(theme: Theme, size: int) -> QFont:
    """The font of the signs between matrices."""
    font = theme.font("title")
    font.setWeight(QFont.Weight.Normal)
    font.setPixelSize(theme.px(size + 8))
    return font


def caption_font(theme: Theme, size: int) -> QFont:
    """The font above a matrix: letters stay as small as they are."""
    font = theme.font("strong")
    font.setPixelSize(theme.px(max(12, size - 2)))
    return font


def _laid(found: Sequence[Part], longest: Sequence[str], size: int, theme: Theme) -> Board:
    digits, signs = QFontMetricsF(digits_font(theme, size)), QFontMetricsF(sign_font(theme, size))
    captions = QFontMetricsF(caption_font(theme, size))
    height = round(digits.height() + theme.px(size * 0.6))
    gap, below = theme.px(size * 0.8), theme.px(6)
    top = captions.height() + below
    most = max(len(each.wide) for each in found) * height
    placed = []
    left = 1.0
    for each, text in zip(found, longest, strict=True):
        rows, columns = each.shape
        if each.sign:
            width, across, tall = signs.horizontalAdvance(each.sign), 0.0, float(height)
        else:
            across = max(digits.horizontalAdvance(text) + theme.px(size * 0.9), theme.px(size * 2.4))
            width, tall = across * columns, float(rows * height)
        body = QRectF(left, top + (most - tall) / 2, width, tall)
        taken = max(width, captions.horizontalAdvance(each.caption) if each.caption else 0.0)
        placed.append(Placed(each, QRectF(left, body.top() - top, taken, captions.height()), body))
        left += taken + gap
    return Board(tuple(placed), QSizeF(left - gap + 1, top + most + 1), size)
