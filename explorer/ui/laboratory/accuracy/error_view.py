"""Two maps of errors on the screen, and the cell under the cursor."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui import theme
from explorer.ui.laboratory.accuracy.painting_errors import Pair, laid_out, paint_errors

_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_FAR = 10


class ErrorPair(QWidget):
    """Shows a pair of maps, or why there is none."""

    pointed = Signal(object)
    """Row and column of the cell under the cursor, or None."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("accuracy.map")
        self.setAccessibleName(self.tr("Maps of the errors"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(self.tr("The arrows go from cell to cell (with Shift: by 10)"))
        self._cell: tuple[int, int] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._pair: Pair | None = None
        self._empty = ""

    @property
    def pair(self) -> Pair | None:
        """What is shown."""
        return self._pair

    @property
    def empty(self) -> str:
        """Why nothing is shown."""
        return self._empty

    def show_pair(self, pair: Pair | None, empty: str = "") -> None:
        """Show other maps, or say why there are none."""
        self._pair, self._empty, self._cell = pair, empty, None
        text = (
            empty if pair is None else f"{pair.title}; {pair.names[0]}: {pair.said[0]}; {pair.names[1]}: {pair.said[1]}"
        )
        self.setAccessibleDescription(text)
        self.update()

    def sizeHint(self) -> QSize:
        """Room for both."""
        return QSize(theme.current().px(640), theme.current().px(340))

    def minimumSizeHint(self) -> QSize:
        """Enough to see something."""
        return QSize(theme.current().px(320), theme.current().px(180))

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """The cell at a point, in either map."""
        if self._pair is None:
            return None
        rows, columns = self._pair.found.fast.shape
        for place in laid_out(QRectF(self.rect()), (rows, columns), theme.current())[:2]:
            if place.contains(x, y):
                row = int((y - place.top()) / place.height() * rows)
                column = int((x - place.left()) / place.width() * columns)
                return min(row, rows - 1), min(column, columns - 1)
        return None

    def paintEvent(self, event: QPaintEvent) -> None:
        now, painter = theme.current(), QPainter(self)
        if self._pair is not None:
            paint_errors(painter, QRectF(self.rect()), self._pair, now, self._cell)
        else:
            painter.setFont(now.font("text"))
            painter.setPen(now.color("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the cursor."""
        self._point(self.cell_at(event.position().x(), event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under it."""
        self._point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows go from cell to cell."""
        step = _ARROWS.get(Qt.Key(event.key()))
        if step is None or self._pair is None:
            super().keyPressEvent(event)
            return
        by = _FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        rows, columns = self._pair.found.fast.shape
        row, column = self._cell or (0, 0)
        self._point((min(max(row + by * step[0], 0), rows - 1), min(max(column + by * step[1], 0), columns - 1)))

    def _point(self, cell: tuple[int, int] | None) -> None:
        self._cell = cell
        self.pointed.emit(cell)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Maps as large as they can be."""
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """A new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
