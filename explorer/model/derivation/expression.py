"""Mathematics as data: what is said, apart from how it is written. The emitters in `writing` put it on paper.

An expression is a value; a block is what stands on a line of its own. `Marked` gives a part of an expression a colour
and a way back to the step that it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from kernels.algebra.matrix import Matrix
from kernels.algebra.polynomial import Polynomial, exact

Role = Literal[
    "", "quotient", "remainder", "focus", "muted", "good", "bad", "hue1", "hue2", "hue3", "hue4", "hue5", "hue6"
]
"""What a part is, for its colour. `hue1` … `hue6` tell things of one kind apart, such as the terms of a quotient."""


Sign = Literal["=", "≡", "≠", "<", "≤", "≥", "→"]


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Symbol:
    """A letter with an index, an exponent such as ᵀ, and an argument: M₁(x), Aᵀ, h₀, ∞."""

    name: str
    index: str = ""
    raised: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Poly:
    """A polynomial, highest power first."""

    value: Polynomial
    variable: str = "x"


@dataclass(frozen=True, slots=True)
class Sum:
    """The terms after each other; a term that begins with a minus is subtracted. The empty sum is 0."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """The factors after each other with `sign` between them; sums and what begins with a minus in parentheses."""

    factors: tuple[Term, ...]
    sign: Literal["", "·", "×", "⊙", "⊗"] = "·"


@dataclass(frozen=True, slots=True)
class Quotient:
    """A fraction of two expressions."""

    top: Term
    bottom: Term


@dataclass(frozen=True, slots=True)
class Power:
    """`base` raised to `exponent`."""

    base: Term
    exponent: Term


@dataclass(frozen=True, slots=True)
class Group:
    """An expression in parentheses, whatever it is; `kind` [ ] for brackets."""

    inner: Term
    kind: Literal["(", "["] = "("


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain a = b = c; `signs` stand between the parts. With `modulo` it holds modulo that."""

    parts: tuple[Term, ...]
    signs: tuple[Sign, ...]
    modulo: Term | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A matrix. `origins[i]` names the steps that made row i; `labels[i]` says what row i belongs to (a point).

    `column_origins` and `column_labels` say the same of columns, where those are what belongs to a point (in Aᵀ).
    """

    rows: tuple[tuple[Term, ...], ...]
    origins: tuple[tuple[str, ...], ...] = ()
    labels: tuple[Term, ...] = ()
    column_origins: tuple[tuple[str, ...], ...] = ()
    column_labels: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Under:
    """An expression with a brace and a label below it."""

    inner: Term
    label: Term


@dataclass(frozen=True, slots=True)
class Marked:
    """An expression in the colour of its role; `step` is the key of the step that it comes from."""

    inner: Term
    role: Role = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence among mathematics."""

    sentence: Sentence


Term = Number | Symbol | Poly | Sum | Product | Quotient | Power | Group | Relation | Grid | Under | Marked | Words


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence whose `{name}` places hold expressions, texts or integers, kept apart so that it can be translated."""

    template: str
    values: Mapping[str, Term | str | int]

    def __hash__(self) -> int:
        return hash((self.template, tuple(self.values.items())))


def sentence(template: str, /, **values: Term | str | int) -> Sentence:
    """A sentence with its values."""
    return Sentence(template, MappingProxyType(dict(values)))


# Blocks ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression on a line of its own."""

    body: Term


@dataclass(frozen=True, slots=True)
class TableauRow:
    """A row of a division: coefficients by exponent, zeros that hold a place included.

    kind  `product` is subtracted and has a rule below it, `rest` is what remains then
    term  which term of the quotient it belongs to, from 0
    """

    kind: Literal["product", "rest"]
    term: int
    cells: tuple[tuple[int, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Tableau:
    """A long division, one column for each degree. Shown are the first `terms` of the quotient and `rows` of the rows.

    The last rest is the remainder once all rows are shown. Term i and the rows that it made share a colour.
    """

    dividend: Polynomial
    divisor: Polynomial
    quotient: tuple[Polynomial, ...]
    body: tuple[TableauRow, ...]
    terms: int
    rows: int
    variable: str = "x"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a head; cells are expressions, empty ones None."""

    head: tuple[Term | Sentence, ...]
    rows: tuple[tuple[Term | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence on its own."""

    text: Sentence


@dataclass(frozen=True, slots=True)
class Check:
    """What was verified, as it was verified; `holds` is what came out."""

    body: Term
    holds: bool


Block = Formula | Tableau | Table | Paragraph | Check


# Short ways to write --------------------------------------------------------------------------------------------------


def number(value: Fraction | int) -> Number:
    """An exact number."""
    return Number(exact(value))


def shown(value: Fraction | int | Polynomial, variable: str = "x") -> Number | Poly:
    """An exact number or a polynomial."""
    return Poly(value, variable) if isinstance(value, Polynomial) else number(value)


def equation(*parts: Term) -> Relation:
    """a = b = c."""
    equals: Sign = "="
    return Relation(parts, (equals,) * (len(parts) - 1))


def congruence(left: Term, right: Term, modulo: Term) -> Relation:
    """left ≡ right (mod modulo)."""
    return Relation((left, right), ("≡",), modulo)


def grid(rows: Matrix, origins: tuple[tuple[str, ...], ...] = (), labels: tuple[Term, ...] = ()) -> Grid:
    """A matrix of exact numbers."""
    return Grid(tuple(tuple(Number(each) for each in row) for row in rows), origins, labels)
