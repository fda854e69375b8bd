"""What a person chooses on the page, as a value: the layer, what of it, the algorithm, and the tile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from explorer.model.evaluation import Result
from explorer.model.laboratory.tiles import OWN, Pair, point_sets
from explorer.ops.convolution_layer import Layer

MOST_OUTPUTS = 8
"""m; the layer has as many."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`channel` is the place among those that the filter sees; `points` names a set of them."""

    layer: str = ""
    image: int = 0
    filter: int = 0
    channel: int = 0
    m: int = 2
    points: str = "usual"
    tile: Pair = (0, 0)

    def outputs(self, layer: Layer) -> int:
        """m of the algorithm: the layer's own where its own points are chosen."""
        return layer.tile if self.points == OWN else self.m


def fitted(choice: Choice, found: Mapping[str, Result], preferred: str) -> Choice | None:
    """The choice as far as it fits the layers that there are; None where there are none.

    A layer that is gone gives way to the `preferred` one or the first. A layer that computes by Winograd's algorithm
    begins with its own points.
    """
    if not found:
        return None
    id = choice.layer if choice.layer in found else preferred if preferred in found else next(iter(found))
    result = found[id]
    layer: Layer = result.saved.layer
    sets = point_sets(layer, choice.m)
    own = id != choice.layer and layer.method == "winograd"
    points = OWN if own else choice.points if choice.points in sets else sets[0]
    return replace(
        choice,
        layer=id,
        image=min(choice.image, len(result.xs[0]) - 1),
        filter=min(choice.filter, layer.filters - 1),
        channel=min(choice.channel, result.saved.w.shape[1] - 1),
        points=points,
    )
