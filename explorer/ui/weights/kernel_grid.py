"""A matrix of numbers to look at and to edit, from 1×1 to thousands of rows: only what is in view is painted."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy

from explorer.ops.op import Array
from explorer.ui import theme
from explorer.ui.parameters import typed_numbers
from explorer.ui.weights.cell_editor import CellEditor
from explorer.ui.weights.painting_kernel import largest, paint_kernel

_MOVES = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}
_COPY, _PASTE = QKeySequence.StandardKey.Copy, QKeySequence.StandardKey.Paste
_OPENS = "0123456789.+-−"
_LARGEST_CELL, _SMALLEST_CELL, _TALLEST = 56, 9, 250
_DRAG_STARTS, _PIXELS_A_STEP = 3, 3


class KernelGrid(QAbstractScrollArea):
    """Shows a matrix; a cell is edited by typing into it, by Ctrl with up and down, or by dragging it up and down."""

    cell_changed = Signal(int, int, float, bool)
    drag_ended = Signal()
    current_changed = Signal(int, int)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("weights.grid")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self._values: Array = np.zeros((0, 0))
        self._count = 0
        self._largest = 0.0
        self._wide_cells = False
        self._editable = True
        self._current = (0, 0)
        self._pressed: tuple[float, float, float] | None = None
        """Height of the mouse, value and step at which a drag began."""
        self._dragging = False
        self._editor = CellEditor(self.viewport())
        self._editor.entered.connect(self._typed)
        self._editor.refused.connect(self.refused)
        self._editor.finished.connect(self._finished)
        self.horizontalScrollBar().valueChanged.connect(self._close_editor)
        self.verticalScrollBar().valueChanged.connect(self._close_editor)

    def show_values(
        self,
        values: Array,
        *,
        editable: bool = True,
        count: int | None = None,
        wide: bool = False,
    ) -> None:
        """Show a matrix; `count` cells of it in row order; `wide` cells leave room for the digits of a list."""
        shape = self._values.shape
        self._values = values
        self._count = values.size if count is None else count
        self._editable = editable
        self._wide_cells = wide
        self._largest = largest(values.ravel()[: self._count])
        if not editable or values.shape != shape:
            self._close_editor()
        if values.shape != shape:
            self._current = self._inside(*self._current)
            self._lay_out()
            self.updateGeometry()
        self.setAccessibleDescription(self._said())
        self.viewport().update()

    @property
    def current(self) -> tuple[int, int]:
        """Row and column of the cell that keys and the field below act on."""
        return self._current

    def go_to(self, row: int, column: int) -> None:
        """Make a cell the current one and bring it into view."""
        cell = self._inside(row, column)
        moved = cell != self._current
        self._current = cell
        self._into_view()
        self.viewport().update()
        if moved:
            self.setAccessibleDescription(self._said())
            self.current_changed.emit(*cell)

    def step(self) -> float:
        """What one step changes: a tenth of the decade of the largest number."""
        return 10.0 ** (math.floor(math.log10(self._largest)) - 1) if self._largest > 1e-300 else 0.1

    def _said(self) -> str:
        rows, columns = self._values.shape
        if not self._values.size:
            return ""
        row, column = self._current
        return self.tr("{rows} × {columns} numbers; row {row}, column {column}: {value}").format(
            rows=rows, columns=columns, row=row, column=column, value=f"{self._values[row, column]:.6g}"
        )

    def _inside(self, row: int, column: int) -> tuple[int, int]:
        rows, columns = self._values.shape
        row, column = max(0, min(row, rows - 1)), max(0, min(column, columns - 1))
        return (row, column) if row * columns + column < self._count else divmod(max(self._count - 1, 0), columns or 1)

    def _cell_size(self) -> tuple[int, int]:
        """Width and height of a cell: the matrix fills the width as long as its cells stay within bounds."""
        unit = theme.current().px
        rows, columns = self._values.shape
        smallest, tallest = unit(_SMALLEST_CELL), unit(_TALLEST)
        if self._wide_cells:
            bar = self._bar() if rows * unit(26) > tallest else 0
            return max((self.width() - bar) // max(columns, 1), smallest), unit(26)
        side = min(self.width() // max(columns, 1), unit(_LARGEST_CELL), tallest // max(rows, 1))
        return max(side, smallest), max(min(side, unit(34)), smallest)

    def _bar(self) -> int:
        return self.verticalScrollBar().sizeHint().width()

    def _extent(self) -> QSize:
        width, height = self._cell_size()
        rows, columns = self._values.shape
        return QSize(width * columns, height * rows)

    def _view_size(self) -> QSize:
        """The size of the viewport as it follows from the widget alone; Qt's own depends on the scroll bars."""
        extent = self._extent()
        upright = self._bar() if extent.height() > theme.current().px(_TALLEST) else 0
        level = self._bar() if extent.width() > self.width() - upright else 0
        return QSize(self.width() - upright, self.height() - level)

    def sizeHint(self) -> QSize:
        """As high as the matrix, up to a limit; beyond it scrolls."""
        height = min(self._extent().height(), theme.current().px(_TALLEST))
        return QSize(theme.current().px(220), height + self.height() - self._view_size().height())

    def minimumSizeHint(self) -> QSize:
        """As narrow as wished."""
        return QSize(theme.current().px(60), self.sizeHint().height())

    def _origin(self) -> QPointF:
        """Where the corner of the matrix lies in the viewport; a matrix with room around it stands in the middle."""
        spare = max(0, self.viewport().width() - self._extent().width()) // 2
        return QPointF(spare - self.horizontalScrollBar().value(), -self.verticalScrollBar().value())

    def _cell_rect(self, row: int, column: int) -> QRect:
        width, height = self._cell_size()
        origin = self._origin()
        return QRect(int(origin.x()) + column * width, int(origin.y()) + row * height, width, height)

    def _cell_at(self, place: QPointF) -> tuple[int, int] | None:
        width, height = self._cell_size()
        origin = self._origin()
        rows, columns = self._values.shape
        row, column = int((place.y() - origin.y()) // height), int((place.x() - origin.x()) // width)
        inside = 0 <= row < rows and 0 <= column < columns and row * columns + column < self._count
        return (row, column) if inside else None

    def _lay_out(self) -> None:
        extent, view = self._extent(), self._view_size()
        for bar, whole, part in (
            (self.horizontalScrollBar(), extent.width(), view.width()),
            (self.verticalScrollBar(), extent.height(), view.height()),
        ):
            bar.setRange(0, max(0, whole - part))
            bar.setPageStep(max(1, part))
            bar.setSingleStep(self._cell_size()[1])

    def _into_view(self) -> None:
        if self._values.size:
            cell, view = self._cell_rect(*self._current), self.viewport().rect()
            for bar, low, high, end in (
                (self.horizontalScrollBar(), cell.left(), cell.right() + 1, view.width()),
                (self.verticalScrollBar(), cell.top(), cell.bottom() + 1, view.height()),
            ):
                bar.setValue(bar.value() + (low if low < 0 else max(0, high - end)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._close_editor()
        self._lay_out()
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._values.size:
            return
        width, height = self._cell_size()
        origin, view = self._origin(), self.viewport().rect()
        rows, columns = self._values.shape
        top, left = max(0, int(-origin.y()) // height), max(0, int(-origin.x()) // width)
        bottom = min(rows, int(view.height() - origin.y()) // height + 1)
        right = min(columns, int(view.width() - origin.x()) // width + 1)
        part = self._values[top:bottom, left:right]
        rect = QRectF(
            origin.x() + left * width, origin.y() + top * height, part.shape[1] * width, part.shape[0] * height
        )
        # A last row that is not full exists only in lists, which are as wide as the panel.
        count = self._count - top * columns if self._count < self._values.size else None
        row, column = self._current[0] - top, self._current[1] - left
        inside = 0 <= row < part.shape[0] and 0 <= column < part.shape[1]
        painter = QPainter(self.viewport())
        paint_kernel(
            painter,
            rect,
            part,
            theme.current(),
            scale=self._largest,
            current=(row, column) if inside else None,
            focused=self.hasFocus(),
            editable=self._editable,
            count=count,
        )
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or cell is None:
            return
        self._close_editor()
        self.go_to(*cell)
        if self._editable:
            self._pressed = (event.position().y(), float(self._values[cell]), self.step())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            over = self._editable and self._cell_at(event.position()) is not None
            self.viewport().setCursor(Qt.CursorShape.SizeVerCursor if over else Qt.CursorShape.ArrowCursor)
            return
        height, value, step = self._pressed
        moved = height - event.position().y()
        if not self._dragging and abs(moved) < _DRAG_STARTS:
            return
        self._dragging = True
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            step /= 10
        wanted = _tidy(value + round(moved / _PIXELS_A_STEP) * step, step)
        if self._values.dtype.type(wanted) != self._values[self._current]:
            self.cell_changed.emit(*self._current, wanted, True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        self._end_drag()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._cell_at(event.position()) == self._current:
            self._open_editor()

    def _end_drag(self) -> None:
        if self._dragging:
            self._dragging = False
            self.drag_ended.emit()

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (self._takes(event) or event.matches(_COPY) or event.matches(_PASTE))
        ):
            event.accept()
            return True
        return super().event(event)

    def _takes(self, event: QKeyEvent) -> bool:
        """Whether a key is one of the grid's; copying and pasting go on to the editor around it."""
        if event.key() in _MOVES:
            return event.modifiers() in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.ControlModifier,
                Qt.KeyboardModifier.KeypadModifier,
            )
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        opens = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2)
        ends = event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End)
        return plain and (opens or ends or (bool(event.text()) and event.text() in _OPENS))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._takes(event) or not self._values.size:
            event.ignore()
            return
        key = Qt.Key(event.key())
        if key in _MOVES:
            down, right = _MOVES[key]
            if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.go_to(self._current[0] + down, self._current[1] + right)
            elif down and self._editable:
                self._dragging = True
                value = _tidy(float(self._values[self._current]) - down * self.step(), self.step())
                self.cell_changed.emit(*self._current, value, True)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.go_to(self._current[0], 0 if key == Qt.Key.Key_Home else self._values.shape[1] - 1)
        else:
            self._open_editor("" if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2) else event.text())

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self._pressed is None and not event.isAutoRepeat():
            self._end_drag()
        super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._pressed = None
        self._end_drag()
        super().focusOutEvent(event)
        self.viewport().update()

    def _open_editor(self, typed: str = "") -> None:
        if not self._editable or not self._values.size:
            return
        self._into_view()
        self._editor.open(self._cell_rect(*self._current), self._written(), typed)

    def _written(self) -> str:
        return typed_numbers.written(self._values[self._current])

    def _close_editor(self) -> None:
        if self._editor.close_unchanged():
            self.setFocus()

    def _typed(self, value: float) -> None:
        self.cell_changed.emit(*self._current, value, False)

    def _finished(self, down: int, right: int) -> None:
        self.setFocus()
        columns = self._values.shape[1]
        if down:
            self.go_to(self._current[0] + down, self._current[1])
        elif right:
            place = self._current[0] * columns + self._current[1] + right
            self.go_to(*divmod(max(0, min(place, self._count - 1)), columns))


def _tidy(value: float, step: float) -> float:
    """The value without the digits far below a step that its arithmetic left."""
    return round(value, max(0, 2 - math.floor(math.log10(step))))
