"""What is asked of a page, as texts in fields: the form that shows it, and how it is kept for the next time."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.model.derivation import reading
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.captioned import Text
from explorer.ui.derive.asked import Asked, Misread, Value
from explorer.ui.derive.fields import ChipsField, ChoiceField, Field, Place
from explorer.ui.parameters.choices import CheckBox
from explorer.ui.texts import said

__all__ = ["ChecksField", "Form", "changed", "choice", "integer_of", "kept", "unkept"]

_MOST_TEXT = 8_000
_WIDEST = 13
"""Characters of an option beside its label."""


def changed(what: Asked, **values: Value) -> Asked:
    """The same with other values in some fields."""
    return Asked(what.subject, tuple((name, values.get(name, value)) for name, value in what.values))


def kept(what: Asked) -> str:
    """For the settings."""
    return json.dumps(dict(what.values))


def unkept(text: str, usual: Asked) -> Asked:
    """What was kept, or the usual values where it is none of them; options are checked where they are read."""
    try:
        found: Any = json.loads(text[:_MOST_TEXT]) if text else {}
        items: Mapping[str, Any] = found if isinstance(found, dict) else {}
    except (ValueError, RecursionError):
        return usual
    taken: dict[str, Value] = {}
    for name, value in usual.values:
        new = items.get(name)
        if isinstance(value, str) and isinstance(new, str):
            taken[name] = new
        elif isinstance(value, tuple) and isinstance(new, list) and all(isinstance(each, str) for each in new):
            taken[name] = tuple(cast(Sequence[str], new))
    return changed(usual, **taken)


def integer_of(what: Asked, name: str, least: int, most: int) -> int:
    """A whole number within a range; `Misread` for anything else."""
    try:
        value = reading.integer(what.text(name))
        if not least <= value <= most:
            raise Refusal("{value} lies outside of {least} to {limit}.", value=value, least=least, limit=most)
    except Refusal as refusal:
        raise Misread(name, refusal) from refusal
    return value


class ChecksField(Field):
    """Any of a few."""

    def __init__(self, name: str, label: str, options: Sequence[tuple[str, str, str]], *, room: str) -> None:
        """`options` are (value, text, tool tip)."""
        super().__init__(name, label, room=room)
        self._boxes: dict[str, CheckBox] = {}
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.current().px(3))
        for value, text, tip in options:
            made = self._boxes[value] = CheckBox()
            made.setText(text)
            made.setObjectName(f"{room}.{name}.{value}")
            made.setAccessibleName(f"{label}: {text}")
            made.setToolTip(tip)
            made.toggled.connect(lambda _checked: self.edited.emit(""))
            column.addWidget(made)
        self._finish(box, beside=False)

    def value(self) -> tuple[str, ...]:
        return tuple(value for value, box in self._boxes.items() if box.isChecked())

    def show_value(self, value: Value) -> None:
        for name, box in self._boxes.items():
            box.blockSignals(True)
            box.setChecked(name in value)
            box.blockSignals(False)
            box.update()

    def enable(self, value: str, enabled: bool) -> None:
        """Whether one of them can be checked."""
        self._boxes[value].setEnabled(enabled)

    def _mark(self, refused: bool, place: Place | None, item: int | None) -> None:
        pass


class Form(QWidget):
    """Fields under each other, some with a caption above."""

    edited = Signal(object, str)
    """What is asked now, and a merge key of the edit."""

    def __init__(self, usual: Asked, fields: Sequence[Field | str], read_item: Callable[[str], object]) -> None:
        """A text among the fields is a caption; `read_item` reads a chip that is being typed."""
        super().__init__()
        now = theme.current()
        self.setProperty("role", "panel")
        self._asked = usual
        self._fields = {each.name: each for each in fields if isinstance(each, Field)}
        self._captions: dict[Text, list[Field]] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(now.px(7))
        under: list[Field] = []
        for each in fields:
            if isinstance(each, str):
                under = []
                caption = Text(each, "caption")
                caption.setContentsMargins(0, now.px(5), 0, 0)
                column.addWidget(caption)
                self._captions[caption] = under
                continue
            under.append(each)
            column.addWidget(each)
            each.edited.connect(self._edited)
            if isinstance(each, ChipsField):
                each.typing.connect(partial(self._typing, each, read_item))

    def field(self, name: str) -> Field:
        """A field by its name."""
        return self._fields[name]

    def show_only(self, names: Collection[str]) -> None:
        """Hide the other fields, and captions without a field."""
        for name, field in self._fields.items():
            field.setVisible(name in names)
        for caption, under in self._captions.items():
            caption.setVisible(any(each.name in names for each in under))

    def show_asked(self, what: Asked) -> None:
        """Show what is asked, silently."""
        self._asked = what
        for name, field in self._fields.items():
            field.show_value(what.value(name))

    def show_refusal(self, misread: Misread | None) -> None:
        """Why what stands in a field is none of what can be asked."""
        for name, field in self._fields.items():
            if misread is not None and misread.field == name:
                field.refuse(said(misread.refusal), misread.place, misread.item)
            else:
                field.refuse("")

    def _edited(self, merge: str) -> None:
        self.edited.emit(changed(self._asked, **{name: field.value() for name, field in self._fields.items()}), merge)

    def _typing(self, field: ChipsField, read_item: Callable[[str], object], text: str) -> None:
        try:
            if text:
                read_item(text)
            field.refuse("")
        except Refusal as refusal:
            field.refuse(said(refusal))


def choice(name: str, label: str, tip: str, options: Sequence[tuple[str, str]], room: str) -> ChoiceField:
    """A field with a list of options beside its label."""
    made = ChoiceField(name, label, tip, options, beside=True, room=room)
    made.box.setMinimumContentsLength(min(max(len(text) for _, text in options), _WIDEST))
    return made
