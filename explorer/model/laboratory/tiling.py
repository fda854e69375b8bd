"""A tile of the picture on its way through Winograd's algorithm, every number exactly and as float32 computes it.

    V_c = Bᵀ d_c B,   U_c = G g_c Gᵀ,   P_c = U_c ⊙ V_c,   M = Σ_c P_c,   y = Aᵀ M A + b
    beside the plain sum   Σ_c Σ_uv g_c[u,v] d_c[i+u,j+v] + b

d and g are rounded to float32, which makes them dyadic rationals; from there on the exact numbers are exact. In float32
every operation is rounded: transforms as straight-line programs with shared sums, first down the columns, then along
the rows, their constants rounded once; sums over channels in their order. [Lavin & Gray, arXiv 1509.09308]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from types import MappingProxyType
from typing import Literal

import numpy as np

from explorer.model.laboratory.steps import Steps
from explorer.model.laboratory.tiles import Pair, Tiled, patch
from explorer.ops.op import Array
from explorer.refusal import Refusal
from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.matrix import Matrix
from kernels.rounded import Transforms, applied, directly, transforms

__all__ = ["Key", "Numbers", "Worked", "dyadic", "worked"]

Key = Literal["d", "Bd", "V", "g", "Gg", "U", "P", "M", "AM", "Y", "y", "direct"]
"""d, Bᵀd, BᵀdB;  g, Gg, GgGᵀ;  their products;  the sum over channels;  AᵀM, AᵀMA;  with the bias;  the plain sum."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A matrix: `whole`·`scale` exactly (Python integers), and `rounded` as computed in float32."""

    whole: Array
    scale: Fraction
    rounded: Array

    @property
    def shape(self) -> Pair:
        """Rows and columns."""
        rows, columns = self.rounded.shape
        return rows, columns

    def exact(self, i: int, j: int) -> Fraction:
        """A number as it is."""
        return int(self.whole[i, j]) * self.scale

    def error(self, i: int, j: int) -> Fraction | None:
        """float32 less exact; None where float32 overflowed."""
        computed = float(self.rounded[i, j])
        return Fraction(computed) - self.exact(i, j) if np.isfinite(computed) else None

    def ulps(self, i: int, j: int) -> float:
        """The error in units of the last place of the number in float32."""
        error = self.error(i, j)
        return float(error / Fraction(float(np.spacing(np.abs(self.rounded[i, j]))))) if error is not None else np.inf

    def values(self) -> Array:
        """The exact numbers, each rounded to float64."""
        by, of = self.scale.numerator, self.scale.denominator
        return np.array([[int(each) * by / of for each in row] for row in self.whole])


@dataclass(frozen=True, eq=False)
class Worked:
    """All numbers of a tile for one filter.

    down, across  the algorithm of the columns and that of the rows; `programs` in the order of float32
    channels      the input channels that the filter sees; `channel` is the place of the chosen one among them
    origin        row and column of the map that the tile begins with
    stages        the matrices, of the chosen channel where there is one for each
    products      P_c of every channel;   directs  Σ g_c ∗ d_c of every channel
    padding       (α, α') cells of d outside of the map;   dropped  (m, m') outputs outside of it
    layer         (m, m') what the layer itself has computed, NaN where dropped
    """

    down: FilterAlgorithm
    across: FilterAlgorithm
    programs: tuple[Transforms, Transforms]
    channels: range
    channel: int
    filter: int
    origin: Pair
    bias: Numbers | None
    stages: Mapping[Key, Numbers]
    products: tuple[Numbers, ...]
    directs: tuple[Numbers, ...]
    padding: Array
    dropped: Array
    layer: Array

    @property
    def summed(self) -> Key:
        """The stage that Aᵀ is applied to: there is no sum over a single channel."""
        return "M" if "M" in self.stages else "P"

    @property
    def final(self) -> Key:
        """The stage that holds the outputs."""
        return "y" if "y" in self.stages else "Y"

    @cached_property
    def equal(self) -> bool:
        """Whether the outputs are exactly those of the plain sum."""
        found, wanted = self.stages[self.final], self.stages["direct"]
        return all(found.exact(i, j) == wanted.exact(i, j) for i, j in np.ndindex(found.shape))

    @cached_property
    def worst(self) -> tuple[float, float]:
        """The largest error of the outputs in float32, by this algorithm and by the plain sum."""
        return self._worst(self.final), self._worst("direct")

    def _worst(self, key: Key) -> float:
        """Among the outputs that are kept; infinite where one overflowed."""
        numbers = self.stages[key]
        errors = [numbers.error(i, j) for i, j in np.ndindex(numbers.shape) if not self.dropped[i, j]]
        return max((float(abs(each)) if each is not None else np.inf for each in errors), default=0.0)


def worked(
    of: Tiled, algorithms: tuple[FilterAlgorithm, FilterAlgorithm], filter: int, channel: int, tile: Pair
) -> Steps[Worked]:
    """The numbers of a tile, a step for each channel; Refusal where one of its inputs is not finite."""
    down, across = algorithms
    cut = of.cut((down.m, across.m))
    tile = cut.clamped(tile)
    seen = of.channels(filter)
    data, padding = patch(of.x[seen.start : seen.stop], cut.origin(tile), cut.size)
    taps = of.w[filter]
    data, taps = (np.ascontiguousarray(each, np.float32) for each in (data, taps))
    _check(data, taps, seen)
    bias = _bias(of.b, filter)
    programs = transforms(down, "shared"), transforms(across, "shared")
    rounded = _rounded(programs, data, taps)
    d, g = dyadic(data), dyadic(taps)
    chain = _Exact(down, across)
    products: list[Numbers] = []
    directs: list[Numbers] = []
    stages: dict[Key, Numbers] = {}
    for c in range(len(seen)):
        found = chain.channel((d[0][c], d[1]), (g[0][c], g[1]))
        numbers: dict[Key, Numbers] = {
            key: Numbers(*pair, rounded[key][..., c]) for key, pair in found.items() if key in rounded
        }
        products.append(numbers["P"])
        directs.append(Numbers(*found["direct"], directly(taps[c][..., None], data[c][..., None])[..., 0]))
        if c == channel:
            stages |= numbers
        yield c + 1, len(seen)
    total = products[0] if len(seen) == 1 else _sum(products)
    if len(seen) > 1:
        stages["M"] = total
    stages |= _outputs(chain, programs, total)
    plain = _sum(directs, _direct(taps, data))
    if bias is not None:
        stages["y"] = _sum([stages["Y"], bias])
        plain = _sum([plain, bias])
    stages["direct"] = plain
    layer, dropped = patch(of.y[filter], (tile[0] * cut.m[0], tile[1] * cut.m[1]), cut.m)
    layer = np.where(dropped, np.nan, layer.astype(np.float64))
    made = Worked(
        down,
        across,
        programs,
        seen,
        min(channel, len(seen) - 1),
        filter,
        cut.origin(tile),
        bias,
        MappingProxyType(stages),
        tuple(products),
        tuple(directs),
        padding,
        dropped,
        layer,
    )
    for each in ("equal", "worst"):
        getattr(made, each)  # Found here, where no frame waits for it.
    return made


def _check(data: Array, taps: Array, seen: range) -> None:
    for name, values in (("tile", data), ("kernel", taps)):
        lost = np.argwhere(~np.isfinite(values))
        if len(lost):
            c, row, column = lost[0].tolist()
            raise Refusal(
                "The {name} holds {value} in channel {channel}, row {row}, column {column}: it has no exact number.",
                name=name,
                value=float(values[c, row, column]),
                channel=seen[c],
                row=row,
                column=column,
                hint="Choose another tile." if name == "tile" else "Choose another filter.",
            )


# In float32 ----------------------------------------------------------------------------------------------------------


def _rounded(programs: tuple[Transforms, Transforms], data: Array, taps: Array) -> dict[Key, Array]:
    """The stages before the sum over channels, with the channels along the last axis."""
    down, across = programs
    d, g = np.moveaxis(data, 0, -1), np.moveaxis(taps, 0, -1)
    found: dict[Key, Array] = {"d": d, "g": g}
    found["Bd"] = applied(down.data, d, 0)
    found["V"] = applied(across.data, found["Bd"], 1)
    found["Gg"] = applied(down.taps, g, 0)
    found["U"] = applied(across.taps, found["Gg"], 1)
    with np.errstate(all="ignore"):
        found["P"] = found["U"] * found["V"]
    return found


def _direct(taps: Array, data: Array) -> Array:
    """One term after the other, channel after channel."""
    total = None
    for kernel, plane in zip(taps, data, strict=True):
        total = directly(kernel[..., None], plane[..., None], total)
    assert total is not None
    return np.asarray(total[..., 0])


# Exactly -------------------------------------------------------------------------------------------------------------

_Pair = tuple[Array, Fraction]
"""Whole numbers and what each is multiplied by."""


def dyadic(values: Array) -> _Pair:
    """Finite float32 numbers as integers times a power of two."""
    mantissas, powers = np.frexp(values.astype(np.float64))
    low = int(powers.min(initial=0, where=values != 0)) - 24
    whole = np.empty(values.shape, object)
    for at in np.ndindex(values.shape):
        whole[at] = int(mantissas[at] * 2**24) << max(int(powers[at]) - 24 - low, 0)
    return whole, Fraction(2) ** low


class _Exact:
    """The stages in integers: the denominators of each matrix are taken out once."""

    def __init__(self, down: FilterAlgorithm, across: FilterAlgorithm) -> None:
        self._bt, self._bt2 = _whole(down.BT), _whole(across.BT)
        self._g, self._g2 = _whole(_taps(down)), _whole(_taps(across))
        self._at, self._at2 = _whole(down.AT), _whole(across.AT)

    def channel(self, d: _Pair, g: _Pair) -> dict[Key, _Pair]:
        """From d and g of a channel to its products, and to its plain sum."""
        found: dict[Key, _Pair] = {"d": d, "g": g}
        found["Bd"] = _times(self._bt, d)
        found["V"] = _times(found["Bd"], _turned(self._bt2))
        found["Gg"] = _times(self._g, g)
        found["U"] = _times(found["Gg"], _turned(self._g2))
        found["P"] = found["U"][0] * found["V"][0], found["U"][1] * found["V"][1]
        sizes = [data - taps + 1 for data, taps in zip(d[0].shape, g[0].shape, strict=True)]
        plain = np.zeros(sizes, object)
        for u, v in np.ndindex(g[0].shape):
            plain = plain + g[0][u, v] * d[0][u : u + sizes[0], v : v + sizes[1]]
        found["direct"] = plain, d[1] * g[1]
        return found

    def outputs(self, m: _Pair) -> tuple[_Pair, _Pair]:
        """AᵀM and AᵀMA."""
        half = _times(self._at, m)
        return half, _times(half, _turned(self._at2))


def _outputs(chain: _Exact, programs: tuple[Transforms, Transforms], total: Numbers) -> dict[Key, Numbers]:
    half, whole = chain.outputs((total.whole, total.scale))
    rounded = applied(programs[0].outputs, total.rounded, 0)
    return {
        "AM": Numbers(*half, rounded),
        "Y": Numbers(*whole, applied(programs[1].outputs, rounded, 1)),
    }


def _taps(algorithm: FilterAlgorithm) -> Matrix:
    """G, with the fractions that are apart."""
    if not algorithm.f:
        return algorithm.G
    return tuple(tuple(f * each for each in row) for f, row in zip(algorithm.f, algorithm.G, strict=True))


def _whole(matrix: Matrix) -> _Pair:
    common = lcm(*(each.denominator for row in matrix for each in row))
    made = np.array([[int(each * common) for each in row] for row in matrix], object)
    return made, Fraction(1, common)


def _times(a: _Pair, b: _Pair) -> _Pair:
    return a[0].dot(b[0]), a[1] * b[1]


def _turned(a: _Pair) -> _Pair:
    return a[0].T, a[1]


def _sum(terms: list[Numbers], rounded: Array | None = None) -> Numbers:
    """One after the other; `rounded` where float32 did it in another order."""
    total = terms[0]
    for each in terms[1:]:
        low = min(total.scale, each.scale)
        unit = Fraction(1, lcm((total.scale / low).denominator, (each.scale / low).denominator)) * low
        whole = total.whole * int(total.scale / unit) + each.whole * int(each.scale / unit)
        with np.errstate(all="ignore"):
            total = Numbers(whole, unit, total.rounded + each.rounded)
    return total if rounded is None else Numbers(total.whole, total.scale, rounded)


def _bias(b: Array | None, filter: int) -> Numbers | None:
    if b is None:
        return None
    value = np.array([[b[filter]]], np.float32)
    if not np.isfinite(value).all():
        raise Refusal(
            "The bias of filter {filter} is {value}: it has no exact number.", filter=filter, value=float(value[0, 0])
        )
    return Numbers(*dyadic(value), value)
