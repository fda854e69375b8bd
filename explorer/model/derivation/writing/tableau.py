"""A long division as rows of cells, one column for each degree: what stands where, and in which colour.

Cells that are not shown yet have their place all the same, so that nothing moves from one stroke to the next. A
division with more columns or rows than a sheet takes is shown in parts: the one with the newest row, dots at its ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from explorer.model.derivation.expression import Poly, Product, Role, Symbol, Tableau, Term, number
from explorer.model.derivation.filling import hue
from kernels.algebra.polynomial import Polynomial

COLUMNS, ROWS = 16, 24
"""The columns and the rows below the dividend that a sheet takes."""

DOTS = Symbol("⋯")


@dataclass(frozen=True, slots=True)
class Cell:
    """A signed term in its column; `term` is without the sign, None leaves the cell empty."""

    term: Term | None = None
    sign: str = ""
    role: Role = ""
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """Cells from the highest degree to the constants. `rule` is the line below: its first column and the one after."""

    cells: tuple[Cell, ...]
    rule: tuple[int, int] | None = None
    ruled: bool = True
    """Whether the rule is shown."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The quotient above the line, the dividend with the divisor at its left, and the rows below."""

    divisor: Term
    quotient: Row
    dividend: Row
    body: tuple[Row, ...]


def layout(tableau: Tableau) -> Layout:
    """Where everything of a division stands."""
    first, last = _part(tableau)
    columns = _columns(tableau, first, last)
    return Layout(
        Poly(tableau.divisor, tableau.variable),
        Row(_quotient(tableau, columns), (0, len(columns))),
        Row(_row(dict(enumerate(tableau.dividend.coefficients)) or {0: Fraction()}, columns, tableau.variable)),
        tuple(_body(tableau, columns, first, last)),
    )


def _part(tableau: Tableau) -> tuple[int, int]:
    """The rows of the part with the newest row: a product and its rest stay together, and so do the rows of a part."""
    if len(tableau.body) <= ROWS:
        return 0, len(tableau.body)
    first = max(tableau.rows - 1, 0) // ROWS * ROWS
    return first, min(first + ROWS, len(tableau.body))


def _columns(tableau: Tableau, first: int, last: int) -> list[int | None]:
    """The degrees of the columns; None stands for dots."""
    top = max(tableau.dividend.degree, 0)
    if top < COLUMNS:
        return list(range(top, -1, -1))
    # the rest above the first row of the part has the part's highest degree
    degrees = [e for row in tableau.body[first:last] for e, _ in row.cells] or [top]
    low = max(max(degrees) - COLUMNS + 3, 0)
    high = min(low + COLUMNS - 3, top)
    found: list[int | None] = list(range(high, low - 1, -1))
    if high < top:
        found = [None, *found]
    if low > 1:
        found = [*found, None]
    return [*found, 0] if low > 0 else found


def _quotient(tableau: Tableau, columns: list[int | None]) -> tuple[Cell, ...]:
    variable = tableau.variable
    values = {term.degree: (i, term.leading) for i, term in enumerate(tableau.quotient)}
    if not values:
        return _row({0: Fraction()}, columns, variable, "quotient")
    top = max(values)
    whole = tableau.terms >= len(tableau.quotient) and tableau.rows >= len(tableau.body)
    reached = 0 if whole else min((term.degree for term in tableau.quotient[: tableau.terms]), default=top + 1)
    found = []
    for degree in columns:
        if degree is None:
            found.append(Cell(DOTS, role="muted"))
        elif degree > top:
            found.append(Cell())
        elif degree in values:
            i, value = values[degree]
            shown = i < tableau.terms
            found.append(_cell(value, degree, variable, degree == top, hue(i), shown))
        else:
            found.append(_cell(Fraction(), degree, variable, False, "muted", degree >= reached))
    return tuple(found)


def _body(tableau: Tableau, columns: list[int | None], first: int, last: int) -> list[Row]:
    rows = []
    for i, row in enumerate(tableau.body[first:last], first):
        role: Role = hue(row.term) if row.kind == "product" else ""
        if row.kind == "rest" and i == len(tableau.body) - 1:
            role = "remainder"
        shown = i < tableau.rows
        cells = _row(dict(row.cells), columns, tableau.variable, role, shown)
        rule = None
        if row.kind == "product":
            below = tableau.body[i + 1].cells if i + 1 < len(tableau.body) else ()
            degrees = [e for e, _ in (*row.cells, *below)]
            within = [j for j, e in enumerate(columns) if e is not None and min(degrees) <= e <= max(degrees)]
            rule = (within[0], within[-1] + 1) if within else None
        rows.append(Row(cells, rule, shown))
    return rows


def _row(
    values: Mapping[int, Fraction], columns: list[int | None], variable: str, role: Role = "", shown: bool = True
) -> tuple[Cell, ...]:
    found: list[Cell] = []
    top = max(values)
    for degree in columns:
        if degree is None:
            found.append(Cell(DOTS, role="muted", shown=shown) if _goes_on(values, columns, len(found)) else Cell())
        elif degree in values:
            zero = not values[degree] and len(values) > 1
            quiet: Role = "muted" if zero and not role else role
            found.append(_cell(values[degree], degree, variable, degree == top, quiet, shown))
        else:
            found.append(Cell())
    return tuple(found)


def _goes_on(values: Mapping[int, Fraction], columns: list[int | None], at: int) -> bool:
    """Whether the row has cells in the columns that the dots at `at` stand for."""
    above = columns[at - 1] if at else None
    below = columns[at + 1]
    assert below is not None
    return any(e > below and (above is None or e < above) for e in values)


def _cell(value: Fraction, degree: int, variable: str, leads: bool, role: Role, shown: bool) -> Cell:
    sign = "−" if value < 0 else "" if leads else "+"
    return Cell(_monomial(abs(value), degree, variable), sign, role, shown)


def _monomial(value: Fraction, degree: int, variable: str) -> Term:
    if value or not degree:
        return Poly(Polynomial([value]).shifted(degree), variable)
    return Product((number(0), Poly(Polynomial([1]).shifted(degree), variable)), "")
