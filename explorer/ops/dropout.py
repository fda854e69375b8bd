"""Dropout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.activation import between, given, same_cell, step
from explorer.ops.counter_random import uniform
from explorer.ops.explanation import Number, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import choice, integer, real
from explorer.refusal import message
from kernels import dropout
from kernels._jit import read_only
from kernels.bands import bands


@dataclass(frozen=True, slots=True)
class Params:
    """How much is dropped, and whether anything is."""

    mode: str = choice("training", "Mode", (("training", "Training: drop"), ("inference", "Inference: keep all")))
    rate: float = real(0.5, "Rate p", 0.0, 1.0, when=("mode", "training"), hint="The part that is dropped.")
    seed: int = integer(0, "Seed", 0, 2**31 - 1, soft=99, when=("mode", "training"), hint="Another seed, another draw.")


def _scale(rate: float) -> float:
    # At p = 1 nothing is kept, so that nothing has to be made up for.
    return 1 / (1 - rate) if rate < 1 else 0.0


def _scaled(x: Array, mask: Array, rate: float, tick: Tick) -> Array:
    y = np.empty(x.shape, x.dtype)
    flat, kept, out = read_only(x.reshape(-1)), read_only(mask.reshape(-1)), y.reshape(-1)
    for first, last in bands(x.size, 1, tick):
        dropout.scaled(flat[first:last], kept[first:last], _scale(rate), out[first:last])
    return y


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    if params.mode == "inference":
        tick()
        mask = np.ones(x.shape, x.dtype)
        return (x, mask), (mask, 0.0, True)
    mask = np.empty(x.shape, x.dtype)
    flat = mask.reshape(-1)
    for first, last in bands(x.size, 4, tick):
        dropout.keep(params.seed, params.rate, first, flat[first:last])
    return (_scaled(x, mask, params.rate, tick), mask), (mask, params.rate, False)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    mask, rate, handed_on = saved
    if gys[0] is None:
        return (np.zeros(mask.shape, mask.dtype),), {}
    gy = np.ascontiguousarray(gys[0], mask.dtype)
    tick()
    return (gy if handed_on else _scaled(gy, mask, rate, tick),), {}


def _drawn(shape: Sequence[int], seed: int, cell: Cell) -> float:
    """The number in [0, 1) that belongs to the cell, from the seed and its index in row order over the batch."""
    return uniform(seed, int(np.ravel_multi_index(cell.index, tuple(shape))))


def _kept(shape: Sequence[int], params: Params, cell: Cell) -> float:
    return float(params.mode == "inference" or _drawn(shape, params.seed, cell) >= params.rate)


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    kept, x = _kept(xs[0].shape, params, cell), float(xs[0][cell.index])
    if cell.port == 1:
        return kept
    return x if params.mode == "inference" else x * kept * _scale(params.rate)


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    (x,) = xs
    number, kept = float(x[cell.index]), _kept(x.shape, params, cell)
    if params.mode == "inference":
        if cell.port == 1:
            return (step(message("Nothing is dropped"), kept),)
        return (step(message("Nothing is dropped: the number stays"), number, given(number)),)
    drawn = Number(message("drawn"), _drawn(x.shape, params.seed, cell), "product")
    rate = Number(message("rate p"), params.rate, "weight")
    title = message("Drawn from the seed and the place: kept, since it is not below the rate")
    if not kept:
        title = message("Drawn from the seed and the place: dropped, since it is below the rate")
    draw = between(title, message("mask"), kept, drawn, "≥" if kept else "<", rate, "→")
    if cell.port == 1:
        return (draw,)
    scale = Number(message("1/(1 − p)"), _scale(params.rate), "weight")
    title = message("What is kept makes up for what is dropped")
    y = number * kept * scale.value
    return draw, step(title, y, given(number), "·", Number(message("mask"), kept, "product"), "·", scale)


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return () if cell.port == 1 else same_cell(shapes, params, cell)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    special = np.array([-np.inf, -1.0, -0.0, 0.0, 1.0, np.inf, np.nan, np.nan]).reshape(1, 2, 2, 2)
    cases = {
        "Half of them": Params(),
        "Another seed and rate": Params(rate=0.2, seed=2**31 - 1),
        "Nothing dropped": Params(rate=0.0),
        "Everything dropped": Params(rate=1.0),
        "Inference": Params("inference"),
    }
    return (
        *(Sample(title=title, xs=(rng.standard_normal((2, 3, 4, 3)),), params=each) for title, each in cases.items()),
        Sample(title="One cell", xs=(rng.standard_normal((1, 1, 1, 1)),), params=Params(seed=3)),
        Sample(title="Infinity and not a number", xs=(special,), params=Params(), ties=True),
    )


OP = Op(
    name="dropout",
    title="Dropout",
    group="Regularization",
    formula="y = x · mask/(1 − p) in training, mask = 0 with probability p, else 1; y = x in inference",
    source="Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, scaled in training (inverted)",
    Params=Params,
    shape=lambda shapes, params: (shapes[0], shapes[0]),
    outputs=("y", "mask"),
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    hint={"mask": "1 where a number was kept, 0 where it was dropped."},
)
