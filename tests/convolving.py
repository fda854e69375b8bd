"""Convolutions planned and run at once, there and back, as a layer does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kernels.convolution_problem import Problem, Run

Planning = Callable[[Problem], Run]


def there(
    plan: Planning, x: Any, w: Any, b: Any, y: Any, stride: Any, dilation: Any, pads: Any, groups: int, tick: Any
) -> None:
    """y from x."""
    plan(Problem(x.shape, w.shape, y.shape, stride, dilation, pads, groups, x.dtype))(x, w, b, y, tick)


def back(
    plan: Planning, gy: Any, w: Any, gx: Any, stride: Any, dilation: Any, pads: Any, groups: int, tick: Any,
    b: Any = None,
) -> None:  # fmt: skip
    """The gradient of x from that of y; with `b` (C,) added to it, which is transposed convolution."""
    problem = Problem(gx.shape, w.shape, gy.shape, stride, dilation, pads, groups, gy.dtype)
    plan(problem)(gy, w, np.zeros(gx.shape[1], w.dtype) if b is None else b, gx, tick)
