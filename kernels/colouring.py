"""From maps of numbers to colours: ranges, histograms, and pixels for the screen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.place import PLACE


def _numbers(x: NDArray[Any]) -> NDArray[Any]:
    """x read-only and contiguous as float32, float64 or places: each further type would be compiled for itself."""
    if x.dtype not in (np.float32, np.float64, PLACE):
        x = x.astype(PLACE if np.can_cast(x.dtype, PLACE) else np.float64)
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
    pixels: NDArray[np.uint32],
) -> None:
    """pixels[m, i, j] = table[⌊256·(mean − low)/(high − low)⌋], clamped to the table; the mean is over its area.

    x: M, H, W. table: 256 colours 0xffRRGGBB. pixels: M, h ≤ H, w ≤ W, each over H/h × W/w cells, those at its edge in
    part. A pixel over a NaN takes the colour `not_a_number`; infinities are clamped.
    """
    _colour_maps(_numbers(x), read_only(low), read_only(high), read_only(table), np.uint32(not_a_number), pixels)


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


@kernel
def _overlap(pixel, pixels, cell, cells):
    """The share of a pixel that a cell has, in a line of so many `pixels` over so many `cells`."""
    begin, end = max(cell * pixels, pixel * cells), min((cell + 1) * pixels, (pixel + 1) * cells)
    return np.float32(end - begin) / np.float32(cells)


@parallel_kernel
def _colour_maps(x, low, high, table, not_a_number, pixels):
    """One line of pixels a step of the loop: rows first, a vector at a time, then the neighbours of each sum."""
    maps, height, width = pixels.shape
    rows, columns = x.shape[1], x.shape[2]
    # Pixel j lies over the columns starts[j] ≤ c < stops[j]; its first and its last one have shares of their own.
    places = np.arange(width + 1)
    starts = places[:-1] * columns // width
    stops = (places[1:] * columns + width - 1) // width
    first, last = np.empty(width, np.float32), np.empty(width, np.float32)
    for j in range(width):
        first[j] = _overlap(j, width, starts[j], columns)
        last[j] = _overlap(j, width, stops[j] - 1, columns)
    between = np.float32(width / columns)
    for line in prange(maps * height):
        m = line // height
        i = line - m * height
        start = np.float32(low[m])
        scale = np.float32(256.0 / (high[m] - low[m]))
        sums = np.empty(columns, np.float32)
        top = i * rows // height
        share, row = _overlap(i, height, top, rows), x[m, top]
        for c in range(columns):
            sums[c] = share * np.float32(row[c])
        for r in range(top + 1, ((i + 1) * rows + height - 1) // height):
            share, row = _overlap(i, height, r, rows), x[m, r]
            for c in range(columns):
                sums[c] += share * np.float32(row[c])
        if width < columns:
            means = np.empty(width, np.float32)
            for j in range(width):
                c, end = starts[j], stops[j] - 1
                total = first[j] * sums[c]
                if c < end:
                    for inner in range(c + 1, end):
                        total += between * sums[inner]
                    total += last[j] * sums[end]
                means[j] = total
        else:
            means = sums
        _coloured(means, start, scale, table, not_a_number, pixels[m, i])
