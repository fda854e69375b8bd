"""One convolution by several methods: they differ in time and in rounding, not in what they mean.

direct     the sum itself, tap by tap in the registers (`convolution.py`)
im2col     one product of matrices (`im2col.py`)
winograd   fast filters F(m, r) in two directions (`winograd.py`), for stride and dilation 1
fft        the discrete Fourier transform (`fft_convolution.py`)
auto       what is quickest for the shapes, of "direct", "winograd" and "fft"
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from kernels import convolution, fft_convolution, im2col, winograd
from kernels.algebra.filter_form import transposed
from kernels.algebra.winograd import linear_moduli
from kernels.algebra.winograd import winograd as convolver
from kernels.convolution import Array, Pads, Pair, Tick
from kernels.fast_filter import FastFilter, fast_filter

METHODS = ("direct", "im2col", "winograd", "fft", "auto")

POINTS = ("0", "-1", "1", "1/2", "-2", "-1/2", "2", "-1/4", "4")
"""The first α − 1 of them, and infinity, make F(m, r) with the least error that is known [Barabasz et al. 2018]."""

FAST_CHANNELS, FAST_PRODUCTS = 8, 128
"""From as many channels and filters of a group on, and as many pairs of them, F(4×4, 3×3) is quicker than the sum."""

FAST_EXTENT, LARGE_EXTENT = 10, 32
"""Rows and columns of an output from which F(2×2) is quicker than the sum, and F(4×4) quicker than that."""

FFT_TAPS, FFT_TAPS_OF_MORE = 33 * 33, 23 * 23
"""Taps of a kernel from which the Fourier transform, on one thread, is quicker than the sum on two: the second with
`FFT_CHANNELS` channels and more."""

FFT_CHANNELS = 3


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
) -> None:
    """y: (N, K, H', W') from x (N, C, H, W), w (K, C/groups, kh, kw), b (K,), all of one float type.

    filters  for "winograd": along the columns and along the rows; those with the usual points where None is given

    ValueError for a method that there is not, and for "winograd" with a stride or dilation that it does not have.
    """
    if method == "auto":
        method = chosen(x.shape, w.shape, y.shape, stride, dilation)
    if method not in METHODS:
        raise ValueError(f"a method {method!r}, not one of {', '.join(METHODS)}")
    x, w, b = (np.require(each, requirements=("C", "A")) for each in (x, w, b))
    made = y if y.flags.c_contiguous and y.flags.aligned else np.empty(y.shape, y.dtype)
    if method == "winograd":
        if stride != (1, 1) or dilation != (1, 1):
            raise ValueError(f"fast filters for a stride of {stride} and a dilation of {dilation}")
        m = 4 if min(y.shape[2:]) >= LARGE_EXTENT else 2
        down, across = filters or tuple(usual_filter(m, taps) for taps in w.shape[2:])
        winograd.convolve(x, w, b, made, pads, groups, down, across, tick)
    else:
        ways: dict[str, Any] = {"direct": convolution, "im2col": im2col, "fft": fft_convolution}
        ways[method].convolve(x, w, b, made, stride, dilation, pads, groups, tick)
    if made is not y:
        y[...] = made


def chosen(x: tuple[int, ...], w: tuple[int, ...], y: tuple[int, ...], stride: Pair, dilation: Pair) -> str:
    """What "auto" is for these shapes, with the crossovers of one machine."""
    channels, taps = w[1], w[2] * w[3]
    filters = y[1] * channels // x[1]
    dense = stride == (1, 1) and dilation == (1, 1)
    large = min(channels, filters) >= FAST_CHANNELS and channels * filters >= FAST_PRODUCTS
    if dense and large and w[2:] == (3, 3) and min(y[2:]) >= FAST_EXTENT:
        return "winograd"
    return "fft" if dense and taps >= (FFT_TAPS_OF_MORE if channels >= FFT_CHANNELS else FFT_TAPS) else "direct"


@lru_cache(maxsize=64)
def usual_filter(m: int, r: int) -> FastFilter:
    """F(m, r) with the usual points. ValueError where there are not enough of them."""
    if m + r - 2 > len(POINTS):
        raise ValueError(f"F({m}, {r}) takes {m + r - 2} points, {len(POINTS)} are usual")
    moduli = linear_moduli([Fraction(point) for point in POINTS[: m + r - 2]])
    return fast_filter(transposed(convolver(r, m, moduli, infinity=True).convolver))
