"""Well-known 2-D kernels of any height and width, and banks of them for a layer to begin with.

At 3 × 3 the classic kernels are the ones of the textbooks. At other sizes smoothing follows the rows of Pascal's
triangle and derivatives their differences, scaled so that the absolute sum stays that of the textbook kernel: a larger
kernel looks further without a higher contrast.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Kernel = NDArray[np.float64]

_ORIENTATIONS = 8
_SMALL = 1024


def _smooth(cells: int) -> Kernel:
    """1 2 1, 1 4 6 4 1, …; in logarithms, since Pascal's numbers outgrow a float."""
    row = [math.lgamma(cells) - math.lgamma(place + 1) - math.lgamma(cells - place) for place in range(cells)]
    return np.asarray(np.round(np.exp(row))) if cells <= 32 else np.exp(np.array(row) - max(row))


def _derivative(cells: int, times: int = 1) -> Kernel:
    """Differences of a smoothing row: −1 0 1, −1 −2 0 2 1, …; twice: 1 −2 1. Needs `times` + 1 cells."""
    row = _smooth(cells - times)
    for _ in range(times):
        row = np.convolve(row, (-1.0, 1.0))
    return row


def _scaled(kernel: Kernel, absolute_sum: float) -> Kernel:
    """`kernel` times what makes the sum of its magnitudes `absolute_sum`."""
    return kernel * float(absolute_sum / np.abs(kernel).sum()) + 0.0


def _middle(height: int, width: int) -> Kernel:
    kernel = np.zeros((height, width))
    kernel[(height - 1) // 2, (width - 1) // 2] = 1
    return kernel


def _laplace(height: int, width: int) -> Kernel:
    kernel = np.zeros((height, width))
    if width > 2:
        kernel[(height - 1) // 2] += _scaled(_derivative(width, 2), 4)
    if height > 2:
        kernel[:, (width - 1) // 2] += _scaled(_derivative(height, 2), 4)
    return kernel


def bilinear(height: int, width: int) -> Kernel:
    """The tent by which a transposed convolution interpolates at stride ⌈extent/2⌉ (Long, Shelhamer & Darrell 2015)."""
    rows, columns = (1 - np.abs(np.arange(cells) - (cells - 1) / 2) / ((cells + 1) // 2) for cells in (height, width))
    return np.outer(rows, columns)


def gabor(height: int, width: int, angle: float, phase: float = 0.0) -> Kernel:
    """A wave under a Gaussian, cos(2π·t/λ + phase)·exp(−(t² + s²)/2σ²) without its mean (Daugman 1985).

    t runs along `angle` (radians, from the columns towards the rows) and s across; λ is the mean extent, σ = λ/3.
    """
    row, column = np.mgrid[:height, :width]
    row, column = row - (height - 1) / 2, column - (width - 1) / 2
    length = (height + width) / 2
    along = column * math.cos(angle) + row * math.sin(angle)
    hill = np.exp(-(row**2 + column**2) / (2 * (length / 3) ** 2))
    wave = np.cos(2 * math.pi * along / length + phase) * hill
    wave = wave - hill * (wave.sum() / hill.sum())
    size = np.abs(wave).sum()
    return wave * (8 / size) if size > 1e-9 else _middle(height, width)


def classic(height: int, width: int) -> dict[str, Kernel]:
    """Named kernels of this size. They are laid over the image unturned, as networks do (cross-correlation)."""
    middle = _middle(height, width)
    found: dict[str, Kernel] = {}
    row, column = np.mgrid[:height, :width]
    slope = (row - (height - 1) / 2) + (column - (width - 1) / 2)
    if width > 1:
        found["Sobel x"] = _scaled(np.outer(_smooth(height), _derivative(width)), 8)
    if height > 1:
        found["Sobel y"] = _scaled(np.outer(_derivative(height), _smooth(width)), 8)
    if height * width > 1:
        laplace = _laplace(height, width)
        if laplace.any():
            found |= {"Laplace": laplace, "Sharpen": middle - laplace}
        found |= {
            "Emboss": _scaled(slope, 8) + middle,
            "Box blur": np.full((height, width), 1 / (height * width)),
            "Gauss": _scaled(np.outer(_smooth(height), _smooth(width)), 1),
            "Diagonal": _scaled(np.sign(slope), 6),
            "Outline": _scaled(height * width * middle - 1, 16),
        }
    return found | {"Identity": middle, "Negative": 0.0 - middle}


def presets(height: int, width: int) -> Mapping[str, Kernel]:
    """Every named kernel of this size: the classic ones, then Gabor kernels by their angle, then 0."""
    # Remembered, since maps are named by them while a slider moves; large ones would fill the memory.
    return _remembered(height, width) if height * width <= _SMALL else _presets(height, width)


@lru_cache(maxsize=32)
def _remembered(height: int, width: int) -> Mapping[str, Kernel]:
    return _presets(height, width)


def _presets(height: int, width: int) -> Mapping[str, Kernel]:
    waves = {}
    if height * width > 1:
        angles = (180 * place / _ORIENTATIONS for place in range(_ORIENTATIONS))
        waves = {f"Gabor {angle:g}°": gabor(height, width, math.radians(angle)) for angle in angles}
    found = classic(height, width) | waves | {"Zero": np.zeros((height, width))}
    for kernel in found.values():
        kernel.flags.writeable = False
    return MappingProxyType(found)


def _gabors(count: int, height: int, width: int) -> list[Kernel]:
    """Up to eight orientations, then the same ones a quarter of a wave later."""
    around = min(count, _ORIENTATIONS)
    return [
        gabor(height, width, math.pi * (place % around) / around, place // around * math.pi / 2)
        for place in range(min(count, 2 * _ORIENTATIONS))
    ]


def bank(kind: str, filters: int, channels: int, height: int, width: int, rng: np.random.Generator) -> Kernel:
    """Weights (filters, channels, height, width) to begin with, each 2-D kernel divided evenly over the channels.

    "classic" takes the classic kernels, then Gabor kernels, then random ones; "bilinear" the same after the tent;
    "gabor" Gabor kernels, then random ones; "random" draws from a normal distribution of variance
    2/(channels·height·width) (He et al. 2015); "zero" is 0.
    """
    size = (filters, channels, height, width)
    if kind == "zero":
        return np.zeros(size)
    weights = rng.standard_normal(size) * math.sqrt(2 / (channels * height * width))
    known = [bilinear(height, width)] if kind == "bilinear" else []
    known += list(classic(height, width).values()) if kind in ("classic", "bilinear") else []
    known = known[:filters]
    if kind != "random":
        known += _gabors(filters - len(known), height, width) if height * width > 1 else []
    for place, kernel in enumerate(known):
        weights[place] = kernel / channels
    return weights


def names(weights: NDArray[np.floating]) -> tuple[str, ...]:
    """For each filter (K, C, kh, kw) the preset that its numbers are, whatever put them there, or ""."""
    filters, channels, height, width = weights.shape
    found = [""] * filters
    even = (weights == weights[:, :1]).all(axis=(1, 2, 3))
    flat = weights[:, 0].astype(np.float64) * channels
    known = presets(height, width)
    kernels = np.stack(list(known.values()))
    room = 1e-6 * np.maximum(1.0, np.abs(kernels).max(axis=(1, 2)))
    # Maps are named at every step of a drag: the middle cells alone rule most pairs out.
    middle = np.abs(flat[:, None, height // 2, width // 2] - kernels[:, height // 2, width // 2]) <= room
    pairs = np.argwhere(middle & even[:, None])
    same = (np.abs(flat[pairs[:, 0]] - kernels[pairs[:, 1]]) <= room[pairs[:, 1], None, None]).all(axis=(1, 2))
    titles = list(known)
    for place, preset in pairs[same][::-1]:
        found[place] = titles[preset]
    return tuple(found)
