"""Convolution as one product of matrices: the cells that each output reads are copied into columns (im2col).

    X[(c, u, v), (i, j)] = x[c, i·s − p + u·d, j·s − p + v·d]
    y[k, (i, j)] = b[k] + Σ w[k, (c, u, v)] · X[(c, u, v), (i, j)]

The copy has kh·kw times as many numbers as the input, so it is made for some rows of the output at a time.
[Chellapilla, Puri, Simard 2006]
"""

from __future__ import annotations

import math

import numpy as np

from kernels._jit import parallel_kernel, plain, prange
from kernels.convolution_problem import Array, Problem, Run, Tick
from kernels.filter_rows import CALL_OPERATIONS, SLACK, add_taps

COLUMNS_BYTES = 1 << 19
"""Columns that one thread copies at a time: half of a second-level cache."""


@parallel_kernel
def _multiply(x, w, bias, y, groups, kernel, stride, dilation, pads, band, first, last):
    """The bands `first` … `last` − 1 of y (N, K, H', W'), for all filters."""
    channels, filters = x.shape[1] // groups, y.shape[1] // groups
    height, width = y.shape[2], y.shape[3]
    bands = (height + band - 1) // band
    taps = channels * kernel[0] * kernel[1]
    step = band * width
    flat_y, flat_w = y.reshape(y.size), w.reshape(w.size)
    for task in prange(first, last):
        image, g, top = task // (groups * bands), task // bands % groups, task % bands * band
        rows = min(band, height - top)
        # What a last tile reads past the columns is never kept.
        made = np.zeros(taps * step + SLACK, x.dtype)
        for t in range(taps):
            c, u, v = t // (kernel[0] * kernel[1]), t // kernel[1] % kernel[0], t % kernel[1]
            shift = v * dilation[1] - pads[1]
            low = min(max(-(shift // stride[1]), 0), width)
            high = min(max((x.shape[3] - shift + stride[1] - 1) // stride[1], low), width)
            for i in range(rows):
                row = (top + i) * stride[0] - pads[0] + u * dilation[0]
                if row < 0 or row >= x.shape[2] or low == high:
                    continue
                to = made[t * step + i * width + low : t * step + i * width + high]
                source = x[image, g * channels + c, row, low * stride[1] + shift :]
                if stride[1] == 1:
                    for j in range(len(to)):
                        to[j] = source[j]
                else:
                    for j in range(len(to)):
                        to[j] = source[j * stride[1]]
        add_taps(
            flat_y, image * y.shape[1] * height * width + top * width, height * width, rows * width, g * filters,
            (g + 1) * filters, bias, True, made, 0, np.arange(taps) * step, flat_w, taps, 0,
        )  # fmt: skip


def plan(problem: Problem) -> Run:
    """What makes y by products of matrices."""
    _, _, height, width = problem.y
    taps = math.prod(problem.w[1:])
    band = min(max(1, COLUMNS_BYTES // (taps * width * problem.dtype.itemsize)), height)
    tasks = problem.x[0] * problem.groups * -(-height // band)
    calls = max(4, CALL_OPERATIONS // (band * width * taps * problem.filters * problem.groups))
    moves = problem.groups, problem.w[2:], problem.stride, problem.dilation, problem.pads[:2]

    def run(x: Array, w: Array, b: Array, y: Array, tick: Tick) -> None:
        x, w, b = plain(x), plain(w), plain(b)
        for first in range(0, tasks, calls):
            tick()
            _multiply(x, w, b, y, *moves, band, first, min(first + calls, tasks))

    return run
