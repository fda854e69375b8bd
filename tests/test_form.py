"""What a person relies on in the form of a layer's parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from explorer.model import document
from explorer.model.document import Link, Node
from explorer.ops import operations
from explorer.ops.parameters import Parameter, choice, flag, integer, integers, pair, real, reals
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.parameters import typed_numbers
from explorer.ui.parameters.form import ParameterForm
from explorer.ui.parameters.number_field import NumberField
from explorer.ui.parameters.slider import Slider
from explorer.ui.parameters.slider_scale import scale_of
from explorer.ui.stylesheet import stylesheet

# The platform without a screen says so whenever a window is shown.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@dataclass(frozen=True, slots=True)
class Params:
    filters: int = integer(8, "Filters", 1, 4096, soft=64, hint="How many maps come out.")
    kernel: tuple[int, int] = pair((3, 3), "Kernel", 1, 4096, soft=15)
    padding: str = choice("same", "Padding", (("same", "Same"), ("numbers", "Numbers")))
    pads: tuple[int, ...] = integers(
        (0, 1, 2, 3), "Cells", 0, 9, ("top", "left", "bottom", "right"), when=("padding", "numbers")
    )
    slope: float = real(0.1, "Slope", 0.0, 1.0)
    epsilon: float = real(1e-5, "ε", 1e-12, 1.0, soft=0.1)
    bias: bool = flag(True, "Bias")
    mean: tuple[float, ...] = reals((0.5, 0.25), "Mean", -10, 10)


def arithmetic(shapes: Any, params: Any) -> tuple[str, ...]:
    if params.kernel[0] > shapes[0][2]:
        raise Refusal("The kernel does not fit.")
    return (f"⌊{shapes[0][2]} − {params.kernel[0]}⌋ + 1 = {shapes[0][2] - params.kernel[0] + 1}",) * 2


SHAPES = ((1, 3, 32, 32),)
NODE = Node("n1", "imagined", "conv1", Params(), (Link("source", "x"),))


@pytest.fixture(autouse=True)
def imagined_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    known = operations()
    made = replace(
        next(iter(known.values())), name="imagined", title="Imagined operation", Params=Params, arithmetic=arithmetic
    )
    monkeypatch.setattr(document, "operations", lambda: {**known, "imagined": made})


@pytest.fixture
def form(qtbot: QtBot) -> ParameterForm:
    form = ParameterForm()
    qtbot.addWidget(form)
    form.resize(272, 500)
    form.show_node(NODE, SHAPES, None)
    form.show()
    return form


@pytest.fixture
def wanted(form: ParameterForm) -> list[tuple[str, object, bool]]:
    """Everything that the form asks for."""
    asked: list[tuple[str, object, bool]] = []
    form.changed.connect(lambda *each: asked.append(each))
    return asked


def found(form: QWidget, kind: type[Any], name: str) -> Any:
    widget = form.findChild(kind, f"form.{name}")
    assert widget is not None, name
    return widget


def field(form: QWidget, name: str) -> NumberField:
    made: NumberField = found(form, NumberField, name)
    return made


def typed(qtbot: QtBot, widget: QLineEdit, text: str, *, enter: bool = True) -> None:
    widget.setFocus()
    widget.selectAll()
    qtbot.keyClicks(widget, text)
    if enter:
        qtbot.keyClick(widget, Qt.Key.Key_Return)


def reasons(form: QWidget) -> list[str]:
    return [each.text() for each in form.findChildren(QLabel) if each.property("role") == "bad" and each.isVisible()]


def test_every_parameter_has_a_field_with_its_value(form: ParameterForm) -> None:
    assert field(form, "filters").text() == "8"
    assert [field(form, f"kernel.{side}").text() for side in ("height", "width")] == ["3", "3"]
    assert found(form, QComboBox, "padding").currentText() == "Same"
    assert field(form, "epsilon").text() == "1e−5"
    assert found(form, QCheckBox, "bias").isChecked()
    assert field(form, "mean").text() == "0.5, 0.25"


def test_every_control_has_a_name_for_a_screen_reader_and_a_tooltip(form: ParameterForm) -> None:
    controls = [each for kind in (QLineEdit, Slider, QComboBox, QCheckBox) for each in form.findChildren(kind)]
    assert len(controls) > 12
    assert [each.objectName() for each in controls if not (each.accessibleName() and each.toolTip())] == []
    assert all(each.focusPolicy() & Qt.FocusPolicy.TabFocus for each in controls)


def test_the_tooltip_tells_the_range_and_the_hint(form: ParameterForm) -> None:
    assert "1 to 4096" in field(form, "filters").toolTip()
    assert "How many maps come out." in field(form, "filters").toolTip()


def test_showing_a_layer_asks_for_nothing(form: ParameterForm, wanted: list[Any]) -> None:
    form.show_node(replace(NODE, params=Params(filters=9, bias=False, padding="numbers")), SHAPES, None)
    form.show_node(replace(NODE, id="n2", enabled=False), None, None)
    assert wanted == []


def test_a_typed_number_is_asked_for_on_enter(form: ParameterForm, wanted: list[Any], qtbot: QtBot) -> None:
    typed(qtbot, field(form, "filters"), "16", enter=False)
    assert wanted == []
    qtbot.keyClick(field(form, "filters"), Qt.Key.Key_Return)
    assert wanted == [("filters", 16, False)]


def test_a_typed_number_is_asked_for_when_the_field_is_left(
    form: ParameterForm,
    wanted: list[Any],
    qtbot: QtBot,
) -> None:
    typed(qtbot, field(form, "filters"), "16", enter=False)
    field(form, "slope").setFocus()
    assert wanted == [("filters", 16, False)]


def test_the_form_keeps_the_documents_value_until_the_document_changes(form: ParameterForm, qtbot: QtBot) -> None:
    typed(qtbot, field(form, "filters"), "16")
    assert field(form, "filters").text() == "8"


def test_escape_brings_the_value_back(form: ParameterForm, wanted: list[Any], qtbot: QtBot) -> None:
    typed(qtbot, field(form, "filters"), "16", enter=False)
    qtbot.keyClick(field(form, "filters"), Qt.Key.Key_Escape)
    assert field(form, "filters").text() == "8"
    assert wanted == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("abc", "not a number"),
        ("1,5", "point"),
        ("2.5", "whole number"),
        ("5000", "4096"),
        ("0", "4096"),
        ("1/0", "zero"),
        ("", "number"),
    ],
)
def test_a_text_that_is_refused_turns_the_field_red_with_the_reason(
    form: ParameterForm, wanted: list[Any], qtbot: QtBot, text: str, part: str
) -> None:
    filters = field(form, "filters")
    filters.setFocus()
    filters.selectAll()
    qtbot.keyClick(filters, Qt.Key.Key_Delete)
    typed(qtbot, filters, text)
    assert filters.property("refused")
    assert part in filters.toolTip()
    assert filters.text() == text
    assert reasons(form) == [filters.toolTip()]
    assert wanted == []


def test_a_refused_text_is_forgotten_when_it_is_corrected(form: ParameterForm, wanted: list[Any], qtbot: QtBot) -> None:
    filters = field(form, "filters")
    typed(qtbot, filters, "lots")
    typed(qtbot, filters, "12")
    assert not filters.property("refused")
    assert reasons(form) == []
    assert wanted == [("filters", 12, False)]


def test_the_windows_refusal_stands_in_the_row_and_the_value_comes_back(form: ParameterForm, qtbot: QtBot) -> None:
    form.changed.connect(lambda name, value, dragging: form.refuse(name, "It does not fit."))
    typed(qtbot, field(form, "kernel.height"), "40")
    assert reasons(form) == ["It does not fit."]
    assert field(form, "kernel.height").text() == "3"
    form.show_node(replace(NODE, params=Params(kernel=(5, 5))), SHAPES, None)
    assert reasons(form) == []
    assert field(form, "kernel.height").text() == "5"


def test_equal_sides_stay_equal_until_the_link_is_undone(form: ParameterForm, wanted: list[Any], qtbot: QtBot) -> None:
    typed(qtbot, field(form, "kernel.width"), "5")
    found(form, QWidget, "kernel.link").click()
    typed(qtbot, field(form, "kernel.width"), "5")
    assert wanted == [("kernel", (5, 5), False), ("kernel", (3, 5), False)]


def test_linking_unequal_sides_makes_them_equal(form: ParameterForm, wanted: list[Any]) -> None:
    form.show_node(replace(NODE, params=Params(kernel=(3, 7))), SHAPES, None)
    link = found(form, QWidget, "kernel.link")
    assert not link.isChecked()
    link.click()
    assert wanted == [("kernel", (3, 3), False)]


def test_arrows_and_page_keys_step_a_number(form: ParameterForm, wanted: list[Any], qtbot: QtBot) -> None:
    filters = field(form, "filters")
    filters.setFocus()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
        qtbot.keyClick(filters, key)
    assert [value for _, value, _ in wanted] == [9, 7, 18, 1]


def test_a_key_that_is_let_go_ends_the_drag_once(form: ParameterForm, qtbot: QtBot) -> None:
    filters = field(form, "filters")
    filters.setFocus()
    with qtbot.waitSignal(form.drag_ended):
        qtbot.keyClick(filters, Qt.Key.Key_Up)


def test_dragging_a_slider_asks_all_along_and_ends_once(form: ParameterForm, wanted: list[Any], qtbot: QtBot) -> None:
    ends: list[int] = []
    form.drag_ended.connect(lambda: ends.append(1))
    bar: Slider = found(form, Slider, "filters.slider")
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() // 2, 5))
    qtbot.mouseMove(bar, QPoint(bar.width() - 1, 5))
    assert wanted[-1] == ("filters", 64, True)
    assert all(dragging for _, _, dragging in wanted)
    assert ends == []
    qtbot.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() - 1, 5))
    assert ends == [1]


def test_a_slider_keeps_its_grab_while_documents_come_in(form: ParameterForm, wanted: list[Any], qtbot: QtBot) -> None:
    form.changed.connect(
        lambda name, value, dragging: form.show_node(replace(NODE, params=Params(**{name: value})), SHAPES, None)
    )
    bar: Slider = found(form, Slider, "filters.slider")
    before = form.findChildren(QWidget)
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() // 2, 5))
    for x in range(bar.width() // 2, bar.width(), 3):
        qtbot.mouseMove(bar, QPoint(x, 5))
    assert bar.isSliderDown()
    assert form.findChildren(QWidget) == before
    qtbot.mouseRelease(bar, Qt.MouseButton.LeftButton)
    assert field(form, "filters").text() == str(wanted[-1][1])


def test_a_refused_drag_leaves_the_slider_at_the_documents_value(form: ParameterForm, qtbot: QtBot) -> None:
    form.changed.connect(lambda name, value, dragging: form.refuse(name, "Too many."))
    bar: Slider = found(form, Slider, "filters.slider")
    start = bar.value()
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() - 1, 5))
    qtbot.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() - 1, 5))
    assert bar.value() == start
    assert reasons(form) == ["Too many."]


def wheel(widget: QWidget) -> None:
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("name", ["filters", "filters.slider", "kernel.slider", "padding"])
def test_the_wheel_changes_nothing_that_has_no_focus(form: ParameterForm, wanted: list[Any], name: str) -> None:
    field(form, "mean").setFocus()
    wheel(found(form, QWidget, name))
    assert wanted == []
    assert found(form, QComboBox, "padding").currentText() == "Same"


def test_the_wheel_steps_a_slider_that_has_the_focus(form: ParameterForm, wanted: list[Any]) -> None:
    bar = found(form, Slider, "filters.slider")
    bar.setFocus()
    wheel(bar)
    assert wanted == [("filters", 9, True)]


def test_a_check_box_and_a_list_ask_and_show_the_document(form: ParameterForm, wanted: list[Any], qtbot: QtBot) -> None:
    box = found(form, QCheckBox, "bias")
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton)
    padding = found(form, QComboBox, "padding")
    padding.setFocus()
    qtbot.keyClick(padding, Qt.Key.Key_Down)
    assert wanted == [("bias", False, False), ("padding", "numbers", False)]
    assert box.isChecked()
    assert padding.currentText() == "Same"


def test_a_parameter_is_shown_only_while_it_counts(form: ParameterForm) -> None:
    top = field(form, "pads.top")
    assert not top.isVisible()
    form.show_node(replace(NODE, params=Params(padding="numbers")), SHAPES, None)
    assert top.isVisible()
    assert [field(form, f"pads.{part}").text() for part in ("top", "left", "bottom", "right")] == ["0", "1", "2", "3"]


def test_one_of_four_numbers_is_changed_alone(form: ParameterForm, wanted: list[Any], qtbot: QtBot) -> None:
    form.show_node(replace(NODE, params=Params(padding="numbers")), SHAPES, None)
    typed(qtbot, field(form, "pads.bottom"), "7")
    assert wanted == [("pads", (0, 1, 7, 3), False)]


def test_a_row_of_numbers_may_have_any_length_and_fractions(
    form: ParameterForm,
    wanted: list[Any],
    qtbot: QtBot,
) -> None:
    typed(qtbot, field(form, "mean"), "1/4, 0.5 2")
    assert wanted == [("mean", (0.25, 0.5, 2.0), False)]


def test_the_arithmetic_stands_once_when_both_sides_are_equal(form: ParameterForm) -> None:
    line: QLabel = found(form, QLabel, "arithmetic")
    assert line.text().replace("\N{NO-BREAK SPACE}", " ") == "⌊32 − 3⌋ + 1 = 30"
    form.show_node(replace(NODE, params=Params(kernel=(40, 40))), SHAPES, Refusal("The kernel does not fit."))
    assert not line.isVisible()
    assert reasons(form) == ["The kernel does not fit."]


def test_the_name_is_edited_by_a_double_click_or_f2(form: ParameterForm, qtbot: QtBot) -> None:
    names: list[str] = []
    form.renamed.connect(names.append)
    name = found(form, QLineEdit, "name")
    assert name.isReadOnly()
    qtbot.mouseDClick(name, Qt.MouseButton.LeftButton)
    typed(qtbot, name, "edges")
    assert names == ["edges"]
    assert name.isReadOnly()
    assert name.text() == "conv1"
    field(form, "filters").setFocus()
    qtbot.keyClick(field(form, "filters"), Qt.Key.Key_F2)
    typed(qtbot, name, "other", enter=False)
    qtbot.keyClick(name, Qt.Key.Key_Escape)
    assert names == ["edges"]


def test_a_layer_is_switched_off_by_its_check_box(form: ParameterForm, qtbot: QtBot) -> None:
    with qtbot.waitSignal(form.enabled_changed) as asked:
        qtbot.mouseClick(found(form, QCheckBox, "enabled"), Qt.MouseButton.LeftButton)
    assert asked.args == [False]


def test_an_unknown_operation_shows_its_parameters_and_takes_none(form: ParameterForm) -> None:
    refusal = Refusal("The operation {op} is unknown.", op="warp")
    form.show_node(replace(NODE, id="n9", op="warp", params={"grid": [1, 2], "mode": "a\nb"}), None, refusal)
    texts = [each.text() for each in form.findChildren(QLabel) if each.isVisible()]
    assert {"warp", "grid", "[1, 2]", "a\\nb"} <= set(texts)
    assert reasons(form) == ["The operation warp is unknown."]
    assert not any(each.isVisible() for each in form.findChildren(NumberField))


def test_without_a_layer_the_form_says_so(form: ParameterForm) -> None:
    form.show_node(None, None, None)
    assert not found(form, QCheckBox, "enabled").isVisible()
    assert any("Choose a layer" in each.text() for each in form.findChildren(QLabel))


def test_every_operation_has_a_form(form: ParameterForm) -> None:
    for name, operation in operations().items():
        node = Node(f"of {name}", name, name, operation.Params(), ())
        form.show_node(node, None, None)
        assert form.grab().width() == 272


@pytest.mark.parametrize(("name", "scale"), [("light", 1.0), ("dark", 1.0), ("light", 1.6)])
def test_no_number_is_wider_than_its_field_in_any_theme(
    monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, name: str, scale: float
) -> None:
    colours = replace(theme.DARK if name == "dark" else theme.LIGHT, scale=scale)
    monkeypatch.setattr(theme, "_current", colours)
    form = ParameterForm()
    form.setStyleSheet(stylesheet(colours))
    qtbot.addWidget(form)
    form.show_node(replace(NODE, params=Params(filters=4096, kernel=(4096, 4096))), SHAPES, None)
    form.resize(round(300 * scale), 500)
    form.show()
    for each in (field(form, "filters"), field(form, "kernel.height"), field(form, "epsilon")):
        assert each.fontMetrics().horizontalAdvance(each.text()) <= each.width() - 2 * colours.px(4)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_is_read_back_as_itself(value: float) -> None:
    assert typed_numbers.number(typed_numbers.written(value)) == value


@given(st.text(max_size=20))
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    try:
        value = typed_numbers.number(text)
    except Refusal:
        return
    assert math.isfinite(value)


@pytest.mark.parametrize(("text", "value"), [("1/3", 1 / 3), ("−2", -2.0), (" .5 ", 0.5), ("1e-5", 1e-5), ("+4.", 4.0)])
def test_numbers_are_read_the_same_in_every_language(text: str, value: float) -> None:
    assert typed_numbers.number(text) == value


@given(st.integers(-50, 50), st.integers(1, 5000), st.sampled_from(["integer", "real"]), st.floats(0, 1))
def test_every_place_of_a_slider_is_found_again_from_its_value(low: int, width: int, kind: Any, part: float) -> None:
    scale = scale_of(Parameter(kind, "x", low, low + width))
    assert scale is not None
    place = round(part * scale.last)
    value = scale.value(place)
    assert low <= value <= low + width
    again = scale.value(scale.place(value))
    assert again == pytest.approx(value, rel=0.01)


def test_a_slider_over_many_decades_goes_by_ratio() -> None:
    scale = scale_of(Parameter("real", "ε", 1e-12, 1.0))
    assert scale is not None
    assert scale.value(scale.last // 2) == pytest.approx(1e-6, rel=0.01)


def test_a_range_without_an_end_has_no_slider() -> None:
    assert scale_of(Parameter("real", "x")) is None
    assert scale_of(Parameter("integer", "seed", 0, 2**63)) is None
