"""The editor of a layer's weights: which one, which kernel and channel of it, and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from explorer.model.document import Node
from explorer.ops.op import Array, Weights
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.captioned import Elided, Text, menu_button
from explorer.ui.parameters import typed_numbers
from explorer.ui.parameters.choices import ComboBox
from explorer.ui.parameters.form import reason_label
from explorer.ui.parameters.number_field import NumberField
from explorer.ui.texts import said
from explorer.ui.weights.index_chooser import IndexChooser
from explorer.ui.weights.kernel_grid import KernelGrid
from explorer.ui.weights.weight_buttons import WeightButtons
from explorer.ui.weights.weight_view import WeightView, evenly, flipped, preset_of, summing_to_one

_WHICH_WIDTH = 100
"""Of the list of the weights: a letter or a word such as gamma."""


class WeightsEditor(QWidget):
    """Shows the weights that a layer runs with, and says what the person wants in their place."""

    value_changed = Signal(str, tuple, float, bool)
    array_changed = Signal(str, object)
    drag_ended = Signal()
    drawn_again = Signal(object)
    """A new seed, or None to give up what was edited."""
    kernel_selected = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("weights")
        self._node: Node | None = None
        self._weights: Weights = {}
        self._gradients: Mapping[str, Array] = {}
        self._labels: tuple[str, ...] = ()
        self._presets: Mapping[str, Array] = {}
        self._view = self._shown = WeightView("", np.zeros(0))
        """What is edited, and what is seen: the weights or their gradients."""
        unit = theme.current().px
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit(8))
        self._empty = Text("", "small", muted=True, wrap=True)
        layout.addWidget(self._empty)
        self._body = QWidget()
        layout.addWidget(self._body)
        self._layout = QVBoxLayout(self._body)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(unit(8))
        self._build_choosers()
        self._build_grid()
        self._buttons = WeightButtons()
        self._buttons.asked.connect(self._asked)
        self._buttons.widened.connect(self._refresh)
        self._layout.addWidget(self._buttons)
        self._refusal = reason_label("weights.refusal")
        self._layout.addWidget(self._refusal)
        self._texts()
        self.show_weights(None, None, (), {}, None)

    def _build_choosers(self) -> None:
        unit = theme.current().px
        self._which = ComboBox()
        self._which.setFixedWidth(unit(_WHICH_WIDTH))
        self._which.setObjectName("weights.which")
        self._which.activated.connect(lambda place: self._show_weight(self._which.itemData(place)))
        self._slopes = QPushButton("∂L/∂w")
        self._slopes.setObjectName("weights.gradient")
        self._slopes.setCheckable(True)
        self._slopes.clicked.connect(self._refresh)
        self._kernel = IndexChooser("weights.kernel")
        self._kernel.chosen.connect(self._kernel_chosen)
        self._channel = IndexChooser("weights.channel")
        self._channel.chosen.connect(self._channel_chosen)
        for chooser in (self._kernel, self._channel):
            chooser.refused.connect(self._refuse)
        for left, right in ((self._which, self._kernel), (self._slopes, self._channel)):
            row = QHBoxLayout()
            row.setSpacing(unit(8))
            row.addWidget(left)
            row.addStretch(1)
            row.addWidget(right)
            self._layout.addLayout(row)

    def _build_grid(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(theme.current().px(8))
        self._caption = Elided("", "caption")
        self._preset = menu_button("", "weights.preset", "")
        self._preset.setProperty("role", "quiet")
        self._menu = QMenu(self._preset)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._preset.setMenu(self._menu)
        head.addWidget(self._caption, 1)
        head.addWidget(self._preset)
        self._layout.addLayout(head)
        self._grid = KernelGrid()
        self._grid.cell_changed.connect(self._cell_changed)
        self._grid.drag_ended.connect(self.drag_ended)
        self._grid.current_changed.connect(self._show_cell)
        self._grid.refused.connect(self._refuse)
        self._grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._grid.customContextMenuRequested.connect(self._context_menu)
        self._layout.addWidget(self._grid)
        row = QHBoxLayout()
        row.setSpacing(theme.current().px(6))
        self._place = Text("", "small number", muted=True)
        self._value = NumberField(typed_numbers.number, 12)
        self._value.setObjectName("weights.value")
        self._value.entered.connect(lambda value: self._cell_changed(*self._grid.current, value, False))
        self._value.stepped.connect(self._cell_stepped)
        self._value.released.connect(self.drag_ended)
        self._value.refused.connect(self._refuse)
        self._value.cleared.connect(lambda: self._refuse(""))
        row.addWidget(self._place, 1)
        row.addWidget(self._value)
        self._layout.addLayout(row)

    def show_weights(
        self,
        node: Node | None,
        weights: Weights | None,
        labels: tuple[str, ...],
        presets: Mapping[str, Array],
        gradients: Mapping[str, Array] | None,
    ) -> None:
        """Show the weights of a layer.

        labels     a name for each output map; presets: 2-D kernels by name; gradients: ∂L/∂w by weight, or None
        """
        other = node is None or self._node is None or node.id != self._node.id
        self._node, self._labels, self._presets = node, labels, presets
        self._weights, self._gradients = weights or {}, gradients or {}
        there = bool(node and self._weights)
        self._body.setVisible(there)
        self._empty.setVisible(not there)
        if not there:
            self._view = self._shown = WeightView("", np.zeros(0))
            return
        names = list(self._weights)
        if names != [self._which.itemData(place) for place in range(self._which.count())]:
            self._which.clear()
            for name in names:
                self._which.addItem(name, name)
        name = names[0] if other or self._view.name not in self._weights else self._view.name
        view = WeightView(name, self._weights[name])
        if other:
            self._buttons.narrow()
            self._slopes.setChecked(False)
            self._refuse("")
        else:
            view = view.at(self._view.kernel, self._view.channel)
        self._which.setCurrentIndex(names.index(name))
        changed = other or self._view.array is not view.array
        self._view = view
        if changed:
            self._refuse("")
        self._refresh()

    def select_kernel(self, kernel: int) -> None:
        """Show another kernel; says nothing."""
        self._view = self._view.at(kernel, self._view.channel)
        self._refresh()

    def refuse(self, reason: str) -> None:
        """Say why the last change was not taken, and show the document's weights."""
        self._refresh()
        self._refuse(reason)

    def _show_weight(self, name: str) -> None:
        self._view = WeightView(name, self._weights[name]).at(self._view.kernel, 0)
        self._refuse("")
        self._refresh()

    def _refresh(self) -> None:
        """Everything that depends on which numbers are shown."""
        view = self._view
        if not self._weights:
            return
        slope = self._gradients.get(view.name)
        if slope is None or slope.shape != view.array.shape:
            slope = None
            self._slopes.setChecked(False)
        self._slopes.setVisible(slope is not None)
        reads = slope is not None and self._slopes.isChecked()
        self._which.setVisible(len(self._weights) > 1)
        for chooser, index, count in (
            (self._kernel, view.kernel, view.kernels),
            (self._channel, view.channel, view.channels),
        ):
            chooser.show_index(index, count)
            chooser.setVisible(count > 1)
        shown = WeightView(view.name, slope).at(view.kernel, view.channel) if reads and slope is not None else view
        self._shown = shown
        self._grid.show_values(shown.matrix, editable=not reads, count=shown.count, wide=view.is_list)
        self._preset.setVisible(view.is_kernel and bool(self._presets) and not reads)
        self._show_captions(reads)
        edited = bool(self._node and self._node.weights)
        self._buttons.show_state(editable=not reads, kernel=view.is_kernel, channels=view.channels, edited=edited)
        self._show_cell(*self._grid.current)

    def _show_captions(self, reads: bool) -> None:
        view = self._view
        named = view.array.shape[0] == len(self._labels) if view.array.ndim else False
        label = said(self._labels[view.kernel]) if named and not view.is_list else ""
        title = self.tr("Kernel {number}").format(number=view.kernel) if view.is_kernel else self._size()
        if reads:
            title = self.tr("Gradient · {title}").format(title=title)
        self._caption.setText(f"{title} · {label}" if label else title)
        preset = preset_of(view, self._presets)
        self._preset.setText(f"{said(preset) if preset else self.tr('Presets')} ▾")
        self._grid.setAccessibleName(self._caption.text_whole())

    def _size(self) -> str:
        if self._view.is_list:
            return self.tr("{count} numbers").format(count=self._view.count)
        height, width = self._view.matrix.shape
        return self.tr("{height} × {width} numbers").format(height=height, width=width)

    def _show_cell(self, row: int, column: int) -> None:
        view = self._view
        if not view.array.size:
            return
        index = view.index(row, column)
        self._place.setText(f"{view.name}[{', '.join(map(str, index))}]")
        self._value.show_text(typed_numbers.written(self._shown.array[index]).replace("-", "−"))
        self._value.setReadOnly(self._slopes.isChecked())

    def _kernel_chosen(self, kernel: int) -> None:
        self._view = self._view.at(kernel, self._view.channel)
        self._refuse("")
        self._refresh()
        self.kernel_selected.emit(kernel)

    def _channel_chosen(self, channel: int) -> None:
        self._view = self._view.at(self._view.kernel, channel)
        self._refuse("")
        self._refresh()

    def _cell_changed(self, row: int, column: int, value: float, dragging: bool) -> None:
        self._refuse("")
        self.value_changed.emit(self._view.name, self._view.index(row, column), value, dragging)

    def _cell_stepped(self, count: int) -> None:
        row, column = self._grid.current
        value = float(self._view.array[self._view.index(row, column)]) + count * self._grid.step()
        self._cell_changed(row, column, float(f"{value:.6g}"), True)

    def _replace(self, part: Array) -> None:
        """Hand on the weight with `part` in place of what the buttons act on."""
        self._refuse("")
        self.array_changed.emit(self._view.name, self._view.replaced(part, whole=self._buttons.all_channels))

    def _asked(self, what: str) -> None:
        part = self._view.part(whole=self._buttons.all_channels)
        try:
            match what:
                case "zero":
                    self._replace(np.zeros_like(part))
                case "normalise":
                    self._replace(summing_to_one(part))
                case "flip":
                    self._replace(flipped(part))
                case "random" if self._node:
                    self.drawn_again.emit(self._node.seed + 1)
                case "drawn":
                    self.drawn_again.emit(None)
                case "copy":
                    QGuiApplication.clipboard().setText(self._shown.text())
                case "paste":
                    self._put(self._view.read(QGuiApplication.clipboard().text()))
        except Refusal as refusal:
            self._refuse(said(refusal))

    def _fill_menu(self) -> None:
        self._menu.clear()
        for name, kernel in self._presets.items():
            if kernel.shape == self._view.matrix.shape:
                self._menu.addAction(said(name), partial(self._put, kernel))

    def _put(self, kernel: Array) -> None:
        self._replace(evenly(kernel, self._view.channels) if self._buttons.all_channels else kernel)

    def _context_menu(self, place: QPoint) -> None:
        self._buttons.popup(self._grid.viewport().mapToGlobal(place))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self._asked("copy")
        elif event.matches(QKeySequence.StandardKey.Paste) and not self._slopes.isChecked():
            self._asked("paste")
        else:
            super().keyPressEvent(event)

    def _refuse(self, reason: str) -> None:
        if self._refusal.text() != reason:
            self._refusal.setText(reason)
        if self._refusal.isHidden() == bool(reason):
            self._refusal.setVisible(bool(reason))

    def _texts(self) -> None:
        self.setAccessibleName(self.tr("Weights of the layer"))
        self._empty.setText(self.tr("This layer has no weights."))
        self._kernel.show_texts(self.tr("Kernel"), self.tr("Previous kernel"), self.tr("Next kernel"))
        self._channel.show_texts(self.tr("Channel"), self.tr("Previous channel"), self.tr("Next channel"))
        grid = self.tr("Click a cell and type; drag it up or down, or Ctrl+Up and Ctrl+Down, to change it by steps")
        texts: Any = (
            (self._which, "", self.tr("Which of the weights is shown")),
            (self._slopes, "∂L/∂w", self.tr("Show the gradient of the loss by these weights")),
            (self._preset, None, self.tr("Put a known kernel here")),
            (self._grid, None, grid),
            (self._value, None, self.tr("The number of the outlined cell; fractions such as 1/9 are read too")),
        )
        for widget, text, tip in texts:
            if isinstance(widget, (QPushButton, QToolButton)) and text is not None:
                widget.setText(text)
            if isinstance(widget, NumberField):
                widget.set_hint(tip)
            else:
                widget.setToolTip(tip)
            widget.setAccessibleName(text or tip)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._texts()
            self._refresh()
