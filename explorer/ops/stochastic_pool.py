"""Stochastic pooling: a number of the window is drawn, a large one more often than a small one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from explorer.ops import pooling_window
from explorer.ops.explanation import Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.parameters import choice, flag, integer
from explorer.ops.pooled_places import HINTS, OUTPUTS, explain_plane, plane_of, scatter
from explorer.ops.pooling_window import Window, arithmetic, pooled, window, window_cases
from explorer.ops.stochastic_window import draw, explain_draw
from explorer.refusal import Refusal
from kernels import pooling, stochastic_pooling, window_gradient
from kernels._jit import read_only
from kernels.bands import bands
from kernels.place import PLACE

_MODES = (("training", "Draw one number (training)"), ("inference", "Expected number (inference)"))
_SEED_HINT = "The same seed draws the same numbers, at each place of each map of each image of the batch."
_RECTIFY_HINT = "Take max(x, 0). Without it a negative number is refused: it has no probability."


@dataclass(frozen=True, slots=True)
class Params(pooling_window.Params):
    """The window, and whether numbers are drawn."""

    mode: str = choice("training", "Numbers", _MODES)
    seed: int = integer(0, "Seed", 0, 2**31 - 1, soft=99, when=("mode", "training"), hint=_SEED_HINT)
    rectify: bool = flag(False, "Negative numbers as 0", hint=_RECTIFY_HINT)


class _Saved(NamedTuple):
    """What the gradient needs: (M, OH, OW), but x (M, H, W) and the shape of the input.

    The crowds (Σa)²/Σa² are float64; where numbers were drawn nobody asks for them, and there are none.
    """

    params: Params
    windows: Window
    x: Array
    y: Array
    switches: Array
    probabilities: Array
    crowds: Array
    shape: Shape


def shape(shapes: Shapes, params: Params) -> Shapes:
    outputs = pooled(shapes[0], params)
    return outputs, outputs, shapes[0], outputs


def _check(x: Array) -> None:
    below = x < 0
    if below.any():
        n, c, row, column = np.unravel_index(int(below.argmax()), x.shape)
        raise Refusal(
            "Image {n}, channel {c}, row {row}, column {column} is {value}; a probability a/Σa takes numbers of at "
            "least 0.",
            n=n,
            c=c,
            row=row,
            column=column,
            value=f"{x[n, c, row, column]:g}",
            hint="Put a ReLU before it, or take negative numbers as 0.",
        )


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    windows = window(x.shape, params)
    if not params.rectify:
        _check(x)
    planes = windows.planes(x)
    draws = params.mode == "training"
    y, probabilities = (np.empty((len(planes), *windows.outputs), x.dtype) for _ in range(2))
    switches = np.empty(y.shape, PLACE)
    crowds = np.empty((0, 0, 0) if draws else y.shape)
    how = draws, params.seed, *windows.geometry, windows.most
    for first, last in bands(len(planes) * windows.outputs[0], 4 * windows.row_cost, tick):
        stochastic_pooling.stochastic_pool(planes, *how, first, last, y, switches, probabilities, crowds)
    outputs = x.shape[:2] + windows.outputs
    ys = y.reshape(outputs), switches.reshape(outputs), plane_of(x.shape), probabilities.reshape(outputs)
    return ys, _Saved(params, windows, planes, y, switches, probabilities, crowds, x.shape)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    x = saved.x
    total = np.zeros((len(x), x.shape[1] * x.shape[2]))
    if gys[0] is not None:
        gy = gys[0].reshape(saved.y.shape).astype(np.float64)
        if saved.params.mode == "training":
            # In a window of zeros nothing was drawn.
            scatter(np.where(saved.y == 0, 0.0, gy), saved.switches, tick, total)
        else:
            total += _expectation_gradient(gy, saved, tick).reshape(total.shape)
    if gys[3] is not None:
        _probability_gradient(gys[3].reshape(saved.y.shape).astype(np.float64), saved, tick, total)
    gx = total.reshape(saved.shape).astype(x.dtype)
    if saved.params.rectify:
        gx[x.reshape(saved.shape) <= 0] = 0
    return (gx,), {}


def _expectation_gradient(gy: Array, saved: _Saved, tick: Tick) -> Array:
    """Σ over the windows that hold a cell of gy·(2a − y)/Σa."""
    x, windows = saved.x, saved.windows
    gx = np.empty(x.shape, x.dtype)
    given = read_only(saved.y.astype(np.float64)), read_only(saved.crowds), read_only(gy.astype(x.dtype))
    for first, last in bands(len(x) * x.shape[1], windows.cell_cost * x.shape[2], tick):
        window_gradient.window_gradient(window_gradient.EXPECTATION, x, *given, *windows.geometry, first, last, gx)
    return gx


def _probability_gradient(gp: Array, saved: _Saved, tick: Tick, gx: Array) -> None:
    """gx += gp·([the cell is k] − p)/Σa over the windows that hold a cell, for p = a[k]/Σa."""
    windows, (y, p) = saved.windows, (each.astype(np.float64) for each in (saved.y, saved.probabilities))
    with np.errstate(all="ignore"):
        total = y / p if saved.params.mode == "training" else y * saved.crowds
        flow = np.where(p == 0, 0.0, gp / total)
        spread = read_only(-flow * p)
    scatter(flow, saved.switches, tick, gx)
    shares = np.empty(saved.x.shape)
    ones = windows.ones(0), windows.ones(1)
    for first, last in bands(len(saved.x) * saved.x.shape[1], windows.sum_cost, tick):
        pooling.mean_pool_gradient(spread, *windows.geometry, ones, first, last, shares)
    gx += shares.reshape(gx.shape)


def _seed(params: Params) -> int | None:
    return params.seed if params.mode == "training" else None


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    if cell.port == 2:
        return 0.0
    found = draw(window(xs[0].shape, params), xs[0], cell, _seed(params))
    if cell.port == 0:
        return found.y
    row, column = found.places[found.at]
    return float(row * xs[0].shape[3] + column) if cell.port == 1 else found.probabilities[found.at]


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    if cell.port == 2:
        return explain_plane(xs[0].shape)
    return explain_draw(window(xs[0].shape, params), xs[0], cell, _seed(params))


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return () if cell.port == 2 else pooling_window.reads(shapes, params, cell)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def positive(shape: Shape) -> Array:
        return rng.uniform(0.1, 3, shape)

    overlapping: dict[str, Any] = {"kernel": (3, 3), "stride": (1, 1), "padding": "same"}
    signs = rng.choice((-1.0, 1.0), (1, 2, 5, 4)) * positive((1, 2, 5, 4))
    zeros = np.zeros((1, 1, 4, 4))
    zeros[0, 0, 0, 1:3] = 0.5, 0.25
    holes = positive((1, 1, 4, 4))
    holes[0, 0, 0, 0], holes[0, 0, 0, 2], holes[0, 0, 3, 2:] = np.nan, np.inf, np.inf
    return (
        *(
            Sample(title=f"{title}, {mode}", xs=(positive(shape),), params=Params(mode=mode, seed=place, **at))
            for place, (title, shape, at) in enumerate(window_cases())
            for mode, _ in _MODES
        ),
        *(
            sample
            for mode, _ in _MODES
            for sample in (
                Sample(title=f"Rectified, {mode}", xs=(signs,), params=Params(**overlapping, mode=mode, rectify=True)),
                Sample(title=f"Zeros, {mode}", xs=(zeros,), params=Params(mode=mode), ties=True),
                Sample(
                    title=f"Equal numbers, {mode}",
                    xs=(np.full((2, 1, 4, 4), 0.7),),
                    params=Params(mode=mode),
                    ties=mode == "inference",
                ),
                Sample(title=f"Not a number, and infinity, {mode}", xs=(holes,), params=Params(mode=mode), ties=True),
            )
        ),
    )


OP = Op(
    name="stochastic_pool",
    title="Stochastic pooling",
    group="Pooling",
    formula="y = a[k], k drawn with p[k] = a[k] / Σa over the window;  inference: y = Σ p·a = Σa² / Σa",
    source="Zeiler & Fergus 2013; random numbers by splitmix64 from seed, map and window",
    Params=Params,
    shape=shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    outputs=(*OUTPUTS, "probabilities"),
    arithmetic=arithmetic,
    signed=False,
    smooth=False,
    hint={
        **HINTS,
        "probabilities": "How probable the cell was that the switch names; in inference it is the most probable cell.",
    },
)
