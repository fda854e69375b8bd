"""The page of the workspace: its three columns, and where the parts of it stand."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QToolButton, QVBoxLayout, QWidget

from explorer.ui import theme
from explorer.ui.captioned import Text, button, head
from explorer.ui.derive.costs import CostPanel
from explorer.ui.derive.form import Form
from explorer.ui.derive.outline import Outline
from explorer.ui.derive.results import Results
from explorer.ui.derive.sheet import Sheet
from explorer.ui.transport.bar import Transport
from explorer.ui.transport.played import PlayedPage


class Page(PlayedPage):
    """Problem and steps at the left, the sheet in the middle, results at the right."""

    recoloured = Signal()

    def __init__(self) -> None:
        super().__init__("derive")
        self.form = Form()
        self.outline = Outline()
        self.sheet = Sheet()
        self.transport = Transport("derive", self._title)
        tip = self.tr("Copy this step as LaTeX (Ctrl+Shift+C)")
        self.latex = button(self.tr("Copy LaTeX"), "derive.copy_latex", tip)
        self.latex.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.transport.add(self.latex)
        self.results = Results()
        self.costs = CostPanel()
        self.costs.hide()
        self.results.add(self.costs)
        self._count = Text("", "small number", muted=True)
        self._count.setObjectName("derive.count")
        self.deep = QToolButton()
        self.deep.setObjectName("derive.deep")
        self.deep.setCheckable(True)
        self.deep.setProperty("role", "link")
        self.deep.setText(self.tr("All steps"))
        self.deep.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.deep.setAccessibleName(self.tr("All steps"))
        self.deep.setToolTip(self.tr("Show the steps that work others out in detail, too (D)"))
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.setObjectName("derive.columns")
        columns.setHandleWidth(1)
        columns.setChildrenCollapsible(False)
        for each in (self._left(), self._middle(), self._right()):
            columns.addWidget(each)
        columns.setStretchFactor(1, 1)
        now = theme.current()
        columns.setSizes([now.px(270), now.px(1030), now.px(300)])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(columns)

    def _title(self, number: int) -> str:
        titles = self.outline.titles
        return titles[number] if number < len(titles) else ""

    def _left(self) -> QWidget:
        now = theme.current()
        side = QFrame()
        side.setProperty("role", "panel")
        side.setMinimumWidth(now.px(230))
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, now.px(6))
        column.setSpacing(0)
        column.addWidget(self.form)
        column.addWidget(head(self.tr("Steps"), self.deep, self._count))
        inner = QHBoxLayout()
        inner.setContentsMargins(now.px(12), now.px(2), now.px(8), 0)
        inner.addWidget(self.outline)
        column.addLayout(inner, 1)
        return side

    def _middle(self) -> QWidget:
        now = theme.current()
        middle = QWidget()
        middle.setProperty("role", "ground")
        middle.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        middle.setMinimumWidth(now.px(420))
        card = QFrame()
        card.setProperty("role", "card")
        inner = QVBoxLayout(card)
        inner.setContentsMargins(now.px(2), now.px(2), now.px(2), now.px(2))
        inner.addWidget(self.sheet)
        column = QVBoxLayout(middle)
        column.setContentsMargins(now.px(16), now.px(14), now.px(16), now.px(12))
        column.setSpacing(now.px(12))
        column.addWidget(card, 1)
        column.addWidget(self.transport)
        return middle

    def _right(self) -> QWidget:
        side = QFrame()
        side.setProperty("role", "panel")
        side.setMinimumWidth(theme.current().px(240))
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.results)
        return side

    def show_count(self, number: int, count: int) -> None:
        """Which step of how many."""
        self._count.setText(f"{number} / {count}")

    def changeEvent(self, event: QEvent) -> None:
        """Mathematics in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.recoloured.emit()
