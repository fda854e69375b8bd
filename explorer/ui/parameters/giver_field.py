"""Where a side input of a layer comes from, as a row of the form."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel

from explorer.ops.parameters import Parameter
from explorer.ui.parameters.choices import ComboBox
from explorer.ui.parameters.parameter_field import Field, row_of


@dataclass(frozen=True, slots=True)
class GiverOption:
    """A layer, or the picture, that could give a side input; `reason` says why it does not fit."""

    id: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class GiverChoice:
    """A side input (`port` is the first of those that are taken together) and what can give it, all translated."""

    port: str
    label: str
    hint: str
    taken: str
    options: tuple[GiverOption, ...]


class GiverField(Field):
    """A list of the earlier layers; those that do not fit cannot be chosen and say why."""

    def __init__(self, name: str, choice: GiverChoice) -> None:
        super().__init__(name, Parameter("choice", choice.label, hint=choice.hint))
        self._options: tuple[GiverOption, ...] = ()
        self._box = ComboBox()
        self._described(self._box)
        self._box.activated.connect(self._activated)
        row_of(self).addWidget(self._box, 1)
        self.show_choice(choice)

    def show_choice(self, choice: GiverChoice) -> None:
        """Show what can give the input now, and what does."""
        if choice.options != self._options:
            self._options = choice.options
            self._box.clear()
            model = self._box.model()
            assert isinstance(model, QStandardItemModel)
            for place, option in enumerate(choice.options):
                self._box.addItem(option.text, option.id)
                tip = "\n".join(filter(None, (option.text, option.reason)))
                self._box.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
                model.item(place).setEnabled(not option.reason)
        self.show_value(choice.taken)
        self.refresh()

    def refresh(self) -> None:
        self._box.setCurrentIndex(self._box.findData(self._value))

    def _activated(self, place: int) -> None:
        self.cleared.emit()
        wanted = self._box.itemData(place)
        if wanted != self._value:
            self.edited.emit(wanted, False)
        self.refresh()
