"""Where in a picture a fast filter errs: |F(m×m, r×r) − y*| for every output, and the same for the direct filter.

y_ij = Σ_kl g_kl d_{i+k, j+l} without padding; y* is the sum in float64 of the plane and the taps as rounded to float32
or float16. Tiles of m×m outputs begin at the first row and column; the last ones reach past the plane, into zeros, and
are cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.model.derivation.filtering import algorithm_of
from explorer.model.derivation.problem import Filter
from explorer.model.laboratory.accuracy import UNITS, Arithmetic, in_steps
from explorer.model.laboratory.steps import Steps
from explorer.ops.op import times
from explorer.refusal import Refusal
from kernels.algebra.summation import Order
from kernels.rounded import Array, cast, directly, errors, outputs, products, transforms

__all__ = ["ErrorMap", "error_map"]

_TOGETHER = 1_024
"""Tiles in a step at the most, if a row of them has no more."""


@dataclass(frozen=True, slots=True, eq=False)
class ErrorMap:
    """Errors in float32, of shape (H − r + 1, W − r + 1); infinite where the arithmetic overflowed.

    largest  the largest |y*|
    unit     u of the arithmetic
    """

    fast: Array
    direct: Array
    largest: float
    unit: float


def error_map(
    plane: Array, kernel: Array, problem: Filter, arithmetic: Arithmetic = "float32", order: Order = "huffman"
) -> Steps[ErrorMap]:
    """The map for `plane` (H, W) and `kernel` (r, r); Refusal where sizes do not fit or values are not finite."""
    made = transforms(algorithm_of(problem), order)
    m, r = problem.m, problem.r
    _check(plane, kernel, r)
    rows, columns = plane.shape[0] - r + 1, plane.shape[1] - r + 1
    down, across = -(-rows // m), -(-columns // m)
    taps = cast(kernel, arithmetic)[..., None]
    fast, direct = (np.empty((rows, columns), np.float32) for _ in range(2))
    largest = 0.0
    together = max(in_steps(down * across, problem, _TOGETHER)[0] // across, 1)
    for start in range(0, down, together):
        count = min(together, down - start)
        data = _tiles(cast(plane[start * m : (start + count) * m + r - 1], arithmetic), count, across, m, r)
        exact = directly(taps.astype(np.float64), data.astype(np.float64))
        band = slice(start * m, min((start + count) * m, rows))
        for onto, found in ((fast, outputs(made, products(made, taps, data))), (direct, directly(taps, data))):
            onto[band] = _laid_out(errors(found, exact), count, across)[: band.stop - band.start, :columns]
        seen = _laid_out(exact, count, across)[: band.stop - band.start, :columns]
        largest = max(largest, float(np.abs(seen).max()))
        yield start + count, down
    return ErrorMap(fast, direct, largest, UNITS[arithmetic])


def _tiles(band: Array, down: int, across: int, m: int, r: int) -> Array:
    """(α, α, down·across): tiles of α = m + r − 1 inputs every m, zeros past the band."""
    height, width = down * m + r - 1, across * m + r - 1
    filled = np.zeros((height, width), band.dtype)
    filled[: band.shape[0], : band.shape[1]] = band
    windows = np.lib.stride_tricks.sliding_window_view(filled, (m + r - 1, m + r - 1))[::m, ::m]
    return np.ascontiguousarray(windows.transpose(2, 3, 0, 1)).reshape(m + r - 1, m + r - 1, down * across)


def _laid_out(tiles: Array, down: int, across: int) -> Array:
    """(m, m, down·across) side by side."""
    m = len(tiles)
    return tiles.reshape(m, m, down, across).transpose(2, 0, 3, 1).reshape(down * m, across * m)


def _check(plane: Array, kernel: Array, r: int) -> None:
    if plane.ndim != 2 or kernel.shape != (r, r):
        raise Refusal(
            "The plane is {plane} and the kernel {kernel}; a plane has two axes, and this filter {r} × {r} taps.",
            plane=times(plane.shape),
            kernel=times(kernel.shape),
            r=r,
        )
    if min(plane.shape) < r:
        raise Refusal(
            "The plane is {plane}; the kernel of {r} × {r} taps does not fit into it.", plane=times(plane.shape), r=r
        )
    for name, values in (("plane", plane), ("kernel", kernel)):
        if not np.isfinite(values).all():
            raise Refusal("The {name} has values that are not finite: no error can be measured.", name=name)
