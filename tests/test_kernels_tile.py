"""The tile of sums that convolutions are made of, against its definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import config, njit
from numba.extending import intrinsic

from kernels import tile, tile_rows

TAPS = 23


def data(dtype: Any, filters: int, columns: int) -> tuple[Any, ...]:
    """Sums, their beginnings, what is read and where, and weights."""
    rng = np.random.default_rng(0)
    step = columns + 5
    y = rng.standard_normal(3 + filters * step).astype(dtype)
    start = rng.standard_normal(2 + filters).astype(dtype)
    s = rng.standard_normal(500 + columns).astype(dtype)
    at = rng.integers(0, 490, TAPS)
    w = rng.standard_normal(1 + TAPS * filters).astype(dtype)
    return y, step, start, s, at, w


def check(run: Any, dtype: Any, filters: int, columns: int, steps: tuple[int, int], start_at: int) -> None:
    """`run` gives what the definition gives, and touches nothing beside it; `steps` from weight to weight."""
    y, step, start, s, at, w = data(dtype, filters, columns)
    given = y.copy()
    expected = y.copy()
    tile.defined(expected, 3, step, start, start_at, s, 7, at, TAPS, w, 1, *steps, filters, columns)
    run(y, 3, step, start, start_at, s, 7, at, TAPS, w, 1)
    exponent = 2e-6 if dtype == np.float32 else 4e-15
    np.testing.assert_allclose(y, expected, rtol=0, atol=exponent * np.abs(expected).max() * TAPS)
    between = np.concatenate([np.arange(3), *(3 + f * step + np.arange(columns, step) for f in range(filters))])
    assert np.array_equal(y[between], given[between])


@njit
def _many(y, y_at, step, start, start_at, s, s_at, at, n, w, w_at) -> None:
    tile.tile_of_filters(y, y_at, step, start, start_at, s, s_at, at, n, w, w_at)


@pytest.mark.parametrize("start_at", [2, -1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_tile_gives_what_its_definition_gives(dtype: Any, start_at: int) -> None:
    check(_many, dtype, tile.FILTERS, tile.columns(np.dtype(dtype).itemsize), (1, tile.FILTERS), start_at)


@pytest.mark.skipif(config.DISABLE_JIT, reason="there is nothing to emit without the compiler")
@pytest.mark.parametrize("start_at", [2, -1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("filters", "vectors", "vector_bytes"), [(8, 3, 64), (8, 3, 16), (4, 3, 32), (1, 10, 64)])
def test_tiles_of_other_processors_are_right_on_this_one(
    filters: int, vectors: int, vector_bytes: int, dtype: Any, start_at: int
) -> None:
    @intrinsic
    def made(typing: Any, y, y_at, step, start, start_at, s, s_at, at, n, w, w_at) -> Any:
        code = tile.emitted(filters, vectors, vector_bytes)
        return tile.signature(y, y_at, step, start, start_at, s, s_at, at, n, w, w_at), code

    @njit
    def run(y, y_at, step, start, start_at, s, s_at, at, n, w, w_at) -> None:
        made(y, y_at, step, start, start_at, s, s_at, at, n, w, w_at)

    check(run, dtype, filters, vectors * vector_bytes // np.dtype(dtype).itemsize, (1, filters), start_at)


@njit
def _row(y, y_at, step, n, filters, start, start_at, s, s_at, at, taps, w, w_at, w_step) -> None:
    tile_rows.row_of_tiles(y, y_at, step, n, filters, start, start_at, s, s_at, at, taps, w, w_at, w_step)


def check_rows(run: Any, filters: int, lanes: int, dtype: Any, start_at: int) -> None:
    """Rows of lengths up to that of all tiles."""
    for n in (*range(lanes + 2), *range(lanes + 2, 18 * lanes + 2, 5)):

        def of_row(y, y_at, step, start, start_at, s, s_at, at, taps, w, w_at, n=n) -> None:  # type: ignore[no-untyped-def]
            run(y, y_at, step, n, filters, start, start_at, s, s_at, at, taps, w, w_at, taps)

        check(of_row, dtype, filters, n, (TAPS, 1), start_at)


@pytest.mark.parametrize("start_at", [2, -1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("filters", tile_rows.COUNTS)
def test_a_row_of_tiles_gives_what_its_definition_gives(filters: int, dtype: Any, start_at: int) -> None:
    check_rows(_row, filters, tile_rows.VECTOR_BYTES // np.dtype(dtype).itemsize, dtype, start_at)


@pytest.mark.skipif(config.DISABLE_JIT, reason="there is nothing to emit without the compiler")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("vector_bytes", [16, 64])
def test_rows_of_other_processors_are_right_on_this_one(vector_bytes: int, dtype: Any) -> None:
    @intrinsic
    def made(typing: Any, y, y_at, step, n, filters, start, start_at, s, s_at, at, taps, w, w_at, w_step) -> Any:
        types_of_row = tile_rows.signature(
            y, y_at, step, n, filters, start, start_at, s, s_at, at, taps, w, w_at, w_step
        )
        return types_of_row, tile_rows.emitted_rows({8: (3, 2, 1), 3: (4, 1)}, vector_bytes)

    @njit
    def run(y, y_at, step, n, filters, start, start_at, s, s_at, at, taps, w, w_at, w_step) -> None:
        made(y, y_at, step, n, filters, start, start_at, s, s_at, at, taps, w, w_at, w_step)

    for filters in (8, 3):
        check_rows(run, filters, vector_bytes // np.dtype(dtype).itemsize, dtype, 2)
