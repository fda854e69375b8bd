"""Normalization over sets of numbers: batch, instance, layer and group normalization differ in their sets alone.

Every number of a set S is brought to the mean and the spread of S, and then scaled and shifted:
y = γ·x̂ + β with x̂ = (x − μ)/√(σ² + ε), μ = mean over S of x, σ² = mean over S of (x − μ)², the biased variance.

Back: dβ = Σ dy and dγ = Σ dy·x̂ over what shares them, and with g = γ·dy
dx = (g − mean(g) − x̂·mean(g·x̂))/√(σ² + ε), the means over S. The first term is the flow itself; the second is what
moving x does to μ, the third what it does to σ².
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from explorer.ops.op import Array, Region, Shape, Tick, Weights
from explorer.ops.parameters import real
from explorer.refusal import Refusal
from kernels import normalization
from kernels._jit import read_only
from kernels.bands import bands


def epsilon_field() -> float:
    """The parameter `epsilon`."""
    return real(1e-5, "ε", 1e-12, 1.0, soft=0.1, hint="Keeps the division finite where all numbers are equal.")  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Sets:
    """Sets of whole planes of an array of `shape` (N, C, H, W).

    groups  the channels are split into so many groups of neighbours; the planes of one group form a set
    batch   True: those of all images form it together; False: those of each image alone
    """

    shape: Shape
    groups: int
    batch: bool = False

    @property
    def channels(self) -> int:
        """Channels of a set."""
        return self.shape[1] // self.groups

    @property
    def count(self) -> int:
        """Numbers of a set."""
        n, _, h, w = self.shape
        return (n if self.batch else 1) * self.channels * h * w

    def gathered(self, by_plane: Array) -> Array:
        """(N·C,) as (sets, planes of a set)."""
        parts = by_plane.reshape(self.shape[0], self.groups, self.channels)
        if self.batch:
            return parts.swapaxes(0, 1).reshape(self.groups, -1)
        return parts.reshape(-1, self.channels)

    def spread(self, by_set: Array) -> Array:
        """One number for each set as one for each of its planes, (N·C,)."""
        planes = np.repeat(by_set, self.channels)
        return np.tile(planes, self.shape[0]) if self.batch else planes

    def members(self) -> Array:
        """Which planes of (N·C,) each set has, (sets, planes of a set), read-only."""
        return _members(self)

    def region(self, index: Sequence[int]) -> Region:
        """The set that the cell `index` (n, c, …) lies in."""
        n, c = index[:2]
        first = c // self.channels * self.channels
        images = slice(0, self.shape[0]) if self.batch else slice(n, n + 1)
        return Region(
            0, slice(first, first + self.channels), slice(0, self.shape[2]), slice(0, self.shape[3]), images=images
        )

    def numbers(self, x: Array, index: Sequence[int]) -> Array:
        """The numbers of that set in float64, (planes, H, W)."""
        region = self.region(index)
        return x[region.images, region.channels].astype(np.float64).reshape(-1, *self.shape[2:])

    def check(self) -> None:
        """Refuse sets of one number, whose variance is 0 whatever the number is."""
        if self.count > 1:
            return
        limit = 2
        if self.batch:
            raise Refusal(
                "Each of the {channels} channels has {count} number in this batch; training needs at least {limit}.",
                channels=self.shape[1],
                count=self.count,
                limit=limit,
                hint="The variance of one number is 0, so every output would be β. Use the kept statistics, a larger "
                "map or more images.",
            )
        hint = "The variance of one number is 0, so every output would be β. Use a larger map."
        if self.groups == 1:
            raise Refusal(
                "Each image has {count} number; its normalization needs at least {limit}.",
                count=self.count,
                limit=limit,
                hint=hint,
            )
        raise Refusal(
            "Each of the {sets} sets of one channel has {count} number; normalization needs at least {limit}.",
            sets=self.groups,
            count=self.count,
            limit=limit,
            hint=hint,
        )

    def arithmetic(self) -> str:
        """How many numbers a set has: "2·16·16 = 512 numbers in each of 8 sets"."""
        n, _, h, w = self.shape
        parts = ([n] if self.batch else []) + ([self.channels] if self.channels > 1 else []) + [h, w]
        sets = self.groups * (1 if self.batch else n)
        return f"{'·'.join(map(str, parts))} = {self.count} numbers in each of {sets} sets"


@lru_cache(maxsize=64)
def _members(sets: Sets) -> Array:
    return read_only(np.ascontiguousarray(sets.gathered(np.arange(sets.shape[0] * sets.shape[1]))))


def mapped(x: Array, means: Array, scales: Array, shifts: Array, tick: Tick) -> Array:
    """y = (x − means)·scales + shifts, one of each for every part of x, which has as many parts as there are means."""
    planes = read_only(x.reshape(len(means), -1))
    y = np.empty_like(planes)
    for first, last in bands(len(planes), planes.shape[1], tick):
        normalization.affine(planes, means, scales, shifts, first, last, y)
    return y.reshape(x.shape)


def mapped_back(x: Array, gy: Array, means: Array, scales: Array, shifts: Array, pulls: Array, tick: Tick) -> Array:
    """gx = scales·gy − shifts − (x − means)·pulls by parts, as `mapped`."""
    planes, flow = (read_only(each.reshape(len(means), -1)) for each in (x, gy))
    gx = np.empty_like(planes)
    for first, last in bands(len(planes), planes.shape[1], tick):
        normalization.normalization_gradient(planes, flow, means, scales, shifts, pulls, first, last, gx)
    return gx.reshape(x.shape)


def moments(x: Array, sets: Sets, tick: Tick) -> tuple[Array, Array]:
    """Mean and biased variance of each set, float64."""
    n, c, h, w = x.shape
    planes = read_only(x.reshape(n * c, h * w))
    parts = [normalization.moments(planes[first:last]) for first, last in bands(n * c, 2 * h * w, tick)]
    means, spreads = (sets.gathered(np.concatenate(part)) for part in zip(*parts, strict=True))
    mean, spread = normalization.together(means, spreads, h * w)
    return mean, spread / sets.count


class Saved(NamedTuple):
    """What the gradient needs; mean and inverse = 1/√(σ² + ε) by set, gamma (C,) or (C, H, W), in float64."""

    x: Array
    sets: Sets
    gamma: Array
    mean: Array
    inverse: Array


def _whole(x: Array, sets: Sets) -> bool:
    """Whether a thread takes whole sets: each stays in its cache, and there are enough to share out."""
    count = sets.groups if sets.batch else len(x) * sets.groups
    return sets.count * x.itemsize <= normalization.SET_BYTES and count >= normalization.SETS


def normalised(
    x: Array, sets: Sets, weights: Weights, epsilon: float, tick: Tick
) -> tuple[Array, Saved, tuple[Array, Array]]:
    """y = γ·(x − μ)/√(σ² + ε) + β with the mean and variance of each set itself, and those two, float64."""
    n, c, h, w = x.shape
    gamma, beta = (read_only(np.asarray(weights[name], np.float64)) for name in ("gamma", "beta"))
    if gamma.ndim == 3 or not _whole(x, sets):
        found = moments(x, sets, tick)
        return *normalise(x, sets, weights, *found, epsilon, tick), found
    planes, y = read_only(x.reshape(n * c, h * w)), np.empty((n * c, h * w), x.dtype)
    members = sets.members()
    means, variances, inverses = np.empty((3, len(members)))
    for first, last in bands(len(members), sets.count, tick):
        normalization.normalise_sets(planes, members, gamma, beta, epsilon, first, last, means, variances, inverses, y)
    return y.reshape(x.shape), Saved(x, sets, gamma, means, inverses), (means, variances)


def normalise(
    x: Array, sets: Sets, weights: Weights, mean: Array, variance: Array, epsilon: float, tick: Tick
) -> tuple[Array, Saved]:
    """y = γ·(x − μ)/√(σ² + ε) + β with mean and variance of each set; γ and β of a channel, or of each element."""
    gamma, beta = (np.asarray(weights[name], np.float64) for name in ("gamma", "beta"))
    inverse = 1 / np.sqrt(variance + epsilon)
    n, means, scales = len(x), sets.spread(mean), sets.spread(inverse)
    if gamma.ndim == 1:
        y = mapped(x, means, scales * np.tile(gamma, n), np.tile(beta, n), tick)
    else:
        y = mapped(x, means, scales, np.zeros(len(means)), tick)
        scale, shift = gamma.astype(x.dtype), beta.astype(x.dtype)
        for first, last in bands(n, scale.size, tick):
            with np.errstate(invalid="ignore", over="ignore"):
                y[first:last] *= scale
                y[first:last] += shift
    return y, Saved(x, sets, gamma, mean, inverse)


def gradients(
    gy: Array,
    saved: Saved,
    tick: Tick,
    *,
    kept: bool = False,
    mean_flow: Array | float = 0.0,
    variance_flow: Array | float = 0.0,
) -> tuple[Array, Array, Array]:
    """dx, dγ and dβ in the type of x.

    kept           μ and σ² do not follow from x
    mean_flow      what flows back into the μ of each set by another way, and `variance_flow` into its σ²
    """
    x, sets, gamma, mean, inverse = saved
    n, c, h, w = x.shape
    gy = np.ascontiguousarray(gy, x.dtype)
    by_element = gamma.ndim == 3
    if _whole(x, sets) and not (by_element or kept):
        return _gradients_of_sets(gy, saved, tick, mean_flow, variance_flow)
    means, inverses = sets.spread(mean), sets.spread(inverse)
    if by_element:
        scale = gamma.astype(x.dtype)
        dgamma, dbeta, flow = np.zeros(gamma.shape), np.zeros(gamma.shape), np.empty_like(gy)
        xhat = mapped(x, means, inverses, np.zeros(len(means)), tick)
        for first, last in bands(n, 3 * scale.size, tick):
            with np.errstate(invalid="ignore", over="ignore"):
                dgamma += (gy[first:last] * xhat[first:last]).sum(axis=0, dtype=np.float64)
                dbeta += gy[first:last].sum(axis=0, dtype=np.float64)
                flow[first:last] = gy[first:last] * scale
        gy, scales = flow, np.ones(n * c)
    else:
        scales = np.tile(gamma, n)
    planes, flow = (read_only(each.reshape(n * c, h * w)) for each in (x, gy))
    parts = []
    for first, last in bands(n * c, 2 * h * w, tick):
        parts.append(normalization.flows(planes[first:last], flow[first:last], means[first:last]))
    flows, products = (np.concatenate(part) for part in zip(*parts, strict=True))
    with np.errstate(invalid="ignore", over="ignore"):
        if kept:
            gx = mapped(gy, np.zeros(n * c), scales * inverses, np.zeros(n * c), tick)
        else:
            shifts = inverse * sets.gathered(scales * flows).sum(axis=1) - mean_flow
            pulls = inverse**3 * sets.gathered(scales * products).sum(axis=1) - 2 * np.asarray(variance_flow)
            shifts, pulls = (sets.spread(each / sets.count) for each in (shifts, pulls))
            gx = mapped_back(x, gy, means, scales * inverses, shifts, pulls, tick)
        if not by_element:
            dgamma = (products * inverses).reshape(n, c).sum(axis=0)
            dbeta = flows.reshape(n, c).sum(axis=0)
    return gx, dgamma.astype(x.dtype), dbeta.astype(x.dtype)


def _gradients_of_sets(
    gy: Array, saved: Saved, tick: Tick, mean_flow: Array | float, variance_flow: Array | float
) -> tuple[Array, Array, Array]:
    """`gradients` where a thread takes whole sets."""
    x, sets, gamma, mean, inverse = saved
    n, c, h, w = x.shape
    planes, flow = (read_only(each.reshape(n * c, h * w)) for each in (x, gy))
    members, gx = sets.members(), np.empty((n * c, h * w), x.dtype)
    sums = np.empty((2, n * c))
    more = np.empty((len(members), 2))
    more[:, 0], more[:, 1] = mean_flow, np.multiply(2.0, variance_flow)
    for first, last in bands(len(members), sets.count, tick):
        normalization.gradient_of_sets(
            planes, flow, members, gamma, mean, inverse, more, first, last, sums[0], sums[1], gx
        )
    with np.errstate(invalid="ignore", over="ignore"):
        dbeta, dgamma = sums.reshape(2, n, c).sum(axis=1).astype(x.dtype)
    return gx.reshape(x.shape), dgamma, dbeta


def statistics(x: Array, sets: Sets, index: Sequence[int]) -> tuple[float, float]:
    """Mean and biased variance of the set of one cell, straight from their definition."""
    with np.errstate(invalid="ignore", over="ignore"):
        numbers = sets.numbers(x, index)
        mean = float(numbers.mean())
        return mean, float(np.square(numbers - mean).mean())


def affine_at(weights: Weights, index: Sequence[int]) -> tuple[float, float]:
    """γ and β of one cell."""
    at = tuple(index[1:]) if weights["gamma"].ndim == 3 else index[1]
    return float(weights["gamma"][at]), float(weights["beta"][at])


def defined(x: float, mean: float, variance: float, epsilon: float, gamma: float, beta: float) -> float:
    """γ·(x − μ)/√(σ² + ε) + β."""
    return gamma * ((x - mean) / math.sqrt(variance + epsilon)) + beta
