"""The plots of the laboratory: round numbers on their axes, lines that can be told apart, and values where they are."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import inf

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from pytestqt.qtbot import QtBot

from explorer.ui import theme
from explorer.ui.laboratory.charts.chart import Axis, Chart, Line, Mark
from explorer.ui.laboratory.charts.painting_chart import _apart, _beside, framed, paint_chart
from explorer.ui.laboratory.charts.scales import labelled, place, ticks

LOG, PLAIN, WHOLE = Axis("y", log=True), Axis("y"), Axis("m", whole=True)
RECT = QRectF(0, 0, 600, 320)


@pytest.mark.parametrize(
    ("axis", "span", "most", "expected"),
    [
        (LOG, (1e-8, 1e-3), 7, (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)),
        (LOG, (1e-8, 1e-3), 3, (1e-8, 1e-6, 1e-4)),
        (LOG, (1, 100), 8, (1, 2, 5, 10, 20, 50, 100)),
        (LOG, (2, 9), 9, (2, 3, 4, 5, 6, 7, 8, 9)),
        (PLAIN, (0, 10), 5, (0, 2, 4, 6, 8, 10)),
        (PLAIN, (0, 0.03), 3, (0, 0.01, 0.02, 0.03)),
        (WHOLE, (1.6, 4.4), 20, (2, 3, 4)),
    ],
)
def test_an_axis_has_round_numbers(
    axis: Axis, span: tuple[float, float], most: int, expected: tuple[float, ...]
) -> None:
    assert ticks(axis, span, most) == pytest.approx(expected)


def test_an_axis_of_decades_is_never_crowded() -> None:
    for low in (1e-9, 3e-4, 7.0):
        for decades in (0.3, 1, 2, 4, 9):
            for most in (2, 3, 5, 9):
                assert len(ticks(LOG, (low, low * 10**decades), most)) <= most


@pytest.mark.parametrize(
    ("value", "axis", "text"),
    [
        (1e-7, Axis("", log=True, powers=True), "10⁻⁷"),
        (2e-7, Axis("", log=True, powers=True), "2·10⁻⁷"),
        (1.0, Axis("", log=True, powers=True), "10⁰"),
        (0.05, LOG, "0.05"),
        (200, LOG, "200"),
        (0, PLAIN, "0"),
    ],
)
def test_numbers_are_written_plainly_or_as_powers(value: float, axis: Axis, text: str) -> None:
    assert labelled(value, axis) == text


def test_values_lie_where_their_logarithm_does() -> None:
    assert place(10, (1, 100), log=True) == pytest.approx(0.5)
    assert place(50, (0, 100), log=False) == 0.5


def chart(*lines: Line, **more: object) -> Chart:
    return Chart("Errors", Axis("m", whole=True), LOG, lines, **more)  # type: ignore[arg-type]


def test_the_frame_holds_every_finite_value_and_its_spread(qtbot: QtBot) -> None:
    made = chart(Line("a", (2, 3, 4), (1e-7, 1e-5, inf), (5e-8, 1e-6, inf), (2e-7, 1e-4, inf), 0))
    frame = framed(made, RECT, theme.LIGHT)
    for x, y in ((2, 5e-8), (2, 2e-7), (3, 1e-4)):
        assert frame.inside.contains(frame.x(x), frame.y(y))
    assert frame.nearest(frame.x(3) + 2) == 3
    assert not frame.drawn(inf)


def test_names_at_the_ends_of_lines_do_not_cover_each_other() -> None:
    rows = _apart([100, 101, 102, 295, 296], 15, 0, 300)
    assert all(b - a >= 15 for a, b in pairwise(rows))
    assert rows[-1] <= 300
    assert _apart([10, 100, 200], 15, 0, 300) == [10, 100, 200]


@pytest.mark.parametrize("top", [0, 170], ids=["room above", "none"])
def test_texts_of_marks_that_lie_close_do_not_cover_each_other(qtbot: QtBot, top: int) -> None:
    metrics, inside = QFontMetricsF(theme.LIGHT.font("small")), QRectF(0, top, 600, 300)
    points = [QPointF(300, 200), QPointF(306, 199), QPointF(312, 201), QPointF(590, 200)]
    boxes: list[QRectF] = []
    for number, point in enumerate(points):
        boxes.append(_beside(point, metrics, f"C = {number}", inside, boxes, theme.LIGHT))
    assert not any(one.intersects(other) for one, other in combinations(boxes, 2))
    assert all(inside.contains(box) for box in boxes)


@pytest.mark.parametrize("style", ["line", "dashed", "points", "steps"])
@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK])
def test_a_line_is_painted_in_its_colour_where_its_values_are(qtbot: QtBot, style: str, look: theme.Theme) -> None:
    made = chart(
        Line("published points", (2, 4, 8), (1e-7, 1e-6, 1e-3), (9e-8, 9e-7, 9e-4), (2e-7, 2e-6, 2e-3), 1, style),  # type: ignore[arg-type]
        marks=(Mark(4, 1e-6, "m = 4"),),
    )
    image = QImage(600, 320, QImage.Format.Format_RGB32)
    image.fill(look.color("card"))
    painter = QPainter(image)
    frame = paint_chart(painter, RECT, made, look, 4.0)
    painter.end()
    hue = look.hues[1]
    x, y = round(frame.x(2)), round(frame.y(1e-7))
    near = {image.pixelColor(x + i, y + j).name() for i in range(-4, 5) for j in range(-4, 5)}
    assert hue in near


def test_a_plot_without_values_says_what_to_do(qtbot: QtBot) -> None:
    made = chart(Line("failed", (2, 3), (inf, inf)), empty="Press Measure.")
    assert not made.filled
    image = QImage(600, 320, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    paint_chart(painter, RECT, made, theme.LIGHT)
    painter.end()
    middle = {image.pixelColor(x, y).name() for x in range(240, 360) for y in range(150, 170)}
    assert len(middle) > 1
