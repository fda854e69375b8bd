"""Tasks that threads take one by one, and the convolution of 1 × 1 that is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from explorer.ops.op import no_tick
from kernels._jit import parallel_kernel, prange
from kernels.convolution import convolve
from kernels.task_queue import next_task, queue


@parallel_kernel
def _count(done: Any, tasks: Any, workers: Any) -> None:
    for _ in prange(workers):
        while True:
            task = next_task(tasks)
            if task >= len(done):
                break
            done[task] += 1


def test_each_task_is_taken_once_from_the_first_on() -> None:
    done = np.zeros(1000, np.int64)
    _count(done, queue(7), 4)
    assert not done[:7].any()
    assert (done[7:] == 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("images", "groups", "channels", "filters", "height", "width"),
    [(1, 1, 3, 5, 1, 1), (2, 2, 3, 7, 5, 41), (1, 1, 7, 130, 7, 7), (1, 1, 3000, 2, 3, 9), (3, 1, 64, 33, 14, 14)],
)
def test_channels_are_mixed_by_their_weights_for_every_shape_of_panels(
    dtype: Any, images: int, groups: int, channels: int, filters: int, height: int, width: int
) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((images, groups * channels, height, width)).astype(dtype)
    w = rng.standard_normal((groups * filters, channels, 1, 1)).astype(dtype)
    b = rng.standard_normal(groups * filters).astype(dtype)
    y = np.full((images, groups * filters, height, width), np.nan, dtype)
    convolve(x, w, b, y, (1, 1), (1, 1), (0, 0, 0, 0), groups, no_tick)
    parts = x.reshape(images, groups, channels, -1).astype(np.float64)
    exact = w.reshape(groups, filters, channels).astype(np.float64) @ parts
    exact = exact.reshape(y.shape) + b[:, None, None]
    np.testing.assert_allclose(y, exact, rtol=0, atol=64 * np.finfo(dtype).eps * channels**0.5)
