"""What the stage and the list of layers show, made on the compute thread: coloured maps, ranges and histograms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.model.colours import NOT_A_NUMBER, Colours, covered, resolved, table
from explorer.model.document import SOURCE, Link
from explorer.model.evaluation import Evaluated, Result
from explorer.model.gradients import Gradients, Origin
from explorer.ops.op import Array
from kernels.colouring import colour_maps, histograms, map_statistics

Content = Literal["activations", "gradients", "both"]
Scope = Literal["map", "layer", "all"]
BINS = 64
THUMBNAILS = 7
THUMBNAIL_CELLS = 32
SAMPLED_CELLS = 1024
CLIPPED = 0.005


@dataclass(frozen=True, slots=True)
class View:
    """What of a document is looked at. Not undoable; kept in the session.

    layer       layer, or the source
    port        output of the layer; "" is the first
    shown       picture of the batch
    origin      where gradients start; None is the loss
    first       first map that the stage needs coloured, and `count` how many (0: all)
    pixels      rows and columns of a coloured map, each a mean over the cells under it; 0, or too many: one a cell
    dark        whether the window is dark, so that 0 is black in signed maps
    map         the map that was clicked
    clip        leave the outermost half per cent at each end out of the range of the colours
    """

    layer: str = SOURCE
    port: str = ""
    shown: int = 0
    content: Content = "activations"
    scope: Scope = "map"
    colours: Colours = "auto"
    origin: Origin | None = None
    first: int = 0
    count: int = 0
    pixels: tuple[int, int] = (0, 0)
    dark: bool = False
    clip: bool = True
    map: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """The maps of one output for one picture.

    values      (C, H, W), the numbers themselves
    labels      a name for each map
    images      0xffRRGGBB of the maps first … first + len(images) − 1
    own         (C, 2) least and greatest finite value of each map
    range       (C, 2) what the colours of each map cover
    not_finite  (C,) how many values are NaN or infinite
    selected    the map with the histogram: (BINS,) counts over its own range
    colours     name of the table of each map
    """

    link: Link
    gradient: bool
    values: Array
    labels: tuple[str, ...]
    first: int
    images: NDArray[np.uint32]
    own: NDArray[np.float64]
    range: NDArray[np.float64]
    not_finite: NDArray[np.int64]
    selected: int
    histogram: NDArray[np.int64]
    colours: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """One layer in the list: the shape of its first output, its time, its range and its first maps in small."""

    shape: tuple[int, ...]
    seconds: float
    low: float
    high: float
    not_finite: int
    thumbnails: NDArray[np.uint32]
    statistics: NDArray[np.float64]
    """(C, 4): least and greatest finite value, number of NaN and of infinities, of each map."""


def planes(array: Array, picture: int) -> Array:
    """The maps (C, H, W) of one picture of a batch."""
    maps: Array = array[min(picture, array.shape[0] - 1)]
    return maps.reshape(maps.shape + (1,) * (3 - maps.ndim))


def shown_picture(evaluated: Evaluated, view: View, link: Link) -> int:
    """The image that `view` shows of an output: the only one where pictures go singly, or where all have one."""
    value = evaluated.value(link)
    if value is None or not evaluated.document.source.whole:
        return 0
    return min(view.shown, len(value) - 1)


def summary(result: Result, picture: int, view: View) -> Summary:
    """One layer in the list."""
    maps = planes(result.ys[0], picture)
    few = maps[:THUMBNAILS]
    # Four values a pixel of the thumbnail: averaging all of them would cost as much as the layer itself.
    step = max(1, min(max(few.shape[1:]) // (2 * THUMBNAIL_CELLS), *few.shape[1:]))
    small = np.ascontiguousarray(few[:, ::step, ::step]) if step > 1 else few
    statistics = _statistics(maps)
    ends = _clipped(few, statistics[: len(few)]) if view.clip else statistics[: len(few), :2]
    names = tuple(resolved(view.colours, low, dark=view.dark) for low in statistics[: len(few), 0])
    ranges = np.array([covered(name, *each) for name, each in zip(names, ends, strict=True)])
    halves = (small.shape[1] // 2, small.shape[2] // 2) if step > 1 else (0, 0)
    thumbnails = _coloured(small, ranges, names, halves)
    return Summary(
        result.ys[0].shape,
        result.seconds,
        *_spread(statistics),
        int(statistics[:, 2:].sum()),
        thumbnails,
        statistics,
    )


def maps_of(
    evaluated: Evaluated,
    gradients: Gradients | None,
    view: View,
    link: Link,
    *,
    gradient: bool,
    summaries: Mapping[str, Summary] = MappingProxyType({}),
) -> Maps | None:
    """The maps that `view` asks for, of the values at `link` or of their gradients; None where there are none."""
    array = (gradients.values.get(link) if gradients else None) if gradient else evaluated.value(link)
    if array is None:
        return None
    values = planes(array, shown_picture(evaluated, view, link))
    known = None if gradient or link != _first_output(evaluated, link) else summaries.get(link.node)
    return coloured(
        values,
        _labels(evaluated, link, len(values)),
        view,
        link,
        gradient=gradient,
        statistics=None if known is None else known.statistics,
        others=() if gradient else tuple((each.low, each.high) for each in summaries.values()),
    )


def coloured(
    values: Array,
    labels: tuple[str, ...],
    view: View,
    link: Link,
    *,
    gradient: bool = False,
    statistics: NDArray[np.float64] | None = None,
    others: Sequence[tuple[float, float]] = (),
) -> Maps:
    """Maps (C, H, W) in the colours that `view` asks for; `others` are ranges that a scope of all layers covers too."""
    if statistics is None:
        statistics = _statistics(values)
    clipped = _clipped(values, statistics) if view.clip and view.scope != "all" else statistics[:, :2]
    low, high = _spread(clipped)
    if view.scope == "all":
        low = min([low, *(each for each, _ in others)])
        high = max([high, *(each for _, each in others)])
    # A map of one cell has no scale of its own.
    single = view.scope == "map" and values[0].size > 1
    ends = [(own[0], own[1]) if single else (low, high) for own in clipped]
    names = tuple(resolved(view.colours, each, dark=view.dark) for each, _ in ends)
    ranges = np.array([covered(name, *each) for name, each in zip(names, ends, strict=True)])
    first = min(view.first, len(values))
    last = len(values) if view.count == 0 else min(len(values), first + view.count)
    images = _coloured(values[first:last], ranges[first:last], names[first:last], view.pixels)
    selected = min(view.map, len(values) - 1)
    one = slice(selected, selected + 1)
    histogram = np.zeros((1, BINS), np.int64)
    histograms(values[one], statistics[one, 0].copy(), statistics[one, 1].copy(), histogram)
    return Maps(
        link,
        gradient,
        values,
        labels,
        first,
        images,
        statistics[:, :2],
        ranges,
        statistics[:, 2:].sum(axis=1).astype(np.int64),
        selected,
        histogram[0],
        names,
    )


def _labels(evaluated: Evaluated, link: Link, count: int) -> tuple[str, ...]:
    result = evaluated.results.get(link.node)
    if result is None:
        names = {1: ("grey",), 2: ("grey", "alpha"), 3: ("red", "green", "blue"), 4: ("red", "green", "blue", "alpha")}
        return names.get(count, ("",) * count)
    operation = evaluated.document.node(link.node).operation
    labels: Sequence[str] = ()
    if operation is not None and not result.handed_through and link.port == operation.outputs[0]:
        labels = operation.labels(
            tuple(x.shape for x in result.xs), evaluated.document.node(link.node).params, result.weights
        )
    return tuple(labels) if len(labels) == count else ("",) * count


def _statistics(maps: Array) -> NDArray[np.float64]:
    """(M, 4): least and greatest finite value, number of NaN, number of infinities, of each map."""
    statistics = np.empty((len(maps), 4))
    map_statistics(maps, statistics)
    return statistics


def _first_output(evaluated: Evaluated, link: Link) -> Link | None:
    return evaluated.document.node(link.node).main if evaluated.document.has(link.node) else None


def _clipped(maps: Array, statistics: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C, 2) the ends of the middle 99 % of each map, from a sample of its cells; all of it where that is one value."""
    step = max(1, math.isqrt(maps.shape[1] * maps.shape[2] // SAMPLED_CELLS))
    sample = maps[:, ::step, ::step].reshape(len(maps), -1).astype(np.float64)
    if statistics[:, 2:].any():
        sample = np.where(np.isfinite(sample), sample, statistics[:, :1])
    at = min(sample.shape[1] - 1, round(sample.shape[1] * CLIPPED))
    sample.partition((at, sample.shape[1] - 1 - at), axis=1)
    ends = np.stack([sample[:, at], sample[:, sample.shape[1] - 1 - at]], axis=1)
    return np.where(ends[:, 1:] > ends[:, :1], ends, statistics[:, :2])


def _spread(statistics: NDArray[np.float64]) -> tuple[float, float]:
    finite = statistics[np.isfinite(statistics[:, 0])]
    return (float(finite[:, 0].min()), float(finite[:, 1].max())) if len(finite) else (0.0, 0.0)


def _coloured(
    maps: Array, ranges: NDArray[np.float64], names: Sequence[str], pixels: tuple[int, int]
) -> NDArray[np.uint32]:
    count, height, width = maps.shape
    images = np.empty((count, min(pixels[0] or height, height), min(pixels[1] or width, width)), np.uint32)
    first = 0
    for name, run in groupby(names):
        some = slice(first, first + len(list(run)))
        first = some.stop
        colour_maps(maps[some], ranges[some, 0].copy(), ranges[some, 1].copy(), table(name), NOT_A_NUMBER, images[some])
    return images
