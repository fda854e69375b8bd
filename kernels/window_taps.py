"""The numbers under one window or under a row of windows, and which windows hold a cell.

Axes as in `kernels.pooling`: along an axis tap u of window i falls on the cell i·stride + u·dilation − begin.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.vector_code import VECTOR_BYTES
from kernels.vector_rows import take_apart, woven

MOST_TAPS = 32
"""Windows of up to so many cells are faster all together, tap by tap, than one by one."""


@kernel
def phases_of(x, windows, kernel, stride, dilation, begin, fill):  # type: ignore[no-untyped-def]
    """Scratch for the phases of rows like x: (phases, inside, at), for `by_phase`.

    phases  (stride, ·) holds `fill`, which stays wherever a phase lies outside of x
    inside  (first, whole, spans): phase p is inside for spans[p, 0] ≤ q < spans[p, 1], all of them for `whole` numbers
            from `first` on, whole vectors
    at      tap v of window j is phases.flat[at[v] + j]
    """
    length = windows + (kernel - 1) * dilation // stride
    spans = np.empty((stride, 2), np.int64)
    for p in range(stride):
        shift = p - begin
        spans[p, 0] = min(max(0, -(shift // stride)), length)
        spans[p, 1] = max(spans[p, 0], min(length, (x.size - 1 - shift) // stride + 1))
    first = min((begin + stride - 1) // stride, length)
    lanes = VECTOR_BYTES // x.itemsize
    whole = max(min((x.size + begin) // stride, length) - first, 0) // lanes * lanes if woven(stride) else 0
    at = np.empty(kernel, np.int64)
    for v in range(kernel):
        at[v] = v * dilation % stride * length + v * dilation // stride
    return np.full((stride, length), fill, x.dtype), (first, whole, spans), at


@kernel
def _every(x, stride, to):  # type: ignore[no-untyped-def]
    """to[q] = x[q·stride]."""
    if stride == 1:
        for q in range(to.size):
            to[q] = x[q]
    else:
        for q in range(to.size):
            to[q] = x[q * stride]


@kernel
def by_phase(x, stride, begin, inside, phases):  # type: ignore[no-untyped-def]
    """phases[p, q] = x[q·stride + p − begin] inside of x: the taps of a strided row lie side by side."""
    first, whole, spans = inside
    length = phases.shape[1]
    if whole > 0:
        take_apart(phases.reshape(phases.size), first, length, x, first * stride - begin, stride, whole)
    for p in range(phases.shape[0]):
        low, high = spans[p, 0], spans[p, 1]
        before, behind = min(max(first, low), high), min(max(first + whole, low), high)
        shift = p - begin
        if low < before:
            _every(x[low * stride + shift :], stride, phases[p, low:before])
        if behind < high:
            _every(x[behind * stride + shift :], stride, phases[p, behind:high])


@kernel
def taps_inside(i, kernel, stride, dilation, begin, extent):  # type: ignore[no-untyped-def]
    """(start, first, last): window i begins at the cell `start`; its taps first ≤ u < last lie in 0 … extent − 1."""
    start = i * stride - begin
    first = (max(0, -start) + dilation - 1) // dilation
    return start, first, min(kernel, (extent - 1 - start) // dilation + 1)


@kernel
def whole_windows(x, y, kernel, stride, begin):  # type: ignore[no-untyped-def]
    """(low, count): the windows low ≤ j < low + count of a row of y (M, OH, OW) lie inside of x (M, H, W)."""
    low = (begin[1] + stride[1] - 1) // stride[1]
    high = min(y.shape[2], (x.shape[2] - kernel[1] + begin[1]) // stride[1] + 1)
    return low, max(high - low, 0)


@kernel
def windows_over(cell, kernel, stride, dilation, begin, windows):  # type: ignore[no-untyped-def]
    """(low, high): windows low ≤ i < high span the cell; a tap is on it if dilation divides cell + begin − i·stride."""
    place = cell + begin
    low = max(0, (place - dilation * (kernel - 1) + stride - 1) // stride)
    return low, min(windows, place // stride + 1)


@kernel
def gather(x, i, j, kernel, stride, dilation, begin, taken):  # type: ignore[no-untyped-def]
    """taken[k] = x[r, c] for the cells of window (i, j) inside of x (H, W), in row order; returns their number."""
    top, u_first, u_last = taps_inside(i, kernel[0], stride[0], dilation[0], begin[0], x.shape[0])
    left, v_first, v_last = taps_inside(j, kernel[1], stride[1], dilation[1], begin[1], x.shape[1])
    count = 0
    for u in range(u_first, u_last):
        row = x[top + u * dilation[0]]
        for v in range(v_first, v_last):
            taken[count] = row[left + v * dilation[1]]
            count += 1
    return count


@kernel
def taps_of_row(x, i, kernel, stride, dilation, begin, scratch, taps):  # type: ignore[no-untyped-def]
    """taps[u·KW + v, j] = x[r, c], 0 outside of x (H, W), for all windows of output row i, in float64.

    `scratch` is that of `phases_of` a row of x, with 0 outside.
    """
    phases, inside, at = scratch
    flat = phases.reshape(phases.size)
    for u in range(kernel[0]):
        r = i * stride[0] + u * dilation[0] - begin[0]
        if 0 <= r < x.shape[0]:
            by_phase(x[r], stride[1], begin[1], inside, phases)
            for v in range(kernel[1]):
                tap, target = flat[at[v] :], taps[u * kernel[1] + v]
                for j in range(target.size):
                    target[j] = np.float64(tap[j])
        else:
            taps[u * kernel[1] : (u + 1) * kernel[1]] = 0


@kernel
def lift(x, count, largest):  # type: ignore[no-untyped-def]
    """x[k] *= s for k < count; s, returned, is 2^600, 1 or 2^−600 and keeps squares and sums inside of float64.

    A loop of its own: (s·x)² in one expression may be compiled as s²·x², and s² is out of range.
    """
    scale = 2.0**600 if largest < 2.0**-500 else 2.0**-600 if largest > 2.0**500 else 1.0
    if scale != 1:
        for k in range(count):
            x[k] *= scale
    return scale
