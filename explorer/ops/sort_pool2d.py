"""Sort pooling: the numbers of a window in falling order, weighted by learned shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.explanation import Grid, Number, Sign, Step, Sum
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import integer
from explorer.refusal import message
from kernels import sort_pooling
from kernels._jit import read_only
from kernels.bands import bands


@dataclass(frozen=True, slots=True)
class Params:
    """How many of the four numbers are kept."""

    pool_range: int = integer(
        4,
        "Pool range",
        1,
        4,
        hint="How many of the four numbers count, from the largest; 1 is max pooling. An odd row or column at the end "
        "is completed by zeros, which take part.",
    )


def shape(shapes: Shapes, params: Params) -> Shapes:
    n, c, h, w = shapes[0]
    return ((n, c, -(-h // 2), -(-w // 2)),)


def init(shapes: Shapes, params: Params, rng: np.random.Generator) -> dict[str, Array]:
    return {"v": 0.1 * rng.standard_normal(params.pool_range)}


def _shares(v: Array) -> Array:
    """softmax(v) in float64."""
    v = np.asarray(v, np.float64)
    with np.errstate(invalid="ignore"):
        powers = np.exp(v - v.max())
    shares: Array = powers / powers.sum()
    return shares


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    planes = read_only(x.reshape(-1, *x.shape[2:]))
    shares = _shares(weights["v"])
    (outputs,) = shape((x.shape,), params)
    y = np.empty((len(planes), *outputs[2:]), x.dtype)
    for first, last in bands(len(planes) * outputs[2], 8 * outputs[3], tick):
        sort_pooling.sort_pool(planes, shares, first, last, y)
    return (y.reshape(outputs),), (x.shape, planes, shares, y.shape)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, planes, shares, pooled = saved
    gx, sums = np.zeros(planes.shape, planes.dtype), np.zeros((pooled[0] * pooled[1], shares.size))
    if gys[0] is not None:
        gy = read_only(np.ascontiguousarray(gys[0], planes.dtype).reshape(pooled))
        for first, last in bands(len(sums), 16 * pooled[2], tick):
            sort_pooling.sort_pool_gradient(planes, gy, shares, first, last, gx, sums)
    with np.errstate(invalid="ignore", over="ignore"):
        flow = sums.sum(axis=0)
        gv = shares * (flow - (shares * flow).sum())
    return (gx.reshape(shape),), {"v": gv.astype(planes.dtype)}


def _window(xs: Arrays, cell: Cell) -> tuple[Array, Array]:
    """The 2 × 2 numbers of a window in float64, 0 outside of the map, and the mask of what is outside."""
    n, c, i, j = cell.index
    window, outside = np.zeros((2, 2)), np.ones((2, 2), np.bool_)
    inside = xs[0][n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
    window[: inside.shape[0], : inside.shape[1]] = inside
    outside[: inside.shape[0], : inside.shape[1]] = False
    return window, outside


def _order(window: Array) -> list[int]:
    """Cells of the window from the largest to the least, NaN first; of equal ones the first in row order."""
    numbers = window.ravel().tolist()
    return sorted(range(4), key=lambda p: (0, 0.0) if math.isnan(numbers[p]) else (1, -numbers[p]))


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    window, _ = _window(xs, cell)
    a = [float(window.flat[p]) for p in _order(window)]
    v = [float(weights["v"][r]) for r in range(params.pool_range)]
    powers = [math.exp(each - max(v)) for each in v]
    return sum(power / sum(powers) * each for power, each in zip(powers, a, strict=False))


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    window, outside = _window(xs, cell)
    kept = params.pool_range
    order = _order(window)
    falling = window.ravel()[order]
    shares = _shares(weights["v"])
    with np.errstate(invalid="ignore"):
        products = shares * falling[:kept]
        y = float(sum(products.tolist()))
    grid = Grid(
        message("Window, completed by zeros") if outside.any() else message("Window"),
        window,
        "input",
        padding=outside if outside.any() else None,
        marked=tuple(divmod(p, 2) for p in order[:kept]),
        where=(0, cell.index[1], 2 * cell.index[2], 2 * cell.index[3]),
    )
    in_order = Grid(message("In falling order"), falling[None], "product", marked=tuple((0, r) for r in range(kept)))
    terms = tuple(
        (message("{share} · {number}", share=f"{share:.6g}", number=f"{number:.6g}"), float(product))
        for share, number, product in zip(shares, falling[:kept], products, strict=True)
    )
    return (
        Step(
            message("The four numbers in falling order, of which {kept} are kept", kept=kept),
            (grid, Sign("→"), in_order),
            float(falling[0]),
        ),
        Step(
            message("The shares by rank: the softmax of v, the same for all channels"),
            (
                Sign("softmax"),
                Grid(message("v"), np.asarray(weights["v"], np.float64)[None], "weight"),
                Sign("="),
                Grid(message("shares"), shares[None], "weight", adds_up=True),
                Sign("Σ ="),
                Number(message("sum of the shares"), float(shares.sum()), "weight"),
            ),
            float(shares.sum()),
        ),
        Step(message("Each number times the share of its rank, added up"), (Sum(message("y"), terms, y),), y),
    )


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    _, c, i, j = cell.index
    return (Region(0, slice(c, c + 1), slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2)),)


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    def line(size: int, name: str) -> str:
        return f"⌈{size}/2⌉ = {-(-size // 2)}" + (f", with a {name} of zeros at the end" if size % 2 else "")

    return line(shapes[0][2], "row"), line(shapes[0][3], "column")


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def case(title: str, extents: tuple[int, ...], kept: int) -> Sample:
        # No number is 0 and none is twice there, also beside the zeros behind the edge.
        x = (rng.permutation(math.prod(extents)).reshape(extents) + 0.5) / 8 - 2
        return Sample(title=title, xs=(x,), params=Params(kept), weights={"v": rng.standard_normal(kept)})

    holes = np.array([[1, np.nan, np.inf, 2, -np.inf], [np.nan, 3, -np.inf, 4, 5]]).reshape(1, 1, 2, 5)
    return (
        case("All four", (2, 2, 4, 6), 4),
        case("The two largest", (1, 2, 4, 4), 2),
        case("Max pooling", (1, 1, 4, 6), 1),
        case("Odd size", (2, 1, 5, 3), 3),
        case("One cell", (1, 1, 1, 1), 2),
        Sample(title="Fresh weights", xs=(0.1 + rng.random((1, 2, 3, 3)),), params=Params(4)),
        Sample(title="Equal numbers", xs=(np.full((1, 1, 2, 4), -3.0),), params=Params(2), ties=True),
        Sample(title="Zeros", xs=(np.zeros((1, 1, 3, 3)),), params=Params(3), ties=True),
        Sample(title="Not a number, and infinity", xs=(holes,), params=Params(3), ties=True),
        Sample(title="Infinity that is not kept", xs=(holes[..., 2:],), params=Params(2), ties=True),
    )


OP = Op(
    name="sort_pool2d",
    title="Sort pooling",
    group="Pooling",
    formula="y[n,c,i,j] = Σ over r of softmax(v)[r] · a_(r), a_(0) ≥ … ≥ a_(3) the 2 × 2 window at (2i, 2j)",
    source="Singla 2017, A new kind of pooling layer for faster and sharper convergence: an article with code",
    Params=Params,
    shape=shape,
    init=init,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    arithmetic=arithmetic,
    smooth=False,
    hint={"v": "One number for each rank; their softmax is the share of the rank, the same in all channels."},
)
