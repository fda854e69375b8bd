"""One window of stochastic pooling: what is drawn from it or expected of it, and how that comes about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from explorer.ops.counter_random import uniform
from explorer.ops.explanation import Grid, Number, Part, Sign, Step, Sum
from explorer.ops.op import Array, Cell
from explorer.ops.pooled_places import place_step
from explorer.ops.pooling_window import Window
from explorer.refusal import message


class Draw(NamedTuple):
    """What a window gives.

    places         (row, column) of the cells inside of the map, in row order
    a              their numbers, negative ones as 0
    probabilities  a/Σa; 0 in a window of zeros, NaN where a number is infinite or NaN
    random         the number in [0, 1) of this window; None where nothing is drawn
    at             the cell that was drawn, or the first of the largest
    y              its number, or the expected one
    """

    places: list[tuple[int, int]]
    a: list[float]
    probabilities: list[float]
    random: float | None
    at: int
    y: float

    @property
    def plain(self) -> bool:
        """Whether there are probabilities that add up to 1."""
        return 0 < self.y < math.inf


def draw(windows: Window, x: Array, cell: Cell, seed: int | None) -> Draw:
    """The window of `cell` on x (N, C, H, W), drawn from by `seed`, or without drawing the number to expect of it."""
    n, c, i, j = cell.index
    cells = windows.inside(x, cell)
    places = [(row, column) for row, column, _ in cells]
    a = [value if math.isnan(value) else max(value, 0.0) for _, _, value in cells]
    at = next((k for k, value in enumerate(a) if math.isnan(value)), a.index(max(a)))
    largest = a[at]
    if not 0 < largest < math.inf:
        return Draw(places, a, [0.0 if largest == 0 else math.nan] * len(a), None, at, largest)
    # In parts of the largest number no sum leaves the range of float64.
    parts = [value / largest for value in a]
    running = list(accumulate(parts))
    total = running[-1]
    probabilities = [part / total for part in parts]
    if seed is None:
        return Draw(places, a, probabilities, None, at, largest * (sum(part * part for part in parts) / total))
    random = uniform(seed, n * x.shape[1] + c, i * windows.outputs[1] + j)
    at = next(k for k, so_far in enumerate(running) if so_far > random * total)
    return Draw(places, a, probabilities, random, at, a[at])


def explain_draw(windows: Window, x: Array, cell: Cell, seed: int | None) -> Sequence[Step]:
    """The steps to a cell of y (port 0), switches (1) or probabilities (3)."""
    found = draw(windows, x, cell, seed)
    marked = () if seed is None and cell.port == 0 else (found.places[found.at],)
    grid = windows.grid(x, cell, marked=marked)
    if not found.plain:
        steps = [_without_probabilities(grid, found)]
    else:
        steps = [
            *_probabilities(grid, found),
            *(_expected(grid, found) if seed is None else [_drawn(found, cell, seed)]),
        ]
    if cell.port == 1:
        row, column = found.places[found.at]
        return *_to_the_cell(steps, found, seed), place_step(row, column, windows.extents[1])
    if cell.port == 3:
        probability = found.probabilities[found.at]
        text = message("The probability of that cell; 0 where nothing was drawn, NaN where there is none")
        return *_to_the_cell(steps, found, seed), Step(text, (Number(message("p"), probability),), probability)
    return steps


def _without_probabilities(grid: Grid, found: Draw) -> Step:
    if found.y == 0:
        text = message("Every number is 0: there is nothing to draw, and the result is 0")
    else:
        text = message("An infinite number or NaN has no probability a/Σa: the largest is the result, NaN before all")
    return Step(text, (grid, Sign("→"), Number(message("y"), found.y)), found.y)


def _filled(grid: Grid, values: list[float]) -> Array:
    """The shape of the grid with `values` in the cells inside of the map and 0 in the padding."""
    filled = np.zeros(grid.values.shape)
    filled[np.ones(filled.shape, bool) if grid.padding is None else ~grid.padding] = values
    return filled


def _probabilities(grid: Grid, found: Draw) -> list[Step]:
    total = float(sum(found.a))
    a = replace(grid, label=message("a"), values=_filled(grid, found.a), role="product", adds_up=True)
    rectified: tuple[Part, ...] = (Sign("→"), a) if (grid.values < 0).any() else ()
    shown = grid if rectified else replace(grid, adds_up=True)
    p = replace(a, label=message("p = a / Σa"), values=_filled(grid, found.probabilities), role="weight")
    return [
        Step(
            message("The numbers of the window added up"),
            (shown, *rectified, Sign("Σ ="), Number(message("Σa"), total, "product")),
            total,
        ),
        Step(
            message("The probability of each: its share of the sum"),
            (p, Sign("Σ ="), Number(message("sum"), 1.0, "weight")),
            1.0,
        ),
    ]


def _drawn(found: Draw, cell: Cell, seed: int) -> Step:
    n, c, i, j = cell.index
    before = float(sum(found.probabilities[: found.at]))
    row, column = found.places[found.at]
    return Step(
        message(
            "The random number of seed {seed}, image {n}, channel {c}, window ({i}, {j}) falls into the share of row "
            "{row}, column {column}",
            seed=seed,
            n=n,
            c=c,
            i=i,
            j=j,
            row=row,
            column=column,
        ),
        (
            Number(message("shares before it"), before, "weight"),
            Sign("≤"),
            Number(message("random number"), found.random or 0.0, "input"),
            Sign("<"),
            Number(message("with its share"), before + found.probabilities[found.at], "weight"),
            Sign("→"),
            Number(message("y"), found.y),
        ),
        found.y,
    )


def _expected(grid: Grid, found: Draw) -> list[Step]:
    count = len(found.a)
    largest = max(found.a)
    parts = np.array(found.a) / largest
    mean = float(parts.mean())
    above = float(((parts - mean) ** 2).mean()) / mean
    weighted = replace(
        grid,
        label=message("p · a"),
        values=_filled(grid, [p * a for p, a in zip(found.probabilities, found.a, strict=True)]),
        role="product",
        adds_up=True,
    )
    terms = (
        (message("mean of {count} cells", count=count), mean * largest),
        (message("variance / mean"), above * largest),
    )
    return [
        Step(
            message("The number to expect: each with its probability, which is Σa² / Σa"),
            (weighted, Sign("Σ ="), Number(message("y"), found.y)),
            found.y,
        ),
        Step(
            message("It is not the mean, but mean + variance / mean: more, unless all numbers are equal"),
            (Sum(message("y"), terms, terms[0][1] + terms[1][1]),),
            found.y,
        ),
    ]


def _to_the_cell(steps: Sequence[Step], found: Draw, seed: int | None) -> Sequence[Step]:
    """The steps as far as they find the cell that switch and probability speak of."""
    if seed is not None or not found.plain:
        return steps
    largest = found.a[found.at]
    text = message("Nothing is drawn: the place is that of the most probable cell, the first of the largest")
    return *steps[:2], Step(text, (Number(message("largest"), largest, "input"),), largest)
