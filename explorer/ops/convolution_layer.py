"""What every form of convolution shares: a layer of filters that move over a map, and the operation made of it.

A form says how its parameters make a `Layer`; `convolution_op` makes the operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from explorer import limits
from explorer.ops import kernel_presets
from explorer.ops.array_size import check_size
from explorer.ops.channel_sums import channel_steps
from explorer.ops.convolution_method import check_method, computed_by, crossovers, multiplication_texts
from explorer.ops.explanation import Grid, Part, Sign, Step
from explorer.ops.grouping import check_groups
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.padding import Pads, extent, extent_text, pads
from explorer.ops.parameters import choice, flag, integer
from explorer.ops.pooling_window import Window
from explorer.ops.scaled_weights import scaled
from explorer.refusal import Message, Refusal, message
from kernels import convolution
from kernels.cache_lines import on_lines
from kernels.convolution_weights import bias_gradient, weight_gradient

CHANNELS = limits.Limits().channels
_BANKS = (("classic", "Classic kernels"), ("gabor", "Gabor"), ("random", "Random (He)"), ("zero", "0"))
LESS = "Fewer filters, a smaller kernel or a smaller output needs less."
_KINDS = (("correlation", "Correlation"), ("convolution", "True convolution"))
_KIND_HINT = "Convolution of mathematics turns the kernel by 180° before it is laid on; networks leave it as it is."


class Layer(NamedTuple):
    """Filters that move over a map; pairs are rows, then columns. `turned` lays the kernels on turned by 180°.

    method     how the same numbers are computed (`kernels/convolution_methods.py`)
    tile       m of Winograd's F(m, r) at the points of least error
    algorithm  what "derived" is (`ops/exact/filters.py`)
    """

    filters: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: str = "valid"
    pads: Pads = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    bias: bool = False
    bank: str = "random"
    turned: bool = False
    method: str = "direct"
    tile: int = 4
    algorithm: str = ""

    @property
    def fast(self) -> bool:
        """Whether fast filters F(m, r) compute it."""
        return self.method in ("winograd", "derived")

    def laid(self, w: Array) -> Array:
        """The kernels as they are laid on the map; from there back to `w` too."""
        return w[..., ::-1, ::-1] if self.turned else w


class Kept(NamedTuple):
    """What a forward pass keeps: its input, the kernels in the input's type, and the layer that it was."""

    x: Array
    w: Array
    layer: Layer


def filters_field(label: str = "Filters") -> Any:
    """The parameter `filters`."""
    return integer(8, label, 1, CHANNELS, soft=64)


def groups_field() -> Any:
    """The parameter `groups`."""
    hint = "Channels and filters are split into groups that do not mix."
    return integer(1, "Groups", 1, CHANNELS, soft=16, hint=hint)


def bias_field() -> Any:
    """The parameter `bias`."""
    return flag(True, "Bias")


def bank_field(default: str = "classic", more: tuple[tuple[str, str], ...] = ()) -> Any:
    """The parameter `bank`: how the kernels begin."""
    hint = "With several input channels each kernel is divided evenly over them: it filters their mean."
    return choice(default, "Kernels", (*more, *_BANKS), hint=hint)


def kind_field() -> Any:
    """The parameter `kind`: "convolution" for a layer that is `turned`."""
    return choice("correlation", "Kind", _KINDS, hint=_KIND_HINT)


@lru_cache(maxsize=64)
def window(shape: Shape, layer: Layer) -> Window:
    """The windows over maps of `shape` (N, C, H, W)."""
    extents = shape[2], shape[3]
    around = pads(layer.padding, layer.pads, layer.kernel, layer.stride, layer.dilation, extents)
    rows, columns = (
        extent(extents[a], layer.kernel[a], layer.stride[a], layer.dilation[a], around[a], around[a + 2])
        for a in (0, 1)
    )
    return Window(layer.kernel, layer.stride, layer.dilation, around, extents, (rows, columns))


def weight_shape(shape: Shape, layer: Layer) -> tuple[int, int, int, int]:
    """(K, C/groups, kh, kw)."""
    return layer.filters, shape[1] // layer.groups, *layer.kernel


def checked(weights: Weights, wanted: Mapping[str, Shape], dtype: Any) -> dict[str, Array]:
    """The weights in one type, or a Refusal: an index outside of an array would be read all the same."""
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
    return {name: np.ascontiguousarray(weights[name], dtype) for name in wanted}


def output_shape(shape: Shape, layer: Layer) -> Shape:
    """(N, K, H', W'), or a Refusal."""
    check_groups("channels of the input", shape[1], layer.groups)
    check_groups("filters", layer.filters, layer.groups)
    check_method(layer)
    output = shape[0], layer.filters, *window(shape, layer).outputs
    check_size(LESS, output=output, kernels=weight_shape(shape, layer))
    return output


def convolved(x: Array, w: Array, b: Array, layer: Layer, tick: Tick) -> Array:
    """The maps of a layer with kernels `w` and bias `b`, which have the type of x, of a checked `output_shape`."""
    windows = window(x.shape, layer)
    y, around = on_lines((len(x), layer.filters, *windows.outputs), x.dtype), windows.pads
    w = np.ascontiguousarray(layer.laid(w))
    if layer.method == "direct":
        convolution.convolve(x, w, b, y, layer.stride, layer.dilation, around, layer.groups, tick)
        return y
    # With the exact algebra behind them they would cost every start a fiftieth of a second.
    from kernels.convolution_methods import convolve_by

    method, filters = computed_by(layer)
    convolve_by(method, x, w, b, y, layer.stride, layer.dilation, around, layer.groups, tick, filters, crossovers())
    return y


def input_gradient(gy: Array, w: Array, gx: Array, layer: Layer, tick: Tick) -> None:
    """The gradient of x into gx, by the method of the layer; `w` as it is laid on the map."""
    moves = layer.stride, layer.dilation, window(gx.shape, layer).pads, layer.groups
    if layer.method == "direct":
        convolution.input_gradient(gy, w, gx, *moves, tick)
        return
    from kernels.convolution_gradients import input_gradient_by

    method, filters = computed_by(layer)
    input_gradient_by(method, gy, w, gx, *moves, tick, filters, crossovers())


def gradients(x: Array, w: Array, gy: Array, layer: Layer, tick: Tick) -> tuple[Array, Array]:
    """The gradients of x and of w."""
    gy, laid = np.ascontiguousarray(gy, x.dtype), np.ascontiguousarray(layer.laid(w))
    gx, gw = on_lines(x.shape, x.dtype), np.empty_like(laid)
    input_gradient(gy, laid, gx, layer, tick)
    weight_gradient(x, gy, gw, layer.stride, layer.dilation, window(x.shape, layer).pads, layer.groups, tick)
    return gx, np.ascontiguousarray(layer.laid(gw))


def sum_of_bias(gy: Array | None, count: int, dtype: Any) -> Array:
    """The gradient of a bias: the sum of gy over each map, 0 where nothing flows back."""
    gb = np.zeros(count, dtype)
    if gy is not None:
        bias_gradient(np.ascontiguousarray(gy, dtype), gb)
    return gb


def group_of(layer: Layer, channels: int, k: int) -> slice:
    """The input channels that filter k sees."""
    of_group = channels // layer.groups
    first = k // (layer.filters // layer.groups) * of_group
    return slice(first, first + of_group)


def defined(x: Array, w: Array, layer: Layer, index: Sequence[int]) -> float:
    """The sum of weight times input at one cell, straight from the formula, without the bias."""
    n, k, i, j = index
    first = group_of(layer, x.shape[1], k).start
    rows, columns = window(x.shape, layer).cells(i, j)
    height, width = layer.kernel
    total = 0.0
    for c in range(w.shape[1]):
        for u, row in enumerate(rows):
            for v, column in enumerate(columns):
                if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                    tap = w[k, c, height - 1 - u, width - 1 - v] if layer.turned else w[k, c, u, v]
                    total += float(tap) * float(x[n, first + c, row, column])
    return total


def window_parts(
    x: Array, w: Array, layer: Layer, index: Sequence[int], channel: int
) -> tuple[tuple[Part, ...], Array]:
    """The window of one channel times its kernel, as parts of a step, and the products; `w` is (kh, kw)."""
    n, k, i, j = index
    windows = window(x.shape, layer)
    rows, columns = windows.cells(i, j)
    patch, padding = windows.patch(x[n, channel], i, j)
    kernel = w.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        products = np.where(padding, 0.0, patch * layer.laid(kernel))
    name = message("Kernel of filter {filter}", filter=k)
    seen = Grid(
        message("Input"),
        patch,
        "input",
        padding=padding if padding.any() else None,
        where=(0, channel, int(rows[0]), int(columns[0])),
        spacing=layer.dilation,
    )
    shown: tuple[Part, ...] = (Grid(name, kernel, "weight"),)
    if layer.turned:
        shown = *shown, Sign("↻"), Grid(message("Turned by 180°"), layer.laid(kernel), "weight")
    return (seen, Sign("⊙"), *shown, Sign("="), Grid(message("Products"), products, "product", adds_up=True)), products


def convolution_op(
    *,
    name: str,
    title: str,
    formula: str,
    source: str,
    params: type,
    layer: Callable[[Shape, Any], Layer],
    samples: Callable[[np.random.Generator], Sequence[Sample]],
    hint: Mapping[str, str] | None = None,
) -> Op:
    """The operation of the convolution that `layer` makes of an input shape and of parameters of type `params`."""

    def shape(shapes: Shapes, params: Any) -> Shapes:
        return (output_shape(shapes[0], layer(shapes[0], params)),)

    def init(shapes: Shapes, params: Any, rng: np.random.Generator) -> dict[str, Array]:
        of = layer(shapes[0], params)
        weights = {"w": kernel_presets.bank(of.bank, *weight_shape(shapes[0], of), rng)}
        return weights | ({"b": np.zeros(of.filters)} if of.bias else {})

    def forward(xs: Arrays, weights: Weights, params: Any, tick: Tick) -> tuple[Arrays, Any]:
        (x,) = xs
        of = layer(x.shape, params)
        output_shape(x.shape, of)
        wanted: dict[str, Shape] = {"w": weight_shape(x.shape, of)}
        typed = checked(weights, wanted | ({"b": (of.filters,)} if of.bias else {}), x.dtype)
        b = typed.get("b", np.zeros(of.filters, x.dtype))
        return (convolved(x, typed["w"], b, of, tick),), Kept(x, typed["w"], of)

    def backward(
        gys: Sequence[Array | None], saved: Any, tick: Tick
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        x, w, of = saved
        (gy,) = gys
        gx, gw = (np.zeros_like(x), np.zeros_like(w)) if gy is None else gradients(x, w, gy, of, tick)
        return (gx,), {"w": gw} | ({"b": sum_of_bias(gy, of.filters, x.dtype)} if of.bias else {})

    def definition(xs: Arrays, weights: Weights, params: Any, cell: Cell) -> float:
        of = layer(xs[0].shape, params)
        bias = float(weights["b"][cell.index[1]]) if of.bias else 0.0
        return bias + defined(xs[0], weights["w"], of, cell.index)

    def explain(xs: Arrays, weights: Weights, params: Any, cell: Cell) -> Sequence[Step]:
        (x,), w, k = xs, weights["w"], cell.index[1]
        of = layer(x.shape, params)
        seen = group_of(of, x.shape[1], k)

        def parts(c: int) -> tuple[tuple[Part, ...], Array]:
            return window_parts(x, w[k, c], of, cell.index, seen.start + c)

        with np.errstate(invalid="ignore", over="ignore"):
            sums = np.array([parts(c)[1].sum() for c in range(w.shape[1])])
        label: Message = message("Filter {filter}", filter=k)
        return channel_steps(
            label, seen.start, sums, lambda c: parts(c)[0], float(weights["b"][k]) if of.bias else None
        )

    def reads(shapes: Shapes, params: Any, cell: Cell) -> Sequence[Region]:
        of = layer(shapes[0], params)
        seen = group_of(of, shapes[0][1], cell.index[1])
        return (window(shapes[0], of).reads(cell)._replace(channels=seen),)

    def labels(shapes: Shapes, params: Any, weights: Weights) -> tuple[str, ...]:
        return tuple(name or f"kernel {k}" for k, name in enumerate(kernel_presets.names(weights["w"])))

    def arithmetic(shapes: Shapes, params: Any) -> tuple[str, ...]:
        of = layer(shapes[0], params)
        return *size_texts(shapes[0], of), *multiplication_texts(of)

    return Op(
        name=name,
        title=title,
        group="Convolution",
        formula=formula,
        source=source,
        Params=params,
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
        hint={
            "w": "Filter, channel of the group, row, column.",
            "b": "One number added to every cell of a filter's map.",
        }
        | dict(hint or {}),
    )


def size_texts(shape: Shape, layer: Layer) -> tuple[str, ...]:
    """The output height and width with their numbers put in."""
    around = window(shape, layer).pads
    return tuple(
        extent_text(shape[2 + a], layer.kernel[a], layer.stride[a], layer.dilation[a], around[a], around[a + 2])
        for a in (0, 1)
    )


def sampled(
    layer: Callable[[Shape, Any], Layer], rng: np.random.Generator, title: str, shape: Shape, params: Any
) -> Sample:
    """A sample with normal input, kernels and bias."""
    of = layer(shape, params)
    x, w = rng.standard_normal(shape), rng.standard_normal(weight_shape(shape, of))
    bias = {"b": rng.standard_normal(of.filters)} if of.bias else {}
    return Sample(title=title, xs=(x,), params=params, weights={"w": w} | bias)
