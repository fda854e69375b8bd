"""Convolution by the discrete Fourier transform, tile by tile (overlap-save).

    Y = Σ_c X_c · conj(W_{k,c}),   y = F⁻¹(Y):   of F cells the first F − k + 1 are free of what wraps around

Tiles of F × F' cells overlap by k − 1. Two tiles are one complex one, x + i·x′: kernels are real, so y + i·y′ comes
back. What it costs hardly depends on the size of the kernel. A number that is not finite spreads over its two tiles.
Spectra lie turned (F', F), with every index in the order that `kernels/fourier.py` leaves it in, in rows that are
`line` apart. A pair of tiles is one thread's, so the result does not depend on their number.
[Stockham 1966; Cooley & Tukey 1965; Mathieu, Henaff, LeCun 2013]
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import log2
from typing import Any

import numpy as np

from kernels._jit import kernel, parallel_kernel, plain, prange, read_only, threads
from kernels.convolution_problem import Array, Problem, Run, Tick
from kernels.filter_rows import CALL_OPERATIONS
from kernels.fourier import STRIP, back, forth, passes, turn

SPECTRA_BYTES = 1 << 25
"""Spectra of kernels that are held at a time."""

ALONE = 2
"""What a single tile costs more: it has no other to be a complex one with."""

EDGE, COPIES = 8, 8
"""What a tile costs beside its passes: so many cells more along each side, and so many passes more over all of them."""

PADDING = 16
"""Numbers between rows, more than a vector: rows a power of two apart would fight for places in the cache."""


@lru_cache(maxsize=64)
def length_of_tile(outputs: int, taps: int) -> int:
    """The length of a transform, 2^a·3^b, for which all tiles of `outputs` cells cost least."""
    most = 2 * (outputs + taps)
    powers = product(range(1, most.bit_length() + 1), range(most.bit_length()))
    fitting = [length for a, b in powers if taps <= (length := 2**a * 3**b) <= most]

    def cost(length: int) -> tuple[float, int]:
        tiles = -(-outputs // (length - taps + 1))
        return tiles * (length + EDGE) * (log2(length) + COPIES) * (ALONE if tiles == 1 else 1), length

    return min(fitting, key=cost)


@kernel
def _transform(re, im, to_re, to_im, down, across):  # type: ignore[no-untyped-def]
    """The spectrum of a tile (F, F') in rows F' + PADDING apart, turned; the tile is lost."""
    rows, columns = down[0], across[0]
    line, turned = columns + PADDING, rows + PADDING
    forth(re, im, line, columns, down[1], down[2])
    turn(re, line, rows, columns, to_re, turned)
    turn(im, line, rows, columns, to_im, turned)
    forth(to_re, to_im, turned, rows, across[1], across[2])


@kernel
def _transform_back(re, im, to_re, to_im, down, across):  # type: ignore[no-untyped-def]
    """The tile of a spectrum, F·F' times; the spectrum is lost."""
    rows, columns = down[0], across[0]
    line, turned = columns + PADDING, rows + PADDING
    back(im, re, turned, rows, across[1], across[2])
    turn(re, turned, columns, rows, to_re, line)
    turn(im, turned, columns, rows, to_im, line)
    back(to_im, to_re, line, columns, down[1], down[2])


@kernel
def _copy_in(x, top, left, rows, columns, tile):  # type: ignore[no-untyped-def]
    """The cells of x (H, W) from (top, left) on, 0 outside of it."""
    line = columns + PADDING
    low = min(max(-left, 0), columns)
    high = min(max(x.shape[1] - left, low), columns)
    for i in range(rows):
        to = tile[i * line : i * line + columns]
        if top + i < 0 or top + i >= x.shape[0] or low == high:
            to[:] = 0
            continue
        to[:low] = 0
        to[high:] = 0
        inside, source = to[low:high], x[top + i, left + low : left + high]
        for j in range(inside.size):
            inside[j] = source[j]


@kernel
def _give_out(tile, line, share, b, top, left, steps, stride, y):  # type: ignore[no-untyped-def]
    """The outputs of a tile at (top, left), `share` times and with b, where y (H', W') has them; by stride."""
    for i in range((-top) % stride[0], steps[0], stride[0]):
        row, first = (top + i) // stride[0], (-left) % stride[1]
        if row >= y.shape[0]:
            return
        to = y[row, (left + first) // stride[1] :]
        source = tile[i * line + first :]
        for j in range(min(to.size, (steps[1] - first + stride[1] - 1) // stride[1])):
            to[j] = source[j * stride[1]] * share + b


@parallel_kernel
def _spectra(w, dilation, down, across, spectra):  # type: ignore[no-untyped-def]
    """spectra[m, 0 or 1] = real or imaginary part of the spectrum of the kernel w[m], spread by the dilation.

    Only the columns that have taps go through the first transform; in both, a strip of columns is one thread's.
    """
    rows, columns, filled = down[0], across[0], (w.shape[2] - 1) * dilation[1] + 1
    line, turned = filled + PADDING, rows + PADDING
    narrow = np.zeros((len(w), 2, rows * line), w.dtype)
    strips = (filled + STRIP - 1) // STRIP
    for task in prange(len(w) * strips):
        m, low = task // strips, task % strips * STRIP
        for v in range((low + dilation[1] - 1) // dilation[1], w.shape[2]):
            if v * dilation[1] >= low + STRIP:
                break
            for u in range(w.shape[1]):
                narrow[m, 0, u * dilation[0] * line + v * dilation[1]] = w[m, u, v]
        forth(narrow[m, 0, low:], narrow[m, 1, low:], line, min(STRIP, filled - low), down[1], down[2])
    wide_strips = (rows + STRIP - 1) // STRIP
    for task in prange(len(w) * wide_strips):
        m, low = task // wide_strips, task % wide_strips * STRIP
        high = low + STRIP if low + STRIP < rows else turned
        for part in range(2):
            for j in range(columns):
                spectra[m, part, j * turned + low : j * turned + high] = 0
            source = narrow[m, part, low * line :]
            turn(source, line, min(STRIP, rows - low), filled, spectra[m, part, low:], turned)
        forth(spectra[m, 0, low:], spectra[m, 1, low:], turned, min(STRIP, rows - low), across[1], across[2])


@kernel
def _add_product(x_re, x_im, w_re, w_im, re, im):  # type: ignore[no-untyped-def]
    """re + i·im += x·conj(w)."""
    for j in range(re.size):
        re[j] += x_re[j] * w_re[j] + x_im[j] * w_im[j]
    for j in range(im.size):
        im[j] += x_im[j] * w_re[j] - x_re[j] * w_im[j]


@parallel_kernel
def _convolve(x, spectra, b, y, g, k_first, begin, steps, grid, stride, down, across, first, last):  # type: ignore[no-untyped-def]
    """The pairs of tiles first ≤ task < last of all images, for the filters of `spectra`, k_first and those behind it.

    spectra (filters, C, 2, numbers of a tile); `begin` is the cell of x at the corner of tile (0, 0).
    """
    channels, tiles = spectra.shape[1], grid[0] * grid[1]
    for task in prange(first, last):
        seen, made = np.zeros((channels, 2, spectra.shape[3]), x.dtype), np.empty((2, spectra.shape[3]), x.dtype)
        tile = np.zeros((2, down[0] * (across[0] + PADDING)), x.dtype)
        for c in range(channels):
            if 2 * task + 1 == len(x) * tiles:
                tile[1] = 0
            for part in range(min(2, len(x) * tiles - 2 * task)):
                n, row, column = _tile(2 * task + part, grid)
                top, left = row * steps[0] + begin[0], column * steps[1] + begin[1]
                _copy_in(x[n, g * channels + c], top, left, down[0], across[0], tile[part])
            _transform(tile[0], tile[1], seen[c, 0], seen[c, 1], down, across)
        for k in range(len(spectra)):
            made[:] = 0
            for c in range(channels):
                _add_product(seen[c, 0], seen[c, 1], spectra[k, c, 0], spectra[k, c, 1], made[0], made[1])
            _transform_back(made[0], made[1], tile[0], tile[1], down, across)
            share = x.dtype.type(1.0 / (down[0] * across[0]))
            for part in range(min(2, len(x) * tiles - 2 * task)):
                n, row, column = _tile(2 * task + part, grid)
                _give_out(
                    tile[part], across[0] + PADDING, share, b[k_first + k], row * steps[0], column * steps[1], steps,
                    stride, y[n, k_first + k],
                )  # fmt: skip


@kernel
def _tile(number, grid):  # type: ignore[no-untyped-def]
    """Image, row and column of a tile."""
    return number // (grid[0] * grid[1]), number // grid[1] % grid[0], number % grid[1]


def plan(problem: Problem) -> Run:
    """What makes y."""
    stride, groups, dtype = problem.stride, problem.groups, problem.dtype
    filters, channels = problem.filters, problem.channels
    outputs = [(problem.y[2 + a] - 1) * stride[a] + 1 for a in (0, 1)]
    taps = [(problem.w[2 + a] - 1) * problem.dilation[a] + 1 for a in (0, 1)]
    lengths = [length_of_tile(outputs[a], taps[a]) for a in (0, 1)]
    steps = lengths[0] - taps[0] + 1, lengths[1] - taps[1] + 1
    grid = -(-outputs[0] // steps[0]), -(-outputs[1] // steps[1])
    given: Any = tuple(tuple(passes(length, dtype.str)) for length in lengths)
    numbers = lengths[1] * (lengths[0] + PADDING)
    share = max(1, SPECTRA_BYTES // (channels * numbers * 2 * dtype.itemsize))
    pairs, begin = -(-problem.x[0] * grid[0] * grid[1] // 2), (-problem.pads[0], -problem.pads[1])
    of_spectrum = lengths[0] * lengths[1] * 4 * log2(lengths[0] * lengths[1])

    def run(x: Array, w: Array, b: Array, y: Array, tick: Tick) -> None:
        x, w, b = plain(x), plain(w), plain(b)
        for g, k in product(range(groups), range(0, filters, share)):
            tick()
            kernels = slice(g * filters + k, g * filters + min(k + share, filters))
            spectra = np.empty((kernels.stop - kernels.start, channels, 2, numbers), dtype)
            flat = w[kernels].reshape(-1, *w.shape[2:])
            _spectra(flat, problem.dilation, *given, spectra.reshape(-1, 2, numbers))
            calls = max(1, CALL_OPERATIONS // int(of_spectrum * (channels + len(spectra)))) * threads()
            for first in range(0, pairs, calls):
                tick()
                _convolve(
                    x, read_only(spectra), b, y, g, kernels.start, begin, steps, grid, stride,
                    *given, first, min(first + calls, pairs),
                )  # fmt: skip

    return run
