"""The fields of the form: one kind of widget for each kind of parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt

from explorer.ops.parameters import Parameter, checked
from explorer.ui.parameters.choices import CheckBox, ComboBox
from explorer.ui.parameters.fields_of_several import Pair, Parts, Row
from explorer.ui.parameters.parameter_field import Field, row_of, shown
from explorer.ui.parameters.slider_scale import scale_of
from explorer.ui.texts import said


class OneNumber(Field):
    """A number, with a slider where its range has two ends."""

    def __init__(self, name: str, parameter: Parameter) -> None:
        super().__init__(name, parameter)
        row = row_of(self)
        self._scale = scale_of(parameter)
        self._bar = self._slider(self._scale) if self._scale else None
        self._text = self._number(digits=6)
        if self._bar and self._scale:
            row.addWidget(self._bar, 1)
            self._bar.moved.connect(self._moved)
            self._bar.stepped.connect(self._stepped)
        row.addWidget(self._text, 0 if self._bar else 1)
        self._text.entered.connect(lambda value: self._want(value, False))
        self._text.stepped.connect(self._stepped)

    def refresh(self) -> None:
        self._text.show_text(shown(self._value))
        if self._bar and self._scale:
            self._bar.show_place(self._scale.place(self._value))

    def _moved(self, place: int) -> None:
        self.cleared.emit()
        if self._scale and place != self._scale.place(self._value):
            self._want(self._scale.value(place), True)

    def _stepped(self, count: int) -> None:
        self.cleared.emit()
        if self._scale:
            self._want(self._scale.stepped(self._value, count), True)
        else:
            self._want(self._value + count, True)


class Flag(Field):
    """A check box with its label."""

    labelled = True

    def __init__(self, name: str, parameter: Parameter) -> None:
        super().__init__(name, parameter)
        row = row_of(self)
        self._box = CheckBox()
        self._box.setText(said(parameter.label))
        self._described(self._box)
        self._box.clicked.connect(self._clicked)
        row.addWidget(self._box)
        row.addStretch(1)

    def refresh(self) -> None:
        self._box.setChecked(self._value)

    def _clicked(self, checked: bool) -> None:
        self.cleared.emit()
        self._want(checked, False)
        self.refresh()


class Choice(Field):
    """A list of options."""

    def __init__(self, name: str, parameter: Parameter) -> None:
        super().__init__(name, parameter)
        row = row_of(self)
        self._box = ComboBox()
        self._described(self._box)
        for value, label in parameter.options:
            self._box.addItem("", value)
            self._label(self._box.count() - 1, said(label))
        self._box.activated.connect(self._activated)
        row.addWidget(self._box, 1)

    def _label(self, place: int, label: str) -> None:
        self._box.setItemText(place, label)
        self._box.setItemData(place, label, Qt.ItemDataRole.ToolTipRole)

    def show_called(self, option: str, name: str) -> None:
        """Call an option after an algorithm; "" for none, and then it is not offered."""
        values = [value for value, _ in self.parameter.options]
        place, wanted = self._box.findData(option), values.index(option)
        if place >= 0 and not name:
            self._box.removeItem(place)
        elif name and place < 0:
            self._box.insertItem(wanted, "", option)
        if name:
            self._label(wanted, name)

    def refresh(self) -> None:
        self._box.setCurrentIndex(self._box.findData(self._value))

    def _activated(self, place: int) -> None:
        self.cleared.emit()
        self._want(self._box.itemData(place), False)
        self.refresh()


class Algorithm(Field):
    """A derived fast filter, as text."""

    wide = True

    def __init__(self, name: str, parameter: Parameter) -> None:
        super().__init__(name, parameter)
        self._text = self._number(digits=0)
        self._text.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self._text.entered.connect(lambda value: self._want(value, False))
        row_of(self).addWidget(self._text, 1)

    def refresh(self) -> None:
        self._text.show_text(self._value)
        self._text.setCursorPosition(0)

    def _read(self, text: str) -> Any:
        return checked(self._name, self.parameter, text)


def field_of(name: str, parameter: Parameter) -> Field:
    """The field for a parameter."""
    kinds: dict[str, type[Field]] = {
        "integer": OneNumber,
        "real": OneNumber,
        "flag": Flag,
        "choice": Choice,
        "algorithm": Algorithm,
    }
    if parameter.kind in kinds:
        return kinds[parameter.kind](name, parameter)
    several: Sequence[type[Field]] = (Row, Parts, Pair)
    return several[min(parameter.length, 1) + (parameter.length == 2)](name, parameter)
