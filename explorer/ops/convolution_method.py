"""By which method a convolution layer is computed: the parameters, what they refuse, and the fast filters.

The exact algebra is imported by those who ask for it: it would cost every start a fiftieth of a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from explorer.ops.op import Shape
from explorer.ops.parameters import algorithm, choice, integer
from explorer.refusal import Refusal

if TYPE_CHECKING:
    from explorer.ops.convolution_layer import Layer
    from kernels.convolution_methods import Crossovers
    from kernels.fast_filter import FastFilter

_METHODS = (
    ("direct", "Sum over the taps"),
    ("im2col", "Matrix product (im2col)"),
    ("winograd", "Winograd"),
    ("derived", "Derived algorithm"),
    ("fft", "Fourier transform"),
    ("auto", "Automatic"),
)


def method_field() -> Any:
    """The parameter `method`."""
    hint = "All give the same sums; they differ in time and in rounding."
    return choice("direct", "Method", _METHODS, named=("derived", "algorithm"), hint=hint)


def tile_field() -> Any:
    """The parameter `tile`."""
    hint = "F(m × m, r × r) gives m × m outputs at a time. Larger tiles multiply less and round worse."
    return integer(4, "Outputs m", 1, 8, when=("method", "winograd"), hint=hint)


def algorithm_field() -> Any:
    """The parameter `algorithm`."""
    hint = "A fast filter and its points or moduli; or two of them, along the columns; along the rows."
    return algorithm("Derived algorithm", when=("method", "derived"), hint=hint)


def check_method(layer: Layer) -> None:
    """Refuse a method that does not apply to the layer."""
    if not layer.fast:
        return
    for label, pair in (("stride", layer.stride), ("dilation", layer.dilation)):
        if pair != (1, 1):
            raise Refusal(
                "Winograd's method takes a {label} of 1 × 1; it is {rows} × {columns}.",
                label=label,
                rows=pair[0],
                columns=pair[1],
                hint="The other methods take any.",
            )
    if layer.method == "derived":
        _check_derived(layer)
        return
    from kernels.algebra.points import ACCURATE

    for taps in layer.kernel:
        if layer.tile + taps - 2 > len(ACCURATE):
            raise Refusal(
                "F({m}, {r}) takes {count} points beside infinity; the most are {limit}.",
                m=layer.tile,
                r=taps,
                count=layer.tile + taps - 2,
                limit=len(ACCURATE),
                hint="Fewer outputs m or a smaller kernel fits.",
            )


def _check_derived(layer: Layer) -> None:
    if not layer.algorithm:
        raise Refusal(
            "The layer holds no derived algorithm; the method takes {count}.",
            count=1,
            hint="Derive a filter and run it on the image, or take another method.",
        )
    from explorer.ops.exact.filters import read

    down, across = read(layer.algorithm)
    if (down.r, across.r) != layer.kernel:
        raise Refusal(
            "The derived algorithm F({m} × {m2}, {r} × {r2}) is for kernels of {r} × {r2}; the kernel is {rows} × "
            "{columns}.",
            m=down.m,
            m2=across.m,
            r=down.r,
            r2=across.r,
            rows=layer.kernel[0],
            columns=layer.kernel[1],
            hint="Take another method first, or derive F(m, r) for that kernel.",
        )


def fast_filters(layer: Layer) -> tuple[FastFilter, FastFilter]:
    """What computes a layer that is `fast`, along the columns and along the rows."""
    if layer.method == "derived":
        from explorer.ops.exact.filters import fast_filters

        return fast_filters(layer.algorithm)
    from kernels.convolution_methods import usual_filter

    return usual_filter(layer.tile, layer.kernel[0]), usual_filter(layer.tile, layer.kernel[1])


def computed_by(layer: Layer) -> tuple[str, tuple[FastFilter, FastFilter] | None, Crossovers]:
    """The method as the kernels call it, what it convolves with where that is Winograd's, and what "auto" goes by."""
    return (*(("winograd", fast_filters(layer)) if layer.fast else (layer.method, None)), crossovers())


NEVER = 1 << 20
"""A crossover past every layer: the method is quicker nowhere."""

Measured = tuple[tuple[str, int], ...]
"""Crossovers of a machine by their names."""

_measured: Measured = ()


def measured() -> Measured:
    """The crossovers of a machine that are in force."""
    return _measured


def crossovers() -> Crossovers:
    """From where on "auto" takes which method."""
    from kernels.convolution_methods import USUAL

    return USUAL._replace(**dict(_measured))


def use_crossovers(found: Mapping[str, int]) -> None:
    """Put those of a machine in force, by their names; those that come with the program in place of any other."""
    global _measured
    _measured = tuple(found.items())


def automatic(
    x: Shape, y: Shape, kernel: tuple[int, int], groups: int, moves: tuple[tuple[int, int], tuple[int, int]]
) -> tuple[str, int]:
    """The method that "auto" takes, and m where that is by fast filters; `moves` are stride and dilation."""
    from kernels.column_tile import ALGORITHMS
    from kernels.convolution_methods import chosen, outputs_of_tile

    method = chosen(x, (y[1], x[1] // groups, *kernel), y, *moves, crossovers())
    if method == "columns":
        return method, ALGORITHMS[kernel[0]].m
    return method, outputs_of_tile(y, crossovers()) if method == "winograd" else 0


def multiplication_texts(layer: Layer) -> tuple[str, ...]:
    """What fast filters multiply for an output and a channel, with the numbers put in."""
    if not layer.fast:
        return ()
    m, (rows, columns) = layer.tile, layer.kernel
    if layer.method == "winograd":
        text, count = f"({m}+{rows}−1)·({m}+{columns}−1)/{m}²", (m + rows - 1) * (m + columns - 1) / m**2
    else:
        from explorer.ops.exact.filters import algorithm_of, read

        directions = read(layer.algorithm)
        products, outputs = [algorithm_of(each).multiplications for each in directions], [each.m for each in directions]
        text = f"{products[0]}·{products[1]}/({outputs[0]}·{outputs[1]})"
        count = products[0] * products[1] / (outputs[0] * outputs[1])
    return (f"{text} = {count:.4g} multiplications per output; directly {rows * columns}",)
