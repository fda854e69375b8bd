"""What a layer costs by the definition, by nested F(m×m, r×r) and by the FFT, and where one overtakes the other.

    layer: N images, C input channels, K filters of r×r, N·K planes of H×W outputs (stride 1)
    tiles  = N·⌈H/m⌉·⌈W/m⌉          the last ones of a row or column cost as much as the others

    products                 tiles·C·K·α²           α = m + r − 1; the definition N·H·W·C·K·r²
    additions of products    within them (the definition, complex products), and over the channels, C − 1 for each sum
    transforms               data: tiles·C,   outputs: tiles·K,   taps: C·K times
    memory                   transformed data, sums and taps, in numbers

The model is that of Lavin & Gray, arXiv 1509.09308, section 4.3, with whole tiles and with the sums over channels,
which they leave to the multiply-add of the machine. What a tile takes is counted in `derivation.cost`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from fractions import Fraction

from explorer.model.derivation.cost import Cost, over_tiles
from explorer.model.laboratory.ranges import check_range

__all__ = ["Layer", "LayerCost", "cheapest", "crossover", "layer_cost", "layer_costs"]

LARGEST = 1 << 20
"""Of each size of a layer."""
LARGEST_TAPS = 64


@dataclass(frozen=True, slots=True)
class Layer:
    """N images of C channels, K filters of r×r taps, H×W outputs; Refusal for sizes out of range."""

    N: int
    C: int
    K: int
    H: int
    W: int
    r: int

    def __post_init__(self) -> None:
        for each in fields(self):
            check_range(each.name, getattr(self, each.name), 1, LARGEST_TAPS if each.name == "r" else LARGEST)

    @property
    def outputs(self) -> int:
        """N·K·H·W."""
        return self.N * self.K * self.H * self.W

    def tiles(self, m: int) -> int:
        """How many tiles of m×m outputs cover all planes of one filter."""
        return self.N * -(-self.H // m) * -(-self.W // m)


@dataclass(frozen=True, slots=True)
class LayerCost:
    """The whole layer by one way; operations are additions and multiplications alike.

    multiplications  general products
    additions        of products: within them and over the channels
    data, outputs    operations of the transforms of all input channels and all output channels
    taps             the same of all filters, once for the layer
    memory           numbers that are held in transformed form at once; the layer's own where nothing is transformed
    """

    layer: Layer
    cost: Cost
    multiplications: int
    additions: int
    data: int
    outputs: int
    taps: int
    memory: int

    @property
    def operations(self) -> int:
        """All of them."""
        return self.multiplications + self.additions + self.transforms

    @property
    def transforms(self) -> int:
        """Those of the transforms."""
        return self.data + self.outputs + self.taps

    def per_output(self, number: int) -> Fraction:
        """A number of this, for each output of the layer."""
        return Fraction(number, self.layer.outputs)


def layer_cost(layer: Layer, cost: Cost) -> LayerCost:
    """What `layer` takes by `cost`; ValueError for one along a line or for other taps."""
    if cost.directions != 2 or cost.r != layer.r:
        raise ValueError(f"a way for {cost.r} taps in {cost.directions} directions, not {layer.r} in 2")
    tiles = layer.tiles(cost.m)
    area = cost.m**2
    C, K = layer.C, layer.K

    def of_tile(per_output: Fraction) -> int:
        made = per_output * area
        assert made.denominator == 1
        return made.numerator

    held = of_tile(cost.memory)
    pairs = tiles * C * K
    return LayerCost(
        layer,
        cost,
        multiplications=pairs * of_tile(cost.multiplications),
        additions=pairs * of_tile(cost.additions) + tiles * (C - 1) * K * held,
        data=tiles * C * of_tile(cost.data),
        outputs=tiles * K * of_tile(cost.outputs),
        taps=C * K * cost.taps,
        memory=_memory(layer, cost, held),
    )


def layer_costs(layer: Layer, among: Iterable[Cost] | None = None) -> tuple[LayerCost, ...]:
    """The table of a layer: by the definition, F(m×m, r×r) and the FFT over all tiles of use, or by those `among`."""
    return tuple(layer_cost(layer, each) for each in (over_tiles(layer.r) if among is None else among))


def cheapest(costs: Iterable[LayerCost]) -> LayerCost:
    """That with the fewest operations; the first of equals."""
    return min(costs, key=lambda each: each.operations)


def crossover(at: Callable[[int], Layer], first: Cost, second: Cost, largest: int = 4_096) -> int | None:
    """The least size from which on, up to `largest`, `second` always takes fewer operations than `first`; or None.

    `at(n)` is the layer of size n, for example with n channels, or n×n outputs. It is looked for downwards one by one:
    whole tiles make costs jump, so that `second` can be ahead at smaller sizes too.
    """
    found = None
    for n in range(largest, 0, -1):
        layer = at(n)
        if layer_cost(layer, second).operations >= layer_cost(layer, first).operations:
            break
        found = n
    return found


def _memory(layer: Layer, cost: Cost, held: int) -> int:
    if cost.way == "direct":
        margin = layer.r - 1
        inputs = layer.N * layer.C * (layer.H + margin) * (layer.W + margin)
        return inputs + layer.outputs + layer.C * layer.K * layer.r**2
    return held * (layer.tiles(cost.m) * (layer.C + layer.K) + layer.C * layer.K)
