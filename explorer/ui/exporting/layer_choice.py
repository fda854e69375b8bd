"""The list of layers to tick in the export dialog."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from explorer.model.document import Document, Node
from explorer.model.exporting import Wanted
from explorer.model.plan import Plan
from explorer.ui import theme
from explorer.ui.captioned import Text, button
from explorer.ui.parameters.choices import CheckBox
from explorer.ui.texts import said


class LayerChoice(QWidget):
    """Layers with their shapes; those that cannot run say why and cannot be ticked."""

    changed = Signal()

    def __init__(self, document: Document, plan: Plan) -> None:
        super().__init__()
        now = theme.current()
        self._able = [node for node in document if plan.reason(node.id) is None]
        self._all = len(self._able) == len(document.nodes)
        self._outputs = {node.id for node in Wanted(outputs_only=True).nodes(document)}
        self._boxes: dict[str, CheckBox] = {}
        content = QWidget()
        self._grid = QGridLayout(content)
        self._grid.setContentsMargins(now.px(12), now.px(8), now.px(12), now.px(8))
        self._grid.setVerticalSpacing(now.px(4))
        self._grid.setColumnStretch(0, 1)
        for line, node in enumerate(document):
            self._add(line, node, plan)
        self._grid.setRowStretch(len(document.nodes), 1)
        area = QScrollArea()
        area.setObjectName("export.layers")
        area.setAccessibleName(self.tr("Layers"))
        area.setProperty("role", "card")
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        area.setWidgetResizable(True)
        content.setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(now.px(6))
        column.addLayout(self._head())
        column.addWidget(area, 1)

    def names(self) -> tuple[str, ...] | None:
        """The ticked layers, or None for all that there are."""
        ticked = tuple(node.name for node in self._able if self._boxes[node.id].isChecked())
        return None if ticked and self._all and len(ticked) == len(self._able) else ticked

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(theme.current().px(2))
        head.addWidget(Text(self.tr("Layers"), "caption"))
        head.addStretch(1)
        choices: tuple[tuple[str, str, str, Callable[[Node], bool]], ...] = (
            ("all", self.tr("All"), self.tr("Every layer"), lambda node: True),
            ("none", self.tr("None"), self.tr("No layer"), lambda node: False),
            ("outputs", self.tr("Outputs"), self.tr("Layers that no other layer takes anything from"),
             lambda node: node.id in self._outputs),
        )  # fmt: skip
        for name, text, tip, chosen in choices:
            each = button(text, f"export.layers.{name}", tip, role="quiet")
            each.setAutoDefault(False)
            each.clicked.connect(lambda _checked=False, chosen=chosen: self._tick(chosen))
            head.addWidget(each)
        return head

    def _add(self, line: int, node: Node, plan: Plan) -> None:
        planned = plan.layers.get(node.id)
        reason = plan.reason(node.id)
        shape = " × ".join(map(str, planned.outputs[0][1:])) if planned else "—"
        box = self._boxes[node.id] = CheckBox()
        box.setText(node.name.replace("&", "&&"))
        box.setObjectName(f"export.layer.{node.id}")
        box.setAccessibleName(f"{node.name}, {shape}")
        box.setToolTip(said(reason) if reason else node.name)
        box.setMinimumWidth(1)
        box.setChecked(reason is None)
        box.setEnabled(reason is None)
        box.toggled.connect(lambda _: self.changed.emit())
        self._grid.addWidget(box, line, 0)
        self._grid.addWidget(Text(shape, "small number", muted=True), line, 1, Qt.AlignmentFlag.AlignRight)

    def _tick(self, chosen: Callable[[Node], bool]) -> None:
        for node in self._able:
            box = self._boxes[node.id]
            box.blockSignals(True)
            box.setChecked(chosen(node))
            box.blockSignals(False)
        self.changed.emit()
