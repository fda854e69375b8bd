"""What the fields of the form have in common.

A field is shown the document's value and says what the person wants instead; it keeps no value of its own.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from explorer.model.digits import MINUS
from explorer.ops.parameters import Parameter, checked
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.parameters import typed_numbers
from explorer.ui.parameters.number_field import NumberField
from explorer.ui.parameters.slider import Slider
from explorer.ui.parameters.slider_scale import Scale
from explorer.ui.texts import said

WHOLE = ("integer", "integers")


def shown(value: float) -> str:
    """A number as its field shows it."""
    return typed_numbers.written(value).replace("-", MINUS)


class Field(QWidget):
    """One parameter: `show_value` from outside, `edited` and `ended` towards it."""

    edited = Signal(object, bool)
    """The wanted value, and whether more will follow in the same drag or held key."""
    ended = Signal()
    refused = Signal(str)
    cleared = Signal()

    wide = False
    """Stands below its label instead of beside it."""
    labelled = False
    """Shows its label itself."""

    def __init__(self, name: str, parameter: Parameter) -> None:
        super().__init__()
        self.parameter = parameter
        self._name = name
        self._value: Any = None
        self._numbers: list[NumberField] = []

    def show_value(self, value: Any) -> None:
        """Show the document's value; says nothing."""
        if type(value) is not type(self._value) or value != self._value:
            self._value = value
            self.refresh()

    def refresh(self) -> None:
        """Show the value again, over whatever a refused drag left behind."""
        raise NotImplementedError

    def start(self, value: Any) -> None:
        """Show the value of another layer: what was being typed is given up."""
        for number in self._numbers:
            number.clear_refusal()
            number.restore()
        self._value = value
        self.refresh()

    def refuse(self, reason: str) -> None:
        """Mark what was wanted as refused, and show the document's value."""
        for number in self._numbers:
            number.restore()
            number.refuse(reason)
        self.refresh()

    def clear_refusal(self) -> None:
        """The mark of a refusal goes."""
        for number in self._numbers:
            number.clear_refusal()

    def _want(self, value: Any, dragging: bool) -> None:
        try:
            value = checked(self._name, self.parameter, value)
        except Refusal as refusal:
            reason = said(refusal)
            self.refuse(reason)
            self.refused.emit(reason)
            return
        if value != self._value:
            self.edited.emit(value, dragging)

    def _ended(self) -> None:
        self.ended.emit()
        self.refresh()

    def _described(self, widget: QWidget, part: str = "") -> None:
        """Names and tooltip of a widget of this field."""
        parameter = self.parameter
        label = said(parameter.label)
        hint = said(parameter.hint)
        bounds = self.tr("{low} to {high}").format(
            low=shown_bound(parameter.minimum), high=shown_bound(parameter.maximum)
        )
        numeric = parameter.kind not in ("flag", "choice", "algorithm")
        title = f"{label}, {said(part)}" if part else label
        widget.setObjectName(".".join(filter(None, ("form", self._name, part))))
        widget.setAccessibleName(title)
        lines = [title + (f": {bounds}" if numeric else ""), hint]
        if numeric and isinstance(widget, (Slider, NumberField)):
            lines.append(self.tr("Up and Down change it by a step, Page Up and Page Down by ten"))
        tip = "\n".join(filter(None, lines))
        if isinstance(widget, NumberField):
            widget.set_hint(tip)
        else:
            widget.setToolTip(tip)

    def _read(self, text: str) -> Any:
        """The number that was typed, in the range of the parameter."""
        parameter = self.parameter
        value = typed_numbers.whole(text) if parameter.kind in WHOLE else typed_numbers.number(text)
        if parameter.kind in ("integer", "real"):
            return checked(self._name, parameter, value)
        return checked(self._name, parameter, (value,) * parameter.length)[0]

    def _number(self, part: str = "", digits: int = 5) -> NumberField:
        made = NumberField(self._read, digits)
        self._described(made, part)
        made.refused.connect(self.refused)
        made.cleared.connect(self.cleared)
        made.released.connect(self._ended)
        self._numbers.append(made)
        return made

    def _slider(self, scale: Scale) -> Slider:
        made = Slider(scale.last)
        self._described(made)
        made.setObjectName(f"{made.objectName()}.slider")
        made.released.connect(self._ended)
        return made


def shown_bound(value: float) -> str:
    """A limit as text: 1, 4096, 1e−12, −∞."""
    return f"{value:.6g}".replace("-", MINUS).replace("inf", "∞")


def row_of(field: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(field)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.current().px(4))
    return row
