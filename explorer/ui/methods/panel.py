"""The panel of a layer that can be computed by several methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.model.document import Node
from explorer.model.methods import current, has_methods
from explorer.ops.op import Shapes
from explorer.ui import theme
from explorer.ui.captioned import Text, button
from explorer.ui.methods.lines import crossovers_text, lines
from explorer.ui.methods.table import MethodTable

if TYPE_CHECKING:
    from explorer.model.laboratory.methods import Row


class MethodsPanel(QWidget):
    """Shown where the layer that is looked at has a choice of methods. What it shows is made when it is seen."""

    chosen = Signal(object)
    """Compute the layer in this way."""
    measure_wanted = Signal()
    derivation_wanted = Signal()
    """Show how the algorithm of the layer is derived."""
    calibration_wanted = Signal()
    """Measure from where on a method is quicker on this machine."""
    seen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._node: Node | None = None
        self._inputs: Shapes | None = None
        self._rows: Sequence[Row] = ()
        self._stale = False
        self._looked_at = False
        self._calibrated = ""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._show_now)
        self.setObjectName("methods")
        now = theme.current()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(now.px(4))
        nothing = self.tr("Choose a convolution to compare the methods that can compute it.")
        self._nothing = Text(nothing, "small", muted=True, wrap=True)
        column.addWidget(self._nothing)
        self.table = MethodTable()
        self.table.chosen.connect(self.chosen)
        self.table.looked_at.connect(self._show_details)
        column.addWidget(self.table)
        self._details = Text("", "small", muted=True, wrap=True)
        self._details.setObjectName("methods.details")
        self._details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self._details)
        tip = self.tr("Run every method on the present image and weights, and compare it with float64")
        self._measure = button(self.tr("Measure"), "methods.measure", tip, role="quiet")
        self._measure.clicked.connect(self.measure_wanted)
        tip = self.tr("Show the derivation of the layer's fast filter, step by step")
        self._derivation = button(self.tr("How was this derived?"), "methods.derivation", tip, role="quiet")
        self._derivation.clicked.connect(self.derivation_wanted)
        tip = self.tr("Measure for a few seconds from where on each method is quicker here: “Auto” goes by that")
        self._calibrate = button(self.tr("Measure this machine"), "methods.calibrate", tip, role="quiet")
        self._calibrate.clicked.connect(self.calibration_wanted)
        row = QHBoxLayout()
        row.addWidget(self._measure)
        row.addWidget(self._derivation)
        row.addWidget(self._calibrate)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        self._refresh()

    def show_node(self, node: Node | None, inputs: Shapes | None) -> None:
        """Show a layer and the shapes that come into it; nothing for one without a choice."""
        self._node, self._inputs = node, inputs
        self._refresh()

    def show_rows(self, rows: Sequence[Row], *, stale: bool) -> None:
        """What was measured; `stale` where it was of other settings."""
        self._rows, self._stale = rows, stale
        self._refresh()

    def show_progress(self, done: int, total: int) -> None:
        """How far a measurement is; nothing for none."""
        told = self.tr("Measuring {0} %").format(100 * done // total) if total else self.tr("Measure")
        self._measure.setText(told)
        self._measure.setEnabled(not total)

    def show_calibrated(self, day: str) -> None:
        """When the crossovers that "auto" goes by were measured; "" for those that come with the program."""
        self._calibrated = day
        self._refresh()
        self._show_details()

    def show_calibrating(self, running: bool) -> None:
        """Whether the machine is being measured."""
        self._calibrate.setEnabled(not running)

    def show_refusal(self, reason: str) -> None:
        """Why it could not be measured."""
        self._details.setText(reason)

    def _refresh(self) -> None:
        node = self._node
        able = node is not None and has_methods(node.params) and node.enabled
        for widget in (self.table, self._details, self._measure):
            widget.setVisible(able)
        self._nothing.setVisible(not able)
        used = current(node.params) if able and node is not None else None
        operation = node.operation if node is not None else None
        if used is not None and node is not None and operation is not None and self._looked_at:
            self.table.show_lines(lines(operation, node.params, self._inputs, self._rows), stale=self._stale)
        self._show_details()

    def _show_details(self) -> None:
        line = self.table.line
        automatic = line is not None and line.way.method == "auto" and self._looked_at
        about = crossovers_text(self._calibrated) if automatic else ""
        self._details.setText(" ".join(filter(None, (line.details if line is not None else "", about))))
        # One of the two has room beside the first button.
        used = current(self._node.params) if self.table.isVisibleTo(self) and self._node is not None else None
        self._calibrate.setVisible(used is not None and automatic)
        self._derivation.setVisible(used is not None and used.method in ("winograd", "derived") and not automatic)

    @property
    def looked_at(self) -> bool:
        """Whether the panel can be seen: a dock behind another one is visible to Qt, too."""
        return self._looked_at

    def show_looked_at(self, looked_at: bool) -> None:
        """Make what was not made while nobody looked, once: docks that are put in place hide and show each other."""
        self._looked_at = looked_at
        self._soon.start()

    def _show_now(self) -> None:
        if self._looked_at:
            self._refresh()
            self.seen.emit()
