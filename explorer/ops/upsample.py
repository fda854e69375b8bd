"""Upsampling: a map drawn at another size, by its nearest cells or by bilinear interpolation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from explorer.ops.array_size import check_size
from explorer.ops.explanation import Grid, Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.parameters import choice, pair, reals
from explorer.ops.sampling import Axis, rounded, tables
from explorer.refusal import Refusal, message
from kernels._jit import read_only
from kernels.bands import bands
from kernels.upsampling import interpolate

_COORDINATES = (
    ("half_pixel", "Half pixel: cells are squares"),
    ("align_corners", "Align corners: the middles of the corners meet"),
    ("asymmetric", "Asymmetric: the first corners meet"),
)
_COORDINATES_HINT = (
    "Half pixel is PyTorch's align_corners=False and its nearest-exact; asymmetric with rounding down is its nearest."
)
_ROUNDINGS = (
    ("floor", "Down"),
    ("round_prefer_floor", "Nearest, a half down"),
    ("round_prefer_ceil", "Nearest, a half up"),
    ("ceil", "Up"),
)
_ROUNDING_HINT = "ONNX takes a half down, PyTorch's nearest-exact takes it up, and PyTorch's nearest rounds all down."
_MOST = 1 << 16
_PLACES = ("height", "width")


@dataclass(frozen=True, slots=True)
class Params:
    """How the numbers between cells are found, how large the output is, and where its cells lie in the input."""

    mode: str = choice("bilinear", "Numbers between cells", (("nearest", "Nearest"), ("bilinear", "Bilinear")))
    by: str = choice("scale", "Size by", (("scale", "Scale"), ("size", "Height and width")))
    scale: tuple[float, float] = reals((2.0, 2.0), "Scale", 0.01, 100, _PLACES, soft=8, when=("by", "scale"))
    size: tuple[int, int] = pair((64, 64), "Height and width", 1, _MOST, soft=512, when=("by", "size"))
    coordinates: str = choice("half_pixel", "Cells meet", _COORDINATES, hint=_COORDINATES_HINT)
    rounding: str = choice(
        "round_prefer_floor", "Rounding", _ROUNDINGS, when=("mode", "nearest"), hint=_ROUNDING_HINT
    )  # fmt: skip


def _axes(size: Shape, params: Params) -> tuple[Axis, Axis]:
    axes = []
    for axis, place in enumerate(_PLACES):
        cells = size[2 + axis]
        if params.by == "size":
            made = params.size[axis]
            scale = Fraction(made, cells)
        else:
            scale = Fraction(repr(params.scale[axis]))
            made = math.floor(cells * scale)
        if made < 1:
            raise Refusal(
                "A {place} of {cells} at the scale {scale} would be {made}; the least is 1.",
                place=place,
                cells=cells,
                scale=f"{float(scale):g}",
                made=made,
            )
        axes.append(Axis(cells, made, scale, params.mode, params.coordinates, params.rounding))
    return axes[0], axes[1]


def shape(shapes: Shapes, params: Params) -> Shapes:
    output = *shapes[0][:2], *(axis.made for axis in _axes(shapes[0], params))
    check_size("A smaller scale or size needs less.", output=output)
    return (output,)


def _interpolated(x: Array, rows: Any, columns: Any, extents: Shape, tick: Tick) -> Array:
    """Planes of `extents` (N, C, H, W) from the planes of x by a table for each axis."""
    planes = read_only(x.reshape(-1, *x.shape[2:]))
    y = np.empty((len(planes), *extents), x.dtype)
    cost = (len(rows[1]) * x.shape[3] + len(columns[1]) * extents[0]) // extents[0] + 1
    for first, last in bands(len(planes) * extents[0], cost, tick):
        interpolate(planes, rows, columns, first, last, y)
    return y.reshape(*x.shape[:2], *extents)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    (output,) = shape((x.shape,), params)
    rows, columns = _axes(x.shape, params)
    y = _interpolated(x, tables(rows)[0], tables(columns)[0], output[2:], tick)
    return (y,), (x.shape, x.dtype, rows, columns)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    shape, dtype, rows, columns = saved
    if gys[0] is None:
        return (np.zeros(shape, dtype),), {}
    gy = np.ascontiguousarray(gys[0], dtype)
    return (_interpolated(gy, tables(rows)[1], tables(columns)[1], shape[2:], tick),), {}


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c, i, j = cell.index
    plane = xs[0][n, c]
    at = [axis.coordinate(place) for axis, place in zip(_axes(xs[0].shape, params), (i, j), strict=True)]
    if params.mode == "nearest":
        row, column = (
            min(max(rounded(each, params.rounding), 0), size - 1) for each, size in zip(at, plane.shape, strict=True)
        )
        return float(plane[row, column])
    row_at, column_at = (
        min(max(each, Fraction(0)), Fraction(size - 1)) for each, size in zip(at, plane.shape, strict=True)
    )
    total = 0.0
    for row in range(math.floor(row_at), math.ceil(row_at) + 1):
        for column in range(math.floor(column_at), math.ceil(column_at) + 1):
            weight = (1 - abs(row_at - row)) * (1 - abs(column_at - column))
            total += float(weight) * float(plane[row, column])
    return total


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    (x,), (n, c, i, j) = xs, cell.index
    steps, taken = [], []
    for name, axis, place in zip(("Row", "Column"), _axes(x.shape, params), (i, j), strict=True):
        at = float(axis.coordinate(place))
        where = message(
            "{name} {place} lies in the input at {numbers}", name=name, place=place, numbers=axis.written(place)
        )
        steps.append(Step(where, (Number(message("coordinate"), at, "weight"),), at))
        taken.append(axis.taken(place))
    rows, columns = ([cell for cell, _ in each] for each in taken)
    values = x[n, c, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float64)
    shares = np.multiply.outer(*([float(weight) for _, weight in each] for each in taken))
    with np.errstate(invalid="ignore", over="ignore"):
        products = values * shares
        total = float(products.sum())
    title = (
        message("The nearest cell") if params.mode == "nearest" else message("The cells around it, by their nearness")
    )
    last = Step(
        title,
        (
            Grid(message("Input"), values, "input", where=(0, c, rows[0], columns[0])),
            Sign("⊙"),
            Grid(message("Weights"), shares, "weight"),
            Sign("="),
            Grid(message("Products"), products, "product", adds_up=True),
        ),
        total,
    )
    return *steps, last


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    taken = [axis.taken(place) for axis, place in zip(_axes(shapes[0], params), cell.index[2:], strict=True)]
    rows, columns = (slice(each[0][0], each[-1][0] + 1) for each in taken)
    return (Region(0, slice(cell.index[1], cell.index[1] + 1), rows, columns),)


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    axes = _axes(shapes[0], params)
    if params.by == "size":
        return tuple(f"{axis.size} → {axis.made}, scale {axis.scale}" for axis in axes)
    return tuple(f"⌊{axis.size} · {float(axis.scale):g}⌋ = {axis.made}" for axis in axes)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def case(title: str, *size: int, **params: Any) -> Sample:
        return Sample(title=title, xs=(rng.standard_normal(size),), params=Params(**params))

    nearest: dict[str, Any] = {"mode": "nearest"}
    return (
        case("Bilinear, twice, two images", 2, 2, 3, 4),
        case("Bilinear, align corners", 1, 1, 3, 4, coordinates="align_corners", by="size", size=(7, 5)),
        case("Bilinear, asymmetric, real scale", 1, 1, 4, 3, coordinates="asymmetric", scale=(1.7, 2.5)),
        case("Bilinear, smaller", 1, 1, 7, 6, scale=(0.4, 0.5)),
        case("Nearest, twice", 1, 2, 3, 2, **nearest),
        case("Nearest, halves", 1, 1, 4, 4, scale=(1.5, 2.5), rounding="round_prefer_ceil", **nearest),
        case(
            "Nearest, rounded down", 1, 1, 4, 3, scale=(1.5, 0.5), coordinates="asymmetric", rounding="floor", **nearest
        ),
        case("Nearest, rounded up", 1, 1, 3, 4, by="size", size=(5, 9), rounding="ceil", **nearest),
        case("Nearest, align corners", 1, 1, 3, 4, by="size", size=(5, 1), coordinates="align_corners", **nearest),
        case("The same size", 1, 1, 3, 2, scale=(1.0, 1.0)),
        case("One pixel", 1, 1, 1, 1, scale=(3.0, 2.0)),
        case("To one pixel", 1, 1, 4, 5, by="size", size=(1, 1)),
        Sample(
            title="Not a number and infinity reach the cells between them alone",
            xs=(np.array([[[[1.0, np.nan, 2.0, np.inf, 3.0]]]]),),
            params=Params(by="size", size=(1, 9), coordinates="align_corners"),
            ties=True,
        ),
    )


OP = Op(
    name="upsample",
    title="Upsampling",
    group="Upsampling",
    formula="y[n,c,i,j] = Σ over u, v of t(r(i) − u)·t(r(j) − v)·x[n,c,u,v], r(i) = (i + ½)/s − ½, t(z) = (1 − |z|)⁺",
    source="Bilinear and nearest-cell interpolation as in ONNX Resize, without its cubic and anti-aliased forms",
    Params=Params,
    shape=shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    arithmetic=arithmetic,
    samples=samples,
)
