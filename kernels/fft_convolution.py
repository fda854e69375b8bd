"""Convolution by the discrete Fourier transform, tile by tile (overlap-save).

    Y = Σ_c X_c · conj(W_{k,c}),   y = F⁻¹(Y):   of F cells the first F − k + 1 are free of what wraps around

Tiles of F cells overlap by k − 1. What it costs hardly depends on the size of the kernel. A number that is not finite
spreads over its tile. [Stockham 1966; Cooley & Tukey 1965; Mathieu, Henaff, LeCun 2013]
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import log2

import numpy as np

from kernels.convolution import Array, Pads, Pair, Tick

SPECTRA_BYTES = 1 << 25
"""Spectra of kernels that are held at a time."""


def _lengths(most: int) -> list[int]:
    """Lengths without a prime beyond 5, in order: their transforms are quick."""
    found = [
        2**a * 3**b * 5**c for a, b, c in product(range(1, most.bit_length() + 1), range(most.bit_length()), range(8))
    ]
    return sorted(length for length in found if length <= 2 * most)


@lru_cache(maxsize=64)
def length_of_tile(outputs: int, taps: int) -> int:
    """The length of a transform for which all tiles of `outputs` cells cost least."""
    fitting = [length for length in _lengths(outputs + taps - 1) if length >= taps]
    return min(fitting, key=lambda length: -(-outputs // (length - taps + 1)) * length * log2(length))


def convolve(
    x: Array, w: Array, b: Array, y: Array, stride: Pair, dilation: Pair, pads: Pads, groups: int, tick: Tick
) -> None:
    """y: (N, K, H', W') from x (N, C, H, W), w (K, C/groups, kh, kw), b (K,), all of one float type."""
    filters, channels = w.shape[0] // groups, w.shape[1]
    outputs = [(y.shape[2 + a] - 1) * stride[a] + 1 for a in (0, 1)]
    taps = [(w.shape[2 + a] - 1) * dilation[a] + 1 for a in (0, 1)]
    lengths = [length_of_tile(outputs[a], taps[a]) for a in (0, 1)]
    steps = [lengths[a] - taps[a] + 1 for a in (0, 1)]
    tiles = [-(-outputs[a] // steps[a]) for a in (0, 1)]
    spread = np.zeros((*w.shape[:2], *taps), w.dtype)
    spread[..., :: dilation[0], :: dilation[1]] = w
    share = max(1, SPECTRA_BYTES // (channels * lengths[0] * (lengths[1] // 2 + 1) * 2 * w.itemsize))
    for g, first in product(range(groups), range(0, filters, share)):
        tick()
        kernels = range(g * filters + first, g * filters + min(first + share, filters))
        spectra = np.conj(np.fft.rfft2(spread[kernels.start : kernels.stop], lengths))
        for n, row in product(range(len(x)), range(tiles[0])):
            tick()
            top = row * steps[0]
            seen = _strip(x[n, g * channels : (g + 1) * channels], top - pads[0], -pads[1], lengths, steps, tiles[1])
            seen = np.fft.rfft2(seen)
            for k in kernels:
                tick()
                total = seen[0] * spectra[k - kernels.start, 0]
                for c in range(1, channels):
                    total += seen[c] * spectra[k - kernels.start, c]
                made = np.fft.irfft2(total, lengths)[:, : steps[0], : steps[1]]
                lines = made.swapaxes(0, 1).reshape(steps[0], -1)[: outputs[0] - top, : outputs[1]]
                begin = -top % stride[0]
                kept = lines[begin :: stride[0], :: stride[1]]
                at = (top + begin) // stride[0]
                y[n, k, at : at + len(kept)] = kept + b[k]


def _strip(x: Array, top: int, left: int, lengths: list[int], steps: list[int], tiles: int) -> Array:
    """A row of overlapping tiles (C, tiles, F, F') of x (C, H, W) from (top, left) on, 0 outside of x."""
    width = (tiles - 1) * steps[1] + lengths[1]
    strip = np.zeros((len(x), lengths[0], width), x.dtype)
    rows = slice(max(top, 0), max(min(top + lengths[0], x.shape[1]), 0))
    columns = slice(max(left, 0), max(min(left + width, x.shape[2]), 0))
    inside = x[:, rows, columns]
    if inside.size:
        at, begin = rows.start - top, columns.start - left
        strip[:, at : at + inside.shape[1], begin : begin + inside.shape[2]] = inside
    return np.stack([strip[:, :, t * steps[1] : t * steps[1] + lengths[1]] for t in range(tiles)], axis=1)
