"""The error of fast filters in float32 and float16, measured on random tiles against float64.

The measure is that of Barabasz et al., Error Analysis and Improving the Accuracy of Winograd Convolution for Deep
Neural Networks, arXiv 1803.10986: the mean of |y − y*| over all outputs of many tiles, one channel, inputs and taps
from U(−1, 1), y* the direct sum in float64 of the same rounded numbers. What theirs depend on, found by trying:

- The transforms are plain matrix products, no sum shared: Bᵀ·d over the columns first and then ·B over the rows,
  nothing fused, constants rounded to float32 once.
- 1/M_i(β_i) lives in G; Aᵀ holds powers of the points and Bᵀ the coefficients of M_i. Ours differ by row scales that
  are powers of two for their points, and these round alike: summed from left to right, both give the same bits.
- Sums by Huffman's tree with their matrices come within 3 % of the published column for every m. The tree looks at the
  coefficients, which the scales change: with ours it is within 6 %. From left to right it is up to 20 % more.
- The random numbers are those of the C++ library: 32 random bits to float32, times 2, minus 1. They lie on multiples of
  2⁻²⁴ or 2⁻²³, so that many a first sum is exact: for m = 2 the error is 8 % less than with all 24 bits random.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from explorer.model.derivation.filtering import algorithm_of, settled
from explorer.model.derivation.presets import presets
from explorer.model.derivation.problem import Filter
from explorer.model.laboratory.ranges import check_range
from explorer.model.laboratory.steps import Steps
from explorer.refusal import Refusal
from kernels.algebra.summation import Order
from kernels.rounded import Array, directly, errors, outputs, products, transforms

__all__ = [
    "PUBLISHED",
    "PUBLISHED_DIRECT",
    "UNITS",
    "Arithmetic",
    "Error",
    "Measured",
    "Setting",
    "column",
    "in_steps",
    "measured",
    "published_filter",
    "random_tiles",
]

Arithmetic = Literal["float32", "float16"]

UNITS: Mapping[Arithmetic, float] = MappingProxyType({"float32": 2.0**-24, "float16": 2.0**-11})
"""The unit roundoff u: |rounded − exact| ≤ u·|exact|."""

PUBLISHED: Mapping[int, float] = MappingProxyType(
    {2: 7.65e-8, 3: 2.35e-7, 4: 3.29e-7, 5: 6.81e-7, 6: 8.79e-7, 7: 3.71e-6, 8: 7.35e-6}
)
"""The published mean error of F(m×m, 3×3) in float32 with the points of least error, by m."""
PUBLISHED_DIRECT = 4.63e-8
"""The same of the direct filter with 3×3 taps."""

MOST_TILES = 1_000_000
MOST_CHANNELS = 1_024
MOST_SEED = 1 << 62


@dataclass(frozen=True, slots=True)
class Setting:
    """What is measured: F(m, r) of `filter` in one direction or nested with itself in two.

    order     of the sums in the transforms
    channels  input channels that are added up, in their order
    seed      of the random numbers: the same tiles for all algorithms of one size
    """

    filter: Filter
    directions: Literal[1, 2] = 2
    arithmetic: Arithmetic = "float32"
    order: Order = "huffman"
    channels: int = 1
    tiles: int = 5_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Error:
    """Of all outputs; infinite where any of them is not finite.

    mean     the mean of |y − y*|, the published measure
    spread   the standard error of that mean, from the tiles
    maximum  the largest |y − y*|
    largest  the largest |y*|
    failed   how many outputs are infinite or no numbers
    unit     u of the arithmetic
    """

    mean: float
    spread: float
    maximum: float
    largest: float
    failed: int
    unit: float

    @property
    def relative(self) -> float:
        """The largest error against the largest output."""
        return self.maximum / self.largest

    @property
    def units(self) -> float:
        """The same as a multiple of u."""
        return self.relative / self.unit


@dataclass(frozen=True, slots=True)
class Measured:
    """The errors of a fast filter and of the direct one on the same tiles."""

    setting: Setting
    fast: Error
    direct: Error


def measured(setting: Setting) -> Steps[Measured]:
    """Measure one setting; Refusal where it cannot be."""
    _check(setting)
    made = transforms(algorithm_of(setting.filter), setting.order)
    sums = _Sums(), _Sums()
    random = np.random.default_rng(setting.seed)
    total = setting.tiles * setting.channels
    start = 0
    for count in in_steps(setting.tiles, setting.filter):
        kept: Array | None = None
        plain: Array | None = None
        exact: Array | None = None
        for channel in range(setting.channels):
            taps, data = random_tiles(setting, count, random)
            formed = products(made, taps, data)
            with np.errstate(over="ignore", invalid="ignore"):
                kept = formed if kept is None else kept + formed
            plain = directly(taps, data, plain)
            exact = directly(taps.astype(np.float64), data.astype(np.float64), exact)
            yield start * setting.channels + count * (channel + 1), total
        assert kept is not None
        assert plain is not None
        assert exact is not None
        sums[0].add(outputs(made, kept), exact)
        sums[1].add(plain, exact)
        start += count
    unit = UNITS[setting.arithmetic]
    return Measured(setting, sums[0].error(unit), sums[1].error(unit))


def column(settings: Sequence[Setting]) -> Steps[tuple[Measured, ...]]:
    """Measure one setting after the other; all are checked before the first."""
    for each in settings:
        _check(each)
    total = sum(each.tiles * each.channels for each in settings)
    before = 0
    found = []
    for each in settings:
        steps = measured(each)
        while True:
            try:
                done, _ = next(steps)
            except StopIteration as ended:
                found.append(ended.value)
                break
            yield before + done, total
        before += each.tiles * each.channels
    return tuple(found)


def published_filter(m: int, r: int = 3) -> Filter:
    """F(m, r) at the published points of least error; Refusal where none are known."""
    for each in presets(m, r):
        if each.key == "accurate":
            return Filter(m, r, each.points)
    raise Refusal(
        "There are no published points for F({m}, {r}).", m=m, r=r, hint="There are some for r = 3 and m = 2 … 8."
    )


def in_steps(tiles: int, problem: Filter, most: int = 512) -> tuple[int, ...]:
    """The tiles of each step: all that belongs to them fits the cache, and a step takes some milliseconds."""
    inputs = problem.m + problem.r - 1
    each = min(max(most * 1_000 // inputs**3, 8), most)
    return (*[each] * (tiles // each), *([tiles % each] if tiles % each else []))


def random_tiles(setting: Setting, count: int, random: np.random.Generator) -> tuple[Array, Array]:
    """Taps and data of one channel for `count` tiles: 32 random bits to float32, times 2, minus 1, then rounded."""
    m, r = setting.filter.m, setting.filter.r
    made = []
    for extent in (r, m + r - 1):
        bits = random.integers(0, 1 << 32, (extent,) * setting.directions + (count,), dtype=np.uint32)
        uniform = bits.astype(np.float32) * np.float32(2**-32) * np.float32(2) - np.float32(1)
        made.append(uniform.astype(setting.arithmetic))
    return made[0], made[1]


@dataclass(slots=True)
class _Sums:
    """Adds up errors step by step."""

    means: list[Array] = field(default_factory=list)
    maximum: float = 0.0
    largest: float = 0.0
    failed: int = 0

    def add(self, found: Array, exact: Array) -> None:
        error = errors(found, exact)
        self.failed += int(np.isinf(error).sum())
        self.maximum = max(self.maximum, float(error.max()))
        self.largest = max(self.largest, float(np.abs(exact).max()))
        self.means.append(error.reshape(-1, error.shape[-1]).mean(0))

    def error(self, unit: float) -> Error:
        means = np.concatenate(self.means)
        mean = float(means.mean())
        spread = float(means.std() / np.sqrt(max(len(means) - 1, 1))) if np.isfinite(mean) else np.inf
        return Error(mean, spread, self.maximum, self.largest, self.failed, unit)


def _check(setting: Setting) -> None:
    """Refuse what cannot be measured."""
    settled(setting.filter)
    if setting.filter.across not in (None, (setting.filter.m, setting.filter.r)):
        raise Refusal(
            "The accuracy is measured for F({m}×{m}, {r}×{r}), the same in both directions.",
            m=setting.filter.m,
            r=setting.filter.r,
        )
    check_range("tiles", setting.tiles, 1, MOST_TILES)
    check_range("channels", setting.channels, 1, MOST_CHANNELS)
    check_range("seed", setting.seed, 0, MOST_SEED)
