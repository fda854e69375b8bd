"""The ways to compute a layer that has a choice of methods: which there are, which apply, and what "auto" takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from explorer.ops import operations
from explorer.ops.convolution_method import automatic
from explorer.ops.op import Op, Shapes
from explorer.refusal import Refusal

__all__ = [
    "TILES",
    "Way",
    "chosen_by_auto",
    "current",
    "has_methods",
    "misfit",
    "of_way",
    "operation_with_methods",
    "ways",
]

TILES = (2, 4, 6)
"""m of the F(m×m) that are always among the ways."""


@dataclass(frozen=True, slots=True)
class Way:
    """A method, with m where it is a preset of Winograd's, or with the text of a derived algorithm.

    "columns" is what "auto" alone takes: F(m, r) down the columns, the sum along the rows.
    """

    method: str
    tile: int = 0
    algorithm: str = ""


def has_methods(params: Any) -> bool:
    """Whether a layer with these parameters, or of this type of parameters, has a choice."""
    return all(hasattr(params, name) for name in ("method", "tile", "algorithm"))


def operation_with_methods() -> str:
    """The name of the operation whose layers have a choice."""
    return next(name for name, operation in operations().items() if has_methods(operation.Params))


def ways(params: Any) -> tuple[Way, ...]:
    """All of them, in the order of the table."""
    tiles = sorted({*TILES, *([params.tile] if params.method == "winograd" else [])})
    derived = [Way("derived", algorithm=params.algorithm)] if params.algorithm else []
    presets = [Way("winograd", tile) for tile in tiles]
    return Way("direct"), Way("im2col"), *presets, *derived, Way("fft"), Way("auto")


def current(params: Any) -> Way:
    """That by which the layer is computed."""
    if params.method == "winograd":
        return Way("winograd", params.tile)
    return Way(params.method, algorithm=params.algorithm if params.method == "derived" else "")


def of_way(params: Any, way: Way) -> Any:
    """The parameters with another way."""
    return replace(params, method=way.method, **({"tile": way.tile} if way.tile else {}))


def misfit(operation: Op, shapes: Shapes, params: Any, way: Way) -> Refusal | None:
    """Why a way does not apply to the layer; None where it does."""
    try:
        operation.shape(shapes, of_way(params, way))
    except Refusal as refusal:
        return refusal
    return None


def chosen_by_auto(operation: Op, shapes: Shapes, params: Any) -> Way:
    """What "auto" takes for these inputs."""
    (y, *_) = operation.shape(shapes, of_way(params, Way("direct")))
    method, tile = automatic(shapes[0], y, params.kernel, params.groups, (params.stride, params.dilation))
    return Way(method, tile)
