"""From typed or pasted text to polynomials, numbers, points and lists; whatever is no such thing is refused.

`Unreadable` has the place. Nothing is evaluated but the four operations and powers of the grammar in `parsing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from explorer.model.derivation.problem import IntegerRemainders, Point, PolynomialRemainders
from explorer.ops.exact.lexing import Unreadable, check_length, unreadable
from explorer.ops.exact.parsing import Parser
from explorer.refusal import Refusal
from kernels.algebra.polynomial import Polynomial

__all__ = [
    "Unreadable",
    "integer",
    "integers",
    "moduli",
    "number",
    "numbers",
    "point",
    "points",
    "polynomial",
    "polynomials",
    "remainders",
]

_INFINITE = re.compile(r"\s*\+?\s*(?:inf|infinity|oo|∞|\\infty)\s*", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,;]")


def polynomial(text: str) -> Polynomial:
    """x^3 - 2x^2 - 4, ½x, (x-1)(x+1), x², \\frac{1}{2}p: one letter, fractions and decimals exact."""
    return Parser(text).parse()


def polynomials(texts: Sequence[str]) -> tuple[tuple[Polynomial, ...], str]:
    """Polynomials in one variable, and its letter; x where all are constant.

    `Unreadable` for a second letter counts the characters within its own text.
    """
    found = []
    variable = None
    for text in texts:
        parser = Parser(text, variable)
        found.append(parser.parse())
        variable = parser.variable
    return tuple(found), variable or "x"


def moduli(text: str) -> tuple[Polynomial, ...]:
    """Polynomials in one variable between commas or semicolons: x, x-1, x^2+1; () for a blank text."""
    found = []
    variable = None
    for start, end in _pieces(text):
        parser = Parser(text, variable, start, end)
        found.append(parser.parse())
        variable = parser.variable
    return tuple(found)


def number(text: str) -> Fraction:
    """3, -1/2, 0.25, ½."""
    return _number(text, 0, len(text))


def numbers(text: str) -> tuple[Fraction, ...]:
    """Numbers between commas or semicolons; () for a blank text."""
    return tuple(_number(text, start, end) for start, end in _pieces(text))


def integer(text: str) -> int:
    """A whole number."""
    return _integer(text, 0, len(text))


def integers(text: str) -> tuple[int, ...]:
    """Whole numbers between commas or semicolons; () for a blank text."""
    return tuple(_integer(text, start, end) for start, end in _pieces(text))


def point(text: str) -> Point:
    """A number, or one of inf, ∞, oo and \\infty."""
    check_length(text)
    return _point(text, 0, len(text))


def points(text: str) -> tuple[Point, ...]:
    """Points between commas or semicolons: 0, 1, -1, 1/2, inf; () for a blank text."""
    return tuple(_point(text, start, end) for start, end in _pieces(text))


def remainders(texts: Sequence[str]) -> IntegerRemainders | PolynomialRemainders:
    """Residue and modulus in turn; of integers where every one of them is a whole number."""
    if len(texts) % 2:
        raise Refusal(
            "Residues and moduli come in pairs; {value} values were given.",
            value=len(texts),
            hint="Give residue and modulus in turn: 2 3 3 5 2 7.",
        )
    found, variable = polynomials(texts)
    if all(each.degree <= 0 and each[0].denominator == 1 for each in found):
        whole = tuple(int(each[0]) for each in found)
        return IntegerRemainders(whole[::2], whole[1::2])
    return PolynomialRemainders(found[::2], found[1::2], variable)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of what stands between the commas and semicolons; nothing for a blank text."""
    check_length(text)
    if not text.strip():
        return
    start = 0
    for match in _SEPARATOR.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _point(text: str, start: int, end: int) -> Point:
    return "inf" if _INFINITE.fullmatch(text, start, end) else _number(text, start, end)


def _integer(text: str, start: int, end: int) -> int:
    value = _number(text, start, end)
    if value.denominator != 1:
        raise unreadable("In “{text}”, what begins at character {character} is no whole number.", text, start)
    return int(value)


def _number(text: str, start: int, end: int) -> Fraction:
    value = Parser(text, None, start, end).parse()
    if value.degree > 0:
        raise unreadable("In “{text}”, what begins at character {character} is no number.", text, start)
    return value[0]
