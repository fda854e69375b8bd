"""Sums of many terms, shown by their largest ones, and their mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.ops.explanation import Number, Sign, Step, Sum
from explorer.ops.op import Array
from explorer.refusal import Message, message

_SHOWN = 16


def brief_sum(label: Message, values: Array, name: Callable[[int], Message], *also: tuple[Message, float]) -> Sum:
    """Σ values with the terms of the largest magnitude, in their order, the rest as one term, and then `also`."""
    values = np.asarray(values, np.float64)
    shown = np.arange(values.size)
    if values.size > _SHOWN:
        shown = np.sort(np.argsort(-np.abs(values), kind="stable")[:_SHOWN])
    terms = [(name(int(k)), float(values[k])) for k in shown]
    if values.size > _SHOWN:
        rest = np.delete(values, shown)
        with np.errstate(invalid="ignore", over="ignore"):
            terms.append((message("… {count} more", count=rest.size), float(rest.sum())))
    terms += also
    return Sum(label, tuple(terms), float(sum(value for _, value in terms)))


def sum_of_planes(label: Message, values: Array, first_channel: int | None = None) -> Sum:
    """The sum over values (planes, H, W) by the rows of each plane, or cell by cell where they are few.

    The planes are images of a batch, or the channels of one image from `first_channel` on.
    """
    planes, height, width = values.shape
    plane = "" if planes == 1 else "image {plane}, " if first_channel is None else "channel {plane}, "
    before = first_channel or 0
    if values.size <= _SHOWN:
        return brief_sum(
            label,
            values.ravel(),
            lambda k: message(
                plane + "({row}, {column})",
                plane=before + k // (height * width),
                row=k // width % height,
                column=k % width,
            ),
        )
    return brief_sum(
        label,
        values.sum(axis=2).ravel(),
        lambda k: message(plane + "row {row}", plane=before + k // height, row=k % height),
    )


def mean_step(total: float, label: Message, count: int) -> Step:
    """The last step of a mean: the sum divided by the number of its terms, which `label` names."""
    mean = total / count
    return Step(
        message("Divided by their number"),
        (
            Number(message("sum"), total, "product"),
            Sign("/"),
            Number(label, float(count), "weight"),
            Sign("="),
            Number(message("mean"), mean),
        ),
        mean,
    )
