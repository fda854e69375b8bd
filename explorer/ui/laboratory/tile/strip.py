"""The formula of one number on the screen and in a figure: lines of terms, and the number itself in full."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.model.digits import MINUS
from explorer.model.laboratory.tile_terms import Place
from explorer.model.laboratory.tiling import Worked
from explorer.ui import theme
from explorer.ui.laboratory.tile import naming
from explorer.ui.laboratory.tile.formula import Formula, formula, leading, spelled
from explorer.ui.laboratory.tile.naming import Role
from explorer.ui.laboratory.tile.showing import Texts, details
from explorer.ui.theme import Theme

HEIGHT = 136
"""At scale 1."""
_ROW, _SIGN, _RESULT = 25, 12, 250


@dataclass(frozen=True, slots=True)
class Faces:
    """The fonts of a formula."""

    formula: QFont
    result: QFont
    small: QFont

    @staticmethod
    def of(look: Theme) -> Faces:
        """Those of a theme."""
        return Faces(look.font("formula"), look.font("result"), look.font("small number"))


def fitting(texts: Texts, place: Place, width: float, look: Theme) -> Formula:
    """The formula with as many terms as there is room for beside the result."""
    count = len(texts.terms(place))
    made = formula(texts, place, max(count, 1))
    room = width - look.px(_RESULT + _SIGN)
    over = _width(made, look) - room
    if over <= 0 or count <= 2:
        return made
    # The smallest terms make room for themselves and for the one that stands for them.
    metrics = QFontMetricsF(look.font("formula"))
    sign = metrics.horizontalAdvance("+") + look.px(_SIGN)
    widths = _widths(made, look)
    over += metrics.horizontalAdvance(f"… {count} more") + sign
    order = sorted(range(count), key=lambda at: abs(texts.terms(place)[at].exact))
    left = count
    while over > 0 and left > 1:
        over -= widths[order[count - left]] + sign
        left -= 1
    made = formula(texts, place, left + 1)
    while left > 1 and _width(made, look) > room:
        # With other terms left out, those that stay may have more digits.
        left -= 1
        made = formula(texts, place, left + 1)
    return made


def _widths(made: Formula, look: Theme) -> list[float]:
    metrics = QFontMetricsF(look.font("formula"))
    return [
        max(metrics.horizontalAdvance(text) for text in (each.name, each.inserted, each.value)) for each in made.columns
    ]


def _width(made: Formula, look: Theme) -> float:
    metrics = QFontMetricsF(look.font("formula"))
    signs = (metrics.horizontalAdvance("+") + look.px(_SIGN)) * len(made.columns)
    return metrics.horizontalAdvance(made.symbol + " = ") + sum(_widths(made, look)) + signs


def paint_strip(painter: QPainter, rect: QRectF, made: Formula, look: Theme) -> None:
    """The terms from the left, the number at the right."""
    painter.save()
    faces = Faces.of(look)
    split = rect.right() - look.px(_RESULT)
    _paint_terms(painter, QRectF(rect.left(), rect.top(), split - rect.left(), rect.height()), made, look, faces)
    painter.setPen(QPen(look.color("border"), 1))
    painter.drawLine(QPointF(split, rect.top()), QPointF(split, rect.bottom()))
    left = split + look.px(16)
    area = QRectF(left, rect.top(), rect.right() - left, rect.height())
    _paint_result(painter, area, made, look, faces)
    painter.restore()


def _paint_terms(painter: QPainter, rect: QRectF, made: Formula, look: Theme, faces: Faces) -> None:
    metrics = QFontMetricsF(faces.formula)
    painter.setFont(faces.formula)
    painter.setClipRect(rect)
    row = look.px(_ROW)
    lines = ["name", *(["inserted"] if made.inserted else []), *(["value"] if made.columns else [])]
    high = len(lines) * row + (row if made.order else 0)
    top = rect.top() + max((rect.height() - high) / 2, 0)
    head = metrics.horizontalAdvance(made.symbol)
    painter.setPen(look.color("text"))
    _text(painter, rect.left(), top, head, row, made.symbol)
    equals, sign = metrics.horizontalAdvance(" = "), metrics.horizontalAdvance("+") + look.px(_SIGN)
    widths = _widths(made, look)
    for place, line in enumerate(lines):
        left = rect.left() + head
        painter.setPen(look.color("muted"))
        _text(painter, left, top + place * row, equals, row, " = ", Qt.AlignmentFlag.AlignHCenter)
        left += equals
        for at, (each, width) in enumerate(zip(made.columns, widths, strict=True)):
            before = each.value_sign if line == "value" else each.sign
            if line == "value" and not at:
                before = leading(before)
            text: str = getattr(each, line)
            painter.setPen(look.color("muted"))
            if text and (at or before):
                _text(painter, left, top + place * row, sign, row, before, Qt.AlignmentFlag.AlignHCenter)
            left += sign if at or made.columns[0].sign or made.columns[0].value_sign == MINUS else 0
            painter.setPen(naming.hue(each.role, look) if line == "name" else look.color("text"))
            _text(painter, left, top + place * row, width, row, text)
            left += width
    if made.order:
        painter.setFont(faces.small)
        painter.setPen(look.color("muted"))
        text = f"float32: {made.order}"
        text = QFontMetricsF(faces.small).elidedText(text, Qt.TextElideMode.ElideRight, rect.width() - look.px(8))
        _text(painter, rect.left(), top + len(lines) * row, rect.width(), row, text)
    painter.setClipping(False)


def _paint_result(painter: QPainter, rect: QRectF, made: Formula, look: Theme, faces: Faces) -> None:
    painter.setFont(look.font("small"))
    high = QFontMetricsF(faces.result).height()
    line = QFontMetricsF(faces.small).height() + look.px(3)
    top = rect.top() + max((rect.height() - high - len(made.details) * line) / 2, 0)
    painter.setFont(faces.result)
    painter.setPen(look.color("accent"))
    _text(painter, rect.left(), top, rect.width(), high, made.value)
    top += high
    metrics = QFontMetricsF(faces.small)
    for name, text in made.details:
        painter.setFont(look.font("small"))
        painter.setPen(look.color("muted"))
        width = look.px(72)
        _text(painter, rect.left(), top, width, line, naming.detail(name))
        painter.setFont(faces.small)
        painter.setPen(look.color("text"))
        room = rect.width() - width
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room)
        _text(painter, rect.left() + width, top, room, line, shown)
        top += line


def _text(
    painter: QPainter,
    left: float,
    top: float,
    width: float,
    height: float,
    text: str,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> None:
    painter.drawText(QRectF(left, top, width + 1, height), align | Qt.AlignmentFlag.AlignVCenter, text)


def overview(of: Worked) -> tuple[tuple[str, Role], ...]:
    """The whole algorithm in pieces, each with what it is made of."""
    return (
        ("y", "outputs"),
        (" = Aᵀ · [ " if of.summed == "P" else " = Aᵀ · [ Σ ", "matrix"),
        ("(G · g · Gᵀ)", "taps"),
        (" ⊙ ", "products"),
        ("(Bᵀ · d · B)", "data"),
        (" ] · A", "matrix"),
        (" + b" if of.bias is not None else "", "outputs"),
    )


def paint_overview(painter: QPainter, rect: QRectF, of: Worked, look: Theme) -> None:
    """The whole algorithm in one line."""
    pieces = overview(of)
    font = look.font("result")
    metrics = QFontMetricsF(font)
    width = sum(metrics.horizontalAdvance(text) for text, _ in pieces)
    if width > rect.width():
        font.setPixelSize(max(round(font.pixelSize() * rect.width() / width), 1))
        metrics = QFontMetricsF(font)
    painter.setFont(font)
    left = rect.left()
    for text, role in pieces:
        painter.setPen(naming.hue(role, look))
        _text(painter, left, rect.top(), metrics.horizontalAdvance(text), rect.height(), text)
        left += metrics.horizontalAdvance(text)


class Strip(QWidget):
    """Shows the formula of a number."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tile.strip")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._texts: Texts | None = None
        self._place: Place | None = None
        self._fitted: tuple[tuple[Texts, Place, int, Theme], Formula] | None = None

    def sizeHint(self) -> QSize:
        """Four lines."""
        look = theme.current()
        return QSize(look.px(640), look.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """As high, and as narrow as two terms and the result."""
        look = theme.current()
        return QSize(look.px(420), look.px(HEIGHT))

    def show_number(self, texts: Texts | None, place: Place | None) -> None:
        """Another number; without one the whole algorithm."""
        if (texts, place) == (self._texts, self._place):
            return
        self._texts, self._place = texts, place
        self.setAccessibleName(self.text())
        full = details(texts.of, place) if texts is not None and place is not None else ()
        self.setToolTip("\n".join(f"{naming.detail(name)}: {text}" for name, text in full))
        self.update()

    def formula(self) -> Formula | None:
        """What is shown."""
        if self._texts is None or self._place is None:
            return None
        about = self._texts, self._place, self.width(), theme.current()
        if self._fitted is None or self._fitted[0] != about:
            self._fitted = about, fitting(*about)
        return self._fitted[1]

    def text(self) -> str:
        """The formula as one line."""
        if self._texts is None:
            return ""
        if self._place is None:
            return "".join(text for text, _ in overview(self._texts.of))
        return spelled(formula(self._texts, self._place, max(len(self._texts.terms(self._place)), 1)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """All of it."""
        if self._texts is None:
            return
        painter, made = QPainter(self), self.formula()
        if made is not None:
            paint_strip(painter, QRectF(self.rect()), made, theme.current())
        else:
            paint_overview(painter, QRectF(self.rect()), self._texts.of, theme.current())
        painter.end()
