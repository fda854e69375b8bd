"""Preferences: the look of the window and the limits. A change holds at once; Cancel takes all of them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, fields, replace
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from explorer.limits import MEBI, Limits
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.captioned import Segmented, Text, button
from explorer.ui.dialogs.settings import SCALES, Settings, most
from explorer.ui.parameters import typed_numbers
from explorer.ui.parameters.number_field import NumberField
from explorer.ui.parameters.slider import Slider
from explorer.ui.texts import said

_STEP = 10
"""Percent of the size of type between two places of its slider."""
_SPACES = str.maketrans("", "", " \u00a0\u202f")


class Preferences(QDialog):
    """Shows the settings and changes them."""

    applied = Signal()
    """The settings changed; limits are in force already."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._before = settings.theme(), settings.scale(), settings.limits()
        self._rows: dict[str, _LimitRow] = {}
        now = theme.current()
        self.setObjectName("preferences")
        self.setWindowTitle(self.tr("Preferences"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(now.px(24), now.px(20), now.px(24), now.px(20))
        column.setSpacing(now.px(10))
        column.addWidget(Text(self.tr("Appearance"), "caption"))
        column.addLayout(self._appearance())
        column.addSpacing(now.px(10))
        head = QHBoxLayout()
        head.addWidget(Text(self.tr("Limits"), "caption"))
        head.addStretch(1)
        reset = button(
            self.tr("Reset all"), "preferences.reset", self.tr("All limits back to their defaults"), role="quiet"
        )
        reset.setAutoDefault(False)
        reset.clicked.connect(lambda: self._change_limits(Limits()))
        head.addWidget(reset)
        column.addLayout(head)
        column.addWidget(
            Text(
                self.tr(
                    "What is accepted at most, checked before memory is taken. Larger values can exhaust the machine."
                ),
                "small",
                muted=True,
                wrap=True,
            )
        )
        column.addWidget(self._limits(), 1)
        column.addLayout(self._buttons())
        self.resize(now.px(580), now.px(660))
        self._show()
        self._ok.setFocus()

    def _appearance(self) -> QGridLayout:
        now = theme.current()
        self._theme = Segmented(
            "preferences.theme",
            self.tr("Theme"),
            (
                ("light", self.tr("Light"), self.tr("Dark type on white")),
                ("dark", self.tr("Dark"), self.tr("Light type on black")),
                ("system", self.tr("System"), self.tr("As the system has it")),
            ),
        )
        self._theme.chosen.connect(self._choose_theme)
        self._percent = NumberField(self._read_percent, digits=4)
        self._percent.setObjectName("preferences.scale")
        self._percent.setAccessibleName(self.tr("Size of type in percent"))
        self._percent.set_hint(self.tr("100 to 200 percent (Up and Down: by 10)"))
        self._percent.entered.connect(self._choose_scale)
        self._percent.stepped.connect(lambda count: self._step_scale(count * _STEP))
        self._slider = Slider(round((SCALES[1] - SCALES[0]) * 100) // _STEP)
        self._slider.setObjectName("preferences.scale.slider")
        self._slider.setAccessibleName(self.tr("Size of type"))
        self._slider.setToolTip(self.tr("Size of type: larger for a projector"))
        self._slider.moved.connect(lambda place: self._percent.show_text(str(100 + place * _STEP)))
        self._slider.released.connect(lambda: self._choose_scale(100 + self._slider.value() * _STEP))
        self._slider.stepped.connect(lambda count: self._step_scale(count * _STEP))
        grid = QGridLayout()
        grid.setHorizontalSpacing(now.px(16))
        grid.setVerticalSpacing(now.px(10))
        grid.setColumnStretch(1, 1)
        grid.addWidget(Text(self.tr("Theme")), 0, 0)
        grid.addWidget(self._theme, 0, 1, 1, 3)
        grid.addWidget(Text(self.tr("Size of type")), 1, 0)
        grid.addWidget(self._slider, 1, 1)
        grid.addWidget(self._percent, 1, 2)
        grid.addWidget(Text("%", muted=True), 1, 3)
        return grid

    def _limits(self) -> QScrollArea:
        now = theme.current()
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(now.px(16), now.px(10), now.px(10), now.px(10))
        grid.setHorizontalSpacing(now.px(10))
        grid.setVerticalSpacing(now.px(6))
        grid.setColumnStretch(0, 1)
        for line, each in enumerate(fields(Limits)):
            row = self._rows[each.name] = _LimitRow(each, self._change_limit)
            for place, widget in enumerate((row.label, row.field, row.unit, row.reset)):
                grid.addWidget(widget, line, place)
        grid.setRowStretch(len(self._rows), 1)
        area = QScrollArea()
        area.setObjectName("preferences.limits")
        area.setAccessibleName(self.tr("Limits"))
        area.setProperty("role", "card")
        area.setWidget(content)
        area.setWidgetResizable(True)
        content.setAutoFillBackground(False)
        return area

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        cancel = button(self.tr("Cancel"), "preferences.cancel", self.tr("Take back what was changed here (Esc)"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self._ok = keep = button(self.tr("OK"), "preferences.ok", self.tr("Keep the changes"), role="primary")
        keep.clicked.connect(self.accept)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(keep)
        return row

    def reject(self) -> None:
        """Everything as it was before."""
        if (self._settings.theme(), self._settings.scale(), self._settings.limits()) != self._before:
            name, scale, limits = self._before
            self._settings.set_theme(name)
            self._settings.set_scale(scale)
            self._settings.set_limits(limits)
            self._apply()
        super().reject()

    def accept(self) -> None:
        """Keep the changes."""
        self._settings.keep()
        super().accept()

    def _show(self) -> None:
        self._theme.show_value(self._settings.theme())
        percent = round(self._settings.scale() * 100)
        self._percent.show_text(str(percent))
        self._slider.show_place((percent - 100) // _STEP)
        now = self._settings.limits()
        for name, row in self._rows.items():
            row.show_value(getattr(now, name))

    def _apply(self) -> None:
        self._settings.apply_limits()
        self._show()
        self.applied.emit()

    def _choose_theme(self, name: Any) -> None:
        self._settings.set_theme(name)
        self._apply()

    def _choose_scale(self, percent: int) -> None:
        if percent != round(self._settings.scale() * 100):
            self._settings.set_scale(percent / 100)
            self._apply()

    def _step_scale(self, percent: int) -> None:
        low, high = (round(each * 100) for each in SCALES)
        self._choose_scale(min(max(round(self._settings.scale() * 100) + percent, low), high))

    def _read_percent(self, text: str) -> int:
        low, high = (round(each * 100) for each in SCALES)
        return _bounded(typed_numbers.whole(text.replace("%", "")), low, high, self.tr("Size of type"))

    def _change_limit(self, name: str, value: int) -> None:
        self._change_limits(replace(self._settings.limits(), **{name: value}))

    def _change_limits(self, limits: Limits) -> None:
        self._settings.set_limits(limits)
        self._apply()


class _LimitRow:
    """The widgets of one limit."""

    def __init__(self, limit: Field[int], change: Callable[[str, int], None]) -> None:
        self._limit = limit
        default = limit.default
        assert isinstance(default, int)
        self._value = self._default = default
        unit = limit.metadata["unit"]
        self._bytes = unit == "bytes"
        self._most = most(unit)
        label = said(limit.metadata["label"])
        self.label = Text(label, wrap=True)
        self.unit = Text(_tr("Preferences", "MB") if self._bytes else said(unit), "small", muted=True)
        self.field = NumberField(self._read, digits=11)
        self.field.setObjectName(f"preferences.{limit.name}")
        self.field.setAccessibleName(f"{label}, {self.unit.text()}")
        self.field.set_hint(
            _tr("Preferences", "{0}; at most {1}; the default is {2} {3}").format(
                label, self._text(self._most), self._text(self._default), self.unit.text()
            )
        )
        self.field.entered.connect(lambda value: change(limit.name, value))
        step = MEBI if self._bytes else 1
        self.field.stepped.connect(
            lambda count: change(limit.name, min(max(self._value + count * step, step), self._most))
        )
        self.reset = button(
            _tr("Preferences", "Reset"),
            f"preferences.{limit.name}.reset",
            _tr("Preferences", "Back to {0} {1}").format(self._text(self._default), self.unit.text()),
            role="quiet",
            accessible=_tr("Preferences", "Reset {0}").format(label),
        )
        self.reset.setAutoDefault(False)
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self.reset.clicked.connect(lambda: change(limit.name, self._default))

    def show_value(self, value: int) -> None:
        """Show the limit; it can be reset where it is not the default."""
        self._value = value
        self.field.show_text(self._text(value))
        self.reset.setVisible(value != self._default)

    def _text(self, value: int) -> str:
        if self._bytes and value % MEBI:
            return typed_numbers.written(value / MEBI)
        return f"{value // MEBI if self._bytes else value:,}".replace(",", "\u202f")

    def _read(self, text: str) -> int:
        plain = text.translate(_SPACES)
        value = round(typed_numbers.number(plain) * MEBI) if self._bytes else typed_numbers.whole(plain)
        return _bounded(value, 1, self._most, said(self._limit.metadata["label"]))


def _bounded(value: int, low: int, high: int, name: str) -> int:
    if not low <= value <= high:
        raise Refusal("{name} is {value}; it goes from {low} to {high}.", name=name, value=value, low=low, high=high)
    return value


_tr = QCoreApplication.translate
