"""The probabilities of the classes, the target among them, and the cross-entropy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from explorer.model.digits import number
from explorer.ui import theme
from explorer.ui.captioned import Text, button
from explorer.ui.results.class_list import FEW, ClassList, ClassRow, ClassRowPainter, ClassRows, class_rows

_LISTED = 12


class SoftmaxPanel(QWidget):
    """Bars of the most probable classes, or of all, and the loss against a target.

    Signals: `target_chosen` with the class that a person clicked or chose in the list of targets.
    """

    target_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("softmax")
        self.setAccessibleName(self.tr("Probabilities of the classes"))
        self._probabilities: NDArray[Any] = np.zeros(0)
        self._loss: float | None = None
        self._target: int | None = None
        self._names: tuple[str, ...] = ()
        self._listed: tuple[int, tuple[str, ...]] = (0, ())
        self._rows = ClassRows()
        self._painter = ClassRowPainter(self._rows)
        self._build()
        self._restyle()
        self.show_nothing(self.tr("No probabilities yet."))

    def _build(self) -> None:
        self._target_box = QComboBox()
        self._target_box.setObjectName("softmax.target")
        self._target_box.setAccessibleName(self.tr("Target"))
        self._target_box.setToolTip(self.tr("The right class, which the loss is measured against"))
        self._target_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._target_box.setMinimumContentsLength(9)
        self._target_box.activated.connect(self.target_chosen)
        self._list = ClassList(self._rows)
        self._list.setObjectName("softmax.classes")
        self._list.setAccessibleName(self.tr("Classes by probability"))
        self._list.setItemDelegate(self._painter)
        self._list.chosen.connect(self.target_chosen)
        self._all = button("", "softmax.all", self.tr("List every class, or the most probable ones"), role="quiet")
        self._order = button(
            self.tr("By class"),
            "softmax.by_class",
            self.tr("Order by class, so that a row keeps its place, or by probability"),
            role="quiet",
        )
        self._all.setAccessibleName(self.tr("Every class"))
        for toggle in (self._all, self._order):
            toggle.setCheckable(True)
            toggle.toggled.connect(self._show_rows)
        self._loss_text = Text(font="number")
        self._loss_text.setObjectName("softmax.loss")
        self._loss_text.setAccessibleName(self.tr("Cross-entropy"))
        self._trouble = QLabel()
        self._trouble.setObjectName("softmax.trouble")
        self._trouble.setProperty("role", "bad")
        self._trouble.setWordWrap(True)
        head, foot, loss = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        head.addWidget(Text(self.tr("Softmax"), "caption"))
        head.addStretch(1)
        target = Text(self.tr("Target"), "small", muted=True)
        target.setBuddy(self._target_box)
        head.addWidget(target)
        head.addWidget(self._target_box)
        loss.addWidget(Text(self.tr("cross-entropy"), "small", muted=True))
        loss.addStretch(1)
        loss.addWidget(self._loss_text)
        foot.addWidget(self._all)
        foot.addWidget(self._order)
        foot.addStretch(1)
        self._classes = QWidget()
        column = QVBoxLayout(self._classes)
        column.addLayout(head)
        column.addWidget(self._list)
        column.addWidget(self._trouble)
        column.addLayout(loss)
        column.addLayout(foot)
        column.addStretch(1)
        self._nothing = Text(muted=True, wrap=True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._nothing)
        self._pages.addWidget(self._classes)
        self._list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._column, self._rest = column, (head, foot, loss)

    def show_softmax(
        self, probabilities: NDArray[Any], loss: float | None, target: int | None, names: tuple[str, ...]
    ) -> None:
        """The probabilities (K,) of one picture, the loss against `target`, and the names of the classes or ()."""
        self._probabilities = np.array(probabilities, np.float64).ravel()
        count = self._probabilities.size
        self._loss, self._names = loss, names
        self._target = target if target is not None and 0 <= target < count else None
        if not count:
            self.show_nothing(self.tr("There is no class."))
            return
        if self._listed != (count, names):
            self._listed = count, names
            self._target_box.clear()
            self._target_box.addItems(
                [f"{k} · {names[k]}" if k < len(names) and names[k] else str(k) for k in range(count)]
            )
        self._target_box.setCurrentIndex(-1 if self._target is None else self._target)
        self._pages.setCurrentWidget(self._classes)
        self._show_rows()

    def show_nothing(self, reason: str) -> None:
        """A sentence where there are no probabilities."""
        self._nothing.setText(reason)
        self.setAccessibleDescription(reason)
        self._pages.setCurrentWidget(self._nothing)

    def shown(self) -> tuple[ClassRow, ...]:
        """The rows from top to bottom."""
        return tuple(self._rows.rows)

    def _show_rows(self) -> None:
        look, count = theme.current(), self._probabilities.size
        self._rows.show_rows(
            class_rows(
                self._probabilities,
                self._names,
                self._target,
                every=self._all.isChecked(),
                by_class=self._order.isChecked(),
            )
        )
        self._painter.measure()
        self._list.setFixedHeight(min(len(self._rows.rows), _LISTED) * look.px(22) + 2)
        self._list.viewport().update()
        self._all.setVisible(count > FEW)
        self._all.setText(self.tr("All {count}").format(count=count))
        bad = int(np.count_nonzero(~np.isfinite(self._probabilities)))
        self._trouble.setVisible(bad > 0)
        self._trouble.setText(self.tr("{bad} of {count} probabilities are not numbers").format(bad=bad, count=count))
        self._loss_text.setText("–" if self._loss is None else number(self._loss))
        self._loss_text.setToolTip("" if self._loss is None else repr(self._loss))
        best = max(self._rows.rows, key=lambda row: -math.inf if math.isnan(row.probability) else row.probability)
        told = self.tr("most probable: {name} with {value}; cross-entropy {loss}")
        self.setAccessibleDescription(told.format(name=best.name, value=best.text, loss=self._loss_text.text()))

    def _restyle(self) -> None:
        look = theme.current()
        self._pages.setContentsMargins(0, 0, 0, 0)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(look.px(6))
        for row in self._rest:
            row.setSpacing(look.px(6))
        self._trouble.setFont(look.font("small"))
        if self._probabilities.size:
            self._show_rows()

    def changeEvent(self, event: QEvent) -> None:
        """A new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_rest"):
            self._restyle()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy the numbers."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Copy numbers"), self.copy_numbers)
        menu.exec(event.globalPos())

    def copy_numbers(self) -> None:
        """Every class and its probability in full to the clipboard, tab separated."""
        rows = class_rows(self._probabilities, self._names, self._target, every=True, by_class=True)
        QGuiApplication.clipboard().setText("\n".join(f"{row.name}\t{row.probability!r}" for row in rows))
