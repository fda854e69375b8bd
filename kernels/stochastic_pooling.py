"""Stochastic pooling (Zeiler & Fergus 2013). Axes as in `kernels.pooling`; a = max(x, 0) in every window."""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange
from kernels.counter_random import member, uniform
from kernels.halving import halves
from kernels.pair_rows import LEAST, MOST, draw_pairs
from kernels.window_taps import MOST_TAPS, gather, lift, phases_of, taps_inside, taps_of_row

_RUN = 32


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
def _draw_all(taps, offsets, thresholds, running, drawn, places):  # type: ignore[no-untyped-def]
    """drawn[j] = a[k,j] and places[j] = offsets[k] of the last k with a[0,j] + … + a[k−1,j] ≤ thresholds[j]."""
    running[:] = 0
    for k in range(taps.shape[0]):
        tap, offset = taps[k], offsets[k]
        for j in range(drawn.size):
            drawn[j] = tap[j] if running[j] <= thresholds[j] else drawn[j]
        for j in range(places.size):
            places[j] = offset if running[j] <= thresholds[j] else places[j]
        for j in range(running.size):
            running[j] += tap[j]


@kernel
def _largest_of_all(taps, offsets, best, places):  # type: ignore[no-untyped-def]
    """best[j] = the largest a[k,j], and places[j] = offsets[k] of the first."""
    best[:] = 0
    places[:] = 0
    for k in range(taps.shape[0]):
        tap, offset = taps[k], offsets[k]
        for j in range(places.size):
            places[j] = offset if tap[j] > best[j] else places[j]
        for j in range(best.size):
            best[j] = tap[j] if tap[j] > best[j] else best[j]


@kernel
def _one_by_one(  # type: ignore[no-untyped-def]
    x, draws, state, kernel, stride, dilation, begin, m, i, j, a, y, switches, probabilities, crowds
):
    """Window (i, j) of plane m of `stochastic_pool`, whatever its numbers are; `a` is scratch for them."""
    columns, width = y.shape[2], x.shape[2]
    top, u_first, _ = taps_inside(i, kernel[0], stride[0], dilation[0], begin[0], x.shape[1])
    left, v_first, v_last = taps_inside(j, kernel[1], stride[1], dilation[1], begin[1], width)
    count = gather(x[m], i, j, kernel, stride, dilation, begin, a)
    random = uniform(state, i * columns + j) if draws else 0.0
    y[m, i, j], at, probabilities[m, i, j], crowd = _window(a, count, draws, random)
    u, v = u_first + at // (v_last - v_first), v_first + at % (v_last - v_first)
    switches[m, i, j] = (top + u * dilation[0]) * width + left + v * dilation[1]
    if not draws:
        crowds[m, i, j] = crowd


@kernel
def _draw_from_pairs(  # type: ignore[no-untyped-def]
    x, seed, kernel, stride, dilation, begin, most, first, last, y, switches, probabilities, crowds
):
    """Rows first ≤ m·OH + i < last of `stochastic_pool` where windows of 2 × 2 lie side by side and are drawn from."""
    rows, columns = y.shape[1:]
    width, a = x.shape[2], np.empty(most)
    for row in range(first, last):
        m, i = row // rows, row % rows
        upper, lower = x[m, 2 * i], x[m, 2 * i + 1]
        state = member(member(np.uint64(0), seed), m)
        if draw_pairs(
            upper, lower, 2 * i * width, width, state, i * columns, y[m, i], switches[m, i], probabilities[m, i],
            columns,
        ):  # fmt: skip
            for j in range(columns):
                total = 0.0
                for cell in (upper[2 * j], upper[2 * j + 1], lower[2 * j], lower[2 * j + 1]):
                    total += 0.0 if cell < 0 else np.float64(cell)
                if not (total == 0 or LEAST < total < MOST):
                    _one_by_one(
                        x, True, state, kernel, stride, dilation, begin, m, i, j, a, y, switches, probabilities, crowds
                    )


@kernel
def _stochastic_rows(  # type: ignore[no-untyped-def]
    x, draws, seed, kernel, stride, dilation, begin, most, first, last, y, switches, probabilities, crowds
):
    """Rows first ≤ m·OH + i < last of `stochastic_pool`; windows whose sums are well inside of float64 go together."""
    rows, columns = y.shape[1:]
    width = x.shape[2]
    together = kernel[0] * kernel[1] <= MOST_TAPS
    taps = np.empty((kernel[0] * kernel[1] if together else 0, columns))
    scratch = phases_of(x[0, 0], columns, kernel[1], stride[1], dilation[1], begin[1], 0.0)
    totals, squares = np.empty(columns), np.full(columns, np.nan)
    thresholds, running, found = np.empty(columns), np.empty(columns), np.empty(columns)
    places, a, offsets = np.zeros(columns, np.int64), np.empty(most), np.empty(taps.shape[0], np.int64)
    for k in range(offsets.size):
        offsets[k] = k // kernel[1] * dilation[0] * width + k % kernel[1] * dilation[1]
    for row in range(first, last):
        m, i = row // rows, row % rows
        result, place, probability = y[m, i], switches[m, i], probabilities[m, i]
        top = i * stride[0] - begin[0]
        state = member(member(np.uint64(0), seed), m)
        if together:
            taps_of_row(x[m], i, kernel, stride, dilation, begin, scratch, taps)
            _sums(taps, totals, squares)
            if draws:
                for j in range(columns):
                    thresholds[j] = uniform(state, i * columns + j) * totals[j]
                _draw_all(taps, offsets, thresholds, running, found, places)
            else:
                _largest_of_all(taps, offsets, found, places)
            for j in range(columns):
                result[j] = found[j] if draws else squares[j] / totals[j]
            for j in range(columns):
                place[j] = places[j] + j * stride[1] + (top * width - begin[1])
            for j in range(columns):
                probability[j] = found[j] / totals[j]
            if not draws:
                crowd = crowds[m, i]
                for j in range(columns):
                    crowd[j] = totals[j] * (totals[j] / squares[j])
        for j in range(columns):
            if not LEAST < squares[j] < MOST:
                _one_by_one(
                    x, draws, state, kernel, stride, dilation, begin, m, i, j, a, y, switches, probabilities, crowds
                )


@parallel_kernel
def stochastic_pool(  # type: ignore[no-untyped-def]
    x, draws, seed, kernel, stride, dilation, begin, most, first, last, y, switches, probabilities, crowds
):
    """y[m,i,j] = a[k], k drawn by p[k] = a[k]/Σa, a = max(x, 0) over (u,v); without `draws` Σa²/Σa, k the largest.

    switches[m,i,j] = r·W + c of k, probabilities[m,i,j] = p[k], crowds[m,i,j] = (Σa)²/Σa². A window of zeros gives
    y = 0, p = 0, its first cell and 1; NaN or infinity in it is its y, p is NaN then.
    x (M, H, W); the others (M, OH, OW), y and p of the type of x, switches of `PLACE`; crowds float64, without a cell
    where numbers are drawn. No window has more than `most` cells inside of x.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        stop = min(last, start + _RUN)
        if draws and halves(x, y, kernel, stride, dilation, begin):
            _draw_from_pairs(
                x, seed, kernel, stride, dilation, begin, most, start, stop, y, switches, probabilities, crowds
            )
        else:
            _stochastic_rows(
                x, draws, seed, kernel, stride, dilation, begin, most, start, stop, y, switches, probabilities, crowds
            )
