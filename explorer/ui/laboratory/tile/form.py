"""The choices above the map: layer, filter, channel, image, and the algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from explorer.model.digits import MINUS
from explorer.model.laboratory.tiles import OWN, point_sets, points_of
from explorer.ops.convolution_layer import Layer
from explorer.ui import theme
from explorer.ui.captioned import Text
from explorer.ui.laboratory.tile.choice import MOST_OUTPUTS, Choice
from explorer.ui.parameters.choices import ComboBox
from explorer.ui.weights.index_chooser import IndexChooser


class Form(QWidget):
    """Shows a choice, and says what is to be changed in it."""

    changed = Signal(dict)
    """Fields of the choice with their new values."""
    image_chosen = Signal(int)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        look = theme.current()
        self._layers = self._box("layer", self.tr("Convolution layer"))
        self._outputs = self._box("m", self.tr("Size of the algorithm: outputs and taps of a tile"))
        self._points = self._box("points", self.tr("Points of the algorithm"))
        self._filter = self._index("filter", self.tr("Filter"))
        self._channel = self._index("channel", self.tr("Channel"))
        self._image = self._index("image", self.tr("Image"))
        grid = QGridLayout(self)
        grid.setContentsMargins(look.px(14), look.px(12), look.px(14), look.px(6))
        grid.setHorizontalSpacing(look.px(10))
        grid.setVerticalSpacing(look.px(7))
        for row, (text, widget) in enumerate(
            ((self.tr("Layer"), self._layers), (self.tr("Algorithm"), self._outputs), (self.tr("Points"), self._points))
        ):
            grid.addWidget(Text(text, "small", muted=True), row, 0)
            grid.addWidget(widget, row, 1)
        few = QHBoxLayout()
        few.setSpacing(look.px(12))
        for chooser in (self._filter, self._channel):
            few.addWidget(chooser)
        few.addStretch()
        grid.addLayout(few, 3, 0, 1, 2)
        grid.addWidget(self._image, 4, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(1, 1)
        self._layers.activated.connect(lambda at: self.changed.emit({"layer": self._layers.itemData(at)}))
        self._outputs.activated.connect(lambda at: self.changed.emit({"m": self._outputs.itemData(at)}))
        self._points.activated.connect(lambda at: self.changed.emit({"points": self._points.itemData(at)}))
        self._filter.chosen.connect(lambda index: self.changed.emit({"filter": index}))
        self._channel.chosen.connect(lambda index: self.changed.emit({"channel": index}))
        self._image.chosen.connect(self.image_chosen)

    def _box(self, name: str, accessible: str) -> ComboBox:
        made = ComboBox()
        made.setObjectName(f"tile.{name}")
        made.setAccessibleName(accessible)
        made.setToolTip(accessible)
        return made

    def _index(self, name: str, title: str) -> IndexChooser:
        made = IndexChooser(f"tile.{name}")
        previous, following = self.tr("{0}: previous"), self.tr("{0}: next")
        made.show_texts(title, previous.format(title), following.format(title))
        made.refused.connect(self.refused)
        return made

    def show_choice(
        self, choice: Choice, layer: Layer, layers: Sequence[tuple[str, str]], channels: int, image: int, images: int
    ) -> None:
        """The choice; `layers` are (id, title) of all, `channels` those of a filter, `image` one of the `images`."""
        _fill(self._layers, [(title, id) for id, title in layers], choice.layer)
        own = choice.points == OWN
        m = choice.outputs(layer)
        sizes = [m] if own else [(each, each) for each in range(1, MOST_OUTPUTS + 1)]
        rows, columns = layer.kernel
        _fill(self._outputs, [(f"F({a} × {b}, {rows} × {columns})", a) for a, b in sizes], m[0])
        self._outputs.setEnabled(not own)
        names = self._names()
        known = point_sets(layer, choice.m)
        sets = [
            (names[each] if each == OWN else f"{names[each]} · {_points(layer, m[0], each)}", each) for each in known
        ]
        _fill(self._points, sets, choice.points)
        self._filter.show_index(choice.filter, layer.filters)
        self._channel.show_index(choice.channel, channels)
        self._image.show_index(image, images)
        self._channel.setVisible(channels > 1)
        self._image.setVisible(images > 1)

    def _names(self) -> dict[str, str]:
        return {
            OWN: self.tr("The layer's own"),
            "usual": self.tr("Usual"),
            "accurate": self.tr("Least error"),
            "wincnn": self.tr("As in wincnn"),
            "whole": self.tr("Whole numbers"),
        }


def _points(layer: Layer, m: int, points: str) -> str:
    """The points of a set, for the longer side of the kernel."""
    found = points_of(m, max(layer.kernel), points)
    return " ".join(str(each).replace("-", MINUS).replace("inf", "∞") for each in found)


def _fill(box: ComboBox, options: Sequence[tuple[str, Any]], chosen: Any) -> None:
    known = [(box.itemText(at), box.itemData(at)) for at in range(box.count())]
    if known != list(options):
        box.clear()
        for text, value in options:
            box.addItem(text, value)
            box.setItemData(box.count() - 1, text, Qt.ItemDataRole.ToolTipRole)
    box.setCurrentIndex(box.findData(chosen))
