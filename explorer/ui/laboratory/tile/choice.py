"""What a person chooses on the page, as a value: the layer, what of it, the algorithm, and the tile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from explorer.model.evaluation import Result
from explorer.model.laboratory.tiles import OWN, Pair, own_outputs, point_sets
from explorer.ops.convolution_layer import Layer

MOST_OUTPUTS = 8
"""m; the layer has as many."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`channel` is the place among those that the filter sees, `points` the name of a set; None is the middle tile."""

    layer: str = ""
    image: int = 0
    filter: int = 0
    channel: int = 0
    m: int = 2
    points: str = "usual"
    tile: Pair | None = None

    def outputs(self, layer: Layer) -> Pair:
        """m and m' of the algorithm: the layer's own where its own points are chosen."""
        own = own_outputs(layer) if self.points == OWN else None
        return own or (self.m, self.m)

    def changed(self, layer: Layer, **fields: Any) -> Choice:
        """With other fields; tiles of another size give the one that makes the output in the middle of this one."""
        other = replace(self, **fields)
        (m, m2), (n, n2) = self.outputs(layer), other.outputs(layer)
        if self.tile is None or (m, m2) == (n, n2):
            return other
        row, column = self.tile
        return replace(other, tile=((row * m + m // 2) // n, (column * m2 + m2 // 2) // n2))


def fitted(choice: Choice, found: Mapping[str, Result], preferred: str, before: Layer | None = None) -> Choice | None:
    """The choice as far as it fits the layers that there are; None where there are none.

    A layer that is gone gives way to the `preferred` one or the first. A layer that computes by Winograd's algorithm
    begins with its own points, and takes them up where `before` it did not.
    """
    if not found:
        return None
    id = choice.layer if choice.layer in found else preferred if preferred in found else next(iter(found))
    result = found[id]
    layer: Layer = result.saved.layer
    sets = point_sets(layer, choice.m)
    anew = id != choice.layer or (before is not None and own_outputs(before) is None)
    own = anew and sets[0] == OWN
    points = OWN if own else choice.points if choice.points in sets else sets[0]
    return replace(
        choice,
        layer=id,
        image=min(choice.image, len(result.xs[0]) - 1),
        filter=min(choice.filter, layer.filters - 1),
        channel=min(choice.channel, result.saved.w.shape[1] - 1),
        points=points,
    )
