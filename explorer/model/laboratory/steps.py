"""Longer work as a generator: it yields (done, total) after every step and returns its result.

Between two steps it can be left: `Job.steps` of the evaluator takes such a generator as it is, and a caller without
one runs it to its end here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from explorer.ops.op import Tick, no_tick

__all__ = ["Steps", "counting", "finished"]

T = TypeVar("T")
Steps = Generator[tuple[int, int], None, T]


def _no_progress(done: int, total: int) -> None:
    pass


def counting(steps: Generator[object, None, T], done: int, total: int) -> Steps[T]:
    """The result of a part that counts nothing itself: (done, total) after each of its steps."""
    try:
        while True:
            next(steps)
            yield done, total
    except StopIteration as ended:
        result: T = ended.value
        return result


def finished(steps: Steps[T], *, tick: Tick = no_tick, progress: Callable[[int, int], None] = _no_progress) -> T:
    """The result of `steps`. `tick` is called before each and may raise to stop; `progress` is told after each."""
    try:
        while True:
            tick()
            progress(*next(steps))
    except StopIteration as ended:
        result: T = ended.value
        return result
    finally:
        steps.close()
