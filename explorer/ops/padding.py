"""Where the windows of convolution and pooling lie: the padding around a map and the number of windows in it.

Along one axis, window i covers the cells i·stride − begin + u·dilation for u = 0 … kernel − 1, so that it spans
dilation·(kernel − 1) + 1 cells. Rows and columns follow the same rule.
"""

from __future__ import annotations

from typing import Any

from explorer.limits import Limits
from explorer.ops.parameters import choice, integers, pair
from explorer.refusal import Refusal

Pads = tuple[int, int, int, int]
"""Padding at the top, left, bottom and right."""

_MOST = Limits().extent


def kernel_field(default: tuple[int, int]) -> Any:
    """The parameter `kernel`."""
    return pair(default, "Kernel", 1, _MOST, soft=15)


def stride_field(default: tuple[int, int] = (1, 1)) -> Any:
    """The parameter `stride`."""
    return pair(default, "Stride", 1, _MOST, soft=8)


def dilation_field(default: tuple[int, int] = (1, 1)) -> Any:
    """The parameter `dilation`."""
    return pair(default, "Dilation", 1, _MOST, soft=8, hint="The distance between neighbouring cells of a window.")


def padding_field(default: str = "same") -> Any:
    """The parameter `padding`: how `pads` finds its numbers."""
    options = (("same", "Same"), ("valid", "None"), ("numbers", "Numbers"))
    hint = "Same: one window for each step of the stride; what is odd goes to the end (ONNX SAME_UPPER)."
    return choice(default, "Padding", options, hint=hint)


def amounts_field(default: Pads, label: str, when: tuple[str, Any] | None = None) -> Any:
    """A number of cells for each side of a map."""
    return integers(default, label, 0, _MOST, ("top", "left", "bottom", "right"), soft=16, when=when)


def pads_field() -> Any:
    """The parameter `pads`, shown while `padding` is "numbers"."""
    return amounts_field((0, 0, 0, 0), "Cells of padding", ("padding", "numbers"))


def span(kernel: int, dilation: int) -> int:
    """Cells from the first to the last of a window, both included."""
    return dilation * (kernel - 1) + 1


def _same(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    _check(kernel, stride, dilation)
    windows = -(-size // stride)
    total = max((windows - 1) * stride + span(kernel, dilation) - size, 0)
    return total // 2, total - total // 2


def pads(
    mode: str,
    numbers: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    extents: tuple[int, ...],
) -> Pads:
    """Padding at the top, left, bottom and right of maps of `extents` (height, width).

    "valid" gives none; "same" as much as makes ⌈extent/stride⌉ windows, an odd cell at the end; "numbers" `numbers`.
    """
    if mode == "valid":
        return 0, 0, 0, 0
    if mode == "numbers":
        top, left, bottom, right = numbers
        return top, left, bottom, right
    top, bottom = _same(extents[0], kernel[0], stride[0], dilation[0])
    left, right = _same(extents[1], kernel[1], stride[1], dilation[1])
    return top, left, bottom, right


def _check(kernel: int, stride: int, dilation: int) -> None:
    for label, value in (("The stride", stride), ("The dilation", dilation), ("The kernel", kernel)):
        if value < 1:
            raise Refusal("{label} is {value}; the least is 1.", label=label, value=value)


def extent(size: int, kernel: int, stride: int, dilation: int, begin: int, end: int, ceil: bool = False) -> int:
    """Windows along one axis: ⌊(size + begin + end − dilation·(kernel−1) − 1)/stride⌋ + 1.

    `ceil` rounds up instead, and leaves out a last window that would begin in the padding at the end (Caffe's rule).
    A window that spans more than the padded axis is refused.
    """
    _check(kernel, stride, dilation)
    room = size + begin + end - span(kernel, dilation)
    if room < 0:
        raise Refusal(
            "A kernel of {kernel} cells with dilation {dilation} spans {span}; with its padding the input has {size}.",
            kernel=kernel,
            dilation=dilation,
            span=span(kernel, dilation),
            size=size + begin + end,
            hint="A smaller kernel or dilation, or more padding, fits.",
        )
    if not ceil:
        return room // stride + 1
    return _rounded_up(size, room, stride, begin)[0]


def _rounded_up(size: int, room: int, stride: int, begin: int) -> tuple[int, bool]:
    windows = -(-room // stride) + 1
    late = (windows - 1) * stride >= size + begin
    return windows - late, late


def extent_text(size: int, kernel: int, stride: int, dilation: int, begin: int, end: int, ceil: bool = False) -> str:
    """`extent` with its numbers put in: "⌊(512 + 1 + 1 − 1·(3−1) − 1)/1⌋ + 1 = 512"."""
    windows = extent(size, kernel, stride, dilation, begin, end, ceil)
    low, high = ("⌈", "⌉") if ceil else ("⌊", "⌋")
    late = ceil and _rounded_up(size, size + begin + end - span(kernel, dilation), stride, begin)[1]
    last = " − 1 (the last would begin in the padding)" if late else ""
    return f"{low}({size} + {begin} + {end} − {dilation}·({kernel}−1) − 1)/{stride}{high} + 1{last} = {windows}"
