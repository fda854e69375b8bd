"""Sums over channels, as convolutions explain them: a step for each of the largest channels, then all added up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from explorer.ops.explanation import Part, Step, Sum
from explorer.ops.op import Array
from explorer.refusal import Message, message

_SHOWN = 8


def largest(sums: Array) -> list[int]:
    """The channels whose sums have the largest magnitude, in their order; all of them where they are few."""
    if len(sums) <= _SHOWN:
        return list(range(len(sums)))
    return sorted(np.argsort(-np.abs(sums), kind="stable")[:_SHOWN].tolist())


def channel_steps(
    label: Message, first: int, sums: Array, parts: Callable[[int], tuple[Part, ...]], bias: float | None
) -> Sequence[Step]:
    """A step `parts(c)` that arrives at `sums[c]` for each shown channel `first` + c, and the sum of all with `bias`.

    The channels that are too many to show are one term, "… n more".
    """
    shown = largest(sums)
    terms: list[tuple[Message, float]] = [
        (message("channel {channel}", channel=first + c), float(sums[c])) for c in shown
    ]
    if len(shown) < len(sums):
        rest = np.delete(sums, shown)
        with np.errstate(invalid="ignore", over="ignore"):
            terms.append((message("… {count} more", count=rest.size), float(rest.sum())))
    if bias is not None:
        terms.append((message("bias"), bias))
    total = Sum(label, tuple(terms), sum(value for _, value in terms))
    steps = [Step(message("Channel {channel}", channel=first + c), parts(c), float(sums[c])) for c in shown]
    return *steps, Step(message("All added up"), (total,), total.total)
