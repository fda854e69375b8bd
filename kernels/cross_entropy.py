"""Softmax of rows of scores and its cross-entropy with their targets, and back.

Axes: n row (image), c class; x (N, C). With z = (x − max x)/T, e = e^z, S = Σe and the targets t,

    y[n,c] = e[n,c]/S[n],  loss[n] = factor·(Σt·ln S − Σ t·z),
    gx[n,c] = (y·(gy − Σ gy·y) + factor·gloss·(y·Σt − t))/T.

Of t[n,c] = spread[n,c] + spike[n] at c = label[n] only what there is of it is held: `spread` has a row for each n, one
for all, or none. A target of 0 is no part of the sum, whatever z is.

All is calculated in float64, and rounded once to the type of x: the numbers are those that an explanation adds up. One
thread works on a row, so that nothing depends on the number of threads. Naive means z = x/T without the shift, and z,
e and S rounded to the type of x, as who writes it down so would get them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.bands import bands
from kernels.exponential import exp
from kernels.softmax_tiles import LANES, raise_largest

NUMBERS = 1 << 14
"""Scores that one thread takes at a time, in whole rows."""
COST = 32
"""Operations on a score."""

Array = NDArray[Any]


class Targets(NamedTuple):
    """t (see the module): spread (N, 1 or 0 rows; C), label and spike (N,), total = Σt (N,); and the factor."""

    spread: Array
    label: Array
    spike: Array
    total: Array
    factor: float


class Form(NamedTuple):
    """T, and whether the form is the naive one."""

    temperature: float
    naive: bool


@kernel
def _exponentials(x, form, most, z, e):  # type: ignore[no-untyped-def]
    """z and e of a row; S and ln S, by what is added to the largest e, which is 1."""
    temperature, naive = form
    typed = x.dtype.type
    if naive:
        total = 0.0
        for c in range(x.size):
            z[c] = typed(x[c] / typed(temperature))
            e[c] = typed(exp(z[c]))
            total += e[c]
        total = np.float64(typed(total))
        return total, np.log(total)
    most[:] = -np.inf
    for low in range(0, x.size, LANES):
        raise_largest(x[low : low + LANES], z[low : low + LANES], most)
    largest = most.max()
    for c in range(x.size):
        z[c] = (z[c] - largest) / temperature
    for c in range(x.size):
        e[c] = exp(z[c])
    rest, ones = 0.0, 0.0
    for c in range(x.size):
        rest += 0.0 if e[c] == 1 else e[c]
    for c in range(x.size):
        ones += 1.0 if e[c] == 1 else 0.0
    rest += ones - 1
    return 1 + rest, np.log1p(rest)


@kernel
def _of_row(spread, n):  # type: ignore[no-untyped-def]
    """The spread part of the target of row n, or nothing."""
    return spread[n] if len(spread) > 1 else spread[0] if len(spread) == 1 else spread.reshape(spread.size)


@parallel_kernel
def _forward(x, form, targets, first, last, y, losses):  # type: ignore[no-untyped-def]
    """y and the losses of the rows first ≤ n < last."""
    classes = x.shape[1]
    rows = max(1, NUMBERS // classes)
    for part in prange((last - first + rows - 1) // rows):
        most, z, e = np.empty(LANES), np.empty(classes), np.empty(classes)
        for n in range(first + part * rows, min(last, first + (part + 1) * rows)):
            total, logarithm = _exponentials(x[n], form, most, z, e)
            shares = y[n]
            for c in range(classes):
                shares[c] = e[c] / total
            spread, label, spike, weights, factor = targets
            chosen = spike[n] * z[label[n]] if spike[n] != 0 else 0.0
            each = _of_row(spread, n)
            for c in range(each.size):
                chosen += each[c] * z[c] if each[c] != 0 else 0.0
            losses[n] = (weights[n] * logarithm - chosen) * factor


@parallel_kernel
def _backward(x, gy, glosses, form, targets, first, last, gx):  # type: ignore[no-untyped-def]
    """gx of the rows first ≤ n < last; gy and glosses without rows are nothing that flows back."""
    classes = x.shape[1]
    rows = max(1, NUMBERS // classes)
    for part in prange((last - first + rows - 1) // rows):
        most, z, e = np.empty(LANES), np.empty(classes), np.empty(classes)
        for n in range(first + part * rows, min(last, first + (part + 1) * rows)):
            total, _ = _exponentials(x[n], form, most, z, e)
            for c in range(classes):
                e[c] /= total
                z[c] = 0.0
            if len(gy):
                flow, through = gy[n], 0.0
                for c in range(classes):
                    through += flow[c] * e[c]
                for c in range(classes):
                    z[c] = e[c] * (flow[c] - through)
            if len(glosses):
                spread, label, spike, weights, factor = targets
                pull, weight = factor * glosses[n], weights[n]
                for c in range(classes):
                    z[c] += e[c] * weight * pull
                z[label[n]] -= spike[n] * pull
                each = _of_row(spread, n)
                for c in range(each.size):
                    z[c] -= each[c] * pull
            result = gx[n]
            for c in range(classes):
                result[c] = z[c] / form[0]


def cross_entropy(x: Array, form: Form, targets: Targets, tick: Callable[[], None]) -> tuple[Array, Array]:
    """y (N, C) and the losses (N,)."""
    y, losses = np.empty_like(x), np.empty(len(x), x.dtype)
    held = _read_only(targets)
    for first, last in bands(len(x), COST * x.shape[1], tick):
        _forward(read_only(x), form, held, first, last, y, losses)
    return y, losses


def cross_entropy_gradient(
    x: Array, gy: Array | None, glosses: Array | None, form: Form, targets: Targets, tick: Callable[[], None]
) -> Array:
    """∂/∂x from the gradients that come back into y (N, C) and into the losses (N,), where there are any."""
    gx = np.empty_like(x)
    gy = np.empty((0, x.shape[1]), x.dtype) if gy is None else np.ascontiguousarray(gy, x.dtype)
    glosses = np.empty(0, x.dtype) if glosses is None else np.ascontiguousarray(glosses, x.dtype)
    held = _read_only(targets)
    for first, last in bands(len(x), COST * x.shape[1], tick):
        _backward(read_only(x), read_only(gy), read_only(glosses), form, held, first, last, gx)
    return gx


def _read_only(targets: Targets) -> Targets:
    return Targets(*(read_only(each) for each in targets[:4]), targets.factor)
