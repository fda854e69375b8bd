"""Work in bands, so that it can be cancelled: a flag that is polled inside of a parallel loop is hoisted out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

OPERATIONS = 8_000_000
"""Cells or taps between two ticks: a few milliseconds."""


def bands(count: int, cost: int, tick: Callable[[], None]) -> Iterator[tuple[int, int]]:
    """Ranges (first, last) that cover 0 … count, a tick before each; `cost` is the operations of one step."""
    size = max(1, OPERATIONS // max(1, cost))
    for first in range(0, count, size):
        tick()
        yield first, min(first + size, count)
