"""Lines of the cache: what memory is fetched and kept by."""

from __future__ import annotations

from ctypes import addressof, c_char
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

LINE_BYTES = 64


def on_lines(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """An array of anything, as `numpy.empty`, that begins with a line: no vector of its rows then lies on two of them.

    Malloc gives a multiple of 16 bytes, and to write a vector on two lines takes as long as to write two.
    """
    held = np.empty(prod(shape) * np.dtype(dtype).itemsize + LINE_BYTES, np.uint8)
    # NumPy would take as long to tell the address as for all else here.
    begin = -addressof(c_char.from_buffer(held)) % LINE_BYTES
    return np.ndarray(shape, dtype, held, begin)


def odd_lines(count: int, itemsize: int) -> int:
    """Numbers rounded up to an odd count of lines: rows a power of two apart would fight for places in the cache."""
    line = LINE_BYTES // itemsize
    return (-(-count // line) | 1) * line
