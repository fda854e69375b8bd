"""A plot on the screen: the values at the x under the cursor, and an x to choose, by the mouse or by keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.model.digits import number
from explorer.ui import theme
from explorer.ui.laboratory.charts.chart import Axis, Chart
from explorer.ui.laboratory.charts.painting_chart import Frame, paint_chart
from explorer.ui.laboratory.charts.scales import labelled

_MOVES = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class ChartView(QWidget):
    """Shows one chart."""

    chosen = Signal(float)
    """The x that was clicked or reached by Left and Right."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._chart = Chart("", Axis(""), Axis(""))
        self._frame: Frame | None = None
        self._chosen: float | None = None
        self._hovered: float | None = None

    @property
    def chart(self) -> Chart:
        """What is shown."""
        return self._chart

    def show_chart(self, chart: Chart, chosen: float | None = None) -> None:
        """Show another chart, with one of its x pointed out."""
        self._chart, self._chosen = chart, chosen
        if self._hovered not in chart.places:
            self._hovered = None
        self.setAccessibleName(chart.title or chart.y.title)
        self.setAccessibleDescription(self.told(chosen) if chart.filled else chart.empty)
        self.update()

    def told(self, x: float | None) -> str:
        """The values at an x, a line each."""
        if x is None:
            return ""
        rows = [f"{self._chart.x.title} = {labelled(x, Axis(''))}"]
        for line in self._chart.lines:
            if (value := line.at(x)) is not None:
                text = f"{line.name}: {number(value, 3)}"
                if line.low:
                    i = line.x.index(x)
                    text += f" ({number(line.low[i], 3)} … {number(line.high[i], 3)})"
                rows.append(text)
        return "\n".join(rows)

    def sizeHint(self) -> QSize:
        """Half as high as wide."""
        now = theme.current()
        return QSize(now.px(560), now.px(300))

    def minimumSizeHint(self) -> QSize:
        """What is still legible."""
        now = theme.current()
        return QSize(now.px(300), now.px(170))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        at = self._hovered if self._hovered is not None else self._chosen
        self._frame = paint_chart(painter, QRectF(self.rect()), self._chart, theme.current(), at)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.current().color("accent", 0.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()

    def _at(self, event: QMouseEvent) -> float | None:
        return self._frame.nearest(event.position().x()) if self._frame is not None and self._chart.filled else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point out the values that are nearest."""
        self._hovered = self._at(event)
        if self._hovered is not None:
            QToolTip.showText(event.globalPosition().toPoint(), self.told(self._hovered), self)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose."""
        x = self._at(event)
        if x is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(x)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is hovered."""
        self._hovered = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right choose the neighbour."""
        by, places = _MOVES.get(Qt.Key(event.key()), 0), self._chart.places
        if not by or not places:
            super().keyPressEvent(event)
            return
        here = places.index(self._chosen) if self._chosen in places else -1 if by > 0 else 0
        self.chosen.emit(places[min(max(here + by, 0), len(places) - 1)])

    def changeEvent(self, event: QEvent) -> None:
        """A new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
