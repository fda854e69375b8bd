"""The form of a layer: its name, whether it is on, and a row for each parameter, made from the operation's record."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.model.document import Node
from explorer.ops.op import Op, Shapes
from explorer.ops.parameters import parameters, visible
from explorer.refusal import Refusal, plain
from explorer.ui import theme
from explorer.ui.captioned import Elided, Text
from explorer.ui.parameters.choices import CheckBox
from explorer.ui.parameters.fields import Choice, field_of
from explorer.ui.parameters.giver_field import GiverChoice, GiverField
from explorer.ui.parameters.name_field import NameField
from explorer.ui.parameters.parameter_field import Field
from explorer.ui.texts import said

_WIDEST_LABEL = 80


class ParameterForm(QWidget):
    """Shows a layer and says what the person wants changed; the layer that is shown stays the document's."""

    changed = Signal(str, object, bool)
    """Parameter, wanted value, and whether more will follow in the same drag."""
    drag_ended = Signal()
    giver_wanted = Signal(str, str)
    """Side input, and the layer (or the source) to take it from."""
    renamed = Signal(str)
    enabled_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("form")
        self._node: Node | None = None
        self._inputs: Shapes | None = None
        self._choices: tuple[GiverChoice, ...] = ()
        self._built: tuple[object, ...] | None = None
        self._rows: dict[str, _FormRow] = {}
        self._givers: dict[str, GiverField] = {}
        self._dragging = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

        unit = theme.current().px
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit(8))
        head = QHBoxLayout()
        head.setSpacing(unit(8))
        self._name = NameField()
        self._name.renamed.connect(self.renamed)
        self._enabled = CheckBox()
        self._enabled.setObjectName("form.enabled")
        self._enabled.clicked.connect(self._switched)
        head.addWidget(self._name, 1)
        head.addWidget(self._enabled)
        layout.addLayout(head)
        self._title = Elided("", "small", muted=True)
        layout.addWidget(self._title)
        self._body = QWidget()
        layout.addWidget(self._body)
        self._arithmetic = Text("", "small number", muted=True, wrap=True)
        self._arithmetic.setObjectName("form.arithmetic")
        self._arithmetic.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(self._arithmetic)
        self._refusal = reason_label("form.refusal")
        layout.addWidget(self._refusal)
        rename = QShortcut(QKeySequence(Qt.Key.Key_F2), self)
        rename.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        rename.activated.connect(self._name.edit)
        self._name_texts()
        self.show_node(None, None, None)

    def show_node(
        self,
        node: Node | None,
        inputs: Shapes | None,
        refusal: Refusal | None,
        choices: tuple[GiverChoice, ...] = (),
    ) -> None:
        """Show a layer, the shapes that come into it (for the arithmetic), why it cannot run, if it cannot, and what
        can give its side inputs."""
        before, self._node, self._inputs, self._choices = self._node, node, inputs, choices
        operation = node.operation if node else None
        known = operation if operation and node and isinstance(node.params, operation.Params) else None
        other = before is None or node is None or before.id != node.id
        for widget in (self._name, self._enabled):
            widget.setVisible(node is not None)
        if node is None:
            self._title.setText(self.tr("Choose a layer to see its parameters."))
            self._clear()
        else:
            self._name.show_name(node.name)
            self._enabled.setChecked(node.enabled)
            self._title.setText(said(operation.title) if operation else node.op)
            if known:
                self._show_params(known, node.params, other, before is None or before.params is not node.params)
            elif other or self._built is not None or before is None or before.params is not node.params:
                self._show_raw(node.params)
        lines = _arithmetic(known, inputs, node.params) if known and node else ""
        _show_line(self._arithmetic, lines)
        _show_line(self._refusal, said(refusal) if refusal else "")

    def edit_name(self) -> None:
        """Let the person type another name for the layer."""
        self._name.edit()

    def refuse(self, name: str, reason: str) -> None:
        """Say in the row of a parameter why its new value was not taken, and show the document's value again.

        Under another name (the layer's own name was refused, say) the reason stands below the form.
        """
        row = self._rows.get(name)
        if row is None:
            _show_line(self._refusal, reason)
            if self._node:
                self._name.show_name(self._node.name)
            return
        row.field.refuse(reason)
        row.show_reason(reason)

    def _show_params(self, operation: Op, params: Any, other: bool, new: bool) -> None:
        if self._built != self._kind(operation):
            self._build(operation)
            other = True
        for choice in self._choices:
            self._givers[f"input.{choice.port}"].show_choice(choice)
        if not (other or new):
            return
        for name, row in self._rows.items():
            row.show_reason("")
            row.field.clear_refusal()
            if name in self._givers:
                continue
            value = getattr(params, name)
            if isinstance(row.field, Choice):
                _call(row.field, params)
            if other:
                row.field.start(value)
            else:
                row.field.show_value(value)
            row.set_visible(visible(params, row.field.parameter))

    def _clear(self) -> QGridLayout:
        """An empty body."""
        self._rows = {}
        self._givers = {}
        self._built = None
        old, self._body = self._body, QWidget()
        self._layout.replaceWidget(old, self._body)
        old.hide()
        old.deleteLater()
        grid = QGridLayout(self._body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.current().px(10))
        grid.setVerticalSpacing(theme.current().px(6))
        grid.setColumnStretch(1, 1)
        return grid

    def _kind(self, operation: Op) -> tuple[object, ...]:
        """What the rows follow from."""
        return operation.Params, *((choice.port, choice.label, choice.hint) for choice in self._choices)

    def _build(self, operation: Op) -> None:
        grid = self._clear()
        self._built = self._kind(operation)
        for choice in self._choices:
            name = f"input.{choice.port}"
            giver = self._givers[name] = GiverField(name, choice)
            self._rows[name] = _FormRow(grid, giver)
            giver.edited.connect(lambda id, _, port=choice.port: self.giver_wanted.emit(port, id))
        for name, parameter in parameters(operation.Params):
            row = self._rows[name] = _FormRow(grid, field_of(name, parameter))
            row.field.edited.connect(lambda value, dragging, name=name: self._edited(name, value, dragging))
            row.field.ended.connect(self._ended)
        self._body.show()

    def _show_raw(self, params: Any) -> None:
        grid = self._clear()
        kept = self.tr("This version cannot edit this operation. The layer is kept as it is.")
        note = Text(kept, "small", muted=True, wrap=True)
        grid.addWidget(note, 0, 0, 1, 2)
        values = params if isinstance(params, dict) else {}
        for place, (name, value) in enumerate(values.items(), 1):
            grid.addWidget(Text(plain(name), "small"), place, 0)
            shown = Elided(plain(value), "small number", muted=True)
            shown.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(shown, place, 1)
        self._body.show()

    def _edited(self, name: str, value: Any, dragging: bool) -> None:
        self._dragging = self._dragging or dragging
        self.changed.emit(name, value, dragging)

    def _ended(self) -> None:
        if self._dragging:
            self._dragging = False
            self.drag_ended.emit()

    def _switched(self, enabled: bool) -> None:
        self.enabled_changed.emit(enabled)
        if self._node:
            self._enabled.setChecked(self._node.enabled)

    def _name_texts(self) -> None:
        self.setAccessibleName(self.tr("Parameters of the layer"))
        self._name.setAccessibleName(self.tr("Name of the layer"))
        self._name.hint = self.tr("Double-click or F2 to rename")
        self._enabled.setText(self.tr("Enabled"))
        self._enabled.setAccessibleName(self.tr("Layer enabled"))
        self._enabled.setToolTip(self.tr("A layer that is switched off hands its input through"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._name_texts()
            node, inputs, self._node, self._built = self._node, self._inputs, None, None
            self.show_node(node, inputs, None, self._choices)


class _FormRow:
    """Label, field and the reason of a refusal, in the grid of the form."""

    def __init__(self, grid: QGridLayout, field: Field) -> None:
        self.field = field
        self._reason_text = ""
        self._label = None if field.labelled else Text(said(field.parameter.label))
        self._reason = reason_label(f"form.{field.parameter.label}.reason")
        row = grid.rowCount()
        widest = theme.current().px(_WIDEST_LABEL)
        if self._label is None:
            grid.addWidget(field, row, 0, 1, 2)
        elif field.wide or self._label.sizeHint().width() > widest:
            grid.addWidget(self._label, row, 0, 1, 2)
            grid.addWidget(field, row + 1, 0, 1, 2)
        else:
            grid.addWidget(self._label, row, 0)
            grid.addWidget(field, row, 1)
        grid.addWidget(self._reason, row + 2, 0, 1, 2)
        field.refused.connect(self.show_reason)
        field.cleared.connect(lambda: self.show_reason(""))

    def show_reason(self, reason: str) -> None:
        """The reason below the field; none for an empty one."""
        self._reason_text = reason
        _show_line(self._reason, reason)

    def set_visible(self, shown: bool) -> None:
        """Show or hide the whole row."""
        if self._label:
            self._label.setVisible(shown)
        self.field.setVisible(shown)
        self._reason.setVisible(shown and bool(self._reason_text))


def reason_label(name: str) -> QLabel:
    """A hidden label for why something was refused."""
    label = Text("", "small", wrap=True)
    label.setObjectName(name)
    label.setProperty("role", "bad")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.hide()
    return label


def _call(field: Choice, params: Any) -> None:
    """Name the option that is called after an algorithm of the same layer."""
    if field.parameter.named is not None:
        option, other = field.parameter.named
        text = getattr(params, other)
        field.show_called(option, _name_of(text) if text else "")


def _name_of(algorithm: str) -> str:
    from explorer.ops.exact.filters import titled

    return titled(algorithm)


def _show_line(label: QLabel, text: str) -> None:
    """Show a line, or hide its label; nothing is laid out anew while the text stays the same."""
    if label.text() != text:
        label.setText(text)
    if label.isHidden() == bool(text):
        label.setVisible(bool(text))


def _arithmetic(operation: Op, inputs: Shapes | None, params: Any) -> str:
    """The lines of the output size; lines that are equal for rows and columns stand once."""
    if inputs is None:
        return ""
    try:
        lines = "\n".join(dict.fromkeys(operation.arithmetic(inputs, params)))
        return lines.replace("= ", "=\N{NO-BREAK SPACE}")
    except Refusal:
        return ""
