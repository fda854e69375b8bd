"""The widgets that show a calculation: its parts with the cell under the cursor, and the number it arrives at."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolTip, QWidget

from explorer.ops.explanation import Grid
from explorer.ui import theme
from explorer.ui.calculation.explanation_layout import Calculation, Outcome, input_cell
from explorer.ui.calculation.painting_explanation import paint_calculation, paint_outcome


class Canvas(QWidget):
    """One calculation, painted; says which cell of which grid the cursor is on."""

    hovered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._calculation = Calculation()
        self._cell: tuple[int, int, int] | None = None

    def show_calculation(self, calculation: Calculation) -> None:
        """Paint another calculation."""
        self._calculation = calculation
        size = calculation.size
        self.setFixedSize(math.ceil(size.width()), math.ceil(size.height()))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say which cell of an input lies under the cursor."""
        found = self._calculation.cell_at(event.position())
        cell = None if found is None else (self._calculation.parts.index(found[0]), *found[1:])
        if cell != self._cell:
            self._cell = cell
            self.update()
            grid = found[0].part if found else None
            self.hovered.emit(input_cell(grid, *found[1:]) if found and isinstance(grid, Grid) else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the cursor any more."""
        if self._cell is not None:
            self._cell = None
            self.update()
            self.hovered.emit(None)

    def event(self, event: QEvent) -> bool:
        """The number in full as the tool tip of a cell."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self._calculation.cell_at(QPointF(event.pos()))
            grid = found[0].part if found else None
            text = str(grid.values[found[1], found[2]]) if found and isinstance(grid, Grid) else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The calculation, as far as it is exposed."""
        painter = QPainter(self)
        parts = self._calculation.parts
        cell = self._cell
        hovered = (parts[cell[0]], *cell[1:]) if cell is not None and cell[0] < len(parts) else None
        paint_calculation(
            painter,
            QRectF(self.rect()),
            self._calculation,
            theme.current(),
            hovered=hovered,
            exposed=QRectF(event.rect()),
        )


class ResultCanvas(QWidget):
    """The number that the calculation arrives at."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._outcome = Outcome("", "")

    def show_outcome(self, outcome: Outcome, size: QSizeF, tip: str) -> None:
        """Paint another outcome."""
        self._outcome = outcome
        self.setFixedWidth(math.ceil(size.width()))
        self.setToolTip(tip)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Caption, number and lines."""
        painter = QPainter(self)
        paint_outcome(painter, QRectF(self.rect()), self._outcome, theme.current())


class CanvasScroll(QScrollArea):
    """Takes the room of its content where there is, and scrolls where there is not."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setWidget(content)
        content.setAutoFillBackground(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Expanding)
        self.viewport().setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        """That of the content, and room for a vertical bar where it is needed."""
        bar = self.verticalScrollBar().sizeHint().width() if self._content.height() > self.height() else 0
        return QSize(self._content.width() + bar, 0)

    def minimumSizeHint(self) -> QSize:
        """Gives way to the panel."""
        return QSize(0, 0)
