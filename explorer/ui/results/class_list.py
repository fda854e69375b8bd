"""The list of classes: name, bar and probability of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from explorer.model.digits import number, reconciled
from explorer.ui import theme
from explorer.ui.theme import Theme

FEW = 5
_MOST_RECONCILED = 1024
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class: its number, its name or its number as text, its probability and that as text."""

    index: int
    name: str
    probability: float
    text: str
    target: bool = False


def class_rows(
    probabilities: NDArray[Any],
    names: tuple[str, ...],
    target: int | None,
    *,
    every: bool,
    by_class: bool,
) -> list[ClassRow]:
    """The most probable classes and the target, or every class; equal ones by class, NaN last."""
    values = np.asarray(probabilities, np.float64).ravel()
    if values.size <= _MOST_RECONCILED:
        total = math.fsum(values) if np.isfinite(values).all() else math.nan
        texts, _ = reconciled(values.tolist(), total, digits=4)
    else:
        texts = [number(value, 3) for value in values.tolist()]
    order = np.argsort(-np.where(np.isnan(values), -np.inf, values), kind="stable")
    if not every and values.size > FEW:
        listed = order[:FEW]
        order = listed if target is None or target in listed else np.append(listed, target)
    if by_class:
        order = np.sort(order)
    return [
        ClassRow(
            index,
            names[index] if index < len(names) and names[index] else str(index),
            float(values[index]),
            texts[index],
            index == target,
        )
        for index in map(int, order)
        if 0 <= index < values.size
    ]


def paint_class_row(
    painter: QPainter,
    rect: QRectF,
    row: ClassRow,
    label_width: float,
    value_width: float,
    theme: Theme,
    *,
    selected: bool = False,
    hovered: bool = False,
) -> None:
    """A class: name, bar, probability; the target has a soft ground and a ring."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(theme.color("accent"), 1) if selected else Qt.PenStyle.NoPen)
    painter.setBrush(
        theme.color("soft", 1.0 if row.target else 0.5) if row.target or hovered else Qt.BrushStyle.NoBrush
    )
    painter.drawRoundedRect(rect.adjusted(0.5, 1, -0.5, -1), theme.px(4), theme.px(4))
    pad, gap = theme.px(6), theme.px(10)
    inner = rect.adjusted(pad, 0, -pad, 0)
    painter.setFont(theme.font("number"))
    painter.setPen(theme.color("text"))
    label = QFontMetricsF(painter.font()).elidedText(row.name, Qt.TextElideMode.ElideRight, label_width)
    painter.drawText(QRectF(inner.left(), inner.top(), label_width + 1, inner.height()), _LEFT, label)
    painter.drawText(QRectF(inner.right() - value_width, inner.top(), value_width, inner.height()), _RIGHT, row.text)
    left, right = inner.left() + label_width + gap, inner.right() - value_width - gap
    thick = theme.px(8)
    bar = QRectF(left, rect.center().y() - thick / 2, max(right - left, 0), thick)
    if not math.isfinite(row.probability):
        painter.fillRect(bar, QBrush(theme.color("bad"), Qt.BrushStyle.BDiagPattern))
    elif row.probability > 0 and bar.width() > 0:
        bar.setWidth(max(min(row.probability, 1.0) * bar.width(), theme.px(2)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawRoundedRect(bar, min(thick, bar.width()) / 2, thick / 2)
    painter.restore()


class ClassRows(QAbstractListModel):
    """The rows of the list."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[ClassRow] = []

    def show_rows(self, rows: list[ClassRow]) -> None:
        """Other rows; those that only change keep the current row of the list, which is painted anew by its owner.

        `dataChanged` would have the list laid out again.
        """
        if len(rows) != len(self.rows):
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
        else:
            self.rows = rows

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """How many classes are listed."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The class and its probability in words, also for a screen reader."""
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.name}: {row.text}"
        if role == Qt.ItemDataRole.ToolTipRole:
            told = self.tr("{name}: probability {value}. Click to make it the target (Enter).")
            return told.format(name=row.name, value=number(row.probability, 9))
        return None


class ClassRowPainter(QStyledItemDelegate):
    """Paints the rows in columns as wide as their widest text."""

    def __init__(self, model: ClassRows) -> None:
        super().__init__()
        self._model = model
        self._widths = 0.0, 0.0

    def measure(self) -> None:
        """The columns for other rows or another theme."""
        font = QFontMetricsF(theme.current().font("number"))
        rows = self._model.rows
        label = max((font.horizontalAdvance(row.name) for row in rows), default=0.0)
        value = max((font.horizontalAdvance(row.text) for row in rows), default=0.0)
        self._widths = label, value

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """One row."""
        look: Any = option
        label, value = self._widths
        focused = bool(look.state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(look.state & QStyle.StateFlag.State_MouseOver)
        paint_class_row(
            painter,
            QRectF(look.rect),
            self._model.rows[index.row()],
            min(label, 0.4 * look.rect.width()),
            value,
            theme.current(),
            selected=focused,
            hovered=hovered,
        )

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """One line."""
        return QSize(theme.current().px(160), theme.current().px(22))


class ClassList(QListView):
    """The classes; a click or Enter chooses one."""

    chosen = Signal(int)

    def __init__(self, model: ClassRows) -> None:
        super().__init__()
        self.setModel(model)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(lambda index: self.chosen.emit(model.rows[index.row()].index))
        self._rows = model

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space choose the current class."""
        current = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and current.isValid():
            self.chosen.emit(self._rows.rows[current.row()].index)
        else:
            super().keyPressEvent(event)
