"""What is derived: the subject, its fields, and the reason where they cannot be derived from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from explorer.model.derivation.practice import Kind
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.captioned import Text, button, head
from explorer.ui.derive import asked
from explorer.ui.derive.asked import Asked, Misread
from explorer.ui.derive.fields import ChipsField, ChoiceField, CountField, Field, TextField
from explorer.ui.parameters.choices import ComboBox
from explorer.ui.texts import said

Presets = Sequence[tuple[str, tuple[str, ...]]]
_tr = QCoreApplication.translate


def subjects() -> list[tuple[str, str]]:
    """(name, title) of every subject, in order."""
    return [
        ("divide", _tr("Form", "Division")),
        ("gcd", _tr("Form", "Greatest common divisor")),
        ("integers", _tr("Form", "Remainders of integers")),
        ("polynomials", _tr("Form", "Remainders of polynomials")),
        ("convolution", _tr("Form", "Fast convolution")),
        ("filter", _tr("Form", "Filter F(m, r)")),
        ("nested", _tr("Form", "Nested filter")),
    ]


def _fields(subject: str) -> list[Field]:
    """Fields for a subject, by the names in `asked.FIELDS`."""
    polynomial = _tr("Form", "A polynomial such as x^3 - 2x^2 - 4 or 1/2 x + 3")
    count = _tr("Form", "A whole number (Up and Down step it)")
    points = _tr("Form", "Points")
    moduli = _tr("Form", "Moduli")
    match subject:
        case "divide":
            return [
                TextField("a", _tr("Form", "Dividend a(x)"), polynomial),
                TextField("b", _tr("Form", "Divisor b(x)"), polynomial),
            ]
        case "gcd":
            return [TextField("a", _tr("Form", "a(x)"), polynomial), TextField("b", _tr("Form", "b(x)"), polynomial)]
        case "integers" | "polynomials":
            return [ChipsField("congruences", _tr("Form", "Congruences: residue mod modulus"))]
        case "convolution":
            return [
                CountField("n", _tr("Form", "Taps N"), count),
                CountField("l", _tr("Form", "Samples L"), count),
                ChoiceField(
                    "method", _tr("Form", "Method"), _tr("Form", "How it is made fast"), _methods(), beside=False
                ),
                ChipsField("points", points),
                ChipsField("moduli", moduli),
            ]
        case "filter":
            return [
                CountField("m", _tr("Form", "Outputs m"), count),
                CountField("r", _tr("Form", "Filter taps r"), count),
                ChoiceField(
                    "given",
                    _tr("Form", "Given by"),
                    _tr("Form", "Points, or moduli of any degree"),
                    [("points", points), ("moduli", moduli)],
                    beside=True,
                ),
                ChipsField("points", points),
                ChipsField("moduli", moduli),
                ChoiceField(
                    "fractions",
                    _tr("Form", "Fractions in"),
                    _tr("Form", "Which matrix holds the fractions"),
                    [("G", "G"), ("A", "Aᵀ"), ("B", "Bᵀ"), ("F", _tr("Form", "apart, f"))],
                    beside=True,
                ),
            ]
        case "nested":
            return [
                CountField("m", _tr("Form", "Outputs m"), count),
                CountField("r", _tr("Form", "Filter taps r"), count),
                CountField("m2", _tr("Form", "Outputs m′ across"), count),
                CountField("r2", _tr("Form", "Filter taps r′ across"), count),
                ChipsField("points", points),
            ]
    raise KeyError(subject)


def _methods() -> list[tuple[str, str]]:
    return [
        ("cook-toom", _tr("Form", "Cook–Toom")),
        ("modified-cook-toom", _tr("Form", "Cook–Toom with ∞")),
        ("winograd", _tr("Form", "Winograd")),
        ("modified-winograd", _tr("Form", "Winograd with ∞")),
        ("iterated", _tr("Form", "Iterated")),
        ("cyclic", _tr("Form", "Cyclic")),
        ("inspection", _tr("Form", "By inspection")),
    ]


PRACTISED: Mapping[str, Kind] = {
    "divide": "divide",
    "gcd": "gcd",
    "integers": "integer remainders",
    "polynomials": "polynomial remainders",
}
"""Subjects that have problems to practise on."""


class Form(QWidget):
    """Shows what is asked, and says what is asked instead."""

    edited = Signal(object, str)
    """What is asked now, and a merge key of the edit."""
    subject_wanted = Signal(str)
    practice_wanted = Signal(int, bool)
    """A harder problem by so many grades, and whether one with a remainder."""

    def __init__(self) -> None:
        super().__init__()
        now = theme.current()
        self.setObjectName("derive.form")
        self.setProperty("role", "panel")
        self._asked = asked.SAMPLES["divide"]
        self._fields: list[Field] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head(self.tr("Derivation")))
        inner = QVBoxLayout()
        inner.setContentsMargins(now.px(14), now.px(4), now.px(14), now.px(6))
        inner.setSpacing(now.px(8))
        column.addLayout(inner)
        self._subject = ComboBox()
        self._subject.setObjectName("derive.subject")
        self._subject.setAccessibleName(self.tr("Subject"))
        self._subject.setToolTip(self.tr("What is derived"))
        for name, title in subjects():
            self._subject.addItem(title, name)
        self._subject.activated.connect(lambda _index: self.subject_wanted.emit(self._subject.currentData()))
        inner.addWidget(self._subject)
        self._body = QVBoxLayout()
        self._body.setSpacing(now.px(8))
        inner.addLayout(self._body)
        self._practice = self._practice_row()
        inner.addWidget(self._practice)
        self._reason = Text("", "small", wrap=True)
        self._reason.setObjectName("derive.reason")
        self._reason.setProperty("role", "bad")
        self._reason.hide()
        inner.addWidget(self._reason)

    def _practice_row(self) -> QWidget:
        now = theme.current()
        box = QFrame()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(now.px(6))
        new = button(self.tr("New problem"), "derive.practice", self.tr("Another problem of the same kind (Ctrl+N)"))
        harder = button(self.tr("Harder"), "derive.harder", self.tr("A harder problem (Ctrl+Shift+N)"))
        tip = self.tr("New problems leave a remainder")
        self._rest = button(self.tr("With remainder"), "derive.remainder", tip)
        self._rest.setCheckable(True)
        new.clicked.connect(lambda: self.practise(0))
        harder.clicked.connect(lambda: self.practise(1))
        column = QVBoxLayout()
        row.addLayout(column, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(now.px(6))
        buttons.addWidget(new, 1)
        buttons.addWidget(harder, 1)
        column.addLayout(buttons)
        column.addWidget(self._rest)
        return box

    def practise(self, harder: int) -> None:
        """Ask for a problem to practise on, where the subject has some."""
        if self._asked.subject in PRACTISED:
            self.practice_wanted.emit(harder, self._rest.isChecked())

    @property
    def asked(self) -> Asked:
        """What is shown."""
        return self._asked

    def field(self, name: str) -> Field:
        """A field of the subject that is shown."""
        return next(each for each in self._fields if each.name == name)

    def show_asked(self, what: Asked) -> None:
        """Show what is asked, silently."""
        if what.subject != self._asked.subject or not self._fields:
            self._build(what.subject)
        self._asked = what
        self._subject.setCurrentIndex(self._subject.findData(what.subject))
        shown = asked.fields_of(what)
        for field in self._fields:
            field.show_value(what.value(field.name))
            field.setVisible(field.name in shown)
        self._practice.setVisible(what.subject in PRACTISED)
        self._rest.setVisible(what.subject == "divide")

    def show_presets(self, field: str, presets: Presets) -> None:
        """Known values for a field of the subject that is shown."""
        chips = self.field(field)
        if isinstance(chips, ChipsField):
            chips.show_presets(presets)

    def show_refusal(self, refusal: Misread | Refusal | None) -> None:
        """Why what is asked cannot be derived: at its field where it is one field's fault."""
        misread = refusal if isinstance(refusal, Misread) else None
        for field in self._fields:
            if misread is not None and field.name == misread.field:
                field.refuse(said(misread.refusal), misread.place, misread.item)
            else:
                field.refuse("")
        self._reason.setText(said(refusal) if isinstance(refusal, Refusal) else "")
        self._reason.setVisible(isinstance(refusal, Refusal))

    @property
    def reasons(self) -> list[str]:
        """The reasons that are shown."""
        at_fields = [field.reason for field in self._fields if field.reason]
        return at_fields + ([] if self._reason.isHidden() else [self._reason.text()])

    def _build(self, subject: str) -> None:
        """Fields for another subject, in place of those that were there."""
        for field in self._fields:
            field.setParent(None)
            field.deleteLater()
        self._fields = _fields(subject)
        for field in self._fields:
            field.edited.connect(self._edited)
            if isinstance(field, ChipsField):
                field.typing.connect(partial(self._typing, field))
            self._body.addWidget(field)

    def _edited(self, merge: str) -> None:
        values = {field.name: field.value() for field in self._fields}
        self.edited.emit(asked.asked(self._asked.subject, **values), merge)

    def _typing(self, field: ChipsField, text: str) -> None:
        """A chip is being typed: say at once what is wrong with it."""
        if not text:
            field.refuse("")
            return
        try:
            asked.read_item(self._asked.subject, field.name, text)
        except Refusal as refusal:
            field.refuse(said(refusal))
        else:
            field.refuse("")
