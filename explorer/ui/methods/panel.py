"""The panel of a layer that can be computed by several methods."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.model.document import Node
from explorer.ui.captioned import Text, button


class MethodsPanel(QWidget):
    """Shown where the layer that is looked at has a choice of methods."""

    derivation_wanted = Signal()
    """Show how the algorithm of the layer is derived."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("methods")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        nothing = self.tr("Choose a convolution to compare the methods that can compute it.")
        self._nothing = Text(nothing, "small", muted=True, wrap=True)
        column.addWidget(self._nothing)
        tip = self.tr("Show the derivation of the layer's fast filter, step by step")
        self._derivation = button(self.tr("How was this derived?"), "methods.derivation", tip, role="quiet")
        self._derivation.clicked.connect(self.derivation_wanted)
        column.addWidget(self._derivation, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.show_node(None)

    def show_node(self, node: Node | None) -> None:
        """Show a layer; nothing for one without a choice."""
        method = getattr(node.params, "method", None) if node is not None else None
        self._nothing.setVisible(method is None)
        self._derivation.setVisible(method in ("winograd", "derived"))
