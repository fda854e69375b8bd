"""From expressions to the few shapes that every format can write.

A `Notation` spells shapes: a number, a letter, a fraction, indices, a matrix. `Arrangement` walks through an expression
once, decides about signs, parentheses and coefficients, and puts the shapes together. What a shape is (a string, a box
of lines) is the notation's own affair.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from string import Formatter
from typing import Generic, Literal, Protocol, TypeVar

from explorer.model.derivation.expression import (
    Grid,
    Group,
    Marked,
    Number,
    Poly,
    Power,
    Product,
    Quotient,
    Relation,
    Role,
    Sentence,
    Sum,
    Symbol,
    Term,
    Under,
    Words,
)  # fmt: skip
from explorer.model.derivation.writing.precedence import (
    begins_with_minus,
    is_letter,
    is_natural,
    is_number,
    is_sum,
    needs_parentheses,
    unmarked,
)  # fmt: skip
from explorer.refusal import plain

Shape = TypeVar("Shape")
Translate = Callable[[str], str]
Place = Literal["infix", "prefix", "relation", "tight"]
"""Where a sign stands: between two terms or factors, before one, between two sides, or close inside an index."""

MINUS = "−"
_TOKENS = re.compile(r"\d+|[^\W\d_]+(?:_[^\W_]+)?|\S")


class Notation(Protocol[Shape]):
    """How one format spells things."""

    def number(self, digits: str) -> Shape:
        """A natural number."""

    def letter(self, name: str) -> Shape:
        """A variable; one letter."""

    def word(self, name: str) -> Shape:
        """An upright name such as gcd."""

    def sign(self, sign: str, place: Place) -> Shape:
        """A sign with the space that it needs; the empty one between factors is a thin space."""

    def wide(self) -> Shape:
        """A wide space."""

    def run(self, parts: Sequence[Shape]) -> Shape:
        """One after the other."""

    def fraction(self, top: Shape, bottom: Shape) -> Shape:
        """top over bottom."""

    def scripts(self, base: Shape, low: Shape | None, high: Shape | None) -> Shape:
        """An index and an exponent."""

    def fenced(self, inner: Shape, kind: Literal["(", "["]) -> Shape:
        """In parentheses or brackets as tall as what is inside."""

    def matrix(self, rows: Sequence[Sequence[Shape]], grid: Grid) -> Shape:
        """The entries of `grid` in brackets."""

    def braced(self, inner: Shape, label: Shape) -> Shape:
        """A brace and a label below."""

    def marked(self, inner: Shape, role: Role, step: str) -> Shape:
        """In the colour of a role, and a link to a step."""

    def text(self, text: str) -> Shape:
        """Part of a sentence among mathematics."""


def same(template: str) -> str:
    """The sentence as it is, not translated."""
    return template


def pieces(sentence: Sentence, translate: Translate = same) -> Iterator[str | Term]:
    """The texts and expressions of a sentence in turn; typed text as one printable line."""
    for text, name, _, _ in Formatter().parse(translate(sentence.template)):
        if text:
            yield text
        if name:
            value = sentence.values[name]
            yield plain(value) if isinstance(value, str | int) else value


@dataclass(frozen=True, slots=True)
class Arrangement(Generic[Shape]):
    """Expressions in a notation."""

    notation: Notation[Shape]
    translate: Translate = same

    def term(self, term: Term) -> Shape:
        """An expression by itself."""
        if isinstance(term, Marked):  # by itself its minus has its colour too; in a sum the minus belongs to the sum
            return self.notation.marked(self.term(term.inner), term.role, term.step)
        negative, body = self._signed(term)
        return self.notation.run([self.notation.sign(MINUS, "prefix"), body]) if negative else body

    def signed(self, sign: str, term: Term | None) -> Shape:
        """A term with the sign in front that it has in a column of a tableau; `term` is without one."""
        lead = [self.notation.sign(sign, "prefix"), self.notation.sign("", "infix")] if sign else []
        return self.notation.run([*lead, *([self.term(term)] if term is not None else [])])

    def _signed(self, term: Term) -> tuple[bool, Shape]:
        """Whether it begins with a minus, and the rest."""
        note = self.notation
        match term:
            case Number(value):
                return value < 0, self._number(abs(value))
            case Poly(value, variable):
                terms = [(c, e) for e, c in reversed(list(enumerate(value.coefficients))) if c]
                return self._sum([(c < 0, self._monomial(abs(c), e, variable)) for c, e in terms])
            case Sum(terms):
                return self._sum([self._summand(each, i > 0) for i, each in enumerate(terms)])
            case Product(factors, sign):
                return self._product(factors, sign)
            case Marked(inner, role, step):
                negative, body = self._signed(inner)
                return negative, note.marked(body, role, step)
            case Symbol():
                return False, self._symbol(term)
            case Quotient(top, bottom):
                return False, note.fraction(self.term(top), self.term(bottom))
            case Power(base, exponent):
                close = isinstance(base, Symbol | Group | Grid) or is_natural(base) or is_letter(base)
                return False, note.scripts(self._within(base, not close), None, self.term(exponent))
            case Group(inner, kind):
                return False, note.fenced(self.term(inner), kind)
            case Relation():
                return False, self._relation(term)
            case Grid(rows):
                return False, note.matrix([[self.term(each) for each in row] for row in rows], term)
            case Under(inner, label):
                return False, note.braced(self.term(inner), self.term(label))
            case Words(said):
                found = pieces(said, self.translate)
                return False, note.run([note.text(x) if isinstance(x, str) else self.term(x) for x in found])

    def _summand(self, term: Term, follows: bool) -> tuple[bool, Shape]:
        braced = isinstance(term, Under) and follows and begins_with_minus(term)
        return (False, self._within(term, True)) if braced else self._signed(term)

    def _number(self, value: Fraction) -> Shape:
        top = self.notation.number(str(value.numerator))
        return (
            top if value.denominator == 1 else self.notation.fraction(top, self.notation.number(str(value.denominator)))
        )

    def _monomial(self, factor: Fraction, exponent: int, variable: str) -> Shape:
        """factor·variable^exponent, factor ≥ 0; a factor 1 is left out before a power."""
        if not exponent:
            return self._number(factor)
        power = self._name(variable)
        if exponent > 1:
            power = self.notation.scripts(power, None, self.notation.number(str(exponent)))
        return power if factor == 1 else self.notation.run([self._number(factor), power])

    def _sum(self, terms: Sequence[tuple[bool, Shape]]) -> tuple[bool, Shape]:
        if not terms:
            return False, self.notation.number("0")
        (negative, first), *others = terms
        parts = [first]
        for minus, body in others:
            parts += [self.notation.sign(MINUS if minus else "+", "infix"), body]
        return negative, self.notation.run(parts) if others else first

    def _product(self, factors: Sequence[Term], sign: str) -> tuple[bool, Shape]:
        if not factors:
            return False, self.notation.number("1")
        negative = False
        first = factors[0]
        if not sign and len(factors) > 1 and isinstance(first, Number) and abs(first.value) == 1:  # −1·a is −a
            negative, factors = first.value < 0, factors[1:]
            if len(factors) == 1 and not negative:
                return self._signed(factors[0])
        elif begins_with_minus(first) and not is_sum(first):
            negative = True
        fenced = [needs_parentheses(each, sign, i > 0) for i, each in enumerate(factors)]
        parts = [self._within(each, parentheses) for each, parentheses in zip(factors, fenced, strict=True)]
        if negative and factors[0] is first:
            fenced[0], parts[0] = False, self._signed(first)[1]
        elif len(factors) == 1:
            parts[0] = self._within(factors[0], is_sum(factors[0]) or begins_with_minus(factors[0]))
        made = [parts[0]]
        for i, part in enumerate(parts[1:]):
            ends = is_number(factors[i]) or fenced[i] or isinstance(unmarked(factors[i]), Group)
            near = not sign and (ends or fenced[i + 1] or isinstance(unmarked(factors[i + 1]), Group))
            made += [part] if near else [self.notation.sign(sign, "infix"), part]
        return negative, self.notation.run(made) if len(made) > 1 else made[0]

    def _within(self, term: Term, parentheses: bool) -> Shape:
        if parentheses and isinstance(term, Under):  # the brace is below the parentheses: they stay as tall as the line
            return self.notation.braced(self._within(term.inner, True), self.term(term.label))
        body = self.term(term)
        return self.notation.fenced(body, "(") if parentheses else body

    def _relation(self, relation: Relation) -> Shape:
        note = self.notation
        parts = [self.term(relation.parts[0])]
        for sign, part in zip(relation.signs, relation.parts[1:], strict=True):
            parts += [note.sign(sign, "relation"), self.term(part)]
        if relation.modulo is not None:
            inner = note.run([note.word("mod"), note.sign("", "infix"), self.term(relation.modulo)])
            parts += [note.wide(), note.fenced(inner, "(")]
        return note.run(parts)

    def _symbol(self, symbol: Symbol) -> Shape:
        body = self._name(symbol.name)
        if symbol.index or symbol.raised:
            low, high = (self._tokens(each) if each else None for each in (symbol.index, symbol.raised))
            body = self.notation.scripts(body, low, high)
        if symbol.of:
            body = self.notation.run([body, self.notation.fenced(self._tokens(symbol.of, apart=True), "(")])
        return body

    def _name(self, name: str) -> Shape:
        single = len(name) == 1 and name.isalpha()
        return self.notation.letter(name) if single else self.notation.word(plain(name))

    def _tokens(self, text: str, *, apart: bool = False) -> Shape:
        """A short text such as i−1, T, 2k or m_i; raised and lowered characters are taken as plain ones.

        `apart` puts a thin space behind a comma.
        """
        found = []
        for token in _TOKENS.findall(unicodedata.normalize("NFKC", plain(text)).replace("-", MINUS)):
            if token.isascii() and token.isdigit():
                found.append(self.notation.number(token))
            elif token == "T":
                found.append(self.notation.word(token))
            elif token[0].isalpha():
                name, _, index = token.partition("_")
                body = self._name(name)
                found.append(self.notation.scripts(body, self._tokens(index), None) if index else body)
            elif token == ",":
                found += [self.notation.sign(token, "tight"), *([self.notation.sign("", "infix")] if apart else [])]
            else:
                found.append(self.notation.sign(token, "tight"))
        return self.notation.run(found) if len(found) != 1 else found[0]
