"""k-max pooling: the k largest numbers of each row or column, in the order in which they stand there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from explorer.ops.array_size import check_places
from explorer.ops.explanation import Grid, Number, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Region, Sample, Shape, Shapes, Tick
from explorer.ops.parameters import choice
from explorer.ops.pooled_places import explain_plane, place_step, plane_of
from explorer.refusal import Refusal, message
from kernels import selection
from kernels.bands import bands
from kernels.place import PLACE

_SHOWN = 32
_AXES = ("height", "width")


def axis_field() -> Any:
    """The parameter `axis`."""
    options = (("width", "Along the width"), ("height", "Along the height"))
    return choice("width", "Axis", options, hint="Along the width every row keeps its k largest numbers.")


def size_of(shape: Shape, params: Any) -> int:
    """Cells of a line: the extent of the axis."""
    return shape[2 + _AXES.index(params.axis)]


def outputs(shape: Shape, params: Any, k: int, label: str) -> Shapes:
    """The shapes of y, switches and plane for the k largest, or a Refusal where the axis is shorter."""
    size = size_of(shape, params)
    check_places(*shape[2:])
    if k > size:
        raise Refusal(
            "{label} is {k}; the {axis} of the maps is {size}.",
            label=label,
            k=k,
            axis=params.axis,
            size=size,
            hint="No more numbers can be kept than there are.",
        )
    pooled = (*shape[:3], k) if params.axis == "width" else (*shape[:2], k, shape[3])
    return pooled, pooled, shape


def forward(xs: Arrays, pooled: Shape, params: Any, tick: Tick) -> tuple[Arrays, Any]:
    """y, switches and plane, with what `pooled_places.backward` needs; `pooled` is the shape of y."""
    (x,) = xs
    along_width = params.axis == "width"
    planes, limits = selection.bits(x.reshape(-1, *x.shape[2:]))
    y = np.empty((len(planes), *pooled[2:]), x.dtype)
    switches = np.empty(y.shape, PLACE)
    lines, size = x.shape[2:] if along_width else x.shape[:1:-1]
    runs = -(-lines // selection.LINES)
    for first, last in bands(len(planes) * runs, 8 * size * min(lines, selection.LINES), tick):
        selection.k_max(planes, limits, along_width, first, last, y.view(planes.dtype), switches)
    return (y.reshape(pooled), switches.reshape(pooled), plane_of(x.shape)), (x.shape, x.dtype, switches)


def _line(xs: Arrays, params: Any, cell: Cell) -> tuple[list[float], int]:
    """The numbers of the line that `cell` is taken from, and which of the kept ones it is."""
    n, c, i, j = cell.index
    line, s = (xs[0][n, c, i], j) if params.axis == "width" else (xs[0][n, c, :, j], i)
    return [float(value) for value in line], s


def _kept(line: list[float], k: int) -> list[int]:
    falling = sorted(range(len(line)), key=lambda q: (0, 0.0) if math.isnan(line[q]) else (1, -line[q]))
    return sorted(falling[:k])


def _place(cell: Cell, params: Any, q: int) -> tuple[int, int]:
    """Row and column of cell q of the line."""
    _, _, i, j = cell.index
    return (i, q) if params.axis == "width" else (q, j)


def definition(xs: Arrays, params: Any, k: int, cell: Cell) -> float:
    """Sort the line, keep the first k, put them back in their order."""
    if cell.port == 2:
        return 0.0
    line, s = _line(xs, params, cell)
    q = _kept(line, k)[s]
    row, column = _place(cell, params, q)
    return line[q] if cell.port == 0 else float(row * xs[0].shape[3] + column)


def explain(xs: Arrays, params: Any, k: int, cell: Cell) -> tuple[Step, ...]:
    """The line with its kept cells marked, the least of them, and the one that stands at this place."""
    if cell.port == 2:
        return tuple(explain_plane(xs[0].shape))
    line, s = _line(xs, params, cell)
    kept = _kept(line, k)
    q, value = kept[s], line[kept[s]]
    across = params.axis == "width"

    def laid(numbers: Array) -> Array:
        return numbers[None] if across else numbers[:, None]

    def mark(at: int) -> tuple[int, int]:
        return (0, at) if across else (at, 0)

    def stretch(count: int, at: int) -> range:
        start = max(0, min(at - _SHOWN // 2, count - _SHOWN))
        return range(start, min(count, start + _SHOWN))

    cells, shown = stretch(len(line), q), stretch(k, s)
    row, column = _place(cell, params, cells.start)
    name = message("Row {row}", row=row) if across else message("Column {column}", column=column)
    grid = Grid(
        name if len(cells) == len(line) else message("Part of the line around this number"),
        laid(np.array(line)[cells.start : cells.stop]),
        "input",
        marked=tuple(mark(at - cells.start) for at in kept if at in cells),
        where=(0, cell.index[1], row, column),
    )
    least = min((line[at] for at in kept), key=lambda number: (math.isnan(number), number))
    chosen = Step(
        message("The {k} largest of {size} numbers; of equal ones those that stand first", k=k, size=len(line)),
        (grid, Sign("≥"), Number(message("least that is kept"), least)),
        least,
    )
    values = Grid(
        message("Kept, in their order") if len(shown) == k else message("Some of the {k} kept, in their order", k=k),
        laid(np.array([line[at] for at in kept])[shown.start : shown.stop]),
        "product",
        marked=(mark(s - shown.start),),
    )
    taken = Step(
        message("Number {place} of those kept, counted from 0; it stood at {q}", place=s, q=q),
        (values, Sign("→"), Number(message("result"), value)),
        value,
    )
    if cell.port == 0:
        return chosen, taken
    return chosen, taken, place_step(*_place(cell, params, q), xs[0].shape[3])


def reads(shapes: Shapes, params: Any, cell: Cell) -> tuple[Region, ...]:
    """The whole line."""
    if cell.port == 2:
        return ()
    _, c, i, j = cell.index
    across = params.axis == "width"
    rows = slice(i, i + 1) if across else slice(0, shapes[0][2])
    columns = slice(0, shapes[0][3]) if across else slice(j, j + 1)
    return (Region(0, slice(c, c + 1), rows, columns),)


def samples(rng: np.random.Generator, params: Callable[[int, str], Any]) -> tuple[Sample, ...]:
    """The corners that k-max pooling has whatever k comes from; `params(k, axis)` keeps k."""

    def distinct(*extents: int) -> Array:
        return rng.permutation(math.prod(extents)).reshape(extents) / 8 - 2

    holes = distinct(1, 2, 3, 5)
    holes[0, 0, 0, 1:4] = np.nan, np.inf, -np.inf
    holes[0, 0, 1, 1:] = np.nan
    holes[0, 0, 2] = -np.inf
    holes[0, 1, :, 2] = -np.nan, np.inf, np.nan
    zeros = np.maximum(rng.integers(-3, 4, (1, 1, 3, 40)), 0) * 1.0
    zeros[zeros == 0] *= rng.choice([-1.0, 1.0], int((zeros == 0).sum()))
    return (
        Sample(title="Along the width", xs=(distinct(2, 2, 4, 6),), params=params(2, "width")),
        Sample(title="Along the height", xs=(distinct(2, 2, 5, 3),), params=params(2, "height")),
        Sample(title="One cell", xs=(distinct(1, 1, 1, 1),), params=params(1, "width")),
        Sample(title="The whole line", xs=(distinct(1, 2, 3, 5),), params=params(5, "width")),
        Sample(title="One of a long line", xs=(distinct(1, 1, 2, 70),), params=params(1, "width")),
        Sample(title="Few of a long column", xs=(distinct(1, 1, 70, 2),), params=params(3, "height")),
        Sample(title="Many of a long line", xs=(distinct(1, 2, 2, 70),), params=params(40, "width")),
        Sample(title="More columns than one run", xs=(distinct(1, 1, 12, 35),), params=params(7, "height")),
        Sample(title="Equal numbers", xs=(np.full((1, 1, 2, 6), -3.0),), params=params(3, "width"), ties=True),
        Sample(title="Zeros of both signs", xs=(zeros,), params=params(20, "width"), ties=True),
        Sample(title="Few, zeros of both signs", xs=(zeros,), params=params(2, "width"), ties=True),
        Sample(title="Not a number, and infinity", xs=(holes,), params=params(2, "width"), ties=True),
        Sample(title="Not a number, along the height", xs=(holes,), params=params(2, "height"), ties=True),
    )
