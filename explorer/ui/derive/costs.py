"""What the algorithm costs beside the definition, nested, and beside the FFT: a table, and a plot over m."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.model.derivation.cost import beside, by_fft, over_tiles, products_per_output
from explorer.ui import theme
from explorer.ui.captioned import Text
from kernels.algebra.bilinear import FilterAlgorithm

_MOST_M = 10
_TAPS = (2, 3, 5)
"""Filters that are drawn beside the one that is shown."""
_LARGEST_TILE = 32


@dataclass(frozen=True, slots=True)
class Way:
    """A row of the table: per output, multiplications and additions."""

    name: str
    multiplications: float
    additions: float


def ways(algorithm: FilterAlgorithm) -> tuple[Way, ...]:
    """Direct, F(m, r), both over a plane, and the FFT with the tile that is the best for this filter."""
    m, r = algorithm.m, algorithm.r
    found = []
    for cost in beside(algorithm):
        name = {
            ("direct", 1): f"{r}",
            ("filter", 1): f"F({m}, {r})",
            ("direct", 2): f"{r}×{r}",
            ("nested", 2): f"F({m}×{m}, {r}×{r})",
        }[cost.way, cost.directions]
        found.append(Way(name, float(cost.multiplications), float(cost.additions + cost.data + cost.outputs)))
    ffts = [each for each in over_tiles(r, _LARGEST_TILE) if each.way == "fft"] or [by_fft(_LARGEST_TILE * 2, r)]
    best = min(ffts, key=lambda cost: cost.multiplications + cost.additions + cost.data + cost.outputs)
    found.append(
        Way(
            f"FFT {best.tile}×{best.tile}",
            float(best.multiplications),
            float(best.additions + best.data + best.outputs),
        )
    )
    return tuple(found)


class CostPanel(QWidget):
    """Shown where the derivation found a filter."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("derive.cost")
        now = theme.current()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, now.px(4), 0, 0)
        column.setSpacing(now.px(6))
        column.addWidget(Text(self.tr("Cost per output"), "caption"))
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(now.px(10))
        self._grid.setVerticalSpacing(now.px(5))
        self._grid.setColumnStretch(0, 1)
        for place, text in enumerate((self.tr("mult"), self.tr("other")), 1):
            self._grid.addWidget(Text(text, "small number", muted=True), 0, place, Qt.AlignmentFlag.AlignRight)
        line = QFrame()
        line.setFixedHeight(1)
        line.setProperty("role", "line")
        self._grid.addWidget(line, 1, 0, 1, 3)
        column.addWidget(self._table)
        self._rows: list[tuple[Text, Text, Text]] = []
        column.addSpacing(now.px(4))
        column.addWidget(Text(self.tr("Multiplications per output over m"), "small", muted=True))
        self.plot = CostPlot()
        column.addWidget(self.plot)
        note = self.tr("other: additions and constants of the transforms, shared by all channels")
        column.addWidget(Text(note, "small", muted=True, wrap=True))

    def show_costs(self, found: Sequence[Way], m: int, r: int) -> None:
        """The ways of F(m, r)."""
        while len(self._rows) < len(found):
            row = Text("", "small"), Text("", "small number"), Text("", "small number")
            for place, label in enumerate(row):
                side = Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
                self._grid.addWidget(label, 2 + len(self._rows), place, side)
            self._rows.append(row)
        for i, row in enumerate(self._rows):
            for label in row:
                label.setVisible(i < len(found))
            if i < len(found):
                name, way = row[0], found[i]
                direct = i in (0, 2)
                name.setText(self.tr("Direct, {0} taps").format(way.name) if direct else way.name)
                row[1].setText(f"{way.multiplications:.3g}")
                row[2].setText(f"{way.additions:.3g}")
        self.plot.show_point(m, r)


class CostPlot(QWidget):
    """(m + r − 1)/m over m for filters of some sizes, and where F(m, r) stands."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("derive.cost.plot")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._m, self._r = 2, 3

    def show_point(self, m: int, r: int) -> None:
        """Mark F(m, r)."""
        self._m, self._r = m, r
        best = float(products_per_output(m, r))
        self.setAccessibleName(self.tr("Multiplications per output"))
        self.setAccessibleDescription(
            self.tr("F({0}, {1}) needs {2} multiplications per output, the definition {1}").format(m, r, f"{best:.3g}")
        )
        self.setToolTip(self.accessibleDescription())
        self.update()

    def sizeHint(self) -> QSize:
        """Flat."""
        now = theme.current()
        return QSize(now.px(200), now.px(160))

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        font = now.font("small number")
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        taps = sorted({*_TAPS, self._r}) if self._r > 1 else list(_TAPS)
        most_m, top = max(_MOST_M, self._m), max(taps)
        left = metrics.horizontalAdvance("00") + now.px(6)
        right = now.px(8)
        area = QRectF(left, now.px(8) + metrics.height(), self.width() - left - right, 0)
        area.setBottom(self.height() - metrics.height() - now.px(6))

        def at(m: float, value: float) -> QPointF:
            x = area.left() + (m - 1) / max(most_m - 1, 1) * area.width()
            return QPointF(x, area.bottom() - value / top * area.height())

        painter.setPen(QPen(now.color("border"), 1))
        for value in sorted({0, *taps}):
            painter.drawLine(at(1, value), at(most_m, value))
        painter.setPen(now.color("muted"))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        for value in sorted({0, *taps}):
            y = at(1, value).y()
            painter.drawText(QRectF(0, y - 10, left - now.px(5), 20), middle, str(value))
        step = 1 if most_m <= 10 else 5
        for m in range(1, most_m + 1, step):
            x = at(m, 0).x()
            below = QRectF(x - 20, area.bottom() + now.px(3), 40, metrics.height())
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, str(m))
        self._lines(painter, taps, most_m, at)

    def _lines(self, painter: QPainter, taps: Sequence[int], most_m: int, at: object) -> None:
        now = theme.current()
        assert callable(at)
        for r in taps:
            own = r == self._r
            ink = now.color("accent") if own else now.color("muted", 0.7)
            painter.setPen(QPen(ink, now.px(2) if own else 1))
            points = [at(m, float(products_per_output(m, r))) for m in range(1, most_m + 1)]
            painter.drawPolyline(points)
            painter.setPen(ink)
            end, high = at(most_m, r), painter.fontMetrics().height()
            place = QRectF(end.x() - 200, end.y() - high - 1, 200, high)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, self.tr("r = {0}: direct").format(r))
        if self._r > 1:
            point = at(self._m, float(products_per_output(self._m, self._r)))
            painter.setPen(QPen(now.color("card"), now.px(2)))
            painter.setBrush(now.color("accent"))
            painter.drawEllipse(point, now.px(5), now.px(5))
