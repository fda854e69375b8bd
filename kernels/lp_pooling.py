"""Pooling by the p-norm of a window. Axes as in `kernels.pooling`."""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange
from kernels.window_sums import MAGNITUDES, SQUARES, add_columns, add_rows, line_of
from kernels.window_taps import gather, lift

_RUN = 32
_LEAST, _MOST = 2.0**-900, 2.0**1020


@kernel
def _norm(x, count, p, cells):  # type: ignore[no-untyped-def]
    """(Σ over k < count of |x[k]|^p / cells)^{1/p} = m·(Σ(|x[k]|/m)^p / cells)^{1/p}, m the largest |x[k]|.

    Scales x in place.
    """
    largest = 0.0
    for k in range(count):
        size = abs(x[k])
        if size > largest or size != size:
            largest = size
            if size != size:
                break
    if largest == 0 or not largest < np.inf:
        return largest
    scale = lift(x, count, largest)
    total = 0.0
    if p == 1:
        for k in range(count):
            total += abs(x[k])
        return total / cells / scale
    if p == 2:
        for k in range(count):
            total += x[k] * x[k]
        return np.sqrt(total / cells) / scale
    # After the lift m has a good reciprocal, which is what the compiler makes of a division in a loop.
    unit = largest * scale
    for k in range(count):
        total += (abs(x[k]) / unit) ** p
    return largest * (total / cells) ** (1 / p)


@kernel
def _lp_rows(x, p, counts, kernel, stride, dilation, begin, most, first, last, norms, y):  # type: ignore[no-untyped-def]
    """Rows first ≤ m·OH + i < last of `lp_pool`.

    Sums that stay well inside of float64 need no scale; those of magnitudes and squares in float32 always do, or are 0.
    """
    rows, columns = norms.shape[1:]
    kind = SQUARES if p == 2 else MAGNITUDES
    together, wide = p in (1, 2), x.itemsize > 4
    scratch = line_of(x[0], columns, kernel[1], stride[1], dilation[1], begin[1])
    taken, totals, shares = np.empty(most), np.full(columns, np.nan), 1.0 / counts[1]
    for row in range(first, last):
        m, i = row // rows, row % rows
        result, share = norms[m, i], 1.0 / counts[0][i]
        if together:
            add_rows(x[m], i, kernel, stride, dilation, begin, kind, scratch[0])
            add_columns(scratch, stride[1], totals)
            if p == 1:
                for j in range(columns):
                    result[j] = totals[j] * (share * shares[j])
            else:
                for j in range(columns):
                    result[j] = np.sqrt(totals[j] * (share * shares[j]))
        if wide or not together:
            for j in range(columns):
                if not _LEAST < totals[j] < _MOST:
                    count = gather(x[m], i, j, kernel, stride, dilation, begin, taken)
                    result[j] = _norm(taken, count, p, counts[0][i] * counts[1][j])
        rounded = y[m, i]
        for j in range(columns):
            rounded[j] = result[j]


@parallel_kernel
def lp_pool(  # type: ignore[no-untyped-def]
    x, p, counts, kernel, stride, dilation, begin, most, first, last, norms, y
):
    """norms[m,i,j] = (Σ over (u,v) of |x[m,r,c]|^p / (counts[0][i]·counts[1][j]))^{1/p}; padding adds 0.

    x (M, H, W), norms (M, OH, OW) in float64, and once more as y in the type of x; counts by output row and by output
    column, float64: 1 for the plain norm.
    No window has more than `most` cells inside of x. Rows first ≤ m·OH + i < last.
    """
    for task in prange((last - first + _RUN - 1) // _RUN):
        start = first + task * _RUN
        _lp_rows(x, p, counts, kernel, stride, dilation, begin, most, start, min(last, start + _RUN), norms, y)
