"""From the raw values of pictures to tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.ops.explanation import Grid, Number, Part, Sign, Step, Sum
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.picture_channels import RANGES, Params, alpha_channel, least_deviation, mixture, numbers, scale
from explorer.ops.statistic_sets import mapped, mapped_back
from explorer.refusal import Refusal, message
from kernels import conversion, normalization
from kernels._jit import read_only
from kernels.bands import bands


def shape(shapes: Shapes, params: Params) -> Shapes:
    n, channels, h, w = shapes[0]
    if shapes[1] != (n, 1, 1, 1):
        raise Refusal(
            "White has the shape {white}; it has one number for each of the {images} images.",
            white=" × ".join(map(str, shapes[1])),
            images=n,
        )
    out = len(mixture(channels, params))
    if params.normalise == "numbers":
        for label, numbers in (("mean", params.mean), ("standard deviation", params.std)):
            if len(numbers) not in (1, out):
                raise Refusal(
                    "The {label} has {count} numbers; it takes 1 for all channels, or 1 for each of {channels}.",
                    label=label,
                    count=len(numbers),
                    channels=out,
                )
    return ((n, out, h, w),)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    x = xs[0]
    n, channels, h, w = x.shape
    white = xs[1].ravel().astype(np.float64)
    if not (np.isfinite(white) & (white > 0)).all():
        raise Refusal(
            "White is {value}; it is a finite number above 0.",
            value=float(white[~(np.isfinite(white) & (white > 0))][0]),
        )
    mix = mixture(channels, params)
    alpha = alpha_channel(channels) if params.alpha != "drop" else None
    backdrop = white if params.alpha == "white" else np.zeros(n)
    gains, offset = scale(params, white)
    flat = read_only(x.reshape(n, channels, h * w))
    picture = flat, -1 if alpha is None else alpha, white, backdrop, mix, gains
    y = np.empty((n, len(mix), h * w), x.dtype)
    for first, last in bands(n, y[0].size, tick):
        conversion.convert(*picture, offset, first, last, y)
    statistics: tuple[Array, Array, Array] | None = None
    if params.normalise == "numbers":
        mean, std = (np.tile(each, n) for each in numbers(params, len(mix)))
        y = mapped(y, mean, 1 / std, np.zeros(len(mean)), tick)
        statistics = y, mean, 1 / std
    elif params.normalise == "image":
        means, spreads = normalization.moments(read_only(y.reshape(n, -1)))
        cells = len(mix) * h * w
        inverse = 1 / np.maximum(np.sqrt(spreads / cells), least_deviation(cells))
        y = mapped(y, means, inverse, np.zeros(n), tick)
        statistics = y, means, inverse
    return (y.reshape(n, len(mix), h, w),), (picture, params.normalise, statistics)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    picture, normalise, statistics = saved
    x, mix = picture[0], picture[4]
    n, channels, cells = x.shape
    gx = np.zeros(x.shape, x.dtype)
    if gys[0] is None:
        return (gx, None), {}
    shape = gys[0].shape
    gy = np.ascontiguousarray(gys[0], x.dtype)
    if normalise == "image":
        y, _, inverse = statistics
        zeros, count = np.zeros(n), gy[0].size
        flow, product = normalization.flows(read_only(y.reshape(n, -1)), read_only(gy.reshape(n, -1)), zeros)
        # A deviation below the least one is held there, and then does not depend on the picture.
        varies = inverse * least_deviation(count) < 1
        gy = mapped_back(y, gy, zeros, inverse, inverse * flow / count, inverse * varies * product / count, tick)
    elif normalise == "numbers":
        planes = n * len(mix)
        gy = mapped(gy, np.zeros(planes), statistics[2], np.zeros(planes), tick)
    gy = read_only(gy.reshape(n, len(mix), cells))
    for first, last in bands(n, channels * cells, tick):
        conversion.convert_gradient(*picture, gy, first, last, gx)
    return (gx.reshape(n, channels, *shape[2:]), None), {}


def _converted(x: Array, white: float, params: Params) -> Array:
    """Output channels × H × W of one picture (C, H, W) before it is normalised, in float64."""
    x = x.astype(np.float64)
    alpha, mix = alpha_channel(len(x)), mixture(len(x), params)
    colours = x[: mix.shape[1]]
    if alpha is not None and params.alpha != "drop":
        backdrop = white if params.alpha == "white" else 0.0
        cover = x[alpha] / white
        colours = colours * cover + backdrop * (1 - cover)
    gain, offset = scale(params, np.array(white))
    converted: Array = np.tensordot(mix, colours, axes=1) * gain + offset
    return converted


def _image_statistics(xs: Arrays, params: Params, n: int) -> tuple[float, float]:
    whole = _converted(xs[0][n], float(xs[1][n, 0, 0, 0]), params)
    return float(whole.mean()), max(float(whole.std()), least_deviation(whole.size))


def _before(xs: Arrays, params: Params, cell: Cell) -> float:
    n, o, i, j = cell.index
    return float(_converted(xs[0][n, :, i : i + 1, j : j + 1], float(xs[1][n, 0, 0, 0]), params)[o, 0, 0])


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, o = cell.index[:2]
    with np.errstate(invalid="ignore", over="ignore"):
        value = _before(xs, params, cell)
        if params.normalise == "numbers":
            mean, std = numbers(params, len(mixture(xs[0].shape[1], params)))
            return (value - float(mean[o])) / float(std[o])
        if params.normalise == "image":
            average, deviation = _image_statistics(xs, params, n)
            return (value - average) / deviation
    return value


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    with np.errstate(invalid="ignore", over="ignore"):
        return _steps(xs, params, cell)


def _steps(xs: Arrays, params: Params, cell: Cell) -> Sequence[Step]:
    n, o, i, j = cell.index
    white = float(xs[1][n, 0, 0, 0])
    pixel = xs[0][n, :, i, j].astype(np.float64)
    alpha, mix = alpha_channel(pixel.size), mixture(pixel.size, params)
    colours = pixel[: mix.shape[1]]
    raw = Grid(
        message("Raw values at ({row}, {column}), one column for each channel", row=i, column=j), pixel[None], "input"
    )
    steps = []
    if alpha is not None and params.alpha != "drop":
        backdrop, cover = white if params.alpha == "white" else 0.0, float(pixel[alpha]) / white
        colours = colours * cover + backdrop * (1 - cover)
        parts: tuple[Part, ...] = (
            raw,
            Sign("·"),
            Number(message("opacity"), cover, "weight"),
            Sign("+"),
            Number(message("backdrop · (1 − opacity)"), backdrop * (1 - cover)),
            Sign("="),
            Grid(message("Over the backdrop"), colours[None], "product"),
        )
        steps.append(
            Step(
                message("Laid over the backdrop: colour · opacity + backdrop · (1 − opacity)"), parts, float(colours[0])
            )
        )
    used = [c for c in range(colours.size) if mix[o, c]]
    value = float(mix[o] @ colours)
    names = {1: ("grey",), 3: ("red", "green", "blue")}.get(colours.size) or tuple(str(c) for c in range(colours.size))
    terms = tuple(
        (message("{share} · {name}", share=f"{mix[o, c]:.4g}", name=names[c]), float(mix[o, c] * colours[c]))
        for c in used
    )
    mixed: tuple[Part, ...] = (Sum(message("value"), terms, value),)
    steps.append(
        Step(
            message("Mixed from the colours") if len(used) > 1 else message("The value of the picture"),
            mixed if steps else (raw, Sign("→"), *mixed),
            value,
        )
    )
    if params.scale != "raw":
        gain, offset = RANGES[params.scale]
        scaled = value * gain / white + offset
        parts = (
            Number(message("value"), value, "input"),
            Sign("·"),
            Number(message("scale"), gain, "weight"),
            Sign("/"),
            Number(message("white"), white, "weight"),
        )
        parts += (Sign("+"), Number(message("offset"), offset, "weight")) if offset else ()
        steps.append(Step(message("Put on the scale"), (*parts, Sign("="), Number(message("scaled"), scaled)), scaled))
    value = steps[-1].value
    if params.normalise == "none":
        return tuple(steps)
    if params.normalise == "image":
        mean, deviation = _image_statistics(xs, params, n)
    else:
        mean, deviation = (float(each[o]) for each in numbers(params, len(mix)))
    y = (value - mean) / deviation
    parts = (
        Number(message("value"), value, "input"),
        Sign("−"),
        Number(message("mean"), mean, "weight"),
        Sign("; /"),
        Number(message("standard deviation"), deviation, "weight"),
        Sign("="),
        Number(message("y"), y),
    )
    title = message("Less the mean, divided by the standard deviation")
    return (*steps, Step(title, parts, y))


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    _, channels, height, width = shapes[0]
    _, _, i, j = cell.index
    every = slice(0, channels)
    white = Region(1, slice(0, 1), slice(0, 1), slice(0, 1))
    if params.normalise == "image":
        return Region(0, every, slice(0, height), slice(0, width)), white
    return Region(0, every, slice(i, i + 1), slice(j, j + 1)), white


def labels(shapes: Shapes, params: Params, weights: Weights) -> tuple[str, ...]:
    out = len(mixture(shapes[0][1], params))
    return {1: ("Grey",), 3: ("Red", "Green", "Blue")}.get(out, ())


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    channels: Shape = shapes[0][1], len(mixture(shapes[0][1], params))
    return (f"{channels[0]} → {channels[1]}",)


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def case(
        title: str, channels: int, white: Sequence[float], params: Params, extents: tuple[int, int] = (3, 4)
    ) -> Sample:
        whites = np.array(white, np.float64).reshape(-1, 1, 1, 1)
        return Sample(title=title, xs=(rng.random((len(white), channels, *extents)) * whites, whites), params=params)

    return (
        case("Colour picture", 3, (255.0,), Params()),
        case("Grey by Rec. 601", 3, (255.0,), Params(mode="grey")),
        case("Grey by the mean, two images", 3, (1.0, 255.0), Params(mode="grey", grey="mean", scale="signed")),
        case("Grey to colours", 1, (255.0,), Params(mode="rgb", scale="byte")),
        case("One grey pixel", 1, (1.0,), Params(mode="grey", scale="raw"), (1, 1)),
        case("Transparency ignored", 4, (255.0,), Params()),
        case("Transparent over white", 4, (255.0, 15.0), Params(mode="grey", alpha="white")),
        case("Transparent over black", 2, (255.0,), Params(alpha="black", scale="signed")),
        case("Six channels", 6, (1.0,), Params()),
        case("Each image normalised", 3, (255.0, 1.0), Params(normalise="image")),
        case("Transparent, normalised", 4, (255.0,), Params(mode="grey", alpha="white", normalise="image")),
        case("By ImageNet's numbers", 3, (255.0,), Params(normalise="numbers")),
        case("By one number", 4, (255.0, 1.0), Params(alpha="black", normalise="numbers", mean=(0.5,), std=(0.25,))),
    )


OP = Op(
    name="input",
    title="Input conversion",
    group="Input",
    formula="y[n,o,i,j] = (s · Σ over c of m[o,c] · x[n,c,i,j]/white[n] + t − μ) / σ",
    source="Grey by ITU-R BT.601; over a backdrop by Porter & Duff 1984; one image to mean 0 and deviation 1 with σ at "
    "least 1/√count, as TensorFlow's per_image_standardization",
    Params=Params,
    shape=shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    inputs=("x", "white"),
    labels=labels,
    arithmetic=arithmetic,
    preprocesses=True,
    signed=False,
    hint={"x": "The values as they stand in the file.", "white": "The value that stands for white in each picture."},
)
