"""The errors in the picture: the layer's own input and weights, as the view of the laboratory shows them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from measuring_pages import OnPage
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox
from windows import Driver, small_document, wait

from explorer.model import editing
from explorer.model.document import Document
from explorer.model.evaluation import Evaluation
from explorer.model.laboratory.layer_error import filter_of, layer_error, padded, summed_up
from explorer.model.laboratory.steps import finished
from explorer.model.laboratory.tiles import Tiled, convolutions, tiled
from explorer.refusal import Refusal
from explorer.ui.laboratory.accuracy.accuracy import Accuracy
from explorer.ui.laboratory.accuracy.asked import USUAL
from explorer.ui.laboratory.accuracy.painting_errors import laid_out
from explorer.ui.laboratory.asking import changed
from explorer.ui.laboratory.exporting import export
from explorer.ui.laboratory.pages import ACCURACY

MAP = changed(USUAL, view="map")


def with_parameters(**changes: object) -> Document:
    document = small_document()
    conv = next(node for node in document if node.op == "conv")
    return editing.set_params(document, conv.id, **changes)


def layer(document: Document) -> Tiled:
    evaluated = Evaluation().run(document)
    return tiled(next(iter(convolutions(evaluated).values())), 0)


@pytest.mark.parametrize(
    "changes", [{}, {"padding": "valid"}, {"padding": "numbers", "pads": (2, 0, 1, 3)}, {"kind": "convolution"}]
)
def test_the_sum_of_the_padded_planes_is_the_map_of_the_layer(changes: dict[str, object]) -> None:
    of = layer(with_parameters(**changes))
    planes, k = padded(of, 1), 1
    windows = np.lib.stride_tricks.sliding_window_view(planes.astype(float), of.layer.kernel, axis=(1, 2))
    y = np.einsum("chwij,cij->hw", windows, of.w[k].astype(float))
    assert y.shape == of.y[k].shape
    bias = 0.0 if of.b is None else float(of.b[k])
    assert of.y[k] == pytest.approx(y + bias, abs=1e-5)


def test_the_errors_of_a_layer_have_its_shape_and_are_small() -> None:
    of = layer(small_document())
    found = finished(layer_error(of, 0, filter_of(of, 4, "accurate"), "float32", "huffman"))
    assert found.fast.shape == of.y.shape[1:]
    fast, direct = summed_up(found.fast), summed_up(found.direct)
    assert 0 < direct.mean < fast.mean < 1e-5
    assert fast.largest == found.fast.max()
    assert summed_up(np.array([np.inf, 2.0, 4.0])) == replace(fast, mean=3.0, largest=4.0, failed=1)


def test_what_has_no_map_is_refused() -> None:
    of = layer(small_document())
    with pytest.raises(Refusal, match=r"no points for F\(12, 3\)"):
        filter_of(of, 12, "accurate")
    with pytest.raises(Refusal, match="no filter 99"):
        finished(layer_error(of, 99, filter_of(of, 4, "usual"), "float32", "rows"))
    with pytest.raises(Refusal, match="3 × 5"):
        filter_of(layer(with_parameters(kernel=(3, 5))), 2, "usual")


class Mapping(OnPage[Accuracy]):
    """The view, and what a person does with it."""

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver, ACCURACY, Accuracy)
        self.view = self.page.maps
        self.page.history.restart(MAP)
        self.settle()

    def settle(self) -> None:
        wait(self.view.settled, "the map does not settle")
        QApplication.processEvents()


@pytest.fixture
def mapping(driver: Driver) -> Iterator[Mapping]:
    made = Mapping(driver)
    yield made
    made.leave()


def test_the_map_is_that_of_the_layer_in_explore(mapping: Mapping) -> None:
    pair = mapping.view.view.pair
    assert pair is not None
    report = mapping.driver.explore.report
    assert report is not None
    assert report.evaluated is not None
    of = tiled(next(iter(convolutions(report.evaluated).values())), 0)
    expected = finished(layer_error(of, 0, filter_of(of, 4, "accurate"), "float32", "huffman"))
    assert np.array_equal(pair.found.fast, expected.fast)
    assert pair.names == ("F(4×4, 3×3)", "direct")
    assert mapping.view.table.numbers.rows[0][1] == expected.fast.max()


def test_the_map_follows_m_the_points_the_format_and_the_filter(mapping: Mapping) -> None:
    def mean() -> float:
        value = mapping.view.table.numbers.rows[0][0]
        assert isinstance(value, float)
        return value

    four = mean()
    mapping.ask(m="6", map_family="whole")
    assert mapping.view.view.pair is not None
    assert mapping.view.view.pair.names[0] == "F(6×6, 3×3)"
    assert mean() > 5 * four
    mapping.ask(m="4", map_family="accurate", map_arithmetic="float16")
    assert mean() > 1_000 * four
    before = mapping.view.view.pair.pixels[0]
    QTest.mouseClick(mapping.child("accuracy.map.filter.on"), Qt.MouseButton.LeftButton)
    mapping.settle()
    assert mapping.view.view.pair is not None
    assert not np.array_equal(mapping.view.view.pair.pixels[0], before)


def test_an_m_that_is_chosen_in_the_plot_is_that_of_the_map(mapping: Mapping) -> None:
    mapping.page.lines.chosen.emit(3)
    mapping.settle()
    assert mapping.view.view.pair is not None
    assert mapping.view.view.pair.m == 3


def test_the_map_follows_the_document(mapping: Mapping) -> None:
    conv = mapping.driver.node("conv")
    mapping.driver.store.apply(editing.set_params(mapping.driver.document, conv.id, stride=(2, 2)), "stride")
    mapping.settle()
    assert mapping.view.view.pair is None
    assert "takes a stride of 1 × 1" in mapping.view.view.empty
    mapping.driver.store.undo()
    mapping.settle()
    assert mapping.view.view.pair is not None


def test_without_a_convolution_the_view_says_so(mapping: Mapping) -> None:
    document = mapping.driver.document
    for node in reversed(tuple(document)):
        document = editing.remove(document, node.id)
    mapping.driver.store.apply(document, "remove")
    mapping.settle()
    assert "no convolution" in mapping.view.view.empty
    box = mapping.child("accuracy.map.layer")
    assert isinstance(box, QComboBox)
    assert box.count() == 0


def test_a_wrong_m_is_refused_at_its_field_and_missing_points_in_the_view(mapping: Mapping) -> None:
    mapping.ask(m="99")
    assert "outside of 1 to 16" in mapping.view._fields["m"].reason
    mapping.ask(m="12")
    assert "no points for F(12, 3)" in mapping.view.view.empty


def test_the_cell_under_the_cursor_is_told(mapping: Mapping) -> None:
    view = mapping.view.view
    pair = view.pair
    assert pair is not None
    from PySide6.QtCore import QRectF

    from explorer.ui import theme

    place = laid_out(QRectF(view.rect()), pair.found.fast.shape, theme.current())[0]
    assert view.cell_at(place.left() + 1, place.top() + 1) == (0, 0)
    assert view.cell_at(place.right() - 0.1, place.bottom() - 0.1) == (
        pair.found.fast.shape[0] - 1,
        pair.found.fast.shape[1] - 1,
    )
    assert view.cell_at(0, 0) is None
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert mapping.driver.values.startswith("row 1, column 10 ")
    QTest.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert mapping.driver.values.startswith("row 1, column 0 ")
    QTest.mouseMove(view, QPoint(round(place.left()) + 2, round(place.top()) + 2))
    view.pointed.emit((0, 0))
    assert mapping.driver.values.startswith("row 0, column 0   F(4×4, 3×3): ")


def test_the_maps_are_exported_as_a_figure_and_as_numbers(mapping: Mapping, tmp_path: Path) -> None:
    for kind in ("png", "svg", "csv"):
        export(mapping.driver.desk, mapping.view.exported(), tmp_path / f"errors.{kind}")
    mapping.driver.settle_files()
    assert b"direct" in (tmp_path / "errors.svg").read_bytes()
    with (tmp_path / "errors.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert mapping.view.view.pair is not None
    read = np.array([[float(each) for each in row[1:]] for row in rows[1:]])
    assert np.array_equal(read, mapping.view.view.pair.found.fast)
