"""The strip under the maps: what it shows of a calculation, and what it says of the cursor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.model.digits import written
from explorer.ops import operations
from explorer.ops.explanation import Grid, Number, Sign, Step, Sum
from explorer.ops.op import Cell, Op, no_tick
from explorer.refusal import Refusal, message
from explorer.ui import theme
from explorer.ui.calculation.explanation import ExplanationPanel
from explorer.ui.calculation.explanation_layout import Outcome, faces, input_cell, laid_out
from explorer.ui.calculation.explanation_text import agrees, calculation_text, numbers_text
from explorer.ui.calculation.painting_explanation import paint_explanation
from explorer.ui.texts import said

# The platform without a screen says this of every window.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture(autouse=True, scope="module")
def themed(qapp: QApplication) -> None:
    theme.load_fonts()
    theme.use(qapp, "light")


@pytest.fixture
def then_light(qapp: QApplication) -> Iterator[None]:
    yield
    theme.use(qapp, "light")


def convolution(
    channels: int = 1,
    size: int = 3,
    *,
    padding: bool = False,
    spacing: tuple[int, int] = (1, 1),
) -> list[Step]:
    """A patch times a kernel for each channel, then the channels and a bias added up."""
    rng = np.random.default_rng(channels * 100 + size)
    steps, terms = [], []
    for channel in range(channels):
        patch, kernel = rng.normal(size=(2, size, size))
        mask = np.zeros(patch.shape, bool)
        if padding:
            mask[0], patch[0] = True, 0.0
        products = patch * kernel
        value = float(products.sum())
        parts = (
            Grid(message("Input patch"), patch, "input", mask, where=(0, channel, 184, 290), spacing=spacing),
            Sign("⊙"),
            Grid(message("Kernel"), kernel, "weight"),
            Sign("="),
            Grid(message("Products"), products, "product", adds_up=True),
            Sign("Σ"),
        )
        steps.append(Step(message("channel {channel}", channel=channel), parts, value))
        terms.append((message("channel {channel}", channel=channel), value))
    terms.append((message("bias"), 0.25))
    total = sum(value for _, value in terms)
    return [*steps, Step(message("The channels added up"), (Sum(message("Output"), tuple(terms), total),), total)]


@pytest.fixture
def panel(qtbot: QtBot) -> ExplanationPanel:
    made = ExplanationPanel()
    qtbot.addWidget(made)
    made.resize(1000, 170)
    made.show()
    return made


def shown(panel: ExplanationPanel, steps: list[Step], **also: Any) -> None:
    settings = {"gradient": None, "check": None, "pinned": False} | also
    panel.show_explanation("Conv · y[0, 185, 291]", "y = Σ w · x + b", steps, **settings)


def control(panel: QWidget, kind: type[QWidget], name: str) -> Any:
    found = panel.findChild(kind, name)
    assert found is not None
    return found


def grid_point(panel: ExplanationPanel, row: int, column: int) -> QPoint:
    """The middle of a cell of the first grid, in the canvas."""
    placed = next(each for each in panel._canvas._calculation.parts if isinstance(each.part, Grid))
    width, height = placed.body.width() / placed.shown[1], placed.body.height() / placed.shown[0]
    middle = QPointF((column + 0.5) * width, (row + 0.5) * height)
    return (placed.body.topLeft() + middle).toPoint()


def test_a_message_stands_where_there_is_no_calculation(panel: ExplanationPanel) -> None:
    panel.show_message("Nothing is under the cursor.")
    assert panel.accessibleDescription() == "Nothing is under the cursor."
    shown(panel, convolution())
    assert panel.accessibleDescription().startswith("Conv · y[0, 185, 291] = ")


def test_pointing_at_a_number_of_the_patch_names_its_cell_in_the_input(panel: ExplanationPanel, qtbot: QtBot) -> None:
    shown(panel, convolution(spacing=(2, 3)))
    with qtbot.waitSignal(panel.term_hovered) as told:
        qtbot.mouseMove(panel._canvas, grid_point(panel, 1, 2))
    assert told.args == [(0, 0, 186, 296)]


def test_the_padding_is_no_cell_of_the_input(panel: ExplanationPanel) -> None:
    grid = convolution(padding=True)[0].parts[0]
    assert isinstance(grid, Grid)
    assert input_cell(grid, 0, 1) is None
    assert input_cell(grid, 1, 1) == (0, 0, 185, 291)


def test_leaving_a_grid_takes_the_linked_cell_back(panel: ExplanationPanel, qtbot: QtBot) -> None:
    shown(panel, convolution())
    qtbot.mouseMove(panel._canvas, grid_point(panel, 0, 0))
    with qtbot.waitSignal(panel.term_hovered) as told:
        qtbot.mouseMove(panel._canvas, QPoint(1, 1))
    assert told.args == [None]


def test_the_sum_over_channels_stands_beside_a_channel_where_there_is_room(panel: ExplanationPanel) -> None:
    shown(panel, convolution(3))
    assert panel._last_canvas.isVisible()
    panel.resize(500, 170)
    assert not panel._last_canvas.isVisible()


@pytest.mark.parametrize("width", [500, 1000])
def test_the_arrow_keys_go_through_every_step(panel: ExplanationPanel, qtbot: QtBot, width: int) -> None:
    panel.resize(width, 170)
    steps = convolution(3)
    shown(panel, steps)
    seen = []
    for _ in steps:
        seen.append(panel._step_title.text_whole())
        qtbot.keyClick(panel, Qt.Key.Key_Right)
    expected = [said(step.title) for step in steps]
    assert seen == (expected if width == 500 else [*expected[:3], expected[2]])
    qtbot.keyClick(panel, Qt.Key.Key_Home)
    assert panel._step_title.text_whole() == expected[0]


def test_the_step_that_was_chosen_stays_while_the_cursor_moves(panel: ExplanationPanel) -> None:
    shown(panel, convolution(3))
    panel.show_step(1)
    shown(panel, convolution(3, 2))
    assert panel._step_title.text_whole() == "channel 1"
    shown(panel, convolution(2))
    assert panel._step_title.text_whole() == "channel 0"


def test_a_bias_alone_needs_no_step_of_its_own(panel: ExplanationPanel) -> None:
    shown(panel, convolution(), gradient=-0.0031)
    assert not control(panel, QPushButton, "explanation.next").isVisible()
    outcome = panel._outcome()
    assert outcome.lines[0].endswith("+ bias 0.250")
    assert outcome.lines[1] == "∂L/∂y = −0.0031"
    first, second = outcome.lines[0].replace("−", "-").split(" + bias ")
    assert Decimal(first) + Decimal(second) == Decimal(outcome.value.replace("−", "-"))


def test_the_check_says_whether_the_number_is_that_of_the_definition(panel: ExplanationPanel) -> None:
    shown(panel, convolution(), check=(1.0, 1.0 + 3e-7), pinned=True)
    badge = control(panel, QLabel, "explanation.check")
    assert badge.property("role") == "good"
    assert badge.text() == "equals the definition, difference 3e−7"
    shown(panel, convolution(), check=(1.0, 1.2))
    assert badge.property("role") == "bad"
    assert "0.2" in badge.text()
    assert not control(panel, QLabel, "explanation.pinned").isVisible()
    shown(panel, convolution())
    assert not badge.isVisible()


def test_rounding_is_measured_against_what_was_added_up() -> None:
    cancelling = [Step(message("sum"), (Sum(message("y"), ((message("a"), 1e4), (message("b"), -1e4)), 0.0),), 0.0)]
    assert agrees(0.0, 1e-3, cancelling)
    assert not agrees(0.0, 1e-3, [])
    assert agrees(math.nan, math.nan, [])
    assert agrees(math.inf, math.inf, [])
    assert not agrees(1.0, math.nan, [])


def test_numbers_are_copied_in_full_and_tab_separated(panel: ExplanationPanel) -> None:
    steps = convolution()
    shown(panel, steps)
    panel.copy_numbers()
    block = QGuiApplication.clipboard().text().split("\n\n")[0].splitlines()
    grid = steps[0].parts[0]
    assert isinstance(grid, Grid)
    assert block[0] == "Input patch"
    np.testing.assert_array_equal([[float(each) for each in row.split("\t")] for row in block[1:]], grid.values)
    assert numbers_text(steps[-1]).splitlines()[-1] == f"Output\t{steps[-1].value!r}"


def test_the_text_that_is_copied_holds_every_step(panel: ExplanationPanel, qtbot: QtBot) -> None:
    steps = convolution(2)
    shown(panel, steps)
    qtbot.keyClick(panel, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text = QGuiApplication.clipboard().text()
    assert text == calculation_text("Conv · y[0, 185, 291]", "y = Σ w · x + b", steps)
    assert all(said(step.title) in text for step in steps)


def test_a_grid_that_is_too_large_shows_the_part_around_the_cell_that_decides() -> None:
    values = np.arange(200.0 * 200).reshape(200, 200)
    step = Step(message("max"), (Grid(message("Window"), values, "input", marked=((150, 7),)),), 1.0)
    parts, totals = written([step])
    placed = laid_out(step, parts[0], totals[0], theme.current(), last=True).parts[0]
    assert placed.shown == (31, 31)
    assert placed.first == (135, 0)
    assert placed.caption == "Window · 31 × 31 of 200 × 200"


@pytest.mark.parametrize("last", [False, True])
def test_a_grid_that_adds_up_is_followed_by_a_sum_sign(last: bool) -> None:
    step = Step(message("sum"), (Grid(message("Products"), np.ones((2, 2)), "product", adds_up=True),), 4.0)
    parts, totals = written([step])
    placed = laid_out(step, parts[0], totals[0], theme.current(), last=last).parts
    assert [each.texts for each in placed[1:]] == (["Σ"] if last else ["Σ", "4"])


def test_a_caption_keeps_the_letters_of_mathematics() -> None:
    face = faces(theme.current())
    assert face.caption_of("γ of channel 0") is face.symbols
    assert face.caption_of("z") is face.symbols
    assert face.caption_of("Kernel 0 · Sobel x") is face.caption


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    "values",
    [
        np.full((2, 2), np.nan),
        np.array([[np.inf, -np.inf, 0.0]]),
        np.zeros((0, 3)),
        np.zeros((1, 1)),
        np.array([[1e300, -1e300]]),
        np.array([[5e-324]]),
        np.arange(6).reshape(2, 3),
    ],
)
def test_whatever_the_numbers_are_they_are_painted(look: theme.Theme, values: Any) -> None:
    step = Step(
        message("any"),
        (
            Grid(message("x"), values, "input", marked=((0, 0),), adds_up=True),
            Sum(message("none"), (), 0.0),
            Number(message("y"), math.nan),
        ),
        math.nan,
    )
    parts, totals = written([step])
    calculation = laid_out(step, parts[0], totals[0], look, last=False)
    image = QImage(400, 200, QImage.Format.Format_RGB32)
    image.fill(look.color("card"))
    painter = QPainter(image)
    paint_explanation(painter, QRectF(0, 0, 400, 200), (calculation, calculation), Outcome("y", totals[0]), look)
    painter.end()
    assert totals == ["NaN"]


def test_a_positive_number_is_tinted_blue_a_negative_one_red_and_padding_is_hatched() -> None:
    look = theme.current()
    grid = Grid(message("Patch"), np.array([[1.0, -1.0, 0.0]]), "input", np.array([[False, False, True]]))
    step = Step(message("one"), (grid,), 0.0)
    parts, totals = written([step])
    calculation = laid_out(step, parts[0], totals[0], look, last=True)
    image = QImage(300, 100, QImage.Format.Format_RGB32)
    image.fill(look.color("card"))
    painter = QPainter(image)
    paint_explanation(painter, QRectF(0, 0, 300, 100), (calculation,), Outcome("", ""), look)
    painter.end()
    body = calculation.parts[0].body
    corners = [
        image.pixelColor(int(body.left() + each * body.width() / 3) + 3, int(body.bottom()) - 4) for each in range(3)
    ]
    assert corners[0].blue() > corners[0].red() + 40
    assert corners[1].red() > corners[1].blue() + 40
    hatched = {image.pixel(int(body.right()) - x, int(body.bottom()) - y) for x in range(2, 10) for y in range(2, 10)}
    assert len(hatched) > 1


@pytest.mark.usefixtures("then_light")
def test_a_change_of_theme_while_it_shows_is_taken_up(panel: ExplanationPanel, qapp: QApplication) -> None:
    shown(panel, convolution(3), check=(1.0, 1.0), pinned=True)
    before = panel.sizeHint()
    theme.use(qapp, "dark", scale=1.5)
    assert panel.sizeHint().height() > before.height()
    assert not panel.grab().isNull()


@pytest.mark.parametrize("op", operations().values(), ids=lambda op: op.name)
def test_every_operation_explains_itself_here_and_its_sums_add_up(op: Op, panel: ExplanationPanel) -> None:
    rng = np.random.default_rng(7)
    for sample in op.samples(rng):
        shapes = tuple(x.shape for x in sample.xs)
        weights = op.init(shapes, sample.params, rng) if sample.weights is None else sample.weights
        with np.errstate(all="ignore"):
            ys, _ = op.forward(sample.xs, weights, sample.params, no_tick)
        for port, y in enumerate(ys):
            index = tuple(int(each) for each in np.unravel_index(y.size // 2, y.shape))
            with np.errstate(all="ignore"):
                steps = list(op.explain(sample.xs, weights, sample.params, Cell(port, index)))
            shown(panel, steps, gradient=0.5, check=(float(y[index]), float(y[index])), pinned=True)
            for _ in steps:
                panel.show_step(panel._shown + 1)
            _check_sums(steps)
        assert not panel.grab().isNull()


def _check_sums(steps: list[Step]) -> None:
    parts, _ = written(steps)
    for step, texts in zip(steps, parts, strict=True):
        for part, text in zip(step.parts, texts, strict=True):
            if isinstance(part, Sum) and all(map(math.isfinite, [part.total, *(value for _, value in part.terms)])):
                terms, total = text
                assert sum(Decimal(each.replace("−", "-")) for each in terms) == Decimal(str(total).replace("−", "-"))


def test_a_sentence_of_the_model_is_said_with_its_values_and_its_hint() -> None:
    assert said(message("channel {c}", c=3)) == "channel 3"
    assert said(Refusal("The stride is {value}.", value=0, hint="Take 1.")) == "The stride is 0. Take 1."
    assert said("Convolution") == "Convolution"
    assert said("") == ""
