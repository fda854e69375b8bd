"""A convolution before its numbers are known: what every method plans from.

A problem is planned once and run for as many numbers as there are, as in FFTW. The plan is a function of the arrays
alone: what follows from the shapes is not worked out again at every call, which for a small layer took as long as the
sums.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, plain

Array = NDArray[Any]
Shape = tuple[int, ...]
Pair = tuple[int, int]
Pads = tuple[int, int, int, int]
Tick = Callable[[], None]

Run = Callable[[Array, Array, Array, Array, Tick], None]
"""(x, w, b, y, tick): y is made, contiguous, from x, w and b (K,), all of the problem's shapes and type."""

TOGETHER = 16
"""Channels whose kernels are turned together: they lie side by side where they are read."""


class Problem(NamedTuple):
    """Shapes of x (N, C, H, W), w (K, C/groups, kh, kw) and y (N, K, H', W'), and how the windows lie on x.

    Pairs are rows, then columns; `pads` are cells at the top, left, bottom and right, negative where some are left out.
    """

    x: Shape
    w: Shape
    y: Shape
    stride: Pair
    dilation: Pair
    pads: Pads
    groups: int
    dtype: np.dtype[Any]

    @property
    def channels(self) -> int:
        """Channels of a group."""
        return self.w[1]

    @property
    def filters(self) -> int:
        """Filters of a group."""
        return self.w[0] // self.groups

    def turned(self) -> Problem:
        """From y back to x, by the kernels as `turned_round` has them; what stride 1 is made of where it is another."""
        kernel, dilation = self.w[2:], self.dilation
        top, left = ((kernel[a] - 1) * dilation[a] - self.pads[a] for a in (0, 1))
        below, right = (self.x[2 + a] - self.y[2 + a] + self.pads[a] for a in (0, 1))
        w = self.groups * self.channels, self.filters, *kernel
        return Problem(self.y, w, self.x, (1, 1), dilation, (top, left, below, right), self.groups, self.dtype)


@kernel
def turned_round(w, groups):
    """w′[g·C + c, k, u, v] = w[g·K + k, c, kh − 1 − u, kw − 1 − v] for each group g of K filters and C channels."""
    filters, channels, height, width = w.shape
    of_group, taps = filters // groups, height * width
    turned = np.empty((groups * channels, of_group, height, width), w.dtype)
    source, to = w.reshape(w.size), turned.reshape(w.size)
    for g in range(groups):
        for first in range(0, channels, TOGETHER):
            for k in range(of_group):
                for c in range(first, min(first + TOGETHER, channels)):
                    read = ((g * of_group + k) * channels + c) * taps
                    last = ((g * channels + c) * of_group + k + 1) * taps - 1
                    for t in range(taps):
                        to[last - t] = source[read + t]
    return turned


def turning(run: Run, groups: int) -> Run:
    """What `run` does, by kernels that are turned round first."""
    return lambda x, w, b, y, tick: run(x, turned_round(plain(w), groups), b, y, tick)
