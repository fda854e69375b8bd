"""What tests of derivations share: exact values as flint has them, and what a derivation shows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import flint
from hypothesis import strategies as st

from explorer.model.derivation.derivation import Derivation
from explorer.model.derivation.expression import Block, Check, Marked, Table
from kernels.algebra.polynomial import Polynomial

fractions = st.builds(Fraction, st.integers(-9, 9), st.integers(1, 6))
polynomials = st.lists(st.one_of(st.just(Fraction()), fractions), max_size=8).map(Polynomial)


def oracle(p: Polynomial) -> flint.fmpq_poly:
    """The polynomial of flint."""
    return flint.fmpq_poly([flint.fmpq(each.numerator, each.denominator) for each in p.coefficients])


def read(coefficients: list[str]) -> Polynomial:
    """A polynomial from its JSON, which has to be in lowest terms and without zeros at the end."""
    value = Polynomial(Fraction(each) for each in coefficients)
    assert coefficients == [str(each) for each in value.coefficients]
    return value


def blocks(derivation: Derivation) -> Iterator[Block]:
    """All blocks of all lines."""
    for step in derivation.steps:
        for line in step.lines:
            yield from line.blocks


def checks(derivation: Derivation) -> list[Check]:
    """All that was verified."""
    return [each for each in blocks(derivation) if isinstance(each, Check)]


def linked(derivation: Derivation) -> set[str]:
    """The steps that cells of tables lead to."""
    tables = (each for each in blocks(derivation) if isinstance(each, Table))
    cells = (cell for table in tables for row in table.rows for cell in row)
    return {cell.step for cell in cells if isinstance(cell, Marked) and cell.step}


def check_outline(derivation: Derivation) -> None:
    """Keys are unique, steps follow earlier ones, links lead somewhere, no sheet is empty, every check shown holds."""
    keys = [step.key for step in derivation.steps]
    assert len(set(keys)) == len(keys)
    for i, step in enumerate(derivation.steps):
        assert set(step.follows) <= set(keys[:i])
        assert step.lines
        assert all(line.blocks for line in step.lines), "a sheet is never empty"
        assert step.depth in (0, 1)
    assert linked(derivation) <= set(keys)
    assert checks(derivation)
    assert all(each.holds for each in checks(derivation))
