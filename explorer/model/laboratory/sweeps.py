"""A layer of one convolution over one of its sizes: what each way to compute it takes, and where one overtakes another.

ways      the sum itself; the product of matrices (im2col), which takes the same operations; F(m×m, r×r) with the points
          that the kernels have; the FFT with the tile of least operations
variable  H (and W with it), C, K, r, or the m of F(m×m, r×r)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import ceil, exp, log
from typing import Literal

from explorer.model.derivation.cost import Cost, by_fft, by_filter, direct
from explorer.model.derivation.filtering import algorithm_of
from explorer.model.derivation.problem import Filter
from explorer.model.laboratory.costs import Layer, LayerCost, cheapest, layer_cost
from explorer.model.laboratory.ranges import check_range
from explorer.model.laboratory.steps import Steps
from explorer.refusal import Refusal

__all__ = ["DIRECT", "LIMITS", "Overtaking", "Sweep", "Variable", "Way", "modelled", "overtaking", "spaced"]

Variable = Literal["H", "C", "K", "m", "r"]
Method = Literal["direct", "im2col", "winograd", "fft"]

LIMITS: dict[Variable, tuple[int, int]] = {"H": (4, 512), "C": (1, 512), "K": (1, 512), "m": (1, 8), "r": (2, 9)}
"""The least and the greatest of each."""
MOST_SIZES = 16
MOST_PRODUCTS = 1 << 31
"""Of the definition, for one layer: a tenth of a second to some seconds by the slower ways."""
MOST_NUMBERS = 1 << 25
"""Of inputs and outputs together."""
_POINTS = tuple(map(Fraction, ("0", "-1", "1", "1/2", "-2", "-1/2", "2", "-1/4", "4")))
"""Those of `kernels.convolution_methods`, which is not loaded for the model alone."""
_FFT_TILES = (8, 16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class Way:
    """How a layer is computed; m of a fast filter, 0 of the others."""

    method: Method
    m: int = 0

    @property
    def name(self) -> str:
        """direct, im2col, F(4×4), FFT."""
        return f"F({self.m}×{self.m})" if self.m else {"fft": "FFT"}.get(self.method, self.method)


DIRECT = Way("direct")


@dataclass(frozen=True, slots=True)
class Sweep:
    """`layer` over `sizes` of its `variable`, with the fast filters of `tiles`; these are the sizes where m varies."""

    layer: Layer
    variable: Variable
    sizes: tuple[int, ...]
    tiles: tuple[int, ...] = (2, 4, 6)

    def check(self) -> None:
        """Refusal for what is out of range, or too large to be measured."""
        check_range("sizes", len(self.sizes), 1, MOST_SIZES)
        least, most = LIMITS[self.variable]
        for size in self.sizes:
            check_range(self.variable, size, least, most)
            layer = self.at(size)
            products = layer.outputs * layer.C * layer.r**2
            numbers = (layer.C + layer.K) * layer.H * layer.W
            if products > MOST_PRODUCTS or numbers > MOST_NUMBERS:
                raise Refusal(
                    "With {variable} = {size} the layer has {products} products and {numbers} numbers; the most are "
                    "{most} and {limit}.",
                    variable=self.variable,
                    size=size,
                    products=products,
                    numbers=numbers,
                    most=MOST_PRODUCTS,
                    limit=MOST_NUMBERS,
                )

    def at(self, size: int) -> Layer:
        """The layer of a size."""
        if self.variable == "m":
            return self.layer
        if self.variable == "H":
            return replace(self.layer, H=size, W=size)
        return replace(self.layer, **{self.variable: size})

    def ways(self, size: int) -> tuple[Way, ...]:
        """How a layer of a size can be computed."""
        r = self.at(size).r
        tiles = (size,) if self.variable == "m" else self.tiles
        fast = tuple(Way("winograd", m) for m in tiles if m + r - 2 <= len(_POINTS))
        return (DIRECT, Way("im2col"), *fast, Way("fft"))


def spaced(variable: Variable, first: int, last: int, count: int = 9) -> tuple[int, ...]:
    """About `count` whole numbers from first to last, each about as many times the one before; of m and r, all."""
    if variable in ("m", "r") or last - first < count:
        return tuple(range(first, last + 1))
    ratio = log(last / first) / (count - 1)
    return tuple(sorted({round(first * exp(at * ratio)) for at in range(count)}))


@lru_cache(maxsize=128)
def _fast(m: int, r: int) -> Cost:
    return by_filter(algorithm_of(Filter(m, r, (*_POINTS[: m + r - 2], "inf"))), 2)


def cost_of(way: Way, layer: Layer) -> LayerCost:
    """What a layer takes by one of the ways."""
    if way.method == "fft":
        return cheapest(layer_cost(layer, by_fft(tile, layer.r)) for tile in _FFT_TILES if tile >= layer.r)
    return layer_cost(layer, _fast(way.m, layer.r) if way.m else direct(layer.r, 2))


def modelled(sweep: Sweep) -> Steps[dict[int, dict[Way, LayerCost]]]:
    """What every way takes at every size, size after size; Refusal for sizes out of range."""
    sweep.check()
    found: dict[int, dict[Way, LayerCost]] = {}
    for size in sweep.sizes:
        found[size] = {}
        for way in sweep.ways(size):
            found[size][way] = cost_of(way, sweep.at(size))
            yield len(found), len(sweep.sizes)
    return found


@dataclass(frozen=True, slots=True)
class Overtaking:
    """From `at` on, between the sizes `after` and `by`, a way is always ahead; `after` is None where it always was."""

    after: float | None
    by: float
    at: float

    @property
    def size(self) -> int:
        """The least whole size from which on it is ahead."""
        return ceil(self.at)


def overtaking(xs: Sequence[float], first: Sequence[float], second: Sequence[float]) -> Overtaking | None:
    """Where the second, of less cost from there to the end, passes the first; None where it does not.

    Between two sizes both are taken for straight lines on axes of decades.
    """
    ahead = len(xs)
    while ahead and second[ahead - 1] < first[ahead - 1]:
        ahead -= 1
    if ahead == len(xs):
        return None
    if ahead == 0:
        return Overtaking(None, xs[0], xs[0])
    before, after = (log(second[i] / first[i]) for i in (ahead - 1, ahead))
    share = before / (before - after)
    low, high = log(xs[ahead - 1]), log(xs[ahead])
    return Overtaking(xs[ahead - 1], xs[ahead], exp(low + share * (high - low)))
