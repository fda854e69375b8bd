"""Local response normalization across channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer import limits
from explorer.ops.brief_sum import brief_sum
from explorer.ops.explanation import Number, Sign, Step, Sum
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import choice, integer, real
from explorer.refusal import message
from kernels import response_normalization
from kernels._jit import read_only
from kernels.bands import bands

_POWER_COST = 8


@dataclass(frozen=True, slots=True)
class Params:
    """How many neighbouring channels dampen a number, and how strongly."""

    size: int = integer(5, "Channels", 1, limits.Limits().channels, soft=15)
    alpha: float = real(
        1e-4, "α", 0.0, 1e6, soft=1.0, hint="Divided by the number of channels; Krizhevsky et al. mean α/channels by α."
    )
    beta: float = real(0.75, "β", 0.0, 16.0, soft=2.0)
    bias: float = real(1.0, "k", 1e-6, 1e6, soft=4.0)
    side: str = choice(
        "after",
        "The odd one of an even number",
        (("after", "The channel after (ONNX)"), ("before", "The channel before (PyTorch)")),
    )


def _reach(params: Params) -> tuple[int, int]:
    """Channels of the window before and after its own."""
    less, more = (params.size - 1) // 2, params.size // 2
    return (less, more) if params.side == "after" else (more, less)


def _window(channels: int, c: int, params: Params) -> slice:
    before, after = _reach(params)
    return slice(max(0, c - before), min(channels, c + after + 1))


def _sums(a: Array, b: Array, before: int, after: int, tick: Tick) -> Array:
    n, c, h, w = a.shape
    left, right = (read_only(each.reshape(n, c, h * w)) for each in (a, b))
    sums = np.empty(left.shape)
    for first, last in bands(n * c, (before + after + 1) * h * w, tick):
        response_normalization.channel_sums(left, right, before, after, first, last, sums)
    return sums.reshape(a.shape)


def _over_power(x: Array, d: Array, power: float, tick: Tick) -> Array:
    y = np.empty(x.shape, x.dtype)
    given = read_only(x.reshape(-1)), read_only(d.reshape(-1))
    for first, last in bands(x.size, _POWER_COST, tick):
        response_normalization.over_power(*given, power, first, last, y.reshape(-1))
    return y


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    d = _sums(x, x, *_reach(params), tick)
    d *= params.alpha / params.size
    d += params.bias
    return (_over_power(x, d, params.beta, tick),), (x, d, params)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    x, d, params = saved
    if gys[0] is None:
        return (np.zeros_like(x),), {}
    gy = np.ascontiguousarray(gys[0], x.dtype)
    before, after = _reach(params)
    # The channels whose window holds this one lie on its other side.
    pull = _sums(x, _over_power(gy.astype(np.float64), d, params.beta + 1, tick), after, before, tick)
    with np.errstate(invalid="ignore", over="ignore"):
        pull *= -2 * params.alpha * params.beta / params.size
        pull *= x
        gx = _over_power(gy, d, params.beta, tick)
        gx += pull.astype(x.dtype)
    return (gx,), {}


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c, i, j = cell.index
    channels = _window(xs[0].shape[1], c, params)
    total = 0.0
    for x in xs[0][n, channels, i, j]:
        total += float(x) * float(x)
    damping: float = (params.bias + params.alpha / params.size * total) ** params.beta
    return float(xs[0][cell.index]) / damping


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    n, c, i, j = cell.index
    channels = _window(xs[0].shape[1], c, params)
    x = float(xs[0][cell.index])
    with np.errstate(invalid="ignore", over="ignore"):
        squares = np.square(xs[0][n, channels, i, j].astype(np.float64))
    total = brief_sum(
        message("Σ x²"), squares, lambda k: message("x² of channel {channel}", channel=channels.start + k)
    )
    rate = params.alpha / params.size
    base = params.bias + rate * total.total
    damped = (message("k"), params.bias), (message("α/{size} · Σ x²", size=params.size), rate * total.total)
    power = base**params.beta
    y = x / power
    return (
        Step(
            message("The squares of channels {first} to {last}", first=channels.start, last=channels.stop - 1),
            (total,),
            total.total,
        ),
        Step(message("How much it is damped"), (Sum(message("d = k + α/size · Σ x²"), damped, base),), base),
        Step(
            message("Divided by d to the power of β = {beta}", beta=f"{params.beta:g}"),
            (
                Number(message("x"), x, "input"),
                Sign("/"),
                Number(message("d^β"), power, "weight"),
                Sign("="),
                Number(message("y"), y),
            ),
            y,
        ),
    )


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    _, c, i, j = cell.index
    return (Region(0, _window(shapes[0][1], c, params), slice(i, i + 1), slice(j, j + 1)),)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def sample(title: str, extents: tuple[int, ...], **params: Any) -> Sample:
        strong: dict[str, Any] = {"alpha": 2.0, "bias": 1.5}
        return Sample(title=title, xs=(rng.standard_normal(extents),), params=Params(**strong | params))

    special = np.array([np.nan, np.inf, -np.inf, 0.0, 2.0, 1e-30]).reshape(1, 6, 1, 1)
    return (
        sample("Five channels, two images", (2, 7, 3, 4)),
        sample("Four channels, the odd one after", (1, 6, 2, 3), size=4),
        sample("Four channels, the odd one before", (1, 6, 2, 3), size=4, side="before"),
        sample("One channel alone", (1, 3, 2, 2), size=1, beta=0.5),
        sample("Two channels, one there", (1, 1, 3, 2), size=2),
        sample("More channels than there are", (1, 3, 2, 2), size=9, side="before"),
        Sample(title="As published", xs=(rng.standard_normal((1, 6, 1, 1)) * 50,), params=Params()),
        Sample(title="Zeros", xs=(np.zeros((1, 2, 2, 2)),), params=Params(bias=0.5)),
        Sample(title="Infinity and not a number", xs=(special,), params=Params(size=2), ties=True),
    )


OP = Op(
    name="local_response_norm",
    title="Local response normalization",
    group="Normalization",
    formula="y[n,c,i,j] = x[n,c,i,j] / (k + α/size · Σ over d of x[n,c+d,i,j]²)^β",
    source="Krizhevsky, Sutskever & Hinton 2012, with α/size as ONNX LRN, PyTorch and Caffe have it",
    Params=Params,
    shape=lambda shapes, params: (shapes[0],),
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
)
