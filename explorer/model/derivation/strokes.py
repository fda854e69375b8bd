"""The strokes of a step put together: each leaves on the sheet what was there before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from explorer.model.derivation.derivation import Line
from explorer.model.derivation.expression import (
    Block,
    Group,
    Number,
    Power,
    Product,
    Sentence,
    Sum,
    Symbol,
    Table,
    Term,
    number,
)

__all__ = ["combination", "growing_table", "in_powers", "indexed", "one_after_another"]


def one_after_another(*strokes: tuple[Sentence, Sequence[Block]]) -> tuple[Line, ...]:
    """Lines of which each adds its blocks to those before."""
    lines = []
    sheet: tuple[Block, ...] = ()
    for reason, blocks in strokes:
        sheet = (*sheet, *blocks)
        lines.append(Line(reason, sheet))
    return tuple(lines)


def growing_table(
    head: tuple[Term | Sentence, ...], rows: Iterable[tuple[Sentence, tuple[Term | None, ...]]]
) -> tuple[Line, ...]:
    """A table that gets one more row with every stroke."""
    lines = []
    shown: tuple[tuple[Term | None, ...], ...] = ()
    for reason, row in rows:
        shown = (*shown, row)
        lines.append(Line(reason, (Table(head, shown),)))
    return tuple(lines)


def combination(coefficients: Iterable[Fraction], things: Iterable[Term]) -> Term:
    """Σ c_k·t_k without the terms that are zero; a coefficient of 1 is not written, −1 only as a sign."""
    terms: list[Term] = []
    for coefficient, thing in zip(coefficients, things, strict=True):
        if coefficient == 1:
            terms.append(thing)
        elif coefficient:
            terms.append(Product((Number(coefficient), thing), "" if coefficient == -1 else "·"))
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def indexed(name: str, count: int) -> tuple[Symbol, ...]:
    """name_0 … name_(count − 1)."""
    return tuple(Symbol(name, str(k)) for k in range(count))


def in_powers(coefficients: Sequence[Term], variable: str) -> Term:
    """Σ c_k·variable^k for coefficients that are expressions; those that are empty sums are left out."""
    terms = [
        _times_power(coefficient, variable, k) for k, coefficient in enumerate(coefficients) if coefficient != Sum(())
    ]
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def _times_power(coefficient: Term, variable: str, exponent: int) -> Term:
    if exponent == 0:
        return coefficient
    x = Symbol(variable)
    power = x if exponent == 1 else Power(x, number(exponent))
    return Product((Group(coefficient) if isinstance(coefficient, Sum) else coefficient, power), "")
