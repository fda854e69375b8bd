"""Tasks that the threads take one by one, so that one that begins late leaves more of them to the others.

The threads of a loop over `prange` have equal parts of it, and the loop ends with the last of them. After a pause a
thread is often late by as long as a small layer takes; here it then finds less to do, or nothing. Which thread does a
task must not matter for what comes of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

from kernels._jit import kernel

__all__ = ["next_task", "queue"]


@kernel
def queue(first):
    """A queue of the tasks `first`, `first` + 1, …; for one loop."""
    return np.full(1, first, np.int64)


def next_task(tasks):
    """The number of a task that no other thread has."""
    taken = tasks[0]
    tasks[0] += 1
    return taken


def _emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    counter = context.make_array(signature.args[0])(context, builder, args[0]).data
    # What a task reads was written before the threads began, so the order of other reads and writes does not matter.
    return builder.atomic_rmw("add", counter, ir.IntType(64)(1), "monotonic")


if not config.DISABLE_JIT:

    @intrinsic
    def next_task(typing, tasks):
        return types.int64(tasks), _emit
