"""The tile of dot products that gradients of weights are made of, against its definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import config, njit
from numba.extending import intrinsic

from kernels import dot_tile
from kernels.dot_tile import TAPS, TAPS_OF_ONE, defined
from kernels.tile import FILTERS

SIZES = [(1, 1), (3, 5), (2, 8), (5, 13), (3, 64), (1, 101)]
COUNTS = [(FILTERS, TAPS), (FILTERS - 1, TAPS - 1), (1, 1)]


@njit
def _many(sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n) -> None:
    dot_tile.dots_of_filters(sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n)


@njit
def _one(sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n) -> None:
    dot_tile.dots_of_one(sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n)


def check(run: Any, dtype: Any, tile: tuple[int, int], filters: int, count: int, rows: int, n: int) -> None:
    """`run` gives what the definition gives, writes nothing beside it, and reads no number that it need not."""
    rng = np.random.default_rng(0)
    g_row, s_row = n + 2, n + 7
    g_step, at = rows * g_row + 3, rng.integers(0, 40, count + 2)
    g, s = (np.full(size, np.nan, dtype) for size in (filters * g_step + 9, 60 + rows * s_row))
    for f in range(filters):
        for b in range(rows):
            g[5 + f * g_step + b * g_row :][:n] = rng.standard_normal(n)
    for t in range(count):
        for b in range(rows):
            s[1 + at[2 + t] + b * s_row :][:n] = rng.standard_normal(n)
    sums, expected = np.full(tile[0] * tile[1] + 2, 7.0), np.full(tile[0] * tile[1] + 2, 7.0)
    given = (g, 5, g_step, g_row, filters, s, 1, s_row, at, 2, count, rows, n)
    defined(expected, *given, *tile)
    run(sums, *given)
    assert np.isfinite(sums).all()
    within = (2e-6 if dtype == np.float32 else 4e-15) * np.sqrt(rows * n)
    np.testing.assert_allclose(sums, expected, rtol=0, atol=within * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("rows", "n"), SIZES)
def test_a_tile_of_dots_gives_what_its_definition_gives(rows: int, n: int, dtype: Any) -> None:
    for filters, count in COUNTS:
        check(_many, dtype, (FILTERS, TAPS), filters, count, rows, n)
    for count in (TAPS_OF_ONE, 2):
        check(_one, dtype, (1, TAPS_OF_ONE), 1, count, rows, n)


@pytest.mark.skipif(config.DISABLE_JIT, reason="there is nothing to emit without the compiler")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tile", [(8, 3, 64), (8, 3, 16), (4, 3, 32)])
def test_tiles_of_dots_of_other_processors_are_right_on_this_one(tile: tuple[int, int, int], dtype: Any) -> None:
    @intrinsic
    def made(typing: Any, sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n) -> Any:
        return dot_tile.signature(sums, g, s, at), dot_tile.emitted(*tile)

    @njit
    def run(sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n) -> None:
        made(sums, g, g_at, g_step, g_row, filters, s, s_at, s_row, at, first, count, rows, n)

    for rows, n in SIZES:
        check(run, dtype, tile[:2], tile[0], tile[1], rows, n)
