"""How a number explains itself: steps made of small grids, signs and numbers that add up to the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from explorer.refusal import Message

Role = Literal["input", "weight", "product", "result"]


@dataclass(frozen=True, slots=True)
class Grid:
    """A small matrix of numbers.

    values   2-D
    padding  2-D mask of the cells that lie outside of the input, or None
    marked   cells (row, column) that decide the result, such as the maximum
    where    (input port, channel, top row, left column) of the grid in an input, for linked hover, or None
    spacing  rows and columns of that input from one cell of the grid to the next: the dilation
    adds_up  True where the sum of the cells is the number that follows
    """

    label: Message
    values: NDArray[Any]
    role: Role
    padding: NDArray[Any] | None = None
    marked: tuple[tuple[int, int], ...] = ()
    where: tuple[int, int, int, int] | None = None
    spacing: tuple[int, int] = (1, 1)
    adds_up: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign between two parts: ⊙ = Σ + max …"""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A single number with its name."""

    label: Message
    value: float
    role: Role = "result"


@dataclass(frozen=True, slots=True)
class Sum:
    """Named terms that add up to `total`; the terms that are too many to show are one term, "… n more"."""

    label: Message
    terms: tuple[tuple[Message, float], ...]
    total: float


Part = Grid | Sign | Number | Sum


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a calculation, laid out from left to right; `value` is the number that it arrives at."""

    title: Message
    parts: tuple[Part, ...]
    value: float
