"""Which part of a weight the editor shows, and what its buttons make of that part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from explorer.ops.op import Array
from explorer.refusal import Refusal
from explorer.ui.parameters import typed_numbers

_LIST_COLUMNS = 4


@dataclass(frozen=True, slots=True, eq=False)
class WeightView:
    """A matrix out of a weight: its last two axes at kernel k of the first axis and channel c of those between.

    A list (no more than one axis) is folded into rows of four; a 2-D weight is shown whole.
    """

    name: str
    array: Array
    kernel: int = 0
    channel: int = 0

    @property
    def is_list(self) -> bool:
        """Whether there is only one axis, or none."""
        return self.array.ndim < 2

    @property
    def is_kernel(self) -> bool:
        """Whether the matrix is one of several, such as the kernel of a convolution."""
        return self.array.ndim > 2

    @property
    def kernels(self) -> int:
        """Length of the first axis of several matrices."""
        return self.array.shape[0] if self.is_kernel else 1

    @property
    def channels(self) -> int:
        """How many matrices a kernel has."""
        return int(np.prod(self.array.shape[1:-2])) if self.is_kernel else 1

    def at(self, kernel: int, channel: int) -> WeightView:
        """The view of another kernel and channel, the last ones where there are fewer."""
        return replace(
            self, kernel=max(0, min(kernel, self.kernels - 1)), channel=max(0, min(channel, self.channels - 1))
        )

    @property
    def count(self) -> int:
        """Numbers in `matrix` that are of the weight; a list fills its last row up."""
        return self.array.size if self.is_list else self.matrix.size

    @property
    def matrix(self) -> Array:
        """What is shown, 2-D; a view wherever it is not a folded list."""
        if self.is_kernel:
            shown: Array = self._stack()[self.kernel, self.channel]
            return shown
        if not self.is_list:
            return self.array
        columns = min(_LIST_COLUMNS, max(self.array.size, 1))
        rows = -(-self.array.size // columns)
        folded = np.zeros(rows * columns, self.array.dtype)
        folded[: self.array.size] = self.array.ravel()
        return folded.reshape(rows, columns)

    def _stack(self) -> Array:
        return self.array.reshape(self.kernels, self.channels, *self.array.shape[-2:])

    def index(self, row: int, column: int) -> tuple[int, ...]:
        """Where in the weight a cell of the matrix stands."""
        if self.is_list:
            return (row * self.matrix.shape[1] + column,) if self.array.ndim else ()
        if not self.is_kernel:
            return row, column
        between = np.unravel_index(self.channel, self.array.shape[1:-2])
        return self.kernel, *(int(each) for each in between), row, column

    def part(self, *, whole: bool) -> Array:
        """What a button acts on: the matrix, all channels of the kernel (`whole`), or the list."""
        if self.is_list:
            return self.array
        return self._stack()[self.kernel] if whole else self.matrix

    def replaced(self, part: Array, *, whole: bool) -> Array:
        """The weight with another part of the same shape."""
        if not self.is_kernel:
            return np.array(part, self.array.dtype).reshape(self.array.shape)
        result = np.array(self._stack())
        if whole:
            result[self.kernel] = part
        else:
            result[self.kernel, self.channel] = part
        return result.reshape(self.array.shape)

    def text(self) -> str:
        """The part that is shown as lines of numbers with tabs between them."""
        return typed_numbers.matrix_text(self.array.reshape(1, -1) if self.is_list else self.matrix)

    def read(self, text: str) -> Array:
        """A part from a text, or a Refusal where the text is none of its shape."""
        if self.is_list:
            return typed_numbers.matrix(text, (1, self.array.size)).reshape(self.array.shape)
        height, width = self.matrix.shape
        return typed_numbers.matrix(text, (height, width))


def summing_to_one(part: Array) -> Array:
    """The numbers divided by their sum; a Refusal where that is 0 but for rounding."""
    total = float(np.sum(part, dtype=np.float64))
    if abs(total) <= 1e-6 * float(np.sum(np.abs(part), dtype=np.float64)):
        raise Refusal("The sum of the numbers is {total}; it cannot become 1.", total=f"{total:g}")
    return np.asarray(part, np.float64) / total


def flipped(part: Array) -> Array:
    """Turned by 180° in its last two axes."""
    return part[..., ::-1, ::-1]


def evenly(kernel: Array, channels: int) -> Array:
    """One kernel over all channels, divided by their number, so that equal channels give what one would."""
    return np.broadcast_to(np.asarray(kernel, np.float64) / channels, (channels, *kernel.shape))


def preset_of(view: WeightView, presets: Mapping[str, Array]) -> str:
    """The preset that the shown kernel is, alone or spread over the channels; "" for none."""
    if not view.is_kernel:
        return ""
    fitting = {name: kernel for name, kernel in presets.items() if kernel.shape == view.matrix.shape}
    if not fitting:
        return ""
    known = np.stack(list(fitting.values()))
    found = np.zeros(len(known), bool)
    for share in {1, view.channels}:
        wanted = known / share
        found |= (np.abs(view.matrix - wanted) <= 1e-8 + 1e-5 * np.abs(wanted)).all(axis=(1, 2))
    return list(fitting)[int(found.argmax())] if found.any() else ""
