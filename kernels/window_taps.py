"""The numbers under one window or under a row of windows, and which windows hold a cell.

Axes as in `kernels.pooling`: along an axis tap u of window i falls on the cell i·stride + u·dilation − begin.
"""

from __future__ import annotations

from kernels._jit import kernel

MOST_TAPS = 32
"""Windows of up to so many cells are faster all together, tap by tap, than one by one."""


@kernel
def by_phase(x, stride, begin, fill, phases):  # type: ignore[no-untyped-def]
    """phases[p, q] = x[q·stride + p − begin], `fill` outside of x: the taps of a strided row lie side by side."""
    for p in range(phases.shape[0]):
        phase = phases[p]
        shift = p - begin
        low = min(max(0, -(shift // stride)), phase.size)
        high = max(low, min(phase.size, (x.size - 1 - shift) // stride + 1))
        phase[:low] = fill
        phase[high:] = fill
        inner = phase[low:high]
        source = x[low * stride + shift :]
        if stride == 1:
            for q in range(inner.size):
                inner[q] = source[q]
        elif stride == 2:
            for q in range(inner.size):
                inner[q] = source[2 * q]
        else:
            for q in range(inner.size):
                inner[q] = source[stride * q]


@kernel
def taps_inside(i, kernel, stride, dilation, begin, extent):  # type: ignore[no-untyped-def]
    """(start, first, last): window i begins at the cell `start`; its taps first ≤ u < last lie in 0 … extent − 1."""
    start = i * stride - begin
    first = (max(0, -start) + dilation - 1) // dilation
    return start, first, min(kernel, (extent - 1 - start) // dilation + 1)


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
def taps_of_row(x, i, kernel, stride, dilation, begin, phases, taps):  # type: ignore[no-untyped-def]
    """taps[u·KW + v, j] = x[r, c], 0 outside of x (H, W), for all windows of output row i; `phases` is scratch."""
    for u in range(kernel[0]):
        r = i * stride[0] + u * dilation[0] - begin[0]
        if 0 <= r < x.shape[0]:
            by_phase(x[r], stride[1], begin[1], 0.0, phases)
            for v in range(kernel[1]):
                tap = phases[v * dilation[1] % stride[1], v * dilation[1] // stride[1] :]
                target = taps[u * kernel[1] + v]
                for j in range(target.size):
                    target[j] = tap[j]
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
