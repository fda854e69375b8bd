"""Batch normalization."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops import running_statistics, statistic_sets, statistic_steps
from explorer.ops.explanation import Number, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.parameters import choice
from explorer.ops.running_statistics import kept_weight_field, momentum_field, running_field
from explorer.ops.statistic_sets import Sets, epsilon_field
from explorer.refusal import Refusal, message

_WEIGHTS = ("gamma", "beta", "mean", "var")


@dataclass(frozen=True, slots=True)
class Params:
    """Which statistics normalise, ε, and by which rule training renews the kept ones."""

    mode: str = choice(
        "training",
        "Statistics",
        (("training", "Of this batch (training)"), ("inference", "The kept ones (inference)")),
    )
    epsilon: float = epsilon_field()
    running: str = running_field(when=("mode", "training"))
    momentum: float = momentum_field(when=("mode", "training"))
    kept_weight: float = kept_weight_field(when=("running", "caffe"))


def _sets(shape: Shape) -> Sets:
    return Sets(shape, groups=shape[1], batch=True)


def shape(shapes: Shapes, params: Params) -> Shapes:
    if params.mode == "training":
        _sets(shapes[0]).check()
    kept = 1, shapes[0][1], 1, 1
    return shapes[0], kept, kept


def init(shapes: Shapes, params: Params, rng: np.random.Generator) -> dict[str, Array]:
    channels = shapes[0][1]
    ones, zeros = np.ones(channels), np.zeros(channels)
    return {"gamma": ones, "beta": zeros, "mean": zeros.copy(), "var": ones.copy()}


def _kept(weights: Weights) -> tuple[Array, Array]:
    """The kept mean and variance, or a Refusal where inference cannot use them."""
    mean, var = (np.asarray(weights[name], np.float64) for name in ("mean", "var"))
    if (var < 0).any():
        worst = int(np.argmin(var))
        raise Refusal(
            "The kept variance of channel {channel} is {value}; the least is 0.", channel=worst, value=float(var[worst])
        )
    return mean, var


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    sets = _sets(x.shape)
    if params.mode == "training":
        y, saved, found = statistic_sets.normalised(x, sets, weights, params.epsilon, tick)
        running = running_statistics.renewed(params, (weights["mean"], weights["var"]), found, sets.count)
    else:
        running = _kept(weights)
        y, saved = statistic_sets.normalise(x, sets, weights, *running, params.epsilon, tick)
    with np.errstate(over="ignore"):  # A variance may be too large for a type that holds its deviation.
        kept = tuple(each.astype(x.dtype).reshape(1, -1, 1, 1) for each in running)
    return (y, *kept), (saved, params)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    inner, params = saved
    x, sets, gamma, _, inverse = inner
    if all(gy is None for gy in gys):
        return (np.zeros_like(x),), {name: np.zeros(x.shape[1], x.dtype) for name in _WEIGHTS}
    gy = np.zeros_like(x) if gys[0] is None else gys[0]
    into_mean, into_var = (np.zeros(x.shape[1]) if each is None else np.float64(each).ravel() for each in gys[1:])
    if params.mode == "training":
        keep, take = running_statistics.shares(params)
        gx, dgamma, dbeta = statistic_sets.gradients(
            gy,
            inner,
            tick,
            mean_flow=take * into_mean,
            variance_flow=take * running_statistics.correction(params, sets.count) * into_var,
        )
        dmean, dvar = keep * into_mean, keep * into_var
    else:
        gx, dgamma, dbeta = statistic_sets.gradients(gy, inner, tick, kept=True)
        with np.errstate(invalid="ignore", over="ignore"):
            dmean = into_mean - gamma * inverse * dbeta
            dvar = into_var - 0.5 * gamma * inverse**2 * dgamma
    return (gx,), {"gamma": dgamma, "beta": dbeta, "mean": dmean.astype(x.dtype), "var": dvar.astype(x.dtype)}


def affine(weights: Weights, params: Params, shapes: Shapes) -> tuple[Array, Array]:
    if params.mode == "training":
        raise Refusal(
            "In training, batch normalization follows the statistics of each batch; no fixed weights could do that.",
            hint="Let it use the kept statistics (inference) first.",
        )
    mean, var = _kept(weights)
    gamma, beta = (np.asarray(weights[name], np.float64) for name in ("gamma", "beta"))
    scale = gamma / np.sqrt(var + params.epsilon)
    return scale, beta - scale * mean


def _statistics(xs: Arrays, weights: Weights, params: Params, c: int) -> tuple[float, float]:
    if params.mode == "inference":
        return float(weights["mean"][c]), float(weights["var"][c])
    return statistic_sets.statistics(xs[0], _sets(xs[0].shape), (0, c))


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    c = cell.index[1]
    found = _statistics(xs, weights, params, c)
    if cell.port == 0:
        return statistic_sets.defined(
            float(xs[0][cell.index]), *found, params.epsilon, *statistic_sets.affine_at(weights, cell.index)
        )
    if params.mode == "inference":
        return found[cell.port - 1]
    before = float(weights["mean"][c]), float(weights["var"][c])
    renewed: float = running_statistics.renewed(params, before, found, _sets(xs[0].shape).count)[cell.port - 1]
    return renewed


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    c, sets = cell.index[1], _sets(xs[0].shape)
    if params.mode == "inference":
        mean, variance = _statistics(xs, weights, params, c)
        kept = Number(message("μ"), mean), Number(message("σ²"), variance)
        if cell.port:
            one = kept[cell.port - 1]
            title = message("Inference leaves the kept statistics of channel {channel} as they are", channel=c)
            return (Step(title, (one,), one.value),)
        title = message("The kept mean and variance of channel {channel}", channel=c)
        steps: tuple[Step, ...] = (Step(title, kept, variance),)
    else:
        steps = statistic_steps.explain_statistics(xs[0], sets, cell.index)
        mean, variance = (step.value for step in steps)
    if cell.port == 0:
        gamma, beta = statistic_sets.affine_at(weights, cell.index)
        x = float(xs[0][cell.index])
        return *steps, *statistic_steps.explain_normalised(x, mean, variance, params.epsilon, gamma, beta)
    before = float(weights[_WEIGHTS[cell.port + 1]][c])
    return *steps[: cell.port], *running_statistics.explain(
        params, cell.port == 2, before, steps[cell.port - 1].value, sets.count
    )


def explain_gradient(
    xs: Arrays, weights: Weights, params: Params, gys: Sequence[Array | None], cell: Cell
) -> Sequence[Step]:
    (x,), c = xs, cell.index[1]
    gy = np.zeros_like(x) if gys[0] is None else gys[0]
    if params.mode == "inference":
        flow = statistic_steps.explain_flow(float(gy[cell.index]), float(weights["gamma"][c]))
        deviation = math.sqrt(float(weights["var"][c]) + params.epsilon)
        return flow, statistic_steps.explain_division(flow.value, deviation)
    sets = _sets(x.shape)
    steps = statistic_steps.explain_gradient(x, gy, sets, weights, params.epsilon, cell)
    into_mean, into_var = (0.0 if each is None else float(each[0, c, 0, 0]) for each in gys[1:])
    if gys[1] is None and gys[2] is None:
        return steps
    return *steps, running_statistics.explain_gradient(
        params,
        steps[-1].value,
        into_mean,
        into_var,
        float(x[cell.index]) - _statistics(xs, weights, params, c)[0],
        sets.count,
    )


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    if params.mode == "training":
        return (_sets(shapes[0]).region(cell.index),)
    if cell.port:
        return ()
    _, c, i, j = cell.index
    return (Region(0, slice(c, c + 1), slice(i, i + 1), slice(j, j + 1)),)


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    if params.mode == "inference":
        return ()
    return (_sets(shapes[0]).arithmetic(), *running_statistics.arithmetic(params))


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def sample(title: str, extents: tuple[int, ...], params: Params) -> Sample:
        channels = extents[1]
        weights = {
            "gamma": rng.uniform(0.5, 2, channels),
            "beta": rng.standard_normal(channels),
            "mean": rng.standard_normal(channels),
            "var": rng.uniform(0.5, 2, channels),
        }
        return Sample(title=title, xs=(rng.standard_normal(extents),), params=params, weights=weights)

    kept = Params(mode="inference", epsilon=1e-3)
    return (
        sample("Training, two images", (2, 3, 4, 3), Params()),
        sample("Training, many channels", (2, 9, 2, 2), Params()),
        sample("Training, one image, odd size", (1, 2, 5, 1), Params(epsilon=0.1, running="onnx", momentum=0.3)),
        sample("Training, two numbers", (2, 1, 1, 1), Params(epsilon=0.1)),
        sample(
            "Training, sums with a decaying weight",
            (2, 2, 3, 1),
            Params(running="caffe", momentum=0.25, kept_weight=1.5),
        ),
        sample("Training, the first of all batches", (3, 2, 1, 2), Params(running="caffe", epsilon=0.1)),
        Sample(title="Training, fresh weights", xs=(rng.standard_normal((1, 2, 3, 3)),), params=Params()),
        Sample(title="Training, an even channel", xs=(np.full((1, 1, 2, 2), 7.0),), params=Params(epsilon=1.0)),
        sample("Inference", (2, 3, 4, 3), kept),
        sample("Inference, one cell", (1, 2, 1, 1), kept),
    )


OP = Op(
    name="batch_norm",
    title="Batch normalization",
    group="Normalization",
    formula="y[n,c,i,j] = γ[c] · (x[n,c,i,j] − μ[c]) / √(σ²[c] + ε) + β[c]",
    source="Ioffe & Szegedy 2015; the biased variance, over N, H and W; running statistics as PyTorch, ONNX or Caffe",
    Params=Params,
    shape=shape,
    init=init,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    explain_gradient=explain_gradient,
    gradient_formula=statistic_steps.GRADIENT,
    reads=reads,
    arithmetic=arithmetic,
    affine=affine,
    samples=samples,
    outputs=("y", "running_mean", "running_var"),
    hint={
        "gamma": "Scale of each channel.",
        "beta": "Shift of each channel.",
        "mean": "Kept mean of each channel before this batch; inference normalises by it, training renews it.",
        "var": "Kept variance of each channel before this batch; inference normalises by it, training renews it.",
        "running_mean": "Kept mean after this batch.",
        "running_var": "Kept variance after this batch.",
    },
)
