"""Lp pooling: the p-norm of each window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer.ops import pooling_window
from explorer.ops.explanation import Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import flag, real
from explorer.ops.pooling_window import arithmetic, pooled, reads, window, window_cases
from explorer.refusal import message
from kernels import lp_pooling, window_gradient
from kernels._jit import read_only
from kernels.bands import bands

_P_HINT = "1 adds up magnitudes, 2 is the length of the window as a vector, a large p comes close to the maximum."
_MEAN_HINT = "The power mean: (Σ|x|^p / cells inside of the map)^{1/p}. With p = 2 it is the root mean square."
_POWER = 16
"""A real power takes about as long as this many other operations."""
_SUMMED = 1.0, 2.0
"""Exponents whose powers are summed as vectors."""


@dataclass(frozen=True, slots=True)
class Params(pooling_window.Params):
    """The window, the exponent, and whether the powers are averaged."""

    p: float = real(2.0, "p", 1.0, 1000.0, soft=10.0, hint=_P_HINT)
    mean: bool = flag(False, "Divide by the number of cells", hint=_MEAN_HINT)


def shape(shapes: Shapes, params: Params) -> Shapes:
    return (pooled(shapes[0], params),)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    windows = window(x.shape, params)
    planes = windows.planes(x)
    norms, y = (np.empty((len(planes), *windows.outputs), dtype) for dtype in (np.float64, x.dtype))
    counts = tuple(windows.counts(axis) if params.mean else windows.ones(axis) for axis in (0, 1))
    # In float64 the total of a window may be out of range, or 0, and is then taken cell by cell.
    summed = windows.sum_cost if x.dtype == np.float32 else windows.row_cost
    cost = summed if params.p in _SUMMED else _POWER * windows.row_cost
    for first, last in bands(len(planes) * windows.outputs[0], cost, tick):
        lp_pooling.lp_pool(planes, params.p, counts, *windows.geometry, windows.most, first, last, norms, y)
    return (y.reshape(x.shape[:2] + windows.outputs),), (params, windows, planes, read_only(norms), x.shape)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    params, windows, x, norms, shape = saved
    gx = np.zeros(x.shape, x.dtype)
    if gys[0] is not None:
        gy = gys[0].reshape(norms.shape)
        if params.mean:
            gy = gy / (windows.counts(0)[:, None] * windows.counts(1))
        gy = read_only(np.ascontiguousarray(gy, x.dtype))
        about = read_only(np.full(norms.shape, float(params.p)))
        for first, last in bands(len(x) * x.shape[1], _POWER * windows.cell_cost * x.shape[2], tick):
            window_gradient.window_gradient(
                window_gradient.POWER, x, norms, about, gy, *windows.geometry, first, last, gx
            )
    return (gx.reshape(shape),), {}


def _terms(xs: Arrays, params: Params, cell: Cell) -> tuple[list[float], float]:
    """|x| of the cells inside of the map, and what they are divided by so that no power leaves the range of float64."""
    sizes = [abs(value) for _, _, value in window(xs[0].shape, params).inside(xs[0], cell)]
    largest = max((size for size in sizes if math.isfinite(size)), default=0.0)
    return sizes, 1.0 if largest == 0 or abs(math.log2(largest)) * params.p < 500 else largest


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    sizes, scale = _terms(xs, params, cell)
    total = sum((size / scale) ** params.p for size in sizes)
    return float(scale * (total / (len(sizes) if params.mean else 1)) ** (1 / params.p))


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    windows = window(xs[0].shape, params)
    grid = windows.grid(xs[0], cell)
    sizes, scale = _terms(xs, params, cell)
    with np.errstate(over="ignore"):
        powers = (np.abs(grid.values) / scale) ** params.p
        total = float(powers.sum())
    steps = []
    if scale != 1:
        largest = message("Everything is divided by the largest magnitude, or the powers would leave the range")
        steps.append(Step(largest, (grid, Sign("→"), Number(message("largest |x|"), scale, "weight")), scale))
    summed = replace(grid, label=message("|x|^p") if scale == 1 else message("(|x| / largest)^p"), values=powers)
    steps.append(
        Step(
            message("The magnitudes to the power of p = {p}, added up; the padding adds 0", p=f"{params.p:g}"),
            (grid, Sign("Σ"), replace(summed, role="product", adds_up=True), Sign("="), Number(message("sum"), total)),
            total,
        )
    )
    count = float(len(sizes)) if params.mean else 1.0
    if params.mean:
        steps.append(
            Step(
                message("Divided by the number of cells inside of the map: a power mean, free of the window's size"),
                (
                    Number(message("sum"), total, "product"),
                    Sign("/"),
                    Number(message("cells"), count, "weight"),
                    Sign("="),
                    Number(message("mean"), total / count),
                ),
                total / count,
            )
        )
        title = message("The p-th root")
    else:
        title = message("The p-th root; some texts divide the sum by the number of cells first, which is an option")
    y = definition(xs, weights, params, cell)
    times = () if scale == 1 else (Number(message("largest |x|"), scale, "weight"), Sign("·"))
    root = (
        Sign("("),
        Number(message("mean") if params.mean else message("sum"), total / count, "product"),
        Sign(")^(1/p) ="),
        Number(message("y"), y),
    )
    return *steps, Step(title, (*times, *root), y)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def away_from_zero(shape: tuple[int, ...]) -> Array:
        return rng.choice((-1.0, 1.0), shape) * rng.uniform(0.1, 3, shape)

    exponents = (2.0, 2.0, 1.0, 1.5, 3.0, 2.5, 1.25, 1.0, 2.0, 4.0, 2.0)
    overlapping: dict[str, Any] = {"kernel": (3, 3), "stride": (1, 1), "padding": "same"}
    zeros = np.zeros((1, 1, 4, 4))
    zeros[0, 0, 0, 0] = -3.0
    holes = away_from_zero((1, 1, 4, 4))
    holes[0, 0, 0, 1], holes[0, 0, 3, 2:], holes[0, 0, 0, 2] = np.nan, (-np.inf, np.inf), -np.inf
    extremes = np.array([1e38, -1e38, 2e38, 1e-38, 1e-38, 0.0, -3e-38, 2e-38, 3e-38]).reshape(1, 1, 3, 3)
    return (
        *(
            Sample(title=f"{title}, p = {p:g}", xs=(away_from_zero(shape),), params=Params(p=p, **at))
            for p, (title, shape, at) in zip(exponents, window_cases(), strict=True)
        ),
        Sample(title="Root mean square", xs=(away_from_zero((1, 2, 5, 4)),), params=Params(**overlapping, mean=True)),
        Sample(
            title="Power mean, rounded up",
            xs=(away_from_zero((2, 1, 5, 7)),),
            params=Params(ceil=True, dilation=(1, 2), p=1.0, mean=True),
        ),
        Sample(title="Large p", xs=(away_from_zero((1, 1, 4, 6)),), params=Params(p=60.0)),
        # Too sharp a bend for a finite difference; its gradient has a test of its own.
        Sample(title="Largest p", xs=(away_from_zero((1, 1, 4, 6)),), params=Params(p=1000.0, mean=True), ties=True),
        Sample(title="Zeros", xs=(zeros,), params=Params(), ties=True),
        Sample(title="Zeros, p = 1", xs=(zeros,), params=Params(p=1.0), ties=True),
        Sample(title="Not a number, and infinity", xs=(holes,), params=Params(p=3.0), ties=True),
        Sample(
            title="Squares past the range of float32",
            xs=(extremes,),
            params=Params(kernel=(1, 3), stride=(1, 3)),
            ties=True,
        ),
    )


OP = Op(
    name="lp_pool",
    title="Lp pooling",
    group="Pooling",
    formula="y[n,c,i,j] = (Σ over u, v of |x[n,c, i·s − b + u·d, j·s − b + v·d]|^p)^{1/p}, b the padding",
    source="Sermanet, Chintala & LeCun 2012; the sum is not divided, as in ONNX LpPool",
    Params=Params,
    shape=shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    arithmetic=arithmetic,
    signed=False,
    smooth=False,
)
