"""What binds how strongly: which terms need parentheses, and which begin with a minus."""

from __future__ import annotations

from explorer.model.derivation.expression import (
    Marked,
    Number,
    Poly,
    Power,
    Product,
    Relation,
    Sum,
    Term,
    Under,
)  # fmt: skip
from kernels.algebra.polynomial import X


def unmarked(term: Term) -> Term:
    """Without colours and braces, which change nothing about how it is joined."""
    while isinstance(term, Marked | Under):
        term = term.inner
    return term


def begins_with_minus(term: Term) -> bool:
    """Whether a minus is the first thing that is written."""
    match unmarked(term):
        case Number(value):
            return value < 0
        case Poly(value):
            return value.leading < 0
        case Sum(terms):
            return bool(terms) and begins_with_minus(terms[0])
        case Product((Number(value), only), "") if value == 1:  # the 1 is not written
            return begins_with_minus(only) and not is_sum(only)
        case Product(factors):
            return bool(factors) and begins_with_minus(factors[0]) and not is_sum(factors[0])
    return False


def is_sum(term: Term) -> bool:
    """Whether it has several terms."""
    match unmarked(term):
        case Poly(value):
            return sum(map(bool, value.coefficients)) > 1
        case Sum(terms):
            return len(terms) > 1 or any(map(is_sum, terms))
        case Relation():
            return True
    return False


def is_number(term: Term) -> bool:
    """Whether it is an exact number."""
    return isinstance(unmarked(term), Number)


def is_natural(term: Term) -> bool:
    """Whether it is 0, 1, 2, …"""
    bare = unmarked(term)
    return isinstance(bare, Number) and bare.value >= 0 and bare.value.denominator == 1


def is_letter(term: Term) -> bool:
    """Whether it is the polynomial x."""
    bare = unmarked(term)
    return isinstance(bare, Poly) and bare.value == X


def begins_with_digit(term: Term) -> bool:
    """Whether a digit may be the first thing that is written, so that it cannot stand right behind another number."""
    match unmarked(term):
        case Number():
            return True
        case Poly(value):
            return value.degree < 1 or abs(value.leading) != 1
        case Power(base):
            return begins_with_digit(base)
        case Product(factors):
            return bool(factors) and begins_with_digit(factors[0])
    return False


def needs_parentheses(term: Term, sign: str, follows: bool) -> bool:
    """Whether a factor of a product with this `sign` is put in parentheses; `follows`: it is not the first."""
    bare = unmarked(term)
    if is_sum(bare) or begins_with_minus(bare):
        return True
    if follows and not sign and begins_with_digit(bare):
        return True
    if isinstance(bare, Product):
        return len(bare.factors) > 1 and bare.sign != sign and not (bare.sign == "" and sign in ("·", "×"))
    return False
