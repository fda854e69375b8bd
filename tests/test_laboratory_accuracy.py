"""The Accuracy laboratory measures what was published, and rounds every operation."""

from __future__ import annotations

import struct
from fractions import Fraction
from functools import reduce
from operator import mul

import numpy as np
import pytest

from explorer.model.derivation.filtering import algorithm_of
from explorer.model.derivation.presets import presets
from explorer.model.derivation.problem import Filter
from explorer.model.laboratory.accuracy import (
    PUBLISHED,
    PUBLISHED_DIRECT,
    Measured,
    Setting,
    column,
    in_steps,
    measured,
    published_filter,
    random_tiles,
)
from explorer.model.laboratory.steps import finished
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal
from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.matrix import Matrix, matrix, transpose
from kernels.algebra.polynomial import Polynomial
from kernels.algebra.proof import prove_filter
from kernels.algebra.summation import Order, scaled, summed
from kernels.rounded import applied, directly, errors, outputs, products, transforms

ORDERS: tuple[Order, ...] = ("rows", "huffman", "shared")


def measure(problem: Filter, **others: object) -> Measured:
    return finished(measured(Setting(problem, **others)))  # type: ignore[arg-type]


def whole(m: int, r: int = 3) -> Filter:
    return Filter(m, r, next(each.points for each in presets(m, r) if each.key == "whole"))


@pytest.mark.parametrize("m", sorted(PUBLISHED))
def test_the_published_column_is_reproduced(m: int) -> None:
    found = measure(published_filter(m))
    assert PUBLISHED[m] / 1.1 < found.fast.mean < PUBLISHED[m] * 1.1
    assert found.direct.mean == pytest.approx(PUBLISHED_DIRECT, rel=0.03)


@pytest.mark.parametrize("m", [3, 5, 7, 8])
def test_sums_from_left_to_right_err_more_than_huffmans_but_less_than_a_quarter_off_the_column(m: int) -> None:
    rows = measure(published_filter(m), order="rows").fast.mean
    assert measure(published_filter(m)).fast.mean < rows < 1.25 * PUBLISHED[m]


def test_whole_points_fail_for_larger_tiles() -> None:
    growth = [measure(whole(m), tiles=1_000).fast.mean / PUBLISHED[m] for m in (2, 5, 6, 7, 8)]
    assert growth[0] == pytest.approx(1, abs=0.1)
    assert growth == sorted(growth)
    assert growth[1] > 5
    assert growth[2] > 15
    assert growth[3] > 100
    assert growth[4] > 500


def published_matrices(m: int) -> FilterAlgorithm:
    """Powers of the points in Aᵀ, the coefficients of M_i in Bᵀ, and 1/M_i(β_i) in G."""
    points = [each for each in published_filter(m).points if not isinstance(each, str)]
    A, G, B = [], [], []
    for point in points:
        cofactor = reduce(mul, (Polynomial([-each, 1]) for each in points if each != point))
        A.append(tuple(point**j for j in range(m)))
        G.append(tuple(point**k / cofactor(point) for k in range(3)))
        B.append(tuple(cofactor[i] for i in range(m + 2)))
    M = reduce(mul, (Polynomial([-each, 1]) for each in points))
    unit_a, unit_g = ((Fraction(0),) * (size - 1) + (Fraction(1),) for size in (m, 3))
    return FilterAlgorithm(transpose((*A, unit_a)), (*G, unit_g), (*B, tuple(M[i] for i in range(m + 2))))


@pytest.mark.parametrize("m", sorted(PUBLISHED))
def test_the_matrices_of_the_published_program_give_the_same_bits_and_by_huffmans_tree_the_published_error(
    m: int,
) -> None:
    theirs = published_matrices(m)
    assert prove_filter(theirs).holds
    taps, data = random_tiles(Setting(published_filter(m)), 10_000, np.random.default_rng(8))

    def found(algorithm: FilterAlgorithm, order: Order) -> np.ndarray:
        made = transforms(algorithm, order)
        return outputs(made, products(made, taps, data))

    assert np.array_equal(found(theirs, "rows"), found(algorithm_of(published_filter(m)), "rows"))
    exact = directly(taps.astype(float), data.astype(float))
    assert errors(found(theirs, "huffman"), exact).mean() == pytest.approx(PUBLISHED[m], rel=0.05)


def test_a_line_errs_less_than_a_plane() -> None:
    line, plane = (measure(published_filter(6), directions=each, tiles=2_000).fast.mean for each in (1, 2))
    assert 3 * line < plane


def test_half_precision_errs_by_the_ratio_of_the_units_until_it_overflows() -> None:
    for m in (2, 4, 6):
        ratio = measure(published_filter(m), arithmetic="float16", tiles=1_000).fast.mean / PUBLISHED[m]
        assert 2**13 / 1.25 < ratio < 2**13 * 1.25
    broken = measure(published_filter(8), arithmetic="float16", tiles=200).fast
    assert broken.failed > 0
    assert broken.mean == broken.maximum == broken.spread == np.inf


def test_channels_are_added_up() -> None:
    one, many = (measure(published_filter(4), channels=each, tiles=500) for each in (1, 16))
    assert many.fast.largest > 2 * one.fast.largest
    assert 3 * one.fast.mean < many.fast.mean < 16 * one.fast.mean
    assert many.direct.mean > 4 * one.direct.mean


def test_the_measures_are_those_of_one_list_of_errors() -> None:
    setting = Setting(Filter(4, 3), tiles=300, seed=5)
    found = finished(measured(setting)).fast
    taps, data = random_tiles(setting, 300, np.random.default_rng(5))
    made = transforms(algorithm_of(setting.filter), "huffman")
    exact = directly(taps.astype(float), data.astype(float))
    errors = np.abs(outputs(made, products(made, taps, data)) - exact)
    assert found.mean == pytest.approx(errors.mean(), rel=1e-12)
    assert (found.maximum, found.largest, found.failed) == (errors.max(), np.abs(exact).max(), 0)
    assert found.units == pytest.approx(errors.max() / np.abs(exact).max() * 2**24)
    assert found.spread == pytest.approx(errors.mean((0, 1)).std(ddof=1) / 300**0.5)


def test_the_same_seed_gives_the_same_numbers_and_another_gives_others() -> None:
    first, again, other = (measure(Filter(4, 3), tiles=600, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.fast != other.fast
    assert other.fast.mean == pytest.approx(first.fast.mean, abs=6 * first.fast.spread)


def test_random_numbers_lie_between_minus_one_and_one_on_the_grid_of_the_published_program() -> None:
    taps, data = random_tiles(Setting(Filter(2, 3)), 5_000, np.random.default_rng(1))
    assert (taps.shape, data.shape) == ((3, 3, 5_000), (4, 4, 5_000))
    assert data.min() >= -1
    assert data.max() <= 1
    assert abs(data.mean()) < 0.01
    assert data.std() == pytest.approx(3**-0.5, rel=0.01)
    scaled_up = data.astype(float) * 2**24
    assert (scaled_up == np.round(scaled_up)).all()
    assert (scaled_up[data > 0] % 2 == 0).all()


HALVES = np.random.default_rng(3).integers(0, 1 << 16, 40_000).astype(np.uint16).view(np.float16)
LEFT, RIGHT = HALVES[np.isfinite(HALVES)][:38_000].reshape(2, -1)


def nearest_half(value: float) -> float:
    """The float16 next to a float64, ties to even, by the standard library."""
    try:
        return float(struct.unpack("<e", struct.pack("<e", value))[0])
    except OverflowError:
        return float(np.copysign(np.inf, value))


@pytest.mark.parametrize("operation", ["sum", "difference", "product"])
def test_every_operation_in_half_precision_is_correctly_rounded(operation: str) -> None:
    # A sum or a product of two float16 is exact in float64.
    rows: dict[str, Matrix] = {"sum": matrix([[1, 1]]), "difference": matrix([[1, -1]])}
    if operation == "product":
        made = transforms(algorithm_of(Filter(1, 1)), "rows")
        found = products(made, LEFT[None], RIGHT[None])[0]
        exact = LEFT.astype(float) * RIGHT.astype(float)
    else:
        found = applied(summed(rows[operation], "rows"), np.stack([LEFT, RIGHT]), 0)[0]
        exact = LEFT.astype(float) + RIGHT.astype(float) * (1 if operation == "sum" else -1)
    assert found.dtype == np.float16
    assert found.tolist() == [nearest_half(each) for each in exact.tolist()]


@pytest.mark.parametrize("arithmetic", ["float32", "float16"])
def test_the_nested_filter_is_that_of_scalar_loops_bit_by_bit(arithmetic: str) -> None:
    number = np.dtype(arithmetic).type
    algorithm = algorithm_of(published_filter(4))
    taps, data = random_tiles(Setting(Filter(4, 3)), 3, np.random.default_rng(2))
    taps, data = taps.astype(arithmetic), data.astype(arithmetic)

    def times(rows: Matrix, values: list[list[np.generic]]) -> list[list[np.generic]]:
        made = []
        for row in rows:
            line = []
            for column_of in zip(*values, strict=True):
                total = number(0)
                for constant, value in zip(row, column_of, strict=True):
                    total = total + number(float(constant)) * value
                line.append(total)
            made.append(line)
        return made

    def turned(values: list[list[np.generic]]) -> list[list[np.generic]]:
        return [list(line) for line in zip(*values, strict=True)]

    def both(rows: Matrix, values: list[list[np.generic]]) -> list[list[np.generic]]:
        return turned(times(rows, turned(times(rows, values))))

    made = transforms(algorithm, "rows")
    found = outputs(made, products(made, taps, data))
    for tile in range(3):
        U = both(algorithm.G, [list(line) for line in taps[..., tile]])
        V = both(algorithm.BT, [list(line) for line in data[..., tile]])
        M = [[u * v for u, v in zip(*lines, strict=True)] for lines in zip(U, V, strict=True)]
        assert np.array_equal(np.array(both(algorithm.AT, M)), found[..., tile])  # type: ignore[arg-type]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("fractions", ["G", "A", "B", "F"])
def test_every_order_of_sums_computes_the_matrix(order: Order, fractions: str) -> None:
    algorithm = algorithm_of(Filter(5, 4, fractions=fractions))  # type: ignore[arg-type]
    for each in (algorithm.AT, algorithm.G, algorithm.BT, matrix([[0, 0], [0, -3], [2, 2]])):
        assert summed(each, order).equals(each)
    if algorithm.f:
        weighted = tuple(tuple(f * g for g in row) for f, row in zip(algorithm.f, algorithm.G, strict=True))
        assert scaled(summed(algorithm.G, order), algorithm.f).equals(weighted)


def test_huffmans_order_adds_the_small_before_the_large() -> None:
    # 2^12 + ½·1 + ½·1 in float16: the spacing at 4096 is 4, so that small terms are lost one by one.
    row = matrix([[4096, 1, 1, 1, 1]])
    ones = np.ones((5, 1), np.float16)
    assert applied(summed(row, "rows"), ones, 0)[0, 0] == 4096
    assert applied(summed(row, "huffman"), ones, 0)[0, 0] == 4100
    weights = [5, 9, 12, 13, 16, 45]
    sums = [(each.left, each.right) for each in summed(matrix([weights]), "huffman").operations if each.kind == "add"]
    # The tree of Huffman's textbook example: 5 + 9, 12 + 13, 14 + 16, 25 + 30, 45 + 55, over 6 values and 6 products.
    assert sums == [(6, 7), (8, 9), (12, 10), (13, 14), (11, 15)]


def test_a_constant_too_large_for_any_float_is_infinite_without_a_warning() -> None:
    huge = Fraction(10**400)
    found = applied(summed(matrix([[huge], [-huge]]), "rows"), np.ones((1, 1), np.float32), 0)
    assert found.tolist() == [[np.inf], [-np.inf]]


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"tiles": 0}, "tiles is 0; it lies between 1 and"),
        ({"channels": 1_025}, "channels is 1025; it lies between 1 and 1024"),
        ({"seed": -1}, "seed is -1; it lies between 0 and"),
    ],
)
def test_settings_out_of_range_are_refused(others: dict[str, int], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        measure(Filter(2, 3), **others)


def test_points_and_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(Refusal, match="twice"):
        measure(Filter(2, 3, (Fraction(1), Fraction(1), Fraction(0), "inf")))
    with pytest.raises(Refusal, match="same in both directions"):
        measure(Filter(2, 3, across=(4, 3)))
    with pytest.raises(Refusal, match="no published points for F\\(4, 5\\)"):
        published_filter(4, 5)


@pytest.mark.parametrize(("m", "tiles"), [(2, 1), (2, 512), (4, 1_300), (32, 100), (16, 3)])
def test_a_step_is_short_however_large_the_tile(m: int, tiles: int) -> None:
    steps = in_steps(tiles, Filter(m, 3))
    assert sum(steps) == tiles
    assert all(steps)
    assert max(steps) <= 512
    assert max(steps) * (m + 2) ** 3 <= 512_000


def test_a_column_counts_its_progress_and_can_be_left_within_a_step() -> None:
    settings = [Setting(published_filter(m), tiles=1_100, channels=2) for m in (2, 3)]
    seen: list[tuple[int, int]] = []
    found = finished(column(settings), progress=lambda *counts: seen.append(counts))
    assert [each.setting for each in found] == settings
    assert found[1] == finished(measured(settings[1]))
    assert seen == sorted(seen)
    assert seen[-1] == (4_400, 4_400)

    calls = 0

    def tick() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled

    done: list[int] = []
    with pytest.raises(Cancelled):
        finished(column(settings), tick=tick, progress=lambda count, _: done.append(count))
    assert done == [512, 1_024]
