"""How a normalization over sets of numbers explains its numbers, and the three terms of its gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from explorer.ops.brief_sum import sum_of_planes
from explorer.ops.explanation import Number, Sign, Step, Sum
from explorer.ops.op import Array, Cell, Weights
from explorer.ops.statistic_sets import Sets, affine_at, statistics
from explorer.refusal import Message, message

GRADIENT = "dx = (g − mean(g) − x̂·mean(g·x̂)) / √(σ² + ε),  g = γ·dy, the means over the set"


def _titles(sets: Sets, index: Sequence[int]) -> tuple[Message, Message, Message]:
    """Titles of the steps of the mean and of the variance, and what a set counts."""
    c = index[1]
    if sets.batch:
        return (
            message("Mean of channel {channel} over the batch", channel=c),
            message("Variance of channel {channel}: the mean square of the distance to μ", channel=c),
            message("numbers of channel {channel} in the batch", channel=c),
        )
    if sets.channels == 1:
        return (
            message("Mean of channel {channel} of this image alone", channel=c),
            message("Variance of channel {channel} of this image: the mean square of the distance to μ", channel=c),
            message("numbers of channel {channel}", channel=c),
        )
    channels = sets.region(index).channels
    ends: Mapping[str, int] = {"first": channels.start, "last": channels.stop - 1}
    return (
        message("Mean of channels {first} to {last} of this image", **ends),
        message("Variance of channels {first} to {last}: the mean square of the distance to μ", **ends),
        message("numbers of channels {first} to {last}", **ends),
    )


def explain_statistics(x: Array, sets: Sets, index: Sequence[int]) -> tuple[Step, Step]:
    """The steps to the mean and to the biased variance of the set of one cell."""
    numbers = sets.numbers(x, index)
    mean, variance = statistics(x, sets, index)
    of_mean, of_variance, counted = _titles(sets, index)
    count = Number(counted, float(numbers.size), "weight")
    first = None if sets.batch else sets.region(index).channels.start
    with np.errstate(invalid="ignore", over="ignore"):
        total = sum_of_planes(message("Σ x"), numbers, first)
        spread = sum_of_planes(message("Σ (x − μ)²"), np.square(numbers - mean), first)
    return (
        Step(of_mean, (total, Sign("/"), count, Sign("="), Number(message("μ"), mean)), mean),
        Step(of_variance, (spread, Sign("/"), count, Sign("="), Number(message("σ²"), variance)), variance),
    )


def explain_normalised(
    x: float, mean: float, variance: float, epsilon: float, gamma: float, beta: float
) -> tuple[Step, Step]:
    """The steps from the mean and the variance to y."""
    deviation = math.sqrt(variance + epsilon)
    normalised = (x - mean) / deviation
    terms = (message("γ·x̂, γ = {gamma}", gamma=f"{gamma:.6g}"), gamma * normalised), (message("β"), beta)
    y = gamma * normalised + beta
    return (
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
        ),
        Step(message("Scaled and shifted: y = γ·x̂ + β"), (Sum(message("y"), terms, y),), y),
    )


def explain(x: Array, sets: Sets, weights: Weights, epsilon: float, cell: Cell) -> tuple[Step, ...]:
    """All steps to y at `cell`."""
    found = explain_statistics(x, sets, cell.index)
    mean, variance = (step.value for step in found)
    rest = explain_normalised(float(x[cell.index]), mean, variance, epsilon, *affine_at(weights, cell.index))
    return *found, *rest


def explain_gradient(x: Array, gy: Array, sets: Sets, weights: Weights, epsilon: float, cell: Cell) -> tuple[Step, ...]:
    """The steps to dx at `cell` of the input, where the statistics are those of the set itself."""
    index = cell.index
    mean, variance = statistics(x, sets, index)
    deviation = math.sqrt(variance + epsilon)
    gamma = np.asarray(weights["gamma"], np.float64)
    whole = np.broadcast_to(gamma if gamma.ndim == 3 else gamma[:, None, None], x.shape)
    first = None if sets.batch else sets.region(index).channels.start
    here = float(gy[index]), float(whole[index])
    flow, normalised = here[0] * here[1], (float(x[index]) - mean) / deviation
    with np.errstate(invalid="ignore", over="ignore"):
        flows = sets.numbers(whole, index) * sets.numbers(gy, index)
        total = sum_of_planes(message("Σ g"), flows, first)
        pull = sum_of_planes(message("Σ g·x̂"), flows * ((sets.numbers(x, index) - mean) / deviation), first)
    count = Number(message("numbers of the set"), float(sets.count), "weight")
    mean_flow, mean_pull = total.total / sets.count, pull.total / sets.count
    terms = (
        (message("g"), flow),
        (message("−mean(g), for x moves μ"), -mean_flow),
        (message("−x̂·mean(g·x̂), for x moves σ²; x̂ = {value}", value=f"{normalised:.6g}"), -normalised * mean_pull),
    )
    left = sum(value for _, value in terms)
    return (
        explain_flow(*here),
        Step(
            message("The mean of g over the set"),
            (total, Sign("/"), count, Sign("="), Number(message("mean(g)"), mean_flow)),
            mean_flow,
        ),
        Step(
            message("The mean of g·x̂ over the set, with x̂ = (x − μ)/√(σ² + ε)"),
            (pull, Sign("/"), count, Sign("="), Number(message("mean(g·x̂)"), mean_pull)),
            mean_pull,
        ),
        Step(message("What is left of the flow: three terms"), (Sum(message("left"), terms, left),), left),
        explain_division(left, deviation),
    )


def explain_flow(gy: float, gamma: float) -> Step:
    """g = γ·dy."""
    flow = gamma * gy
    parts = Number(message("γ"), gamma, "weight"), Sign("·"), Number(message("dy"), gy, "input"), Sign("=")
    return Step(message("The flow through the scale: g = γ·dy"), (*parts, Number(message("g"), flow)), flow)


def explain_division(left: float, deviation: float) -> Step:
    """dx = what is left of the flow over √(σ² + ε)."""
    slope = left / deviation
    parts = (
        Number(message("left"), left, "input"),
        Sign("/"),
        Number(message("√(σ² + ε)"), deviation, "weight"),
        Sign("="),
    )
    return Step(message("Back through the division by √(σ² + ε)"), (*parts, Number(message("dx"), slope)), slope)
