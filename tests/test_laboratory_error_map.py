"""The error map is that of each output by itself, whatever the size of the plane."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from explorer.model.derivation.filtering import algorithm_of
from explorer.model.derivation.problem import Filter
from explorer.model.laboratory.accuracy import published_filter
from explorer.model.laboratory.error_map import ErrorMap
from explorer.model.laboratory.error_map import error_map as error_map_of_planes
from explorer.model.laboratory.steps import Steps, finished
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal
from kernels.algebra.matrix import Matrix


def error_map(plane: np.ndarray, kernel: np.ndarray, *others: Any, **named: Any) -> Steps[ErrorMap]:
    """The map of one channel."""
    return error_map_of_planes(plane[None], kernel[None], *others, **named)


def uniform(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def in_one_precision(rows: Matrix, values: np.ndarray) -> np.ndarray:
    """Rows times columns, left to right, every operation rounded to the precision of `values`."""
    number = values.dtype.type
    made = np.zeros((len(rows), values.shape[1]), values.dtype)
    for i, row in enumerate(rows):
        for constant, line in zip(row, values, strict=True):
            made[i] = made[i] + number(float(constant)) * line
    return made


def brute_force(plane: np.ndarray, kernel: np.ndarray, problem: Filter, arithmetic: str) -> tuple[np.ndarray, ...]:
    """Errors of the fast and of the direct filter: tile by tile and output by output."""
    algorithm = algorithm_of(problem)
    m, r = problem.m, problem.r
    d, g = plane.astype(arithmetic), kernel.astype(arithmetic)
    rows, columns = d.shape[0] - r + 1, d.shape[1] - r + 1
    exact, direct, fast = np.zeros((rows, columns)), np.zeros((rows, columns), d.dtype), np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            for k in range(r):
                for l in range(r):  # noqa: E741 - the letters of the formula
                    exact[i, j] += float(g[k, l]) * float(d[i + k, j + l])
                    direct[i, j] += g[k, l] * d[i + k, j + l]

    def both(rows: Matrix, values: np.ndarray) -> np.ndarray:
        return in_one_precision(rows, in_one_precision(rows, values).T).T

    padded = np.pad(d, ((0, 2 * m), (0, 2 * m)))
    for i in range(0, rows, m):
        for j in range(0, columns, m):
            tile = padded[i : i + m + r - 1, j : j + m + r - 1]
            found = both(algorithm.AT, both(algorithm.G, g) * both(algorithm.BT, tile))
            fast[i : i + m, j : j + m] = found[: rows - i, : columns - j]
    return np.abs(fast - exact), np.abs(direct - exact), exact


@pytest.mark.parametrize("shape", [(6, 6), (3, 3), (17, 9), (4, 23)])
@pytest.mark.parametrize("arithmetic", ["float32", "float16"])
def test_the_map_is_that_of_brute_force(shape: tuple[int, int], arithmetic: str) -> None:
    plane, kernel = uniform(*shape), uniform(3, 3, seed=2)
    found = finished(error_map(plane, kernel, published_filter(4), arithmetic, "rows"))  # type: ignore[arg-type]
    fast, direct, exact = brute_force(plane, kernel, published_filter(4), arithmetic)
    assert found.fast.shape == (shape[0] - 2, shape[1] - 2)
    assert np.array_equal(found.fast, fast.astype(np.float32))
    assert np.array_equal(found.direct, direct.astype(np.float32))
    assert found.largest == pytest.approx(np.abs(exact).max(), rel=1e-12)
    assert found.fast.max() > 0


@pytest.mark.parametrize(("m", "r"), [(2, 5), (1, 3), (3, 1), (6, 2)])
def test_other_sizes_of_tile_and_kernel_fit(m: int, r: int) -> None:
    plane, kernel = uniform(13, 10), uniform(r, r)
    found = finished(error_map(plane, kernel, Filter(m, r), order="rows"))
    fast, direct, _ = brute_force(plane, kernel, Filter(m, r), "float32")
    assert np.array_equal(found.fast, fast.astype(np.float32))
    assert np.array_equal(found.direct, direct.astype(np.float32))


def test_bands_of_tiles_join_without_a_seam() -> None:
    # 500 rows of 34 tiles take several steps.
    plane, kernel = uniform(1_002, 70), uniform(3, 3)
    steps: list[tuple[int, int]] = []
    whole = finished(error_map(plane, kernel, Filter(2, 3)), progress=lambda *counts: steps.append(counts))
    assert len(steps) > 3
    assert steps[-1] == (500, 500)
    part = finished(error_map(plane[600:700], kernel, Filter(2, 3)))
    assert np.array_equal(whole.fast[600:698], part.fast)
    assert np.array_equal(whole.direct[600:698], part.direct)


def test_channels_are_added_up_before_the_sums_are_transformed_back() -> None:
    plane, kernel, problem = uniform(11, 9), uniform(3, 3, seed=2), Filter(4, 3)
    single = finished(error_map(plane, kernel, problem))
    twice = finished(error_map_of_planes(np.stack([plane, plane]), np.stack([kernel, kernel]), problem))
    assert np.array_equal(twice.fast, 2 * single.fast)
    assert twice.direct.shape == (9, 7)
    assert twice.largest == 2 * single.largest
    nothing = finished(error_map_of_planes(np.stack([plane, plane]), np.stack([kernel, -kernel]), problem))
    # Sums in float64 may leave a last place behind.
    assert max(nothing.fast.max(), nothing.largest) < 1e-15
    assert single.fast.max() > 0


def test_errors_follow_the_tiles_and_grow_with_the_values() -> None:
    plane, kernel = uniform(66, 66), uniform(3, 3)
    plane[:, 34:] *= 100
    found = finished(error_map(plane, kernel, Filter(4, 3)))
    assert found.fast[:, 40:].mean() > 30 * found.fast[:, :28].mean()
    assert found.fast.mean() > 2 * found.direct.mean()


def test_a_tile_that_overflows_is_infinite_and_its_neighbours_are_not() -> None:
    plane = np.full((10, 10), 0.5)
    plane[0, 0] = 60_000
    found = finished(error_map(plane, np.ones((3, 3)), Filter(4, 3), "float16"))
    assert np.isinf(found.fast[:4, :4]).any()
    assert np.isfinite(found.fast[4:]).all()
    assert found.direct.dtype == np.float32


def test_a_map_can_be_left_between_bands() -> None:
    done: list[int] = []

    def tick() -> None:
        if len(done) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        finished(
            error_map(uniform(300, 300), uniform(3, 3), Filter(2, 3)),
            tick=tick,
            progress=lambda count, _: done.append(count),
        )
    assert len(done) == 2


@pytest.mark.parametrize(
    ("plane", "kernel", "said"),
    [
        (uniform(2, 8), uniform(3, 3), "2 × 8; the kernel of 3 × 3 taps does not fit"),
        (uniform(8, 8), uniform(3, 4), "kernel 1 × 3 × 4"),
        (uniform(8, 8, 3), uniform(3, 3), "planes are 1 × 8 × 8 × 3"),
        (np.full((4, 4), np.nan), uniform(3, 3), "input has values that are not finite"),
        (uniform(4, 4), np.full((3, 3), np.inf), "kernel has values that are not finite"),
    ],
)
def test_what_does_not_fit_is_refused(plane: np.ndarray, kernel: np.ndarray, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        _: ErrorMap = finished(error_map(plane, kernel, Filter(4, 3)))


@pytest.mark.parametrize(("arithmetic", "value"), [("float16", 1e6), ("float32", 1e300), ("float32", 1e38)])
def test_values_past_the_arithmetic_give_infinite_errors_around_them_without_a_warning(
    arithmetic: str, value: float
) -> None:
    plane = uniform(9, 9)
    plane[4, 4] = value
    found = finished(error_map(plane, 4 * np.ones((3, 3)), Filter(2, 3), arithmetic))  # type: ignore[arg-type]
    assert np.isinf(found.fast).any()
    assert np.isinf(found.direct[2:5, 2:5]).all()
    assert np.isfinite(found.direct[:2]).all()
    assert not np.isnan(found.fast).any()
