"""Fields for parameters of several numbers: a pair of sides, a few named ones, or a row of any length."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout

from explorer.ops.parameters import Parameter, checked
from explorer.ui import theme
from explorer.ui.captioned import Text
from explorer.ui.parameters import typed_numbers
from explorer.ui.parameters.choices import LinkButton
from explorer.ui.parameters.number_field import NumberField
from explorer.ui.parameters.parameter_field import WHOLE, Field, row_of, shown
from explorer.ui.parameters.slider_scale import scale_of
from explorer.ui.texts import said


class Pair(Field):
    """Rows × columns, with a toggle that keeps them equal; while they are, a slider moves both."""

    def __init__(self, name: str, parameter: Parameter) -> None:
        super().__init__(name, parameter)
        row = row_of(self)
        self._scale = scale_of(parameter)
        self._bar = self._slider(self._scale) if self._scale else None
        if self._bar:
            row.addWidget(self._bar, 1)
            policy = self._bar.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            self._bar.setSizePolicy(policy)
            self._bar.moved.connect(self._moved)
            self._bar.stepped.connect(lambda count: self._stepped(0, count))
        else:
            row.addStretch(1)
        self._sides = [self._number(part, digits=3) for part in parameter.parts]
        for place, side in enumerate(self._sides):
            if place:
                row.addWidget(Text("×", "number", muted=True))
            row.addWidget(side)
            side.entered.connect(lambda value, place=place: self._side(place, value, False))
            side.stepped.connect(lambda count, place=place: self._stepped(place, count))
        self._link = LinkButton()
        self._link.setObjectName(f"form.{name}.link")
        self._link.setAccessibleName(self.tr("Keep both sides equal"))
        self._link.setToolTip(self.tr("Keep both sides equal (Space)"))
        self._link.clicked.connect(self._linked)
        row.addWidget(self._link)

    def start(self, value: Any) -> None:
        self._link.setChecked(value[0] == value[1])
        super().start(value)

    def refresh(self) -> None:
        if self._value[0] != self._value[1]:
            self._link.setChecked(False)
        for side, value in zip(self._sides, self._value, strict=True):
            side.show_text(shown(value))
        if self._bar and self._scale:
            self._bar.setVisible(self._link.isChecked())
            self._bar.show_place(self._scale.place(self._value[0]))

    def _linked(self, linked: bool) -> None:
        if linked:
            self._want((self._value[0], self._value[0]), False)
        self.refresh()

    def _side(self, place: int, value: Any, dragging: bool) -> None:
        both = [value, value] if self._link.isChecked() else list(self._value)
        both[place] = value
        self._want(tuple(both), dragging)

    def _moved(self, place: int) -> None:
        self.cleared.emit()
        if self._scale and place != self._scale.place(self._value[0]):
            self._side(0, self._scale.value(place), True)

    def _stepped(self, place: int, count: int) -> None:
        self.cleared.emit()
        value = self._value[place]
        self._side(place, self._scale.stepped(value, count) if self._scale else value + count, True)


class Parts(Field):
    """A fixed number of numbers, each over its name."""

    wide = True

    def __init__(self, name: str, parameter: Parameter) -> None:
        super().__init__(name, parameter)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.current().px(4))
        self._parts = [self._number(part, digits=0) for part in parameter.parts]
        for place, part in enumerate(self._parts):
            row, column = divmod(place, 4)
            grid.addWidget(part, 2 * row, column)
            grid.addWidget(
                Text(said(parameter.parts[place]), "small", muted=True),
                2 * row + 1,
                column,
                Qt.AlignmentFlag.AlignHCenter,
            )
            part.entered.connect(lambda value, place=place: self._part(place, value, False))
            part.stepped.connect(lambda count, place=place: self._stepped(place, count))

    def refresh(self) -> None:
        for part, value in zip(self._parts, self._value, strict=True):
            part.show_text(shown(value))

    def _part(self, place: int, value: Any, dragging: bool) -> None:
        self._want((*self._value[:place], value, *self._value[place + 1 :]), dragging)

    def _stepped(self, place: int, count: int) -> None:
        low, high = self.parameter.minimum, self.parameter.maximum
        self.cleared.emit()
        self._part(place, type(self._value[place])(min(max(self._value[place] + count, low), high)), True)


class Row(Field):
    """Any number of numbers, with commas between them."""

    wide = True

    def __init__(self, name: str, parameter: Parameter) -> None:
        super().__init__(name, parameter)
        row = row_of(self)
        self._text = NumberField(self._read)
        self._text.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self._described(self._text)
        self._text.set_hint(
            "\n".join(
                (
                    self._text.toolTip().splitlines()[0],
                    self.tr("Numbers with commas between them"),
                    said(parameter.hint),
                )
            ).strip()
        )
        self._text.entered.connect(lambda value: self._want(value, False))
        self._text.refused.connect(self.refused)
        self._text.cleared.connect(self.cleared)
        self._numbers.append(self._text)
        row.addWidget(self._text, 1)

    def _read(self, text: str) -> Any:
        numbers = typed_numbers.whole_row(text) if self.parameter.kind in WHOLE else typed_numbers.row(text)
        return checked(self._name, self.parameter, numbers)

    def refresh(self) -> None:
        self._text.show_text(", ".join(shown(value) for value in self._value))
        self._text.setCursorPosition(0)
