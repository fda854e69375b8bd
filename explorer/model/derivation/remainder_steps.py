"""The divisions and the Euclids of a system of remainders, worked out, and the keys and letters of its derivation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from explorer.model.derivation.common_divisors import row_divisions, table_step
from explorer.model.derivation.derivation import Step
from explorer.model.derivation.dividing import Names, division_step
from explorer.model.derivation.expression import Symbol, sentence
from explorer.ops.exact.sizes import most_bits
from kernels.algebra.division import Division, divide
from kernels.algebra.integers import IntegerDivision
from kernels.algebra.polynomial import Polynomial
from kernels.algebra.remainders import IntegerSystem, PolynomialSystem, RemainderRow

System = IntegerSystem | PolynomialSystem
MODULUS = Symbol("M")


def cofactor_divisions(system: System, x: str) -> Iterator[Step]:
    """M over each modulus."""
    for i, row in enumerate(rows_of(system)):
        called = Names(MODULUS, indexed("m", i), indexed("M", i), Symbol("r"))
        yield _divided(step_key("cofactor", i), division(system.modulus, row.m), called, "cofactors", x)


def inverse_details(system: System, x: str) -> Iterator[Step]:
    """Euclid's table of each M_i and m_i, with the divisions of its rows."""
    for i, row in enumerate(rows_of(system)):
        key = step_key("inverse", i)
        called = indexed("M", i), indexed("m", i)
        title = sentence("Euclid's algorithm for {M} and {m}", M=called[0], m=called[1])
        follows = step_key("cofactor", i), "inverses"
        yield table_step(row.euclid, key, title, follows=follows, variable=x, called=called)
        yield from row_divisions(row.euclid, key, x)


def reduction(system: System, x: str, a: Symbol) -> Step:
    """The sum S modulo M."""
    called = Names(Symbol("S"), MODULUS, Symbol("q"), a)
    return _divided("reduction", division(system.total, system.modulus), called, "sum", x)


def check_divisions(system: System, x: str, a: Symbol) -> Iterator[Step]:
    """The answer over each modulus."""
    for i, row in enumerate(rows_of(system)):
        called = Names(a, indexed("m", i), Symbol("q"), indexed("c", i))
        yield _divided(step_key("check", i), division(system.solution, row.m), called, "check", x)


def _divided(key: str, division: Division | IntegerDivision, called: Names, after: str, x: str) -> Step:
    title = sentence("Divide {a} by {b}", a=called.a, b=called.b)
    return division_step(division, key, title, called=called, follows=(after,), variable=x, kept=False)


def division(a: int | Polynomial, b: int | Polynomial) -> Division | IntegerDivision:
    """a over b, both of one kind."""
    if isinstance(a, Polynomial) and isinstance(b, Polynomial):
        return divide(a, b, most_bits())
    if isinstance(a, int) and isinstance(b, int):
        return IntegerDivision(a, b)
    raise TypeError("a number and a polynomial do not divide")


def rows_of(system: System) -> tuple[RemainderRow[Any, Any], ...]:
    """The rows, of whichever kind."""
    return system.rows


def indexed(name: str, i: int) -> Symbol:
    """The letter of row i, counted from 1: m₁."""
    return Symbol(name, str(i + 1))


def step_key(kind: str, i: int) -> str:
    """The key of a step for row i."""
    return f"{kind}.{i + 1}"
