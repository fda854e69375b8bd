"""Convolution as networks define it: the kernel is laid over the input unturned (cross-correlation)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer import limits
from explorer.ops import kernel_presets
from explorer.ops.explanation import Grid, Sign, Step, Sum
from explorer.ops.grouping import check_groups
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.padding import (
    dilation_field,
    extent,
    extent_text,
    kernel_field,
    padding_field,
    pads,
    pads_field,
    stride_field,
)
from explorer.ops.parameters import choice, flag, integer
from explorer.ops.pooling_window import Window
from explorer.ops.scaled_weights import scaled
from explorer.refusal import Message, Refusal, message
from kernels.convolution import convolve, input_gradient
from kernels.convolution_weights import bias_gradient, weight_gradient

_CHANNELS = limits.Limits().channels
_BANKS = (("classic", "Classic kernels"), ("gabor", "Gabor"), ("random", "Random (He)"), ("zero", "0"))
_BANK_HINT = "With several input channels each kernel is divided evenly over them: it filters their mean."
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Params:
    """How many filters of what size, how they move, and what they begin with."""

    filters: int = integer(8, "Filters", 1, _CHANNELS, soft=64)
    kernel: tuple[int, int] = kernel_field((3, 3))
    stride: tuple[int, int] = stride_field()
    padding: str = padding_field("same")
    pads: tuple[int, int, int, int] = pads_field()
    dilation: tuple[int, int] = dilation_field()
    groups: int = integer(
        1, "Groups", 1, _CHANNELS, soft=16, hint="Channels and filters are split into groups that do not mix."
    )
    bias: bool = flag(True, "Bias")
    bank: str = choice("classic", "Kernels begin as", _BANKS, hint=_BANK_HINT)


def _window(shape: Shape, params: Params) -> Window:
    extents = shape[2], shape[3]
    around = pads(params.padding, params.pads, params.kernel, params.stride, params.dilation, extents)
    rows, columns = (
        extent(size, kernel, stride, dilation, around[axis], around[axis + 2])
        for axis, (size, kernel, stride, dilation) in enumerate(
            zip(extents, params.kernel, params.stride, params.dilation, strict=True)
        )
    )
    return Window(params.kernel, params.stride, params.dilation, around, extents, (rows, columns))


def _weight_shape(shape: Shape, params: Params) -> tuple[int, int, int, int]:
    return params.filters, shape[1] // params.groups, params.kernel[0], params.kernel[1]


def shape(shapes: Shapes, params: Params) -> Shapes:
    check_groups("channels of the input", shapes[0][1], params.groups)
    check_groups("filters", params.filters, params.groups)
    output = shapes[0][0], params.filters, *_window(shapes[0], params).outputs
    most = limits.current().array_bytes
    for what, cells in (("output", math.prod(output)), ("kernels", math.prod(_weight_shape(shapes[0], params)))):
        if cells * 4 > most:
            raise Refusal(
                "The {what} would have {cells} numbers, {size} MB or more; the limit is {most} MB.",
                what=what,
                cells=cells,
                size=cells * 4 >> 20,
                most=most >> 20,
                hint="Fewer filters, a smaller kernel or a larger stride needs less.",
            )
    return (output,)


def init(shapes: Shapes, params: Params, rng: np.random.Generator) -> dict[str, Array]:
    weights = {"w": kernel_presets.bank(params.bank, *_weight_shape(shapes[0], params), rng)}
    return weights | ({"b": np.zeros(params.filters)} if params.bias else {})


def _checked(x: Array, weights: Weights, params: Params) -> tuple[Array, Array]:
    """Kernels and bias in the type of x, or a Refusal: an index outside of an array would be read all the same."""
    wanted = {"w": _weight_shape(x.shape, params)} | ({"b": (params.filters,)} if params.bias else {})
    for name, size in wanted.items():
        array = weights.get(name)
        if array is None or array.dtype.kind != "f" or array.shape != size:
            met = "missing" if array is None else f"{array.dtype} " + " × ".join(map(str, array.shape))
            raise Refusal(
                "The weights {name} are {met}; they are floating-point numbers, {wanted}.",
                name=name,
                met=met,
                wanted=" × ".join(map(str, size)),
            )
    b = weights["b"] if params.bias else np.zeros(params.filters)
    return np.ascontiguousarray(weights["w"], x.dtype), np.ascontiguousarray(b, x.dtype)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    (output,) = shape((x.shape,), params)
    w, b = _checked(x, weights, params)
    y = np.empty(output, x.dtype)
    convolve(x, w, b, y, params.stride, params.dilation, _window(x.shape, params).pads, params.groups, tick)
    return (y,), (x, w, params)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    x, w, params = saved
    gx, gw, gb = np.zeros_like(x), np.zeros_like(w), np.zeros(len(w), x.dtype)
    if gys[0] is not None:
        gy = np.ascontiguousarray(gys[0], x.dtype)
        moves = params.stride, params.dilation, _window(x.shape, params).pads, params.groups
        input_gradient(gy, w, gx, *moves, tick)
        weight_gradient(x, gy, gw, *moves, tick)
        bias_gradient(gy, gb)
    return (gx,), {"w": gw} | ({"b": gb} if params.bias else {})


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    (x,), w = xs, weights["w"]
    n, k, i, j = cell.index
    channels = w.shape[1]
    first = k // (params.filters // params.groups) * channels
    rows, columns = _window(x.shape, params).cells(i, j)
    total = float(weights["b"][k]) if params.bias else 0.0
    for c in range(channels):
        for u, row in enumerate(rows):
            for v, column in enumerate(columns):
                if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                    total += float(w[k, c, u, v]) * float(x[n, first + c, row, column])
    return total


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    (x,), w = xs, weights["w"]
    n, k, i, j = cell.index
    channels = w.shape[1]
    first = k // (params.filters // params.groups) * channels
    windows = _window(x.shape, params)
    rows, columns = windows.cells(i, j)
    patches, products = [], []
    with np.errstate(invalid="ignore", over="ignore"):
        for c in range(channels):
            patch, padding = windows.patch(x[n, first + c], i, j)
            patches.append(patch)
            products.append(np.where(padding, 0.0, patch * w[k, c].astype(np.float64)))
        sums = np.array([product.sum() for product in products])
    shown = list(range(channels))
    if channels > _SHOWN:
        shown = sorted(np.argsort(-np.abs(sums), kind="stable")[:_SHOWN].tolist())
    steps = [
        Step(
            message("Channel {channel}", channel=first + c),
            (
                Grid(
                    message("Input"),
                    patches[c],
                    "input",
                    padding=padding if padding.any() else None,
                    where=(0, first + c, int(rows[0]), int(columns[0])),
                    spacing=params.dilation,
                ),
                Sign("⊙"),
                Grid(message("Kernel of filter {filter}", filter=k), w[k, c].astype(np.float64), "weight"),
                Sign("="),
                Grid(message("Products"), products[c], "product", adds_up=True),
            ),
            float(sums[c]),
        )
        for c in shown
    ]
    total = _total(k, sums, first, shown, float(weights["b"][k]) if params.bias else None)
    return *steps, Step(message("All added up"), (total,), total.total)


def _total(k: int, sums: Array, first: int, shown: Sequence[int], bias: float | None) -> Sum:
    terms: list[tuple[Message, float]] = [
        (message("channel {channel}", channel=first + c), float(sums[c])) for c in shown
    ]
    if len(shown) < len(sums):
        rest = np.delete(sums, shown)
        with np.errstate(invalid="ignore", over="ignore"):
            terms.append((message("… {count} more", count=rest.size), float(rest.sum())))
    if bias is not None:
        terms.append((message("bias"), bias))
    return Sum(message("Filter {filter}", filter=k), tuple(terms), sum(value for _, value in terms))


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    channels = shapes[0][1] // params.groups
    first = cell.index[1] // (params.filters // params.groups) * channels
    return (_window(shapes[0], params).reads(cell)._replace(channels=slice(first, first + channels)),)


def labels(shapes: Shapes, params: Params, weights: Weights) -> tuple[str, ...]:
    return tuple(name or f"kernel {k}" for k, name in enumerate(kernel_presets.names(weights["w"])))


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    (size,), around = shapes, _window(shapes[0], params).pads
    return tuple(
        extent_text(size[2 + axis], kernel, stride, dilation, around[axis], around[axis + 2])
        for axis, (kernel, stride, dilation) in enumerate(
            zip(params.kernel, params.stride, params.dilation, strict=True)
        )
    )


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def sample(title: str, images: int, channels: int, height: int, width: int, **params: Any) -> Sample:
        chosen: dict[str, Any] = {"bank": "random", "filters": 2}
        given = Params(**chosen | params)
        x = rng.standard_normal((images, channels, height, width))
        w = rng.standard_normal(_weight_shape(x.shape, given))
        bias = {"b": rng.standard_normal(given.filters)} if given.bias else {}
        return Sample(title=title, xs=(x,), params=given, weights={"w": w} | bias)

    numbers: dict[str, Any] = {"padding": "numbers"}
    return (
        sample("3 × 3 on three channels, two images", 2, 3, 6, 7, filters=5),
        sample("Five filters, odd width, valid", 1, 1, 5, 9, filters=5, padding="valid"),
        sample("1 × 1", 1, 3, 2, 3, kernel=(1, 1)),
        sample("Rectangular kernel", 1, 2, 5, 6, kernel=(2, 5), bias=False),
        sample("Stride 2 × 3", 1, 2, 7, 8, stride=(2, 3)),
        sample("Dilation 2 × 3", 1, 2, 7, 8, dilation=(2, 3)),
        sample("Stride and dilation", 1, 1, 9, 8, stride=(3, 2), dilation=(2, 3), padding="valid", kernel=(2, 3)),
        sample("Two groups", 1, 4, 4, 5, groups=2, filters=6),
        sample("Depthwise", 1, 3, 5, 4, groups=3, filters=3),
        sample("Uneven padding", 1, 1, 4, 5, pads=(0, 2, 1, 3), **numbers),
        sample("Padding wider than the kernel", 1, 1, 2, 3, kernel=(2, 2), pads=(4, 3, 2, 5), **numbers),
        sample("A stride longer than the kernel", 1, 1, 7, 9, kernel=(2, 2), stride=(3, 5)),
        sample("One pixel", 1, 1, 1, 1),
        sample("A kernel as large as the padded input", 1, 2, 3, 4, kernel=(4, 6), pads=(0, 1, 1, 1), **numbers),
        sample("Ten channels", 1, 10, 3, 3, filters=1),
        Sample(title="Classic kernels", xs=(rng.standard_normal((1, 3, 5, 5)),), params=Params(filters=9)),
    )


OP = Op(
    name="conv",
    title="Convolution",
    group="Convolution",
    formula="y[n,k,i,j] = b[k] + Σ over c, u, v of w[k,c,u,v] · x[n,c, i·s − p + u·d, j·s − p + v·d]",
    source="LeCun et al. 1989; cross-correlation as in all frameworks (Dumoulin & Visin 2016)",
    Params=Params,
    shape=shape,
    init=init,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    labels=labels,
    arithmetic=arithmetic,
    presets=kernel_presets.presets,
    scaled=scaled,
    samples=samples,
    hint={"w": "Filter, channel of the group, row, column.", "b": "One number added to every cell of a filter's map."},
)
