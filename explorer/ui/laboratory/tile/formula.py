"""The formula of one number: its terms with their values, and what they add up to at the digits shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from explorer.model.digits import MINUS, number, reconciled
from explorer.model.laboratory.tile_terms import Place, Term, in_order
from explorer.refusal import message
from explorer.ui.laboratory.tile import naming
from explorer.ui.laboratory.tile.naming import Role
from explorer.ui.laboratory.tile.showing import DIGITS, Texts, details
from explorer.ui.texts import said


@dataclass(frozen=True, slots=True)
class Column:
    """A term: what it is, with the numbers put in, and its value; `sign` stands before it, `value_sign` before that."""

    sign: str
    name: str
    inserted: str
    value_sign: str
    value: str
    role: Role


@dataclass(frozen=True, slots=True)
class Formula:
    """A number with its terms; `inserted` says whether the second line says anything that the third does not."""

    symbol: str
    columns: tuple[Column, ...]
    inserted: bool
    value: str
    details: tuple[tuple[str, str], ...]
    order: str = ""


def formula(texts: Texts, place: Place, most: int) -> Formula:
    """The formula of a number with at most so many terms: the largest ones, and the others as one."""
    of = texts.of
    exact = texts.mode == "exact"
    found = _fewer(texts.terms(place), most)
    value = texts.value(place)
    values = [float(each.exact) if exact else each.rounded for each in found]
    numbers, text = reconciled(values, value, DIGITS) if values else ([], number(value, DIGITS))
    columns = tuple(_column(texts, each, shown) for each, shown in zip(found, numbers, strict=True))
    if place.key in ("d", "g"):
        columns = (Column("", naming.source(of, place), "", "+", text, naming.role(place.key)),)
    order = "" if exact else in_order(of, place, lambda each: naming.symbol(of, each))
    return Formula(
        naming.symbol(of, place),
        tuple(replace(each, sign=leading(each.sign)) if not at else each for at, each in enumerate(columns)),
        any(abs(each.factor) != 1 or len(each.reads) > 1 for each in found),
        text,
        details(of, place),
        order,
    )


def leading(sign: str) -> str:
    """The sign before the first term."""
    return "" if sign == "+" else sign


def _fewer(terms: Sequence[Term], most: int) -> list[Term]:
    if len(terms) <= most:
        return list(terms)
    largest = sorted(range(len(terms)), key=lambda at: -abs(terms[at].exact))[: most - 1]
    rest = [each for at, each in enumerate(terms) if at not in largest]
    name = message("… {count} more", count=len(rest))
    exact = sum((each.exact for each in rest), Fraction())
    return [terms[at] for at in sorted(largest)] + [Term(Fraction(1), (), exact, sum(e.rounded for e in rest), name)]


def _column(texts: Texts, term: Term, value: str) -> Column:
    negative = term.factor < 0
    size = abs(term.factor)
    times = "" if size == 1 else f"{size}·"
    value_sign, plain = (MINUS, value[1:]) if value.startswith(MINUS) else ("+", value)
    role: Role = naming.role(term.reads[0].key) if term.reads else "matrix"
    if len(term.reads) == 2:
        role = "products"
    if term.name is not None:
        return Column("+", said(term.name), "", value_sign, plain, role)
    name = times + "·".join(naming.symbol(texts.of, each) for each in term.reads)
    inserted = times + "·".join(_bracketed(number(texts.value(each), DIGITS)) for each in term.reads)
    return Column(MINUS if negative else "+", name, inserted, value_sign, plain, role)


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith(MINUS) else text


def spelled(made: Formula) -> str:
    """m₀₁ = u₀₁·v₀₁ = 0.5·(−2) = −1."""
    parts = [made.symbol]
    if made.columns:
        parts.append(" ".join(f"{each.sign} {each.name}" for each in made.columns).strip())
        if made.inserted:
            parts.append(" ".join(f"{each.sign} {each.inserted or each.value}" for each in made.columns).strip())
        if len(made.columns) > 1:
            values = [f"{each.value_sign} {each.value}" for each in made.columns]
            parts.append(" ".join([_unsigned(values[0]), *values[1:]]))
    return " = ".join([*parts, made.value])


def _unsigned(text: str) -> str:
    return text.removeprefix("+ ")
