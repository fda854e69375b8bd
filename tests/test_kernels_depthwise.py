"""Depthwise convolution in place: its tile against the definition, and the whole against the general kernel."""

from __future__ import annotations

from typing import Any

import convolving
import numpy as np
import pytest
from numba import config, njit
from numba.extending import intrinsic

from explorer.ops.op import no_tick
from kernels import bands, depthwise, depthwise_tile
from kernels.convolution import convolve, gradient_plan
from kernels.depthwise_tile import ROWS, SIDE, defined
from kernels.vector_code import lanes

FORMATS = [np.float32, np.float64]


@njit
def _rows(y, y_at, y_row, n, s, s_at, s_row, left, width, w, w_at, bias, k) -> None:
    depthwise_tile.rows_of_nine(y, y_at, y_row, n, s, s_at, s_row, left, width, w, w_at, bias, k)


def check(run: Any, dtype: Any, vector: int) -> None:
    """`run` gives what the definition gives, writes nothing beside it, and counts nothing that lies outside."""
    rng = np.random.default_rng(0)
    w, bias = rng.standard_normal(2 + SIDE * SIDE).astype(dtype), rng.standard_normal(3).astype(dtype)
    for n in (vector, vector + 1, 2 * vector, 5 * vector - 1):
        for left, right in ((0, 0), (1, 1), (vector, 2), (2, vector), (-1, 0)):
            width = n + SIDE - 1 - left - right
            if width < 1:
                continue
            s_row, y_row = n + vector + 7, n + 3
            s = np.full(vector + (ROWS + SIDE) * s_row, np.nan, dtype)
            for q in range(ROWS + SIDE - 1):
                s[vector + q * s_row + left :][:width] = rng.standard_normal(width)
            y = np.full(2 + ROWS * y_row, 7, dtype)
            expected = y.copy()
            given = (2, y_row, n, s, vector, s_row, left, width, w, 2, bias, 1)
            defined(expected, *given)
            run(y, *given)
            assert np.isfinite(y).all()
            np.testing.assert_allclose(y, expected, rtol=0, atol=2e-6 if dtype == np.float32 else 4e-15)


@pytest.mark.parametrize("dtype", FORMATS)
def test_rows_of_nine_give_what_their_definition_gives(dtype: Any) -> None:
    check(_rows, dtype, lanes(np.dtype(dtype).itemsize))


@pytest.mark.skipif(config.DISABLE_JIT, reason="there is nothing to emit without the compiler")
@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("vector_bytes", [16, 32, 64])
def test_rows_of_nine_of_other_processors_are_right_on_this_one(vector_bytes: int, dtype: Any) -> None:
    @intrinsic
    def made(typing: Any, y, y_at, y_row, n, s, s_at, s_row, left, width, w, w_at, bias, k) -> Any:
        return depthwise_tile.signature(y, s, w, bias), depthwise_tile.emitted(vector_bytes)

    @njit
    def run(y, y_at, y_row, n, s, s_at, s_row, left, width, w, w_at, bias, k) -> None:
        made(y, y_at, y_row, n, s, s_at, s_row, left, width, w, w_at, bias, k)

    check(run, dtype, vector_bytes // np.dtype(dtype).itemsize)


# Images, channels, height, width, filters a channel, padding at the top, left, bottom and right.
SHAPES = [
    (1, 3, 9, 23, 1, (1, 1, 1, 1)),
    (2, 2, 4, 16, 2, (1, 1, 1, 1)),
    (1, 5, 30, 40, 1, (0, 0, 0, 0)),
    (2, 1, 7, 17, 3, (0, 2, 0, 1)),
    (1, 2, 6, 33, 1, (4, 0, 3, 3)),
    (3, 4, 6, 18, 1, (2, 4, 0, 0)),
]


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_depthwise_in_place_gives_what_the_general_kernel_gives(
    shape: Any, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, channels, height, width, more, pads = shape
    rng = np.random.default_rng(0)
    x = rng.standard_normal((images, channels, height, width)).astype(dtype)
    x[0, 0, 0, 0], x[-1, -1, -1, -1], x[0, -1, height // 2, width // 2] = np.inf, np.nan, -np.inf
    w = rng.standard_normal((channels * more, 1, 3, 3)).astype(dtype)
    w[0, 0, 0, 2] = np.inf
    b = rng.standard_normal(channels * more).astype(dtype)
    y = np.empty((images, channels * more, height + pads[0] + pads[2] - 2, width + pads[1] + pads[3] - 2), dtype)
    gx = np.empty((images, channels * more, height + 2 - pads[0] - pads[2], width + 2 - pads[1] - pads[3]), dtype)
    moves = (1, 1), (1, 1), pads, channels

    def both() -> list[Any]:
        made = np.full_like(y, 7), np.full_like(gx, 7)
        convolve(x, w, b, made[0], *moves, no_tick)
        convolving.back(gradient_plan, x, w.reshape(channels, more, 3, 3), made[1], *moves, no_tick, b)
        return list(made)

    calls: list[Any] = []
    counted = depthwise.plan
    monkeypatch.setattr(depthwise, "plan", lambda problem: [calls.append(problem), counted(problem)][1])
    found = both()
    monkeypatch.setattr(bands, "OPERATIONS", 1)
    found += both()
    assert len(calls) >= 2  # so that it is not the general kernel beside itself
    monkeypatch.setattr(depthwise, "fits", lambda *given: False)
    y, gx = both()
    within = 3e-6 if dtype == np.float32 else 5e-15
    for made, back in (found[:2], found[2:]):
        # To the last bit, but for the definitions, which round in other places.
        np.testing.assert_allclose(made, y, rtol=0, atol=within if config.DISABLE_JIT else 0)
        # Turned, the taps are added the other way round.
        np.testing.assert_allclose(back, gx, rtol=0, atol=within)


def test_a_map_that_does_not_lie_in_one_piece_is_convolved_as_its_copy_is() -> None:
    x = np.random.default_rng(0).standard_normal((1, 2, 9, 80))[..., ::2]
    w, b = np.ones((2, 1, 3, 3)), np.zeros(2)
    made, copied = np.empty((1, 2, 7, 38)), np.empty((1, 2, 7, 38))
    moves = (1, 1), (1, 1), (0, 0, 0, 0), 2
    convolve(x, w, b, made, *moves, no_tick)
    convolve(x.copy(), w, b, copied, *moves, no_tick)
    np.testing.assert_array_equal(made, copied)
