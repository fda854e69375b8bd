"""The comparison of the methods of a convolution: its numbers in the model, and its table in the window."""

from __future__ import annotations

import threading
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableWidget
from windows import Driver, wait

from explorer.model.algorithms import algorithm_text
from explorer.model.derivation.cost import by_fft, by_filter, direct
from explorer.model.derivation.filtering import algorithm_of
from explorer.model.derivation.problem import Filter
from explorer.model.laboratory.methods import Cost, Measured, Row, compared, cost
from explorer.model.laboratory.steps import finished
from explorer.model.methods import Way, chosen_by_auto, current, misfit, of_way, ways
from explorer.ops import operations
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal
from kernels.algebra.counting import count_filter
from kernels.fft_convolution import length_of_tile

CONV = operations()["conv"]
SQUARE = "F(4, 3) at 0, 1, -1, 1/2, -2, inf"
MIXED = "F(2, 3) mod x, x^2 + 1, inf; F(4, 5) at 0, 1, -1, 2, -2, 1/2, -1/2, inf"


def made(shape: tuple[int, ...] = (1, 2, 18, 21), dtype: str = "float32", **given: Any) -> tuple[Any, ...]:
    """Input, weights and parameters of a layer without padding."""
    rng = np.random.default_rng(3)
    params = CONV.Params(**{"filters": 3, "padding": "valid", "bank": "random"} | given)
    weights = {name: array.astype(dtype) for name, array in CONV.init((shape,), params, rng).items()}
    return rng.standard_normal(shape).astype(dtype), weights, params


def table(x: Any, weights: Any, params: Any) -> dict[Way, Row]:
    return {row.way: row for row in finished(compared(CONV, (x,), weights, params))}


def found(row: Row) -> tuple[Cost, Measured]:
    assert not isinstance(row.found, Refusal), str(row.found)
    return row.found


# Costs ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("m", [2, 4, 6])
def test_what_a_preset_costs_is_what_derive_counts(m: int) -> None:
    from explorer.model.derivation.presets import presets

    points = next(each.points for each in presets(m, 3) if each.key == "accurate")
    counted = by_filter(algorithm_of(Filter(m, 3, points)), 2)
    y = (1, 16, 24, 24)
    of_layer = cost((1, 8, 24, 24), y, CONV.Params(filters=16, method="winograd", tile=m))
    assert of_layer.multiplications == pytest.approx(float(counted.multiplications))
    tiles = (24 // m) ** 2
    assert sum((of_layer.multiplications, of_layer.transforms)) == pytest.approx(
        float(counted.operations(inputs=8, outputs=16, tiles=tiles))
    )


def test_what_a_rectangular_algorithm_costs_is_counted_direction_by_direction() -> None:
    down, across = Filter(2, 3), Filter(4, 5)
    text = algorithm_text(Filter(2, 3, across=(4, 5)))
    assert text is not None
    counts = [count_filter(algorithm_of(each)) for each in (down, across)]
    params = CONV.Params(filters=4, kernel=(3, 5), groups=2, method="derived", algorithm=text)
    of_layer = cost((1, 2, 8, 12), (2, 4, 8, 12), params)

    def all_of(each: Any) -> int:
        return int(each.additions + each.constants)

    data = all_of(counts[0].data) * 8 + all_of(counts[1].data) * 4
    outputs = all_of(counts[0].outputs) * 8 + all_of(counts[1].outputs) * 2
    taps = all_of(counts[0].taps) * 5 + all_of(counts[1].taps) * 4
    tiles = 2 * (8 // 2) * (12 // 4)
    assert of_layer.multiplications == Fraction(4 * 8, 2 * 4)
    assert of_layer.transforms == pytest.approx((data / 2 + outputs / 1 + taps / tiles) / 8)


def test_an_irreducible_modulus_takes_a_product_more() -> None:
    params = CONV.Params(method="derived", algorithm="F(2, 3) mod x, x^2 + 1, inf")
    assert cost((1, 1, 8, 8), (1, 8, 8, 8), params).multiplications == 5 * 5 / 4


def test_the_sum_and_the_product_of_matrices_cost_their_taps() -> None:
    for method in ("direct", "im2col"):
        of_layer = cost((1, 1, 9, 9), (1, 8, 9, 9), CONV.Params(kernel=(3, 5), method=method))
        assert of_layer == Cost(15.0, 0.0)
    assert direct(3, 2).multiplications == 9


def test_the_spectra_cost_what_derive_says_where_the_tiles_are_the_same() -> None:
    assert length_of_tile(120, 5) == 64
    of_layer = cost((1, 1, 124, 124), (1, 8, 120, 120), CONV.Params(kernel=(5, 5), method="fft"))
    assert of_layer.multiplications == pytest.approx(float(by_fft(64, 5).multiplications))


# Measured -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{"algorithm": SQUARE}, {"algorithm": MIXED, "kernel": (3, 5)}, {"kernel": (2, 2)}])
def test_the_errors_are_those_against_the_sum_in_float64(given: dict[str, Any]) -> None:
    x, weights, params = made(**given)
    windows = sliding_window_view(x.astype(np.float64), params.kernel, (2, 3))
    exact = np.einsum("ncijuv,kcuv->nkij", windows, weights["w"].astype(np.float64))
    exact += weights["b"].astype(np.float64)[:, None, None]
    rows = table(x, weights, params)
    assert list(rows) == list(ways(params))
    for way, row in rows.items():
        (y,), _ = CONV.forward((x,), weights, of_way(params, row.takes or way), lambda: None)
        apart = np.abs(y.astype(np.float64) - exact)
        of_cost, measured = found(row)
        assert measured.largest == pytest.approx(apart.max(), rel=1e-6, abs=1e-14)
        assert measured.mean == pytest.approx(apart.mean(), rel=1e-6, abs=1e-14)
        assert 0 < measured.quartiles[0] <= measured.seconds <= measured.quartiles[1]
        assert of_cost == cost(x.shape, y.shape, of_way(params, row.takes or way))
        assert 0 < measured.largest < 1e-4


def test_in_float64_the_sum_is_its_own_measure() -> None:
    rows = table(*made(dtype="float64", algorithm=SQUARE))
    assert found(rows[Way("direct")])[1].largest == 0
    assert 0 < found(rows[Way("derived", algorithm=SQUARE)])[1].largest < 1e-11


def test_numbers_that_are_none_have_no_error() -> None:
    x, weights, params = made()
    x[0, 0, 0, 0] = np.inf
    measured = found(table(x, weights, params)[Way("fft")])[1]
    assert np.isnan(measured.largest)
    assert np.isnan(measured.mean)


@pytest.mark.parametrize(
    ("given", "way", "reason"),
    [
        ({"stride": (2, 2)}, Way("winograd", 2), "stride of 1 × 1; it is 2 × 2"),
        ({"stride": (2, 2), "algorithm": SQUARE}, Way("derived", algorithm=SQUARE), "stride"),
        ({"kernel": (5, 5), "algorithm": SQUARE}, Way("derived", algorithm=SQUARE), "the kernel is 5 × 5"),
        ({"kernel": (7, 7)}, Way("winograd", 6), "11 points beside infinity; the most are 9"),
    ],
)
def test_a_way_that_does_not_apply_says_why(given: dict[str, Any], way: Way, reason: str) -> None:
    x, weights, params = made(**given)
    row = table(x, weights, params)[way]
    assert isinstance(row.found, Refusal)
    assert reason in str(row.found)
    assert reason in str(misfit(CONV, (x.shape,), params, way))


def test_automatic_has_the_numbers_of_what_it_takes() -> None:
    x, weights, params = made((1, 32, 50, 50), filters=32)
    rows = table(x, weights, params)
    taken = rows[Way("auto")].takes
    assert taken == Way("winograd", 4) == chosen_by_auto(CONV, (x.shape,), params)
    assert rows[Way("auto")].found == rows[taken].found


def test_a_measurement_is_given_up_at_a_tick() -> None:
    x, weights, params = made()
    stop = threading.Event()

    def tick() -> None:
        if stop.is_set():
            raise Cancelled

    steps = compared(CONV, (x,), weights, params, tick)
    done, total = next(steps)
    assert 0 < done < total
    stop.set()
    with pytest.raises(Cancelled):
        next(steps)


def test_progress_goes_up_to_its_end() -> None:
    seen = [done / total for done, total in compared(CONV, (made()[0],), *made()[1:])]
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_the_way_of_a_layer_is_among_its_ways() -> None:
    for given in ({"method": "winograd", "tile": 3}, {"method": "derived", "algorithm": SQUARE}, {"method": "fft"}):
        params = CONV.Params(**given)
        assert current(params) in ways(params)
        assert of_way(replace(params, method="direct"), current(params)).method == params.method


# In the window --------------------------------------------------------------------------------------------------------


@pytest.fixture
def methods(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> QTableWidget:
    """The table, seen, once everything in it is measured, however long the layer took beside other work."""
    monkeypatch.setattr("explorer.ui.methods.comparing.QUICK", float("inf"))
    driver.assembly.comparing._rest.setInterval(1)
    driver.window.docks["methods"].raise_()
    wait(lambda: driver.panels.methods.looked_at)
    measured(driver)
    return driver.panels.methods.table


def measured(driver: Driver) -> None:
    """Wait until the numbers are of the layer as it is."""
    table = driver.panels.methods.table
    driver.settle()
    wait(lambda: not driver.assembly.comparing.running and not table._stale, "nothing is measured")


def texts(table: QTableWidget) -> list[list[str]]:
    return [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount())]


def test_a_layer_at_rest_is_measured_and_a_click_takes_a_row(driver: Driver, methods: QTableWidget) -> None:
    shown = texts(methods)
    assert [row[0] for row in shown] == [
        "Direct", "im2col", "F(2 × 2)", "F(4 × 4)", "F(6 × 6)", "FFT", "Auto → Direct",
    ]  # fmt: skip
    assert [row[1] for row in shown[:5]] == ["9", "9", "4", "2.25", "1.78"]
    assert all(row[2].endswith(" ms") and "e" in row[3] for row in shown)
    before, rows = driver.document, driver.assembly.comparing.rows
    cell = methods.visualItemRect(methods.item(3, 0)).center()
    QTest.mouseClick(methods.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    assert (driver.node("conv").params.method, driver.node("conv").params.tile) == ("winograd", 4)
    measured(driver)
    assert driver.assembly.comparing.rows is rows, "another way changes none of the numbers"
    driver.store.undo()
    assert driver.document is before


def test_keys_look_at_the_rows_and_take_one(driver: Driver, methods: QTableWidget) -> None:
    methods.setFocus()
    methods.setCurrentCell(0, 0)
    QTest.keyClick(methods, Qt.Key.Key_Down)
    assert "Matrix product (im2col): 9 multiplications" in driver.panels.methods._details.text()
    assert "in the mean" in driver.panels.methods._details.text()
    assert driver.node("conv").params.method == "direct"
    QTest.keyClick(methods, Qt.Key.Key_Return)
    assert driver.node("conv").params.method == "im2col"


def test_rows_that_do_not_apply_say_why_and_another_layer_is_measured_anew(
    driver: Driver, methods: QTableWidget
) -> None:
    rows = driver.assembly.comparing.rows
    driver.explore.set_param("stride", (2, 2), False)
    measured(driver)
    assert driver.assembly.comparing.rows is not rows
    assert texts(methods)[3][1:] == ["–", "–", "–"]
    assert "stride of 1 × 1; it is 2 × 2" in methods.item(3, 0).toolTip()
    before = driver.document
    methods._take(3)
    assert driver.document is before
    assert "stride" in driver.refused


def test_a_newer_request_gives_a_measurement_up(driver: Driver, methods: QTableWidget) -> None:
    comparing = driver.assembly.comparing
    comparing._rest.setInterval(3_600_000)
    driver.explore.set_param("filters", 9, False)
    driver.settle()
    assert methods._stale
    driver.click("methods.measure")
    job = comparing._running._job
    assert job is not None
    driver.explore.set_param("filters", 10, False)
    assert job.cancelled.is_set()
    assert not comparing._running.busy
    driver.settle()
    assert methods._stale
    driver.click("methods.measure")
    measured(driver)


def test_nothing_is_measured_that_nobody_looks_at(driver: Driver, methods: QTableWidget) -> None:
    driver.window.docks["histogram"].raise_()
    wait(lambda: not driver.panels.methods.looked_at)
    rows = driver.assembly.comparing.rows
    driver.explore.set_param("filters", 9, False)
    driver.settle()
    assert not driver.assembly.comparing.running
    assert driver.assembly.comparing.rows is rows


def test_a_layer_without_a_choice_says_so(driver: Driver, methods: QTableWidget) -> None:
    driver.look("relu")
    assert not methods.isVisible()
    assert driver.panels.methods._nothing.isVisible()
    driver.look("conv")
    assert methods.isVisible()
    assert prod((methods.rowCount(), methods.columnCount())) == 28


def test_fast_filters_down_the_columns_are_named_counted_and_measured() -> None:
    x, weights, params = made((1, 6, 18, 21), kernel=(3, 3))
    wide = np.random.default_rng(0).standard_normal((1, x.shape[1], 70, 70)).astype(np.float32)
    rows = table(wide, weights, params)
    taken = rows[Way("auto")].takes
    assert taken == Way("columns", 4)
    # F(4, 3) forms 6 products for 4 outputs, once for each of 3 columns of the kernel.
    assert found(rows[Way("auto")])[0].multiplications == 6 * 3 / 4
    assert 0 < found(rows[Way("auto")])[1].largest < 1e-4
