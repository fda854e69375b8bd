"""Fast and direct filters in float32 or float16 over many tiles at once, every operation rounded.

    along a line    y = Aᵀ[Σ_c (G g_c) ⊙ (Bᵀ d_c)]
    over a plane    Y = Aᵀ[Σ_c (G g_c Gᵀ) ⊙ (Bᵀ d_c B)]A        columns first, then rows

Tiles lie along the last axis, so that one numpy operation does one operation of the algorithm for all of them. numpy
rounds each: a float16 sum or product is formed in float32 and rounded, which gives the correctly rounded one since
24 ≥ 2·11 + 2 [Figueroa 1995]. Nothing is fused. Constants are rounded once before they are used. What overflows becomes
infinite, without a warning: the caller looks for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np

from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.straight_line import Program
from kernels.algebra.summation import Order, scaled, summed

__all__ = ["Array", "Transforms", "applied", "cast", "directly", "errors", "outputs", "products", "transforms"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Transforms:
    """The three matrices of F(m, r) as programs, in one order of sums; f belongs to the taps."""

    taps: Program
    data: Program
    outputs: Program


def transforms(algorithm: FilterAlgorithm, order: Order) -> Transforms:
    """The programs of `algorithm`."""
    return Transforms(
        scaled(summed(algorithm.G, order), algorithm.f), summed(algorithm.BT, order), summed(algorithm.AT, order)
    )


def applied(program: Program, values: Array, axis: int) -> Array:
    """The matrix along `axis`, in the arithmetic of `values`."""
    found = list(np.moveaxis(values, axis, 0))
    number = values.dtype.type
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for each in program.operations:
            left = found[each.left]
            if each.kind == "scale":
                found.append(left * number(_nearest(each.factor)) if each.factor != -1 else -left)
            elif each.kind == "add":
                found.append(left + found[each.right])
            else:
                found.append(left - found[each.right])
        nothing = np.zeros_like(found[0])
        rows = [found[each] if each >= 0 else nothing for each in program.outputs]
        return np.stack(rows, axis)


def products(made: Transforms, taps: Array, data: Array) -> Array:
    """(G g) ⊙ (Bᵀ d) of `taps` (r, T) and `data` (α, T), or over planes of `taps` (r, r, T) and `data` (α, α, T).

    The last axis of `taps` may be 1: one filter for all tiles.
    """
    for axis in range(taps.ndim - 1):
        taps, data = applied(made.taps, taps, axis), applied(made.data, data, axis)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return taps * data


def outputs(made: Transforms, products: Array) -> Array:
    """Aᵀ times `products`, or times their sums over the channels: (m, T) or (m, m, T)."""
    for axis in range(products.ndim - 1):
        products = applied(made.outputs, products, axis)
    return products


def directly(taps: Array, data: Array, onto: Array | None = None) -> Array:
    """y_j = Σ_k g_k d_{j+k}, one term after the other, in addition to `onto`; shapes and arithmetic as above."""
    window = taps.shape[:-1]
    sizes = [extent - r + 1 for extent, r in zip(data.shape[:-1], window, strict=True)]
    total = np.zeros((*sizes, data.shape[-1]), data.dtype) if onto is None else onto
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for at in np.ndindex(*window):
            seen = data[tuple(slice(k, k + size) for k, size in zip(at, sizes, strict=True))]
            total = total + taps[at] * seen
    return total


def cast(values: Array, arithmetic: str) -> Array:
    """`values` rounded to "float32" or "float16"."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return values.astype(arithmetic)


def errors(found: Array, exact: Array) -> Array:
    """|found − exact| in float64, infinite where either is not finite."""
    with np.errstate(invalid="ignore"):
        made = np.abs(found.astype(np.float64) - exact)
    made[~np.isfinite(made)] = np.inf
    return made


def _nearest(factor: Fraction) -> float:
    """The float64 next to it; infinite past the largest."""
    try:
        return float(factor)
    except OverflowError:
        return inf if factor > 0 else -inf
