"""The formula of one number: its terms with their values, one below the other, and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.model.digits import MINUS, number, reconciled
from explorer.model.laboratory.tile_terms import Place, Term, in_order
from explorer.refusal import message
from explorer.ui import theme
from explorer.ui.laboratory.tile import naming
from explorer.ui.laboratory.tile.naming import Role
from explorer.ui.laboratory.tile.showing import DIGITS, Texts, details
from explorer.ui.texts import said
from explorer.ui.theme import Theme

HEIGHT = 136
"""At scale 1."""
_ROW, _SIGN, _RESULT = 25, 12, 250
_MOST_DETAIL = 30


@dataclass(frozen=True, slots=True)
class Column:
    """A term: what it is, with the numbers put in, and its value; `sign` stands before it, `value_sign` before that."""

    sign: str
    name: str
    inserted: str
    value_sign: str
    value: str
    role: Role


@dataclass(frozen=True, slots=True)
class Formula:
    """A number with its terms; `inserted` says whether the second line says anything that the third does not."""

    symbol: str
    columns: tuple[Column, ...]
    inserted: bool
    value: str
    details: tuple[tuple[str, str], ...]
    order: str = ""


def formula(texts: Texts, place: Place, most: int) -> Formula:
    """The formula of a number with at most so many terms: the largest ones, and the others as one."""
    of = texts.of
    exact = texts.mode == "exact"
    found = _fewer(texts.terms(place), most)
    value = texts.value(place)
    values = [float(each.exact) if exact else each.rounded for each in found]
    numbers, text = reconciled(values, value, DIGITS) if values else ([], number(value, DIGITS))
    columns = tuple(_column(texts, each, shown) for each, shown in zip(found, numbers, strict=True))
    order = "" if exact else in_order(of, place, lambda each: naming.symbol(of, each))
    return Formula(
        naming.symbol(of, place),
        tuple(replace(each, sign=_leading(each.sign)) if not at else each for at, each in enumerate(columns)),
        any(each.factor != 1 or len(each.reads) > 1 for each in found),
        text,
        details(of, place),
        order,
    )


def _leading(sign: str) -> str:
    return "" if sign == "+" else sign


def _fewer(terms: Sequence[Term], most: int) -> list[Term]:
    if len(terms) <= most:
        return list(terms)
    largest = sorted(range(len(terms)), key=lambda at: -abs(terms[at].exact))[: most - 1]
    rest = [each for at, each in enumerate(terms) if at not in largest]
    name = message("… {count} more", count=len(rest))
    exact = sum((each.exact for each in rest), Fraction())
    return [terms[at] for at in sorted(largest)] + [Term(Fraction(1), (), exact, sum(e.rounded for e in rest), name)]


def _column(texts: Texts, term: Term, value: str) -> Column:
    negative = term.factor < 0
    size = abs(term.factor)
    times = "" if size == 1 else f"{size}·"
    value_sign, plain = (MINUS, value[1:]) if value.startswith(MINUS) else ("+", value)
    role: Role = naming.role(term.reads[0].key) if term.reads else "matrix"
    if len(term.reads) == 2:
        role = "products"
    if term.name is not None:
        return Column("+", said(term.name), "", value_sign, plain, role)
    name = times + "·".join(naming.symbol(texts.of, each) for each in term.reads)
    inserted = times + "·".join(_bracketed(number(texts.value(each), DIGITS)) for each in term.reads)
    return Column(MINUS if negative else "+", name, inserted, value_sign, plain, role)


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith(MINUS) else text


# Painting ------------------------------------------------------------------------------------------------------------


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
    room = width - look.px(_RESULT)
    most = len(texts.terms(place))
    made = formula(texts, place, max(most, 1))
    while most > 2 and _width(made, look) > room:
        most -= 1
        made = formula(texts, place, most)
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
                before = _leading(before)
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


class Strip(QWidget):
    """Shows the formula of a number."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tile.strip")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._texts: Texts | None = None
        self._place: Place | None = None

    def sizeHint(self) -> QSize:
        """Four lines."""
        look = theme.current()
        return QSize(look.px(640), look.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """As high, and as narrow as two terms and the result."""
        look = theme.current()
        return QSize(look.px(420), look.px(HEIGHT))

    def show_number(self, texts: Texts | None, place: Place | None) -> None:
        """Another number."""
        if (texts, place) == (self._texts, self._place):
            return
        self._texts, self._place = texts, place
        self.setAccessibleName(self.text())
        self.update()

    def formula(self) -> Formula | None:
        """What is shown."""
        if self._texts is None or self._place is None:
            return None
        return fitting(self._texts, self._place, self.width(), theme.current())

    def text(self) -> str:
        """The formula as one line."""
        if self._texts is None or self._place is None:
            return ""
        return spelled(formula(self._texts, self._place, max(len(self._texts.terms(self._place)), 1)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """All of it."""
        made = self.formula()
        if made is not None:
            painter = QPainter(self)
            paint_strip(painter, QRectF(self.rect()), made, theme.current())
            painter.end()


def spelled(made: Formula) -> str:
    """m₀₁ = u₀₁·v₀₁ = 0.5·(−2) = −1."""
    parts = [made.symbol]
    if made.columns:
        parts.append(" ".join(f"{each.sign} {each.name}" for each in made.columns).strip())
        if made.inserted:
            parts.append(" ".join(f"{each.sign} {each.inserted or each.value}" for each in made.columns).strip())
        if len(made.columns) > 1:
            values = [f"{each.value_sign} {each.value}" for each in made.columns]
            parts.append(" ".join([_unsigned(values[0]), *values[1:]]))
    return " = ".join([*parts, made.value])


def _unsigned(text: str) -> str:
    return text.removeprefix("+ ")
