"""From maps of numbers to colours: ranges, histograms, and pixels for the screen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, read_only


def _numbers(x: NDArray[Any]) -> NDArray[Any]:
    """x read-only and contiguous as float32, float64 or int64: each further type would be compiled for itself."""
    if x.dtype not in (np.float32, np.float64, np.int64):
        x = x.astype(np.int64 if x.dtype.kind in "biu" else np.float64)
    return read_only(np.ascontiguousarray(x))


def map_statistics(x: NDArray[Any], statistics: NDArray[np.float64]) -> None:
    """Least and greatest finite value, number of NaN and number of infinities of each map.

    x: M, H, W. statistics: M, 4; a map without a finite value has NaN for both ends.
    """
    flat = x.reshape(len(x), -1)
    # Ends that are finite have nothing between them that is not: NaN would spread to both.
    with np.errstate(invalid="ignore"):
        statistics[:, 0], statistics[:, 1] = flat.min(axis=1), flat.max(axis=1)
    statistics[:, 2:] = 0
    odd = np.flatnonzero(~np.isfinite(statistics[:, :2]).all(axis=1))
    if odd.size:
        found = np.empty((odd.size, 4))
        _map_statistics(_numbers(x[odd]), found)
        statistics[odd] = found


def histograms(x: NDArray[Any], low: NDArray[np.float64], high: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
    """Counts of the values of each map in equal bins over [low[m], high[m]]; values outside and NaN are left out.

    x: M, H, W. counts: M, B, zero before. The last bin includes its upper end.
    """
    _histograms(_numbers(x), read_only(low), read_only(high), counts)


def colour_maps(
    x: NDArray[Any],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    table: NDArray[np.uint32],
    not_a_number: np.uint32,
    k: int,
    pixels: NDArray[np.uint32],
) -> None:
    """pixels[m, i, j] = table[⌊256·(mean − low)/(high − low)⌋] over the k × k values of a pixel, clamped to the table.

    x: M, H, W. table: 256 colours 0xffRRGGBB. pixels: M, H//k, W//k. A pixel over a NaN takes the colour
    `not_a_number`; infinities are clamped.
    """
    _colour_maps(_numbers(x), read_only(low), read_only(high), read_only(table), np.uint32(not_a_number), k, pixels)


@kernel
def _ends(rows, low, high, odd):
    """Column by column: low[j] and high[j] over the finite rows[i, j], and odd[j] = how many are not finite.

    One accumulator a column, because a minimum over a row does not vectorise where NaN keeps its meaning.
    """
    for i in range(rows.shape[0]):
        row = rows[i]
        for j in range(row.size):
            v = row[j]
            finite = v - v == 0
            low[j] = v if finite and v < low[j] else low[j]
            high[j] = v if finite and v > high[j] else high[j]
            odd[j] += 0 if finite else 1


@kernel
def _start(rows, low, high):
    """low[j] = high[j] = the first finite value of column j, or 0 where there is none."""
    for j in range(rows.shape[1]):
        i = 0
        while i < rows.shape[0] - 1 and rows[i, j] - rows[i, j] != 0:
            i += 1
        first = rows[i, j] if rows[i, j] - rows[i, j] == 0 else 0
        low[j] = first
        high[j] = first


@parallel_kernel
def _map_statistics(x, statistics):
    """One map a step of the loop."""
    for m in prange(x.shape[0]):
        width = x.shape[2]
        low = np.empty(width, x.dtype)
        high = np.empty(width, x.dtype)
        odd = np.zeros(width, np.int32)
        _start(x[m], low, high)
        _ends(x[m], low, high, odd)
        lost = odd.sum()
        nan = 0
        if lost:
            for i in range(x.shape[1]):
                for j in range(width):
                    nan += 1 if x[m, i, j] != x[m, i, j] else 0
        finite = lost < x.shape[1] * width
        least, most = math.inf, -math.inf
        for j in range(width):
            if odd[j] < x.shape[1]:
                least = min(least, float(low[j]))
                most = max(most, float(high[j]))
        statistics[m, 0] = least if finite else math.nan
        statistics[m, 1] = most if finite else math.nan
        statistics[m, 2] = nan
        statistics[m, 3] = lost - nan


@parallel_kernel
def _histograms(x, low, high, counts):
    """One map a step of the loop."""
    bins = counts.shape[1]
    for m in prange(x.shape[0]):
        span = high[m] - low[m]
        scale = bins / span if span > 0 else 0.0
        for i in range(x.shape[1]):
            for j in range(x.shape[2]):
                v = float(x[m, i, j])
                if low[m] <= v <= high[m]:
                    counts[m, min(int((v - low[m]) * scale), bins - 1)] += 1


@kernel
def _coloured(means, start, scale, table, not_a_number, pixels):
    """One line of pixels from one line of numbers. The comparisons put NaN at 0, so no index is out of range."""
    top = np.float32(255)
    odd = False
    for j in range(means.size):
        place = (means[j] - start) * scale
        odd |= place != place
        place = place if place > 0 else np.float32(0)
        place = place if place < top else top
        # Without a sign, since Numba would look for negative indices, which count from the end.
        pixels[j] = table[np.uint64(np.int32(place))]
    if odd:
        for j in range(means.size):
            if means[j] != means[j]:
                pixels[j] = not_a_number


@parallel_kernel
def _colour_maps(x, low, high, table, not_a_number, k, pixels):
    """One line of pixels a step of the loop."""
    maps, height, width = pixels.shape
    for line in prange(maps * height):
        m = line // height
        i = line - m * height
        start = np.float32(low[m])
        scale = np.float32(256.0 / (high[m] - low[m]))
        means = np.empty(width, np.float32)
        if k == 1:
            row = x[m, i]
            for j in range(width):
                means[j] = row[j]
        else:
            # Rows first, cell by cell, which is a vector at a time; then the k neighbours of each sum.
            sums = np.empty(width * k, np.float32)
            first = x[m, i * k]
            for j in range(sums.size):
                sums[j] = first[j]
            for u in range(1, k):
                row = x[m, i * k + u]
                for j in range(sums.size):
                    sums[j] += np.float32(row[j])
            share = np.float32(1 / (k * k))
            for j in range(width):
                total = sums[j * k]
                for v in range(1, k):
                    total += sums[j * k + v]
                means[j] = total * share
        _coloured(means, start, scale, table, not_a_number, pixels[m, i])
