"""What every form of convolution shares: a layer of filters that move over a map, and the operation made of it.

A form says how its parameters make a `Layer`; `convolution_op` makes the operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from explorer import limits
from explorer.ops.array_size import check_size
from explorer.ops.convolution_method import check_method
from explorer.ops.explanation import Grid, Part, Sign
from explorer.ops.grouping import check_groups
from explorer.ops.op import Array, Sample, Shape, Weights
from explorer.ops.padding import Pads, extent, extent_text, pads
from explorer.ops.parameters import choice, flag, integer
from explorer.ops.pooling_window import Window
from explorer.refusal import Refusal, message

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
    typed = {}
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
        typed[name] = np.ascontiguousarray(array, dtype)
    return typed


def output_shape(shape: Shape, layer: Layer) -> Shape:
    """(N, K, H', W'), or a Refusal."""
    check_groups("channels of the input", shape[1], layer.groups)
    check_groups("filters", layer.filters, layer.groups)
    check_method(layer)
    output = shape[0], layer.filters, *window(shape, layer).outputs
    check_size(LESS, output=output, kernels=weight_shape(shape, layer))
    return output


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
