"""What an operation is: one frozen record of plain functions.

Axes everywhere: n image of the batch, c channel, i row, j column; (u, v) row and column inside a window.
An operation takes its inputs as a tuple of arrays in the order of `inputs` and returns a tuple in the order of
`outputs`. Arrays are C-contiguous N, C, H, W, float32 or float64, never written to; places are `PLACE`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.ops.explanation import Step

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]
Weights = Mapping[str, Array]
Tick = Callable[[], None]
"""Called between bands of work; raises `Cancelled` when the result is no longer wanted."""


def times(shape: Sequence[int]) -> str:
    """Extents as text: 1 × 3 × 24 × 24."""
    return " × ".join(map(str, shape))


class Cancelled(Exception):
    """Raised by a tick: the work is no longer wanted."""


def no_tick() -> None:
    """A tick that never cancels."""


class Cell(NamedTuple):
    """One number of an operation's output: `outputs[port]` at `index` (n, c, i, j)."""

    port: int
    index: tuple[int, ...]  # type: ignore[assignment]


class Region(NamedTuple):
    """Cells of `inputs[port]` that one output cell reads; rows and columns may reach over the edge into the padding.

    images  of the batch; None is the image of the output cell
    """

    port: int
    channels: slice
    rows: slice
    columns: slice
    images: slice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A small case for the tests and for the gallery: inputs, parameters and, where not drawn by `init`, weights.

    `ties` marks one at a point without a gradient, such as equal numbers under a maximum.
    """

    title: str
    xs: Arrays
    params: Any
    weights: Weights | None = None
    ties: bool = False


def _no_weights(shapes: Shapes, params: Any, rng: np.random.Generator) -> dict[str, Array]:
    return {}


def _no_labels(shapes: Shapes, params: Any, weights: Weights) -> tuple[str, ...]:
    return ()


def _no_arithmetic(shapes: Shapes, params: Any) -> tuple[str, ...]:
    return ()


def _no_presets(height: int, width: int) -> dict[str, Array]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """An operation of a convolutional network; see the module for axes and types.

    name        stable id, written into sessions
    title       name of the operation in the field; `group` is the menu that it stands in
    formula     the definition in one line; `source` the paper or convention that it follows
    Params      frozen dataclass made with `explorer.ops.parameters`; its metadata draws the form
    shape       (input shapes, params) -> output shapes, or a Refusal that names the value and its limit
    init        (input shapes, params, rng) -> weights, shapes as the operation needs them
    forward     (xs, weights, params, tick) -> (ys, saved)
    backward    (gys, saved, tick) -> (gxs, gweights); gys[p] is None where nothing flows back into output p, and
                gxs[p] is None for inputs without a gradient (positions)
    definition  (xs, weights, params, cell) -> the number at `cell`, straight from the formula in float64
    explain     (xs, weights, params, cell) -> steps; the last one carries that same number
    reads       (input shapes, params, cell) -> the input cells that go into `cell`
    labels      (input shapes, params, weights) -> a name for each output map, or () for plain numbers
    arithmetic  (input shapes, params) -> lines such as "⌊(7 + 2·1 − 3)/2⌋ + 1 = 4", one an output extent
    presets     (kernel height, width) -> named 2-D kernels to put into a 4-D weight
    explain_gradient  (xs, weights, params, gys, cell of an input) -> steps; the last one carries gxs at `cell`. None:
                the gradient shows its number alone. `gradient_formula` is its line
    affine      (weights, params, input shapes) -> (scale, shift) of each channel, float64, where the operation is
                y = scale·x + shift; a Refusal where these parameters make it another thing; None: it never is that
    scaled      (weights, params, scale, shift) -> (weights, params) with which each output channel is scaled and
                shifted; None: no weights could do it
    samples     (rng) -> small cases, the edge cases included
    """

    name: str
    title: str
    group: str
    formula: str
    source: str
    Params: type
    shape: Callable[[Shapes, Any], Shapes]
    forward: Callable[[Arrays, Weights, Any, Tick], tuple[Arrays, Any]]
    backward: Callable[[Sequence[Array | None], Any, Tick], tuple[tuple[Array | None, ...], dict[str, Array]]]
    definition: Callable[[Arrays, Weights, Any, Cell], float]
    explain: Callable[[Arrays, Weights, Any, Cell], Sequence[Step]]
    reads: Callable[[Shapes, Any, Cell], Sequence[Region]]
    samples: Callable[[np.random.Generator], Sequence[Sample]]
    inputs: tuple[str, ...] = ("x",)
    outputs: tuple[str, ...] = ("y",)
    init: Callable[[Shapes, Any, np.random.Generator], dict[str, Array]] = _no_weights
    labels: Callable[[Shapes, Any, Weights], tuple[str, ...]] = _no_labels
    arithmetic: Callable[[Shapes, Any], tuple[str, ...]] = _no_arithmetic
    presets: Callable[[int, int], Mapping[str, Array]] = _no_presets
    explain_gradient: Callable[[Arrays, Weights, Any, Sequence[Array | None], Cell], Sequence[Step]] | None = None
    gradient_formula: str = ""
    affine: Callable[[Weights, Any, Shapes], tuple[Array, Array]] | None = None
    scaled: Callable[[Weights, Any, Array, Array], tuple[dict[str, Array], Any]] | None = None
    joins: tuple[str, ...] = ()
    """Side inputs (all but the first) into which the first output of any earlier layer goes, as the person chooses.
    The others are taken together, from one earlier layer that has further outputs of their names."""
    preprocesses: bool = False
    """Turns pictures into tensors; left out where the source is a tensor already."""
    signed: bool = True
    """Values may be negative by nature; False lets the window choose the sequential colour map."""
    smooth: bool = True
    """False where the gradient does not exist at isolated points (ties); samples then keep away from them."""
    folds: bool = False
    """True where cells in between may read outside of what the outermost cells read, as at a mirror."""
    hint: Mapping[str, str] = field(default_factory=dict)
    """A line of help for a port or a weight, by its name."""
