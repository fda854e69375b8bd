"""Stochastic pooling (Zeiler & Fergus 2013). Axes as in `kernels.pooling`; a = max(x, 0) in every window."""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange
from kernels.counter_random import member, uniform
from kernels.window_taps import MOST_TAPS, gather, lift, taps_inside, taps_of_row

_RUN = 32
_LEAST, _MOST = 2.0**-900, 2.0**1020


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


@kernel
def _window(a, count, draws, random):  # type: ignore[no-untyped-def]
    """(result, k, p[k], (Σa)²/Σa²) of one window of `count` numbers whatever they are; changes a."""
    at = _rectify(a, count)
    largest = a[at]
    if largest == 0:
        return 0.0, at, 0.0, 1.0
    if not largest < np.inf:
        return largest, at, np.nan, np.nan
    scale = lift(a, count, largest)
    total, squares = 0.0, 0.0
    for k in range(count):
        total += a[k]
        squares += a[k] * a[k]
    if draws:
        at = _drawn(a, count, random * total)
    result = a[at] if draws else squares / total
    return result / scale, at, a[at] / total, total * (total / squares)


@kernel
def _sums(taps, totals, squares):  # type: ignore[no-untyped-def]
    """a = taps, in place; totals[j] = Σ over k of a[k,j], squares[j] = Σ of a[k,j]²."""
    totals[:] = 0
    squares[:] = 0
    for k in range(taps.shape[0]):
        tap = taps[k]
        for j in range(totals.size):
            tap[j] = 0.0 if tap[j] < 0 else tap[j]
        for j in range(totals.size):
            totals[j] += tap[j]
        for j in range(totals.size):
            squares[j] += tap[j] * tap[j]


@kernel
def _draw_all(taps, thresholds, running, at):  # type: ignore[no-untyped-def]
    """at[j] = number of k with a[0,j] + … + a[k,j] ≤ thresholds[j], which is the place that is drawn."""
    running[:] = 0
    at[:] = 0
    for k in range(taps.shape[0]):
        tap = taps[k]
        for j in range(at.size):
            running[j] += tap[j]
        for j in range(at.size):
            at[j] += running[j] <= thresholds[j]


@kernel
def _largest_of_all(taps, best, at):  # type: ignore[no-untyped-def]
    """at[j] = the first k of the largest a[k,j]."""
    best[:] = 0
    at[:] = 0
    for k in range(taps.shape[0]):
        tap = taps[k]
        for j in range(at.size):
            at[j] = k if tap[j] > best[j] else at[j]
        for j in range(at.size):
            best[j] = tap[j] if tap[j] > best[j] else best[j]


@kernel
def _stochastic_rows(  # type: ignore[no-untyped-def]
    x, draws, seed, kernel, stride, dilation, begin, most, first, last, y, switches, probabilities, crowds
):
    """Rows first ≤ m·OH + i < last of `stochastic_pool`; windows whose sums are well inside of float64 go together."""
    rows, columns = y.shape[1:]
    width = x.shape[2]
    together = kernel[0] * kernel[1] <= MOST_TAPS
    taps = np.empty((kernel[0] * kernel[1] if together else 0, columns))
    phases = np.empty((stride[1], columns + (kernel[1] - 1) * dilation[1] // stride[1] + 1))
    totals, squares, randoms, scratch = (
        np.empty(columns),
        np.full(columns, np.nan),
        np.empty(columns),
        np.empty(columns),
    )
    drawn, a = np.zeros(columns, np.int64), np.empty(most)
    offsets = np.empty(taps.shape[0], np.int64)
    for k in range(offsets.size):
        offsets[k] = k // kernel[1] * dilation[0] * width + k % kernel[1] * dilation[1]
    for row in range(first, last):
        m, i = row // rows, row % rows
        state = member(member(np.uint64(0), seed), m)
        if draws:
            for j in range(columns):
                randoms[j] = uniform(state, i * columns + j)
        if together:
            taps_of_row(x[m], i, kernel, stride, dilation, begin, phases, taps)
            _sums(taps, totals, squares)
            if draws:
                _draw_all(taps, randoms * totals, scratch, drawn)
            else:
                _largest_of_all(taps, scratch, drawn)
        top, u_first, _ = taps_inside(i, kernel[0], stride[0], dilation[0], begin[0], x.shape[1])
        for j in range(columns):
            if _LEAST < squares[j] < _MOST:
                at = drawn[j]
                y[m, i, j] = taps[at, j] if draws else squares[j] / totals[j]
                switches[m, i, j] = top * width + j * stride[1] - begin[1] + offsets[at]
                probabilities[m, i, j] = taps[at, j] / totals[j]
                crowds[m, i, j] = totals[j] * (totals[j] / squares[j])
            else:
                count = gather(x[m], i, j, kernel, stride, dilation, begin, a)
                y[m, i, j], at, probabilities[m, i, j], crowds[m, i, j] = _window(a, count, draws, randoms[j])
                left, v_first, v_last = taps_inside(j, kernel[1], stride[1], dilation[1], begin[1], width)
                u, v = u_first + at // (v_last - v_first), v_first + at % (v_last - v_first)
                switches[m, i, j] = (top + u * dilation[0]) * width + left + v * dilation[1]


@parallel_kernel
def stochastic_pool(  # type: ignore[no-untyped-def]
    x, draws, seed, kernel, stride, dilation, begin, most, first, last, y, switches, probabilities, crowds
):
    """y[m,i,j] = a[k], k drawn by p[k] = a[k]/Σa, a = max(x, 0) over (u,v); without `draws` Σa²/Σa, k the largest.

    switches[m,i,j] = r·W + c of k, probabilities[m,i,j] = p[k], crowds[m,i,j] = (Σa)²/Σa². A window of zeros gives
    y = 0, p = 0, its first cell and 1; NaN or infinity in it is its y, p is NaN then.
    x (M, H, W); the others (M, OH, OW), float64 and int64. No window has more than `most` cells inside of x.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        _stochastic_rows(
            x,
            draws,
            seed,
            kernel,
            stride,
            dilation,
            begin,
            most,
            start,
            min(last, start + _RUN),
            y,
            switches,
            probabilities,
            crowds,
        )
