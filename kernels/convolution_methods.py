"""One convolution by several methods: they differ in time and in rounding, not in what they mean.

direct     the sum itself, tap by tap in the registers (`convolution.py`)
im2col     one product of matrices (`im2col.py`)
winograd   fast filters F(m, r) in two directions (`winograd.py`), for stride and dilation 1; where one of them is
           F(1, r) and the other known to it, as "columns"
columns    fast filters down the columns only (`column_convolution.py`), for kernels of some heights
fft        the discrete Fourier transform (`fft_convolution.py`)
auto       what is quickest for the shapes, of "direct", "winograd", "columns" and "fft"
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from kernels import column_convolution, convolution, fft_convolution, im2col, winograd
from kernels.column_tile import ALGORITHMS
from kernels.convolution_problem import Array, Pads, Pair, Problem, Run, Tick
from kernels.fast_filter import FastFilter, fast_filter
from kernels.preset_transforms import usual_algorithm

METHODS = ("direct", "im2col", "winograd", "columns", "fft", "auto")


class Crossovers(NamedTuple):
    """From where on a method is quicker than the sum, on one machine.

    channels, products  channels and filters of a group, and pairs of them, from which F(m×m, 3×3) is quicker
    bulk, large         channels or filters of a group times rows or columns of an output, the fewer of each, from which
                        it is; and rows and columns from which F(4×4) is quicker than F(2×2)
    fft, fft_of_more    taps of a kernel from which the Fourier transform is quicker than the sum: the second with
                        `FFT_CHANNELS` channels and more
    rows, field         rows of taps of a filter, all channels together, and rows and columns of an output, from which
                        F(m×1) is quicker
    """

    channels: int = 16
    products: int = 512
    bulk: int = 1000
    large: int = 24
    fft: int = 17 * 17
    fft_of_more: int = 13 * 13
    rows: int = 14
    field: int = 64


FFT_CHANNELS = 3
USUAL = Crossovers()
"""Those of the machine that this was written on, between those of several measurements."""


def plan(
    problem: Problem, method: str, filters: tuple[FastFilter, FastFilter] | None = None, crossovers: Crossovers = USUAL
) -> Run:
    """What makes y by a method.

    filters     for "winograd": along the columns and along the rows; None: F(2, r) or F(4, r), points of least error
    crossovers  for "auto"

    ValueError for a method that there is not, and for one with a kernel, stride or dilation that it does not have.
    """
    stride, kernel = problem.stride, problem.w[2:]
    if method == "auto":
        method = chosen(*problem[:5], crossovers)
    if method not in METHODS:
        raise ValueError(f"a method {method!r}, not one of {', '.join(METHODS)}")
    if method == "winograd" and filters is not None and _down_only(*filters):
        method = "columns"
    if method == "winograd":
        m = outputs_of_tile(problem.y, crossovers)
        return winograd.plan(problem, *(filters or (usual_filter(m, taps) for taps in kernel)))
    if method == "columns" and not column_convolution.carries(kernel, stride):
        raise ValueError(f"fast filters down the columns for a kernel of {kernel} and a stride of {stride}")
    ways: dict[str, Any] = {
        "direct": convolution, "im2col": im2col, "columns": column_convolution, "fft": fft_convolution,
    }  # fmt: skip
    run: Run = ways[method].plan(problem)
    return run


def convolve_by(
    method: str,
    x: Array,
    w: Array,
    b: Array,
    y: Array,
    stride: Pair,
    dilation: Pair,
    pads: Pads,
    groups: int,
    tick: Tick,
    filters: tuple[FastFilter, FastFilter] | None = None,
    crossovers: Crossovers = USUAL,
) -> None:
    """y: (N, K, H', W') from x (N, C, H, W), w (K, C/groups, kh, kw), b (K,), all of one float type; see `plan`."""
    problem = Problem(x.shape, w.shape, y.shape, stride, dilation, pads, groups, x.dtype)
    made = y if y.flags.c_contiguous and y.flags.aligned else np.empty(y.shape, y.dtype)
    plan(problem, method, filters, crossovers)(x, w, b, made, tick)
    if made is not y:
        y[...] = made


def chosen(
    x: tuple[int, ...],
    w: tuple[int, ...],
    y: tuple[int, ...],
    stride: Pair,
    dilation: Pair,
    crossovers: Crossovers = USUAL,
) -> str:
    """What "auto" is for these shapes."""
    channels, taps = w[1], w[2] * w[3]
    filters = y[1] * channels // x[1]
    dense = stride == (1, 1) and dilation == (1, 1)
    fewer = min(channels, filters)
    many = fewer >= crossovers.channels and channels * filters >= crossovers.products
    if dense and w[2:] == (3, 3) and many and fewer * min(y[2:]) >= crossovers.bulk:
        return "winograd"
    least = crossovers.fft_of_more if channels >= FFT_CHANNELS else crossovers.fft
    if dense and taps >= least:
        return "fft"
    # Of one filter most of a tile of several would be lost.
    deep = filters > 1 and channels * w[2] >= crossovers.rows
    return (
        "columns" if deep and min(y[2:]) >= crossovers.field and column_convolution.carries(w[2:], stride) else "direct"
    )


def _down_only(down: FastFilter, across: FastFilter) -> bool:
    """Whether filters are the plain sum along the rows, and one that "columns" has down the columns."""
    known = ALGORITHMS.get(down.r)
    if across.m > 1 or known is None:
        return False
    of = fast_filter(known)
    return all(map(np.array_equal, (*down.into, *down.back), (*of.into, *of.back)))


def outputs_of_tile(y: tuple[int, ...], crossovers: Crossovers = USUAL) -> int:
    """m of the F(m×m) that "auto" takes where it takes "winograd"."""
    return 4 if min(y[2:]) >= crossovers.large else 2


@lru_cache(maxsize=64)
def usual_filter(m: int, r: int) -> FastFilter:
    """F(m, r) at the points of least error. ValueError where there are not enough of them."""
    return fast_filter(usual_algorithm(m, r))
