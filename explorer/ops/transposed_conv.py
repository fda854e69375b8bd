"""Transposed convolution: every cell of the input puts its kernel, times itself, into the output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer import limits
from explorer.ops import kernel_presets
from explorer.ops.array_size import check_size
from explorer.ops.channel_sums import channel_steps
from explorer.ops.convolution_layer import (
    LESS,
    bank_field,
    bias_field,
    checked,
    filters_field,
    groups_field,
    sum_of_bias,
)
from explorer.ops.explanation import Grid, Number, Part, Sign, Step
from explorer.ops.grouping import check_groups
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.padding import Pads, dilation_field, kernel_field, pads_field, span, stride_field
from explorer.ops.parameters import choice, pair
from explorer.ops.reaching import Reach, reach, reach_steps, region
from explorer.refusal import Refusal, message
from kernels.cache_lines import on_lines
from kernels.convolution import convolve, transposed
from kernels.convolution_weights import weight_gradient

_MOST = limits.Limits().extent
_PADDINGS = (("same", "Same"), ("valid", "None"), ("numbers", "Numbers"))
_PADDING_HINT = (
    "Cells cut off around the output. Same: as many as leave stride · input, the odd one at the end (ONNX SAME_UPPER)."
)
_PLACES = ("height", "width")


@dataclass(frozen=True, slots=True)
class Params:
    """How many filters of what size, how far apart they are put, and what is cut off or added around them."""

    filters: int = filters_field()
    kernel: tuple[int, int] = kernel_field((4, 4))
    stride: tuple[int, int] = stride_field((2, 2))
    padding: str = choice("same", "Padding", _PADDINGS, hint=_PADDING_HINT)
    pads: tuple[int, int, int, int] = pads_field()
    output_padding: tuple[int, int] = pair(
        (0, 0),
        "Output padding",
        0,
        _MOST,
        soft=4,
        hint="More cells at the end of the output, which the kernels may reach.",
    )
    dilation: tuple[int, int] = dilation_field()
    groups: int = groups_field()
    bias: bool = bias_field()
    bank: str = bank_field("bilinear", (("bilinear", "Bilinear, then classic kernels"),))


def _whole(shape: Shape, params: Params, axis: int) -> int:
    """Cells of an axis before anything is cut off."""
    reached = params.stride[axis] * (shape[2 + axis] - 1) + span(params.kernel[axis], params.dilation[axis])
    return reached + params.output_padding[axis]


def _pads(shape: Shape, params: Params) -> Pads:
    if params.padding == "numbers":
        return params.pads
    if params.padding == "valid":
        return 0, 0, 0, 0
    rows, columns = (max(_whole(shape, params, a) - params.stride[a] * shape[2 + a], 0) for a in (0, 1))
    return rows // 2, columns // 2, rows - rows // 2, columns - columns // 2


def _weight_shape(shape: Shape, params: Params) -> tuple[int, int, int, int]:
    return shape[1], params.filters // params.groups, *params.kernel


def shape(shapes: Shapes, params: Params) -> Shapes:
    (size,) = shapes
    check_groups("channels of the input", size[1], params.groups)
    check_groups("filters", params.filters, params.groups)
    around, extents = _pads(size, params), []
    for axis, place in enumerate(_PLACES):
        for what, value in (("stride", params.stride[axis]), ("dilation", params.dilation[axis])):
            if value < 1:
                raise Refusal("The {what} is {value}; the least is 1.", what=what, value=value)
        limit = max(params.stride[axis], params.dilation[axis])
        if params.output_padding[axis] >= limit:
            raise Refusal(
                "The output padding of the {place} is {value}; it is less than the stride {stride} or the dilation "
                "{dilation}.",
                place=place,
                value=params.output_padding[axis],
                stride=params.stride[axis],
                dilation=params.dilation[axis],
                hint="It chooses between the sizes that a convolution of this stride takes to the input's.",
            )
        whole = _whole(size, params, axis)
        extents.append(whole - around[axis] - around[axis + 2])
        if extents[axis] < 1:
            raise Refusal(
                "The {place} of the output would be {value}: {whole} cells less {begin} and {end} of padding; the "
                "least is 1.",
                place=place,
                value=extents[axis],
                whole=whole,
                begin=around[axis],
                end=around[axis + 2],
            )
    output = size[0], params.filters, *extents
    check_size(LESS, output=output, kernels=_weight_shape(size, params))
    return (output,)


def init(shapes: Shapes, params: Params, rng: np.random.Generator) -> dict[str, Array]:
    channels, of_group, *kernel = _weight_shape(shapes[0], params)
    seen = channels // params.groups
    bank = kernel_presets.bank(params.bank, params.filters, seen, kernel[0], kernel[1], rng)
    turned = bank.reshape(params.groups, of_group, seen, *kernel).swapaxes(1, 2)
    weights = {"w": np.ascontiguousarray(turned).reshape(channels, of_group, *kernel)}
    return weights | ({"b": np.zeros(params.filters)} if params.bias else {})


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    (output,) = shape((x.shape,), params)
    wanted: dict[str, Shape] = {"w": _weight_shape(x.shape, params)}
    typed = checked(weights, wanted | ({"b": (params.filters,)} if params.bias else {}), x.dtype)
    b = typed.get("b", np.zeros(params.filters, x.dtype))
    y = on_lines(output, x.dtype)
    moves = params.stride, params.dilation, _pads(x.shape, params), params.groups
    transposed(x, typed["w"], b, y, *moves, tick)
    return (y,), (x, typed["w"], moves, output, params.bias)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    x, w, (stride, dilation, around, groups), output, bias = saved
    gx, gw = np.zeros_like(x), np.zeros_like(w)
    if gys[0] is not None:
        gy = np.ascontiguousarray(gys[0], x.dtype)
        convolve(gy, w, np.zeros(x.shape[1], x.dtype), gx, stride, dilation, around, groups, tick)
        weight_gradient(gy, x, gw, stride, dilation, around, groups, tick)
    return (gx,), {"w": gw} | ({"b": sum_of_bias(gys[0], output[1], x.dtype)} if bias else {})


def _group(channels: int, params: Params, k: int) -> tuple[slice, int]:
    """The input channels that go into filter k, and its place in their weights."""
    of_group, seen = params.filters // params.groups, channels // params.groups
    first = k // of_group * seen
    return slice(first, first + seen), k % of_group


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    (x,), w, (n, k, i, j) = xs, weights["w"], cell.index
    top, left, _, _ = _pads(x.shape, params)
    channels, q = _group(x.shape[1], params, k)
    total = float(weights["b"][k]) if params.bias else 0.0
    for u in range(params.kernel[0]):
        row, off_row = divmod(i + top - u * params.dilation[0], params.stride[0])
        for v in range(params.kernel[1]):
            column, off_column = divmod(j + left - v * params.dilation[1], params.stride[1])
            if off_row == off_column == 0 and 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                for c in range(channels.start, channels.stop):
                    total += float(w[c, q, u, v]) * float(x[n, c, row, column])
    return total


def _reach(shape: Shape, params: Params, cell: Cell) -> tuple[Reach, Reach]:
    around = _pads(shape, params)
    rows, columns = (
        reach(cell.index[2 + a], shape[2 + a], params.kernel[a], params.stride[a], params.dilation[a], around[a])
        for a in (0, 1)
    )
    return rows, columns


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    (x,), w, (n, k, i, j) = xs, weights["w"], cell.index
    rows, columns = _reach(x.shape, params, cell)
    channels, q = _group(x.shape[1], params, k)
    bias = float(weights["b"][k]) if params.bias else None
    address = reach_steps((i, j), rows, columns)
    if not (len(rows.cells) and len(columns.cells)):
        alone = message("No cell of the input reaches this one: the bias stays alone")
        return *address, Step(alone, (Number(message("bias"), bias or 0.0),), bias or 0.0)
    seen = x[n, channels][:, rows.cells[:, None], columns.cells].astype(np.float64)
    taps = w[channels, q][:, rows.taps[:, None], columns.taps].astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        products = seen * taps
        sums = products.sum(axis=(1, 2))

    def parts(c: int) -> tuple[Part, ...]:
        where = 0, channels.start + c, rows.span.start, columns.span.start
        marked = tuple((int(u), int(v)) for u in rows.taps for v in columns.taps)
        whole = w[channels.start + c, q].astype(np.float64)
        return (
            Grid(message("Kernel of filter {filter}", filter=k), whole, "weight", marked=marked),
            Sign("→"),
            Grid(message("Input"), seen[c], "input", where=where, spacing=(rows.step, columns.step)),
            Sign("⊙"),
            Grid(message("What each puts here"), taps[c], "weight"),
            Sign("="),
            Grid(message("Products"), products[c], "product", adds_up=True),
        )

    label = message("Filter {filter}", filter=k)
    return *address, *channel_steps(label, channels.start, sums, parts, bias)


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    channels, _ = _group(shapes[0][1], params, cell.index[1])
    return region(channels, *_reach(shapes[0], params, cell))


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    (size,), ((_, _, *extents),) = shapes, shape(shapes, params)
    around = _pads(size, params)
    return tuple(
        f"{params.stride[a]}·({size[2 + a]}−1) + {params.dilation[a]}·({params.kernel[a]}−1) + 1 "
        f"− {around[a]} − {around[a + 2]} + {params.output_padding[a]} = {extents[a]}"
        for a in (0, 1)
    )


def presets(height: int, width: int) -> Mapping[str, Array]:
    return {"Bilinear": kernel_presets.bilinear(height, width), **kernel_presets.presets(height, width)}


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def sample(title: str, *size: int, **params: Any) -> Sample:
        chosen: dict[str, Any] = {"filters": 2, "bank": "random"}
        given = Params(**chosen | params)
        x, w = rng.standard_normal(size), rng.standard_normal(_weight_shape(size, given))
        bias = {"b": rng.standard_normal(given.filters)} if given.bias else {}
        return Sample(title=title, xs=(x,), params=given, weights={"w": w} | bias)

    numbers: dict[str, Any] = {"padding": "numbers"}
    return (
        sample("Twice as large, two images", 2, 3, 3, 4, filters=5),
        sample("Stride 1", 1, 2, 4, 3, kernel=(3, 3), stride=(1, 1), bias=False),
        sample("No padding, rectangular kernel", 1, 1, 3, 4, kernel=(2, 5), padding="valid"),
        sample("Gaps that no cell reaches", 1, 2, 3, 2, kernel=(1, 2), stride=(3, 4), padding="valid"),
        sample("Gaps without a bias", 1, 1, 2, 2, kernel=(1, 1), stride=(2, 2), padding="valid", bias=False),
        sample("Output padding", 1, 1, 3, 3, kernel=(3, 3), output_padding=(1, 0), pads=(1, 1, 1, 1), **numbers),
        sample("Output padding up to the dilation", 1, 1, 2, 3, dilation=(3, 2), kernel=(2, 2), output_padding=(2, 1)),
        sample("Uneven padding", 1, 1, 4, 3, kernel=(3, 2), pads=(0, 1, 2, 0), **numbers),
        sample("Padding wider than the kernel", 1, 1, 5, 5, kernel=(2, 2), pads=(3, 0, 0, 4), **numbers),
        sample("Dilation and stride", 1, 1, 3, 3, kernel=(3, 2), stride=(2, 3), dilation=(3, 2), padding="valid"),
        sample("Two groups", 1, 4, 2, 3, groups=2, filters=6, kernel=(3, 3)),
        sample("Depthwise", 1, 3, 2, 2, groups=3, filters=3),
        sample("One pixel", 1, 1, 1, 1),
        sample("Ten channels", 1, 10, 2, 2, filters=1),
        Sample(title="Bilinear and classic", xs=(rng.standard_normal((1, 2, 3, 3)),), params=Params(filters=3)),
    )


OP = Op(
    name="transposed_conv",
    title="Transposed convolution",
    group="Upsampling",
    formula="y[n,k, i·s − p + u·d, j·s − p + v·d] += w[c,k,u,v] · x[n,c,i,j] for all c, i, j, u, v, from y = b[k]",
    source="Zeiler et al. 2010; Dumoulin & Visin 2016; ONNX ConvTranspose. Also “deconvolution”, which it is not.",
    Params=Params,
    shape=shape,
    init=init,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    arithmetic=arithmetic,
    presets=presets,
    samples=samples,
    hint={
        "w": "Channel of the input, filter of the group, row, column.",
        "b": "One number added to every cell of a filter's map.",
    },
)
