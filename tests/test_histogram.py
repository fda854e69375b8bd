"""The histogram of a map, large in its panel and small under a map."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from windows import wait

from explorer.ui import theme
from explorer.ui.results.histogram import HistogramPanel
from explorer.ui.results.painting_histogram import bar_heights, paint_histogram, place_of, scaled_counts, value_ticks

# The platform without a screen says this of every window.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

COUNTS = np.arange(64, dtype=np.int64)


@pytest.fixture(autouse=True, scope="module")
def themed(qapp: QApplication) -> None:
    theme.load_fonts()
    theme.use(qapp, "light")


@pytest.fixture
def panel(qtbot: QtBot) -> HistogramPanel:
    made = HistogramPanel()
    qtbot.addWidget(made)
    made.resize(272, 220)
    made.show()
    made.show_histogram(COUNTS, -1.25, 3.5, (-3.5, 3.5), "0 · Sobel x", 12)
    wait(made.ready)
    return made


def said(panel: HistogramPanel, name: str) -> Any:
    return panel.findChild(QLabel, name)


def test_the_numbers_of_the_map_are_told_also_to_a_screen_reader(panel: HistogramPanel) -> None:
    assert said(panel, "histogram.about").text() == "2016 values  −1.25 … 3.5\ncolours  −3.5 … 3.5"
    assert said(panel, "histogram.trouble").text() == "12 values are NaN or infinite"
    for told in ("0 · Sobel x", "2016 values", "−1.25 … 3.5", "12 values are NaN"):
        assert told in panel.accessibleDescription()


def test_a_map_without_a_finite_value_says_so(panel: HistogramPanel) -> None:
    panel.show_histogram(np.zeros(64, np.int64), math.inf, -math.inf, (0, 1), "0", 99)
    assert said(panel, "histogram.about").text() == "There is no finite value."
    assert said(panel, "histogram.trouble").isVisible()
    panel.show_histogram(COUNTS, 0, 1, (0, 1), "0", 0)
    assert not said(panel, "histogram.trouble").isVisible()


@pytest.mark.parametrize(
    ("low", "high", "colours"),
    [
        (0.0, 1.0, (0.0, 1.0)),
        (2.0, 2.0, (0.0, 4.0)),
        (-1.7e308, 1.7e308, (-1.7e308, 1.7e308)),
        (0.0, 5e-324, (0.0, 5e-324)),
        (-1.0, 1.0, (math.nan, math.inf)),
        (1e9, 1e9 + 1, (0.0, 1e9)),
    ],
)
@pytest.mark.parametrize("log", [False, True])
def test_whatever_the_values_are_they_are_plotted(
    panel: HistogramPanel, low: float, high: float, colours: tuple[float, float], log: bool
) -> None:
    panel.show_histogram(COUNTS, low, high, colours, "map", 0, log)
    assert not panel.grab().isNull()
    assert "2016 values" in panel.accessibleDescription()


def test_logarithmic_counts_stay_chosen_while_the_map_changes(panel: HistogramPanel) -> None:
    toggle = panel.findChild(QPushButton, "histogram.log")
    assert isinstance(toggle, QPushButton)
    toggle.click()
    panel.show_histogram(COUNTS, 0, 1, (0, 1), "1", 0)
    assert toggle.isChecked()
    panel.show_histogram(COUNTS, 0, 1, (0, 1), "1", 0, False)
    assert not toggle.isChecked()


def test_the_bins_are_copied_with_their_edges(panel: HistogramPanel) -> None:
    panel.copy_numbers()
    rows = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert [int(row[2]) for row in rows] == COUNTS.tolist()
    assert (float(rows[0][0]), float(rows[-1][1])) == (-1.25, 3.5)


@pytest.fixture
def then_light(qapp: QApplication) -> Iterator[None]:
    yield
    theme.use(qapp, "light")


@pytest.mark.usefixtures("then_light")
def test_the_theme_may_change_while_the_plot_shows(panel: HistogramPanel, qapp: QApplication) -> None:
    light = panel.grab().toImage()
    theme.use(qapp, "dark")
    assert panel.grab().toImage() != light


def test_nothing_to_show_is_told_in_a_sentence(panel: HistogramPanel) -> None:
    panel.show_nothing("There is no map.")
    assert panel.accessibleDescription() == "There is no map."
    panel.copy_numbers()


def test_the_plotting_library_is_not_loaded_before_there_is_something_to_plot() -> None:
    program = (
        "import sys; from PySide6.QtWidgets import QApplication; "
        "from explorer.ui.results.histogram import HistogramPanel; "
        "app = QApplication([]); panel = HistogramPanel(); panel.show(); print('pyqtgraph' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"


def test_the_tallest_bar_is_the_largest_count_and_an_empty_bin_has_none() -> None:
    for log in (False, True):
        heights, ticks = scaled_counts(np.array([0, 1, 10, 1000]), log=log)
        assert heights[0] == 0
        assert heights[3] == pytest.approx(1)
        assert np.all(np.diff(heights) > 0)
        assert all(0 <= place <= 1.001 for place, _ in ticks)
    assert [text for _, text in ticks] == ["1", "10", "100", "1000"]
    assert {text: place for place, text in ticks}["10"] == pytest.approx(heights[2])


def test_nought_has_a_tick_where_it_stands_clear_of_the_ends() -> None:
    assert value_ticks(-1, 3) == [(0.0, "−1"), (1.0, "3"), (0.25, "0")]
    assert value_ticks(-0.1, 3) == [(0.0, "−0.1"), (1.0, "3")]
    assert value_ticks(2, 2) == [(0.5, "2")]
    assert place_of(0.0, -1.7e308, 1.7e308) == 0.5


def painted(counts: Any) -> QImage:
    image = QImage(60, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    paint_histogram(painter, QRectF(10, 5, 40, 10), counts, theme.current())
    painter.end()
    return image


def test_the_little_histogram_is_high_where_the_counts_are() -> None:
    image = painted(np.array([100, 0]))
    assert image.pixel(20, 7) != 0xFFFFFFFF
    assert image.pixel(40, 7) == 0xFFFFFFFF
    assert image.pixel(5, 7) == image.pixel(20, 2) == image.pixel(20, 17) == 0xFFFFFFFF


@pytest.mark.parametrize("counts", [[], [0, 0], [math.nan, 1.0], [math.inf], [-5, 5], list(range(1000))])
def test_whatever_the_counts_are_the_little_histogram_stays_in_its_place(counts: list[float]) -> None:
    image = painted(np.array(counts))
    outside = {image.pixel(x, y) for x in range(60) for y in range(20) if x < 10 or x > 50 or y < 5 or y > 15}
    assert outside == {0xFFFFFFFF}


def test_neighbouring_bins_share_a_bar_where_there_is_little_room() -> None:
    assert bar_heights(np.ones(64), 16).tolist() == [1.0] * 16
    assert bar_heights(np.array([4, 0, 1, 0]), 2).tolist() == [1.0, 0.5]
