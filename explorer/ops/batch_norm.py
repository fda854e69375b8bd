"""Batch normalization."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.brief_sum import sum_of_planes
from explorer.ops.explanation import Number, Sign, Step, Sum
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import choice, real
from explorer.refusal import Refusal, message
from kernels import normalization
from kernels._jit import read_only
from kernels.bands import bands

_WEIGHTS = ("gamma", "beta", "mean", "var")


@dataclass(frozen=True, slots=True)
class Params:
    """Which statistics normalise, and ε."""

    mode: str = choice(
        "training",
        "Statistics",
        (("training", "Of this batch (training)"), ("inference", "The kept ones (inference)")),
    )
    epsilon: float = real(1e-5, "ε", 1e-12, 1.0, soft=0.1, hint="Keeps the division finite where a channel is even.")


def shape(shapes: Shapes, params: Params) -> Shapes:
    n, c, h, w = shapes[0]
    if params.mode == "training" and n * h * w == 1:
        raise Refusal(
            "Each of the {channels} channels has {count} number in this batch; training needs at least 2.",
            channels=c,
            count=1,
            hint="The variance of one number is 0, so every output would be β. Use the kept statistics, a larger map "
            "or more images.",
        )
    return (shapes[0],)


def init(shapes: Shapes, params: Params, rng: np.random.Generator) -> dict[str, Array]:
    channels = shapes[0][1]
    ones, zeros = np.ones(channels), np.zeros(channels)
    return {"gamma": ones, "beta": zeros, "mean": zeros.copy(), "var": ones.copy()}


def _read(weights: Weights) -> tuple[Array, Array, Array, Array]:
    gamma, beta, mean, var = (np.asarray(weights[name], np.float64) for name in _WEIGHTS)
    return gamma, beta, mean, var


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    n, c, h, w = x.shape
    planes = read_only(x.reshape(n * c, h * w))
    gamma, beta, mean, var = _read(weights)
    if params.mode == "training":
        parts = []
        for first, last in bands(n * c, 2 * h * w, tick):
            parts.append(normalization.moments(planes[first:last]))
        means, spreads = (np.concatenate(part).reshape(n, c).T for part in zip(*parts, strict=True))
        mean, spread = normalization.together(means, spreads, h * w)
        var = spread / (n * h * w)
    elif (var < 0).any():
        worst = int(np.argmin(var))
        raise Refusal(
            "The kept variance of channel {channel} is {value}; the least is 0.", channel=worst, value=float(var[worst])
        )
    inverse = 1 / np.sqrt(var + params.epsilon)
    y = np.empty_like(planes)
    by_plane = tuple(np.tile(each, n) for each in (mean, gamma * inverse, beta))
    for first, last in bands(n * c, h * w, tick):
        normalization.affine(planes, *by_plane, first, last, y)
    return (y.reshape(x.shape),), (x, params.mode, gamma, mean, inverse)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    x, mode, gamma, mean, inverse = saved
    n, c, h, w = x.shape
    if gys[0] is None:
        return (np.zeros_like(x),), {name: np.zeros(c, x.dtype) for name in _WEIGHTS}
    planes = read_only(x.reshape(n * c, h * w))
    gy = read_only(np.ascontiguousarray(gys[0], x.dtype).reshape(planes.shape))
    parts = []
    for first, last in bands(n * c, 2 * h * w, tick):
        parts.append(normalization.flows(planes[first:last], gy[first:last], np.tile(mean, n)[first:last]))
    flow, product = (np.concatenate(part).reshape(n, c).sum(axis=0) for part in zip(*parts, strict=True))
    scale = gamma * inverse
    count = n * h * w if mode == "training" else math.inf
    gx = np.empty_like(planes)
    by_plane = tuple(np.tile(each, n) for each in (mean, scale, flow / count, product * inverse**2 / count))
    for first, last in bands(n * c, h * w, tick):
        normalization.normalization_gradient(planes, gy, *by_plane, first, last, gx)
    kept = mode == "inference"
    gradients = {
        "gamma": product * inverse,
        "beta": flow,
        "mean": -scale * flow * kept,
        "var": -0.5 * scale * inverse**2 * product * kept,
    }
    return (gx.reshape(x.shape),), {name: each.astype(x.dtype) for name, each in gradients.items()}


def _statistics(xs: Arrays, weights: Weights, params: Params, c: int) -> tuple[float, float]:
    if params.mode == "inference":
        return float(weights["mean"][c]), float(weights["var"][c])
    channel = xs[0][:, c].astype(np.float64)
    mean = float(channel.mean())
    return mean, float(np.square(channel - mean).mean())


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    c = cell.index[1]
    with np.errstate(invalid="ignore", over="ignore"):
        mean, variance = _statistics(xs, weights, params, c)
    normalised = (float(xs[0][cell.index]) - mean) / math.sqrt(variance + params.epsilon)
    return float(weights["gamma"][c]) * normalised + float(weights["beta"][c])


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    c, x = cell.index[1], float(xs[0][cell.index])
    with np.errstate(invalid="ignore", over="ignore"):
        mean, variance = _statistics(xs, weights, params, c)
    mu, sigma2 = Number(message("μ"), mean), Number(message("σ²"), variance)
    steps = []
    if params.mode == "training":
        channel = xs[0][:, c].astype(np.float64)
        count = Number(message("numbers of channel {channel} in the batch", channel=c), float(channel.size), "weight")
        with np.errstate(invalid="ignore", over="ignore"):
            total = sum_of_planes(message("Σ x"), channel)
            spread = sum_of_planes(message("Σ (x − μ)²"), np.square(channel - mean))
        steps = [
            Step(
                message("Mean of channel {channel} over the batch", channel=c),
                (total, Sign("/"), count, Sign("="), mu),
                mean,
            ),
            Step(
                message("Variance of channel {channel}: the mean square of the distance to μ", channel=c),
                (spread, Sign("/"), count, Sign("="), sigma2),
                variance,
            ),
        ]
    else:
        steps = [Step(message("The kept mean and variance of channel {channel}", channel=c), (mu, sigma2), variance)]
    deviation = math.sqrt(variance + params.epsilon)
    normalised = (x - mean) / deviation
    gamma, beta = float(weights["gamma"][c]), float(weights["beta"][c])
    steps.append(
        Step(
            message("Normalised: x̂ = (x − μ)/√(σ² + ε)"),
            (
                Number(message("x − μ"), x - mean, "input"),
                Sign("/"),
                Number(message("√(σ² + ε)"), deviation, "weight"),
                Sign("="),
                Number(message("x̂"), normalised),
            ),
            normalised,
        )
    )
    terms = (message("γ·x̂, γ = {gamma}", gamma=f"{gamma:.6g}"), gamma * normalised), (message("β"), beta)
    y = gamma * normalised + beta
    steps.append(Step(message("Scaled and shifted: y = γ·x̂ + β"), (Sum(message("y"), terms, y),), y))
    return tuple(steps)


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    _, c, i, j = cell.index
    if params.mode == "inference":
        return (Region(0, slice(c, c + 1), slice(i, i + 1), slice(j, j + 1)),)
    return (Region(0, slice(c, c + 1), slice(0, shapes[0][2]), slice(0, shapes[0][3])),)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def weights(channels: int) -> dict[str, Array]:
        return {
            "gamma": rng.uniform(0.5, 2, channels),
            "beta": rng.standard_normal(channels),
            "mean": rng.standard_normal(channels),
            "var": rng.uniform(0.5, 2, channels),
        }

    kept = Params(mode="inference", epsilon=1e-3)
    return (
        Sample(
            title="Training, two images", xs=(rng.standard_normal((2, 3, 4, 3)),), params=Params(), weights=weights(3)
        ),
        Sample(
            title="Training, one image, odd size",
            xs=(rng.standard_normal((1, 2, 5, 1)),),
            params=Params(epsilon=0.1),
            weights=weights(2),
        ),
        Sample(
            title="Training, two numbers",
            xs=(rng.standard_normal((2, 1, 1, 1)),),
            params=Params(epsilon=0.1),
            weights=weights(1),
        ),
        Sample(title="Training, fresh weights", xs=(rng.standard_normal((1, 2, 3, 3)),), params=Params()),
        Sample(
            title="Training, an even channel",
            xs=(np.full((1, 1, 2, 2), 7.0),),
            params=Params(epsilon=1.0),
            weights=weights(1),
        ),
        Sample(title="Inference", xs=(rng.standard_normal((2, 3, 4, 3)),), params=kept, weights=weights(3)),
        Sample(title="Inference, one cell", xs=(rng.standard_normal((1, 2, 1, 1)),), params=kept, weights=weights(2)),
    )


OP = Op(
    name="batch_norm",
    title="Batch normalization",
    group="Normalization",
    formula="y[n,c,i,j] = γ[c] · (x[n,c,i,j] − μ[c]) / √(σ²[c] + ε) + β[c]",
    source="Ioffe & Szegedy 2015; the biased variance, over N, H and W",
    Params=Params,
    shape=shape,
    init=init,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    hint={
        "gamma": "Scale of each channel.",
        "beta": "Shift of each channel.",
        "mean": "Kept mean of each channel; inference normalises by it, training does not read it.",
        "var": "Kept variance of each channel; inference normalises by it, training does not read it.",
    },
)
