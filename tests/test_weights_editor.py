"""What a person relies on when looking at weights and changing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QMenu, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.model.document import Link, Node
from explorer.ops.op import Array
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.parameters import typed_numbers
from explorer.ui.parameters.number_field import NumberField
from explorer.ui.weights.kernel_grid import KernelGrid
from explorer.ui.weights.painting_kernel import largest, paint_kernel, texts_of, tints
from explorer.ui.weights.weight_view import WeightView, evenly, flipped, preset_of, summing_to_one
from explorer.ui.weights.weights import WeightsEditor

# The platform without a screen says so whenever a window is shown.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

SOBEL = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
PRESETS = {"Sobel x": SOBEL, "Box": np.full((3, 3), 1 / 9)}
NODE = Node("n1", "imagined", "conv1", None, (Link("source", "x"),), seed=4)


def kernels() -> dict[str, Array]:
    numbers = np.arange(2 * 3 * 3 * 3, dtype=np.float32).reshape(2, 3, 3, 3)
    return {"w": numbers, "b": np.array([0.5, -0.5], np.float32)}


@pytest.fixture
def editor(qtbot: QtBot) -> WeightsEditor:
    editor = WeightsEditor()
    qtbot.addWidget(editor)
    editor.resize(272, 600)
    editor.show()
    shown(editor, kernels())
    return editor


@pytest.fixture
def values(editor: WeightsEditor) -> list[tuple[Any, ...]]:
    asked: list[tuple[Any, ...]] = []
    editor.value_changed.connect(lambda *each: asked.append(each))
    return asked


@pytest.fixture
def changes(editor: WeightsEditor) -> list[tuple[str, Array]]:
    asked: list[tuple[str, Array]] = []
    editor.array_changed.connect(lambda *each: asked.append(each))
    return asked


def shown(
    editor: WeightsEditor,
    weights: Mapping[str, Array],
    *,
    node: Node = NODE,
    gradients: Mapping[str, Array] | None = None,
) -> None:
    editor.show_weights(node, weights, ("left edges", "right edges"), PRESETS, gradients)
    QGuiApplication.processEvents()


def found(editor: QWidget, kind: type[Any], name: str) -> Any:
    widget = editor.findChild(kind, f"weights.{name}")
    assert widget is not None, name
    return widget


def grid(editor: QWidget) -> KernelGrid:
    made: KernelGrid = found(editor, KernelGrid, "grid")
    return made


def press(editor: QWidget, name: str) -> None:
    found(editor, QAbstractButton, name).click()


def reasons(editor: QWidget) -> list[str]:
    return [each.text() for each in editor.findChildren(QLabel) if each.property("role") == "bad" and each.isVisible()]


def middle_of(cells: KernelGrid, row: int, column: int) -> QPoint:
    return cells._cell_rect(row, column).center()


def click(qtbot: QtBot, cells: KernelGrid, row: int, column: int) -> None:
    qtbot.mouseClick(cells.viewport(), Qt.MouseButton.LeftButton, pos=middle_of(cells, row, column))
    cells.setFocus()


def chosen_preset(editor: QWidget, text: str) -> None:
    menu: QMenu = found(editor, QToolButton, "preset").menu()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == text).trigger()


def test_a_number_typed_into_a_cell_is_asked_for_with_its_index(
    editor: WeightsEditor,
    values: list[Any],
    qtbot: QtBot,
) -> None:
    click(qtbot, grid(editor), 1, 2)
    qtbot.keyClick(grid(editor), "7")
    typing = QGuiApplication.focusObject()
    assert isinstance(typing, NumberField)
    qtbot.keyClicks(typing, ".5")
    qtbot.keyClick(typing, Qt.Key.Key_Return)
    assert values == [("w", (0, 0, 1, 2), 7.5, False)]
    assert QGuiApplication.focusObject() is grid(editor)


def test_tab_takes_a_number_and_goes_on_to_the_next_cell(
    editor: WeightsEditor,
    values: list[Any],
    qtbot: QtBot,
) -> None:
    click(qtbot, grid(editor), 0, 2)
    for number in "89":
        qtbot.keyClick(grid(editor), number)
        qtbot.keyClick(QGuiApplication.focusObject(), Qt.Key.Key_Tab)
    assert values == [("w", (0, 0, 0, 2), 8.0, False), ("w", (0, 0, 1, 0), 9.0, False)]


def test_escape_leaves_a_cell_as_it_was(editor: WeightsEditor, values: list[Any], qtbot: QtBot) -> None:
    click(qtbot, grid(editor), 0, 0)
    qtbot.keyClick(grid(editor), "5")
    qtbot.keyClick(QGuiApplication.focusObject(), Qt.Key.Key_Escape)
    assert values == []
    assert QGuiApplication.focusObject() is grid(editor)


def test_what_is_no_number_is_refused_with_the_reason(editor: WeightsEditor, values: list[Any], qtbot: QtBot) -> None:
    click(qtbot, grid(editor), 0, 0)
    qtbot.keyClick(grid(editor), "5")
    qtbot.keyClicks(QGuiApplication.focusObject(), ",5")
    qtbot.keyClick(QGuiApplication.focusObject(), Qt.Key.Key_Return)
    assert values == []
    assert "point" in reasons(editor)[0]


def test_arrows_walk_over_the_cells_and_stop_at_the_edge(editor: WeightsEditor, qtbot: QtBot) -> None:
    click(qtbot, grid(editor), 1, 1)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(grid(editor), key)
    assert grid(editor).current == (2, 2)


def test_ctrl_with_up_and_down_steps_the_number(editor: WeightsEditor, values: list[Any], qtbot: QtBot) -> None:
    shown(editor, {"w": SOBEL[None, None]})
    click(qtbot, grid(editor), 0, 2)
    with qtbot.waitSignal(editor.drag_ended):
        qtbot.keyClick(grid(editor), Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(grid(editor), Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert values == [("w", (0, 0, 0, 2), 1.1, True), ("w", (0, 0, 0, 2), 0.9, True)]


def test_dragging_a_cell_upwards_makes_its_number_larger_and_ends_once(
    editor: WeightsEditor, values: list[Any], qtbot: QtBot
) -> None:
    ends: list[int] = []
    editor.drag_ended.connect(lambda: ends.append(1))
    shown(editor, {"w": SOBEL[None, None]})
    view, start = grid(editor).viewport(), middle_of(grid(editor), 2, 2)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for height in (6, 12, 30):
        qtbot.mouseMove(view, start - QPoint(0, height))
    assert [each[2] for each in values] == [1.2, 1.4, 2.0]
    assert all(dragging for *_, dragging in values)
    assert ends == []
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert ends == [1]


def test_a_click_alone_changes_nothing(editor: WeightsEditor, values: list[Any], qtbot: QtBot) -> None:
    click(qtbot, grid(editor), 2, 0)
    assert values == []


def test_the_field_below_edits_the_outlined_cell_and_reads_fractions(
    editor: WeightsEditor, values: list[Any], qtbot: QtBot
) -> None:
    click(qtbot, grid(editor), 2, 1)
    value = found(editor, NumberField, "value")
    assert value.text() == "7"
    value.setFocus()
    value.selectAll()
    qtbot.keyClicks(value, "1/9")
    qtbot.keyClick(value, Qt.Key.Key_Return)
    assert values == [("w", (0, 0, 2, 1), 1 / 9, False)]


def test_choosing_a_kernel_shows_it_and_says_so(editor: WeightsEditor, qtbot: QtBot) -> None:
    with qtbot.waitSignal(editor.kernel_selected) as asked:
        press(editor, "kernel.on")
    assert asked.args == [1]
    assert found(editor, NumberField, "value").text() == "27"
    assert "right edges" in grid(editor).accessibleName()


def test_a_kernel_selected_from_outside_says_nothing(editor: WeightsEditor, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(editor.kernel_selected):
        editor.select_kernel(1)
        editor.select_kernel(99)
    assert found(editor, NumberField, "kernel.number").text() == "1"


def test_the_channel_is_chosen_by_typing_and_only_among_those_there(editor: WeightsEditor, qtbot: QtBot) -> None:
    channel = found(editor, NumberField, "channel.number")
    for text, number in (("2", "18"), ("3", "18")):
        channel.setFocus()
        channel.selectAll()
        qtbot.keyClicks(channel, text)
        qtbot.keyClick(channel, Qt.Key.Key_Return)
        assert found(editor, NumberField, "value").text() == number
    assert "0 to 2" in reasons(editor)[0]


def test_a_preset_replaces_one_channel(editor: WeightsEditor, changes: list[tuple[str, Array]]) -> None:
    chosen_preset(editor, "Sobel x")
    (name, array), before = changes[0], kernels()["w"]
    assert name == "w"
    assert array.dtype == np.float32
    assert np.array_equal(array[0, 0], SOBEL)
    assert np.array_equal(array[0, 1:], before[0, 1:])
    assert np.array_equal(array[1], before[1])


def test_a_preset_over_all_channels_is_spread_evenly(editor: WeightsEditor, changes: list[tuple[str, Array]]) -> None:
    press(editor, "all")
    chosen_preset(editor, "Sobel x")
    array = changes[0][1]
    assert np.allclose(array[0].sum(axis=0), SOBEL)
    assert np.allclose(array[0, 0], array[0, 2])
    shown(editor, {"w": array})
    assert found(editor, QToolButton, "preset").text() == "Sobel x ▾"


def test_the_buttons_change_the_shown_kernel_alone(editor: WeightsEditor, changes: list[tuple[str, Array]]) -> None:
    press(editor, "kernel.on")
    for name in ("zero", "normalise", "flip"):
        press(editor, name)
    before = kernels()["w"]
    zero, normal, turned = (array for _, array in changes)
    assert not zero[1, 0].any()
    assert normal[1, 0].sum() == pytest.approx(1)
    assert np.array_equal(turned[1, 0], before[1, 0, ::-1, ::-1])
    for _, array in changes:
        assert np.array_equal(array[0], before[0])
        assert np.array_equal(array[1, 1:], before[1, 1:])


def test_a_sum_of_zero_cannot_become_one(editor: WeightsEditor, changes: list[Any]) -> None:
    shown(editor, {"w": SOBEL[None, None]})
    press(editor, "normalise")
    assert changes == []
    assert "cannot become 1" in reasons(editor)[0]


def test_drawing_again_takes_the_next_seed_and_as_drawn_keeps_it(editor: WeightsEditor) -> None:
    seeds: list[object] = []
    editor.drawn_again.connect(seeds.append)
    press(editor, "random")
    assert not found(editor, QAbstractButton, "drawn").isEnabled()
    weights = kernels()
    shown(editor, weights, node=replace(NODE, weights=MappingProxyType(weights)))
    press(editor, "drawn")
    assert seeds == [5, None]


def test_a_kernel_is_copied_and_pasted_elsewhere(
    editor: WeightsEditor,
    changes: list[tuple[str, Array]],
    qtbot: QtBot,
) -> None:
    grid(editor).setFocus()
    qtbot.keyClick(grid(editor), Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "0\t1\t2\n3\t4\t5\n6\t7\t8"
    press(editor, "kernel.on")
    qtbot.keyClick(grid(editor), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(changes[0][1][1, 0], kernels()["w"][0, 0])


def test_a_pasted_text_that_does_not_fit_is_refused(editor: WeightsEditor, changes: list[Any], qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("1 2\n3 4")
    qtbot.keyClick(grid(editor), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert changes == []
    assert "3 × 3" in reasons(editor)[0]


def test_another_weight_is_a_list_with_its_own_indices(editor: WeightsEditor, values: list[Any], qtbot: QtBot) -> None:
    which = found(editor, QComboBox, "which")
    which.setFocus()
    qtbot.keyClick(which, Qt.Key.Key_Down)
    assert not found(editor, QWidget, "kernel").isVisible()
    click(qtbot, grid(editor), 0, 1)
    qtbot.keyClick(grid(editor), "3")
    qtbot.keyClick(QGuiApplication.focusObject(), Qt.Key.Key_Return)
    assert values == [("b", (1,), 3.0, False)]


def test_gradients_are_shown_but_not_edited(editor: WeightsEditor, values: list[Any], qtbot: QtBot) -> None:
    slopes = found(editor, QAbstractButton, "gradient")
    assert not slopes.isVisible()
    shown(editor, kernels(), gradients={"w": -kernels()["w"]})
    slopes.click()
    click(qtbot, grid(editor), 0, 1)
    assert found(editor, NumberField, "value").text() == "−1"
    qtbot.keyClick(grid(editor), "3")
    qtbot.keyClick(grid(editor), Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert values == []
    assert not found(editor, QAbstractButton, "zero").isEnabled()
    shown(editor, kernels())
    assert found(editor, NumberField, "value").text() == "1"


def test_the_place_is_kept_while_the_same_layer_changes_and_left_with_it(editor: WeightsEditor, qtbot: QtBot) -> None:
    press(editor, "kernel.on")
    press(editor, "channel.on")
    shown(editor, {"w": kernels()["w"] + 1})
    assert found(editor, NumberField, "value").text() == "37"
    shown(editor, {"w": kernels()["w"][:1, :1]})
    assert found(editor, NumberField, "value").text() == "0"
    shown(editor, kernels(), node=replace(NODE, id="n2"))
    assert found(editor, NumberField, "kernel.number").text() == "0"


def test_a_layer_without_weights_says_so(editor: WeightsEditor) -> None:
    shown(editor, {})
    assert [each.text() for each in editor.findChildren(QLabel) if each.isVisible()] == ["This layer has no weights."]


def test_the_windows_refusal_is_shown_until_the_weights_change(editor: WeightsEditor) -> None:
    editor.refuse("They are not finite.")
    assert reasons(editor) == ["They are not finite."]
    shown(editor, {"w": kernels()["w"] * 2})
    assert reasons(editor) == []


def test_every_control_has_a_name_for_a_screen_reader_and_a_tooltip(editor: WeightsEditor) -> None:
    kinds = (QAbstractButton, QComboBox, NumberField, KernelGrid)
    controls = [each for kind in kinds for each in editor.findChildren(kind) if each.isVisible()]
    assert len(controls) > 10
    assert [each.objectName() for each in controls if not (each.accessibleName() and each.toolTip())] == []


@pytest.mark.parametrize("shape", [(1, 1, 4096, 4096), (10, 100_000), (4096,), (4096, 4096, 1, 1), (2, 3, 4, 5, 6), ()])
def test_a_weight_of_any_shape_is_shown_within_the_panel(
    editor: WeightsEditor,
    qtbot: QtBot,
    shape: tuple[int, ...],
) -> None:
    shown(editor, {"w": np.zeros(shape, np.float32)})
    assert editor.grab().width() == 272
    assert grid(editor).height() <= theme.current().px(250) + 30
    grid(editor).go_to(10**6, 10**6)
    row, column = grid(editor).current
    assert grid(editor).viewport().rect().intersects(grid(editor)._cell_rect(row, column))


def test_the_last_cell_of_a_list_is_its_last_number(editor: WeightsEditor, qtbot: QtBot) -> None:
    shown(editor, {"b": np.arange(10.0)})
    for _ in range(4):
        qtbot.keyClick(grid(editor), Qt.Key.Key_Down)
    for _ in range(4):
        qtbot.keyClick(grid(editor), Qt.Key.Key_Right)
    assert found(editor, NumberField, "value").text() == "9"


@pytest.mark.parametrize(
    "text",
    [
        "1 2 3\n4 5 6",
        "1,2,3\n4,5,6",
        "1\t2\t3\r\n4\t5\t6\r\n",
        "1 2 3; 4 5 6",
        "[[1, 2, 3],\n [4, 5, 6]]",
        "1 2 3 4 5 6",
        "2/2 2 3\n\n4 5 6.0",
    ],
)
def test_a_matrix_is_read_from_the_text_of_many_programs(text: str) -> None:
    assert np.array_equal(typed_numbers.matrix(text, (2, 3)), [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("text", ["", "1 2\n3 4\n5 6", "1 2 3\n4 5", "a b c\nd e f", "1 2 nan 4 5 6", "1" * (1 << 21)])
def test_a_text_that_is_no_such_matrix_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        typed_numbers.matrix(text, (2, 3))


@given(arrays.arrays(np.float32, (3, 4), elements=st.floats(allow_nan=False, allow_infinity=False, width=32)))
def test_a_copied_kernel_is_pasted_bit_for_bit(values: Array) -> None:
    again = typed_numbers.matrix(typed_numbers.matrix_text(values), (3, 4)).astype(np.float32)
    assert again.tobytes() == values.tobytes()


@given(st.lists(st.integers(1, 4), max_size=5).map(tuple), st.data())
def test_the_index_of_a_cell_leads_to_its_number(shape: tuple[int, ...], data: Any) -> None:
    array = np.arange(np.prod(shape, dtype=int), dtype=float).reshape(shape)
    view = WeightView("w", array).at(data.draw(st.integers(0, 3)), data.draw(st.integers(0, 20)))
    matrix = view.matrix
    for row, column in np.ndindex(*matrix.shape):
        if row * matrix.shape[1] + column < view.count:
            assert array[view.index(row, column)] == matrix[row, column]


def test_parts_are_made_as_their_names_say() -> None:
    assert summing_to_one(np.array([1.0, 3.0])).tolist() == [0.25, 0.75]
    assert flipped(np.array([[1, 2], [3, 4]])).tolist() == [[4, 3], [2, 1]]
    assert evenly(np.array([[4.0]]), 2).tolist() == [[[2.0]], [[2.0]]]
    assert preset_of(WeightView("w", SOBEL[None, None]), PRESETS) == "Sobel x"
    assert preset_of(WeightView("w", SOBEL), PRESETS) == ""


def painted(values: Array, **more: Any) -> QImage:
    image = QImage(90, 90, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    paint_kernel(painter, QRectF(0, 0, 90, 90), values, theme.LIGHT, **more)
    painter.end()
    return image


def test_positive_cells_are_blue_and_negative_ones_red(qtbot: QtBot) -> None:
    image = painted(SOBEL)
    left, middle, right = (QColor(image.pixel(x, 34)) for x in (4, 34, 64))
    assert left.red() > left.blue() + 40
    assert right.blue() > right.red() + 40
    assert middle == QColor(theme.LIGHT.card)


def test_a_larger_number_has_the_stronger_tint() -> None:
    strong, weak = (QColor(int(each)) for each in tints(np.array([[2.0, 1.0]]), 2.0, theme.LIGHT)[0])
    assert strong.red() < weak.red() < 255


@given(arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=40)))
def test_any_matrix_can_be_painted(values: Array) -> None:
    assert largest(values) >= 0
    for colours in (theme.LIGHT, theme.DARK):
        image = QImage(60, 40, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        paint_kernel(painter, QRectF(2, 2, 50, 30), values, colours, current=(0, 0), count=values.size - 1)
        painter.end()


def test_the_numbers_of_a_grid_have_one_count_of_digits(qtbot: QtBot) -> None:
    metrics = QFontMetricsF(theme.LIGHT.font("number"))
    texts = texts_of(np.array([[1 / 3, -1 / 3], [2 / 3, 0]]), metrics.horizontalAdvance("−0.333"), metrics)
    assert texts == ["0.333", "−0.333", "0.667", "0"]


def test_in_a_small_cell_a_number_is_rounded_but_only_zero_is_shown_as_zero(qtbot: QtBot) -> None:
    metrics = QFontMetricsF(theme.LIGHT.font("number"))
    texts = texts_of(np.array([[0.62, -0.00471, 0.0, -0.35]]), metrics.horizontalAdvance("−0.4"), metrics)
    assert texts == ["0.6", "0.0", "0", "−0.3"]
