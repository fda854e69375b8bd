"""Stochastic pooling (Zeiler & Fergus 2013). Axes as in `kernels.pooling`."""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange
from kernels.counter_random import member, uniform
from kernels.window_taps import gather, lift, taps_inside


@kernel
def _rectify(a, count):  # type: ignore[no-untyped-def]
    """a[k] = max(a[k], 0) for k < count; returns the first of the largest. NaN stays and is the largest."""
    best = 0
    for k in range(count):
        if a[k] < 0:
            a[k] = 0
        if a[best] == a[best] and not a[k] <= a[best]:
            best = k
    return best


@kernel
def _drawn(a, count, threshold):  # type: ignore[no-untyped-def]
    """The first k with a[0] + … + a[k] > threshold; the last positive one if rounding leaves none."""
    running, last = 0.0, 0
    for k in range(count):
        running += a[k]
        if running > threshold:
            return k
        if a[k] > 0:
            last = k
    return last


@parallel_kernel
def stochastic_pool(  # type: ignore[no-untyped-def]
    x, draws, seed, kernel, stride, dilation, begin, most, first, last, y, switches, probabilities, crowds
):
    """y[m,i,j] = a[k], k drawn by p[k] = a[k]/Σa, a = max(x, 0) over (u,v); without `draws` Σa²/Σa, k the largest.

    switches[m,i,j] = r·W + c of k, probabilities[m,i,j] = p[k], crowds[m,i,j] = (Σa)²/Σa². A window of zeros gives
    y = 0, p = 0, its first cell and 1; NaN or infinity in it is its y, p is NaN then.
    x (M, H, W); the others (M, OH, OW), float64 and int64. No window has more than `most` cells inside of x.
    """
    rows, columns = y.shape[1:]
    for row in prange(first, last):
        m, i = row // rows, row % rows
        a = np.empty(most)
        state = member(member(np.uint64(0), seed), m)
        top, u_first, _ = taps_inside(i, kernel[0], stride[0], dilation[0], begin[0], x.shape[1])
        for j in range(columns):
            count = gather(x[m], i, j, kernel, stride, dilation, begin, a)
            at = _rectify(a, count)
            result, probability, crowd = a[at], np.nan, np.nan
            if result == 0:
                probability, crowd = 0.0, 1.0
            elif result < np.inf:
                scale = lift(a, count, result)
                total, squares = 0.0, 0.0
                for k in range(count):
                    total += a[k]
                    squares += a[k] * a[k]
                if draws:
                    at = _drawn(a, count, uniform(state, i * columns + j) * total)
                    result = a[at] / scale
                else:
                    result = squares / total / scale
                probability = a[at] / total
                crowd = total * (total / squares)
            left, v_first, v_last = taps_inside(j, kernel[1], stride[1], dilation[1], begin[1], x.shape[2])
            u, v = u_first + at // (v_last - v_first), v_first + at % (v_last - v_first)
            y[m, i, j] = result
            switches[m, i, j] = (top + u * dilation[0]) * x.shape[2] + left + v * dilation[1]
            probabilities[m, i, j] = probability
            crowds[m, i, j] = crowd
