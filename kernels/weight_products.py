"""Gradients of weights as products of matrices, for many channels: pixels are the long axis, channels lie side by side.

    gw[k, c, u, v] = Σ_p gy[k, p] · x[c, p·s + (u, v)·d]        p over the pixels (i, j) of gy

A dot product along a row of pixels ends in a sum over the lanes of a vector, which costs more than the row where rows
are short. Here a vector holds channels, and no lane is ever added to another: the tile of `kernels/tile.py` sums

    Y[f, j] = Σ_p w[p, f] · s[at[p] + j]        w[p, f] = gy[k + f, p],   s[p, c] = x[c, p]

over pixels p as it sums taps elsewhere. For that x is copied pixel by pixel, S channels (a panel) at each. The shifts
v = 0 … kw − 1 of a window then lie behind one another, kw·S columns of one row of Y, and only u shifts the reads.

PIXELS products at most are summed before they are added up in float64, in bins of bands of rows. How many bins there
are follows from the shapes alone, and each is filled in one order: the result does not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, read_only, threads
from kernels.filter_rows import CALL_OPERATIONS
from kernels.tile import FILTERS, columns, tile_of_filters

Array = NDArray[Any]
Pair = tuple[int, int]
Tick = Callable[[], None]

PIXELS = 256
"""Pixels of a sum: their columns stay in the first-level cache while filter after filter is multiplied."""

BINS = 16
BINS_BYTES = 1 << 26
BIN_PIXELS = 1024
"""A bin for so many pixels, but not more than BINS, and fewer where the weights are large."""

LEAST = 16
"""Channels and filters from which on it is quicker than dot products along the rows."""

BAND_BYTES = 1 << 17
"""What a thread copies at a time of x and, twice that, of gy: together three quarters of a small second-level cache."""

PANELS = (8, 16, 24, 32)
"""Channels of a panel, besides all of them where they are fewer."""


@kernel
def _lay_pixels(x, top, left, lines, line, panel, s):
    """s[(i·line + j)·panel + c] = x[c, top + i, left + j], and 0 outside of x. x: (C ≤ panel, H, W)."""
    channels, height, width = x.shape
    low = min(max(-left, 0), line)
    high = min(max(width - left, low), line)
    for i in range(lines):
        row = top + i
        to = s[i * line * panel : (i + 1) * line * panel]
        if row < 0 or row >= height:
            to[:] = 0
            continue
        to[: low * panel] = 0
        to[high * panel :] = 0
        for first in range(low, high, 16):
            last = min(first + 16, high)
            for c in range(channels):
                source = x[c, row, left + first : left + last]
                place = first * panel + c
                for j in range(len(source)):
                    to[place + j * panel] = source[j]
            for c in range(channels, panel):
                for j in range(first, last):
                    to[j * panel + c] = 0


@kernel
def _lay_filters(gy, at, step, filters, pixels, w):
    """w[(q·pixels + p)·FILTERS + f] = gy[at + (q·FILTERS + f)·step + p], and 0 for filters beyond the last."""
    for k in range(-(-filters // FILTERS) * FILTERS):
        place = k // FILTERS * FILTERS * pixels + k % FILTERS
        if k < filters:
            source = gy[at + k * step : at + k * step + pixels]
            for p in range(pixels):
                w[place + p * FILTERS] = source[p]
        else:
            for p in range(pixels):
                w[place + p * FILTERS] = 0


@parallel_kernel
def _multiply(x, gy, sums, groups, shape, moves, pads, shares, first, last):
    """sums[bin, group, panel, run, tile, quad] += the pieces `first` … `last` − 1 of each bin.

    x: (N, G·C, H, W), gy: (N, K, H', W'); a run is a tap (u, v), or a row of them where they lie side by side. Of the
    panels each of `shares` tasks takes some, and copies gy for itself.
    """
    panel, band, pieces, taps, tile = shape
    bins, _, panels, runs, tiles, quads, _ = sums.shape
    stride, dilation = moves
    channels, filters = x.shape[1] // groups, gy.shape[1] // groups
    height, width = gy.shape[2:]
    bands = (height + band - 1) // band
    flat_gy = gy.reshape(gy.size)
    line = (width - 1) * stride[1] + (taps[1] - 1) * dilation[1] + 1
    of_row = runs // taps[0]
    most = (band - 1) * stride[0] + (taps[0] - 1) * dilation[0] + 1
    for task in prange(bins * groups * shares):
        filled, g, share = task // (groups * shares), task // shares % groups, task % shares
        # What a last tile reads past the columns is never kept.
        s = np.zeros(most * line * panel + tile, x.dtype)
        w = np.empty(quads * FILTERS * band * width, x.dtype)
        at = np.empty(band * width, np.int64)
        for p in range(len(at)):
            at[p] = (p // width * stride[0] * line + p % width * stride[1]) * panel
        zeros = np.zeros(FILTERS, x.dtype)
        made = np.empty(FILTERS * tile, x.dtype)
        begin, end = filled * pieces // bins, (filled + 1) * pieces // bins
        for piece in range(begin + first, min(begin + last, end)):
            n, b = piece // bands, piece % bands * band
            rows = min(band, height - b)
            lines = (rows - 1) * stride[0] + (taps[0] - 1) * dilation[0] + 1
            pixels = rows * width
            gy_at = ((n * groups + g) * filters * height + b) * width
            _lay_filters(flat_gy, gy_at, height * width, filters, pixels, w)
            for part in range(share * panels // shares, (share + 1) * panels // shares):
                c0 = g * channels + part * panel
                c1 = min(c0 + panel, (g + 1) * channels)
                _lay_pixels(x[n, c0:c1], b * stride[0] - pads[0], -pads[1], lines, line, panel, s)
                for low in range(0, pixels, PIXELS):
                    some = at[low : min(low + PIXELS, pixels)]
                    for r in range(runs):
                        s_at = (r // of_row * dilation[0] * line + r % of_row * dilation[1]) * panel
                        for t in range(tiles):
                            for q in range(quads):
                                w_at = (q * pixels + low) * FILTERS
                                tile_of_filters(
                                    made, 0, tile, zeros, 0, s, s_at + t * tile, some, len(some), w, w_at
                                )  # fmt: skip
                                total = sums[filled, g, part, r, t, q]
                                for j in range(len(made)):
                                    total[j] += made[j]


@parallel_kernel
def _give_out(sums, columns, panel, across, gw):
    """gw[k, c, u, v], the bins added up. gw: (K, C, kh, kw); `across` taps of a run; column j begins at columns[j]."""
    bins, groups, panels, runs, _, _, _ = sums.shape
    flat = sums.reshape(bins, groups, panels, runs, -1)
    channels, height, width = gw.shape[1:]
    filters = gw.shape[0] // groups
    of_row = runs // height
    tile = sums.shape[6] // FILTERS
    for k in prange(gw.shape[0]):
        g, place = k // filters, k % filters * tile
        for part in range(panels):
            c0 = part * panel
            for u in range(height):
                for v in range(width):
                    run, begin = u * of_row + v // across, v % across * panel
                    for c in range(c0, min(c0 + panel, channels)):
                        total = 0.0
                        for b in range(bins):
                            total += flat[b, g, part, run, columns[begin + c - c0] + place]
                        gw[k, c, u, v] = total


def _panel(channels: int, across: int, tile: int) -> tuple[int, int]:
    """Channels of a panel, so that the tiles of all panels are the least, and how many these are."""

    def tiles(size: int) -> int:
        return -(-channels // size) * -(-across * size // tile)

    size = min((min(size, channels) for size in PANELS), key=tiles)
    return size, tiles(size)


def pays(gw: Array, groups: int, dilation: Pair) -> bool:
    """Whether there are many channels and filters, and four fifths of the columns of their tiles are used."""
    filters, channels = gw.shape[0] // groups, gw.shape[1]
    across, tile = _across(gw, dilation), columns(gw.itemsize)
    _, tiles = _panel(channels, across, tile)
    return min(channels, filters) >= LEAST and 5 * channels * across >= 4 * tiles * tile


def _across(gw: Array, dilation: Pair) -> int:
    """Taps of a run."""
    return int(gw.shape[3]) if dilation[1] == 1 else 1


def weight_gradient(
    x: Array, gy: Array, gw: Array, stride: Pair, dilation: Pair, pads: tuple[int, ...], groups: int, tick: Tick
) -> None:
    """gw: (K, C/groups, kh, kw) from x (N, C, H, W) and gy (N, K, H', W'), all of one float type."""
    filters, channels, *taps = gw.shape
    images, _, height, width = gy.shape
    tile, across = columns(x.itemsize), _across(gw, dilation)
    panel, _ = _panel(channels, across, tile)
    of_group = filters // groups
    bins = max(1, min(BINS, images * height, -(-images * height * width // BIN_PIXELS), BINS_BYTES // (gw.size * 8)))
    line_bytes = max(1, ((width - 1) * stride[1] + 1) * panel * x.itemsize)
    fitting = min(BAND_BYTES // line_bytes // stride[0], 2 * BAND_BYTES // max(1, of_group * width * x.itemsize))
    rows = max(1, min(height, -(-images * height // bins)))
    band = -(-rows // -(-rows // max(1, fitting)))
    pieces = images * -(-height // band)
    panels, runs, tiles = -(-channels // panel), taps[0] * taps[1] // across, -(-across * panel // tile)
    quads = -(-of_group // FILTERS)
    shares = min(panels, -(-threads() // (bins * groups)))
    sums = np.zeros((bins, groups, panels, runs, tiles, quads, FILTERS * tile))
    turns = -(-pieces // bins)
    calls = max(1, CALL_OPERATIONS // max(1, gw.size * band * width * bins))
    shape, moves = (panel, band, pieces, tuple(taps), tile), (stride, dilation)
    for first in range(0, turns, calls):
        tick()
        last = min(first + calls, turns)
        _multiply(read_only(x), read_only(gy), sums, groups, shape, moves, pads[:2], shares, first, last)
    j = np.arange(across * panel)
    _give_out(sums, j // tile * (quads * FILTERS * tile) + j % tile, panel, across, gw)
