"""Sums over the windows of a plane: the rows of a window are added first, for all columns, then its columns.

Axes as in `kernels.pooling`. All in float64. `kind` says what is added up: x, |x| or x². Up to three rows or columns go
in one loop, which then reads and writes its sums once; a line holds the sums of a row of windows, zeros around them.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.ahead import ask_row
from kernels.window_taps import by_phase, phases_of, taps_inside

NUMBERS, MAGNITUDES, SQUARES = 0, 1, 2


@kernel
def _first_rows(a, b, c, kind, line):  # type: ignore[no-untyped-def]
    """line[j] = the sum of three rows; of two or of one where the later ones have no cells."""
    if c.size:
        if kind == NUMBERS:
            for j in range(line.size):
                line[j] = np.float64(a[j]) + np.float64(b[j]) + np.float64(c[j])
        elif kind == MAGNITUDES:
            for j in range(line.size):
                line[j] = abs(np.float64(a[j])) + abs(np.float64(b[j])) + abs(np.float64(c[j]))
        else:
            for j in range(line.size):
                line[j] = np.float64(a[j]) ** 2 + np.float64(b[j]) ** 2 + np.float64(c[j]) ** 2
    elif b.size:
        if kind == NUMBERS:
            for j in range(line.size):
                line[j] = np.float64(a[j]) + np.float64(b[j])
        elif kind == MAGNITUDES:
            for j in range(line.size):
                line[j] = abs(np.float64(a[j])) + abs(np.float64(b[j]))
        else:
            for j in range(line.size):
                line[j] = np.float64(a[j]) ** 2 + np.float64(b[j]) ** 2
    elif kind == NUMBERS:
        for j in range(line.size):
            line[j] = np.float64(a[j])
    elif kind == MAGNITUDES:
        for j in range(line.size):
            line[j] = abs(np.float64(a[j]))
    else:
        for j in range(line.size):
            line[j] = np.float64(a[j]) ** 2


@kernel
def _add_row(a, kind, line):  # type: ignore[no-untyped-def]
    """line[j] += a[j]."""
    if kind == NUMBERS:
        for j in range(line.size):
            line[j] += np.float64(a[j])
    elif kind == MAGNITUDES:
        for j in range(line.size):
            line[j] += abs(np.float64(a[j]))
    else:
        for j in range(line.size):
            line[j] += np.float64(a[j]) ** 2


@kernel
def add_rows(x, i, kernel, stride, dilation, begin, kind, line):  # type: ignore[no-untyped-def]
    """line[begin[1] + c] = Σ over u of x[r, c] for output row i; x (H, W). The rest of the line is left as it is."""
    height, width = x.shape
    top, first, last = taps_inside(i, kernel[0], stride[0], dilation[0], begin[0], height)
    inside = line[begin[1] : begin[1] + width]
    a = x[top + first * dilation[0]]
    b = x[top + min(first + 1, last - 1) * dilation[0]][: width if first + 1 < last else 0]
    c = x[top + min(first + 2, last - 1) * dilation[0]][: width if first + 2 < last else 0]
    _first_rows(a, b, c, kind, inside)
    for u in range(first + 3, last):
        _add_row(x[top + u * dilation[0]], kind, inside)
    behind = top + (last - 1) * dilation[0] + 1
    for r in range(behind, min(behind + stride[0], height)):
        ask_row(x[r])


@kernel
def line_of(x, windows, kernel, stride, dilation, begin):  # type: ignore[no-untyped-def]
    """Scratch for sums over rows like x (H, W): a line that all windows of a row lie in, with its phases."""
    line = np.zeros(max(begin + x.shape[1], (windows - 1) * stride + (kernel - 1) * dilation + 1))
    return line, phases_of(line, windows, kernel, stride, dilation, 0, 0.0)


@kernel
def add_columns(scratch, stride, totals):  # type: ignore[no-untyped-def]
    """totals[j] = Σ over v of line[j·stride + v·dilation]; `scratch` is that of `line_of`."""
    line, (phases, inside, at) = scratch
    flat = line
    if stride > 1:
        by_phase(line, stride, 0, inside, phases)
        flat = phases.reshape(phases.size)
    a, b, c = flat[at[0] :], flat[at[min(1, at.size - 1)] :], flat[at[min(2, at.size - 1)] :]
    if at.size == 1:
        for j in range(totals.size):
            totals[j] = a[j]
    elif at.size == 2:
        for j in range(totals.size):
            totals[j] = a[j] + b[j]
    else:
        for j in range(totals.size):
            totals[j] = a[j] + b[j] + c[j]
    for v in range(3, at.size):
        tap = flat[at[v] :]
        for j in range(totals.size):
            totals[j] += tap[j]
