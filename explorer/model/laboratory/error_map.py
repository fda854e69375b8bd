"""Where in a picture a fast filter errs: |F(m×m, r×r) − y*| for every output, and the same for the direct filter.

y_ij = Σ_ckl g_ckl d_{c, i+k, j+l} without padding; y* is the sum in float64 of the planes and the taps as rounded to
float32 or float16. Tiles of m×m outputs begin at the first row and column; the last ones reach past the plane, into
zeros, and are cut.
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
    planes: Array, kernel: Array, problem: Filter, arithmetic: Arithmetic = "float32", order: Order = "huffman"
) -> Steps[ErrorMap]:
    """The map for `planes` (C, H, W) and `kernel` (C, r, r), whose products are added up over C before they are
    transformed back; Refusal where sizes do not fit or values are not finite."""
    made = transforms(algorithm_of(problem), order)
    m, r = problem.m, problem.r
    _check(planes, kernel, r)
    channels = len(planes)
    rows, columns = planes.shape[1] - r + 1, planes.shape[2] - r + 1
    down, across = -(-rows // m), -(-columns // m)
    taps = cast(kernel, arithmetic)[..., None]
    precise = taps.astype(np.float64)
    fast, direct = (np.empty((rows, columns), np.float32) for _ in range(2))
    largest = 0.0
    together = max(in_steps(down * across, problem, _TOGETHER)[0] // across, 1)
    for start in range(0, down, together):
        count = min(together, down - start)
        kept: Array | None = None
        plain: Array | None = None
        exact: Array | None = None
        for c in range(channels):
            read = cast(planes[c, start * m : (start + count) * m + r - 1], arithmetic)
            data = _tiles(read, count, across, m, r)
            formed = products(made, taps[c], data)
            with np.errstate(over="ignore", invalid="ignore"):
                kept = formed if kept is None else kept + formed
            plain = directly(taps[c], data, plain)
            exact = directly(precise[c], data.astype(np.float64), exact)
            yield start * channels + count * (c + 1), down * channels
        assert kept is not None
        assert plain is not None
        assert exact is not None
        band = slice(start * m, min((start + count) * m, rows))
        for onto, found in ((fast, outputs(made, kept)), (direct, plain)):
            onto[band] = _laid_out(errors(found, exact), count, across)[: band.stop - band.start, :columns]
        seen = _laid_out(exact, count, across)[: band.stop - band.start, :columns]
        largest = max(largest, float(np.abs(seen).max()))
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


def _check(planes: Array, kernel: Array, r: int) -> None:
    if planes.ndim != 3 or not len(planes) or kernel.shape != (len(planes), r, r):
        raise Refusal(
            "The planes are {planes} and the kernel {kernel}; planes have three axes, channels first, and this filter "
            "{r} × {r} taps for each.",
            planes=times(planes.shape),
            kernel=times(kernel.shape),
            r=r,
        )
    if min(planes.shape[1:]) < r:
        raise Refusal(
            "A plane is {plane}; the kernel of {r} × {r} taps does not fit into it.",
            plane=times(planes.shape[1:]),
            r=r,
        )
    for name, values in (("input", planes), ("kernel", kernel)):
        if not np.isfinite(values).all():
            raise Refusal("The {name} has values that are not finite: no error can be measured.", name=name)
