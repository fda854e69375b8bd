"""The grammar of polynomials, evaluated while it is read; sizes are estimated before anything is expanded.

    sum      = [sign] product { sign product }
    product  = power { ["*" | "/"] power }          from the left: 1/2 x is (1/2)·x
    power    = atom ["^" exponent]                   exponents are whole numbers
    atom     = number | letter | "(" sum ")" | "{" sum "}" | "\\frac" part part | sign power

A number right after another number, a letter or a parenthesis is refused: x2 may have been x².
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from explorer import limits
from explorer.ops.exact.lexing import Token, Unreadable, tokens, unreadable
from explorer.ops.exact.sizes import bits_of, check_polynomials
from explorer.refusal import Refusal
from kernels.algebra.polynomial import ONE, Polynomial, X

_DEEPEST = 40
"""How far parentheses may be nested."""
_MOST_PRODUCTS = 300_000
"""How many products of coefficients one text may need: about a second."""
_CLOSING = {"(": ")", "{": "}"}


class Parser:
    """Reads `text` from `start` to `end`. `variable` is its letter, None until one is met."""

    def __init__(self, text: str, variable: str | None = None, start: int = 0, end: int | None = None) -> None:
        self.text = text
        self.variable = variable
        self._tokens = tokens(text, start, len(text) if end is None else end)
        self._next = 0
        self._depth = 0
        self._products = 0

    def parse(self) -> Polynomial:
        """The polynomial; Unreadable where the text is none, Refusal past a limit."""
        if self._peek().kind == "end":
            raise self._refused("Nothing is written where a polynomial is expected.")
        value = self._sum()
        if self._peek().kind != "end":
            raise self._unexpected()
        return value

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        taken = self._peek()
        self._next += 1
        return taken

    # Grammar

    def _sum(self) -> Polynomial:
        value = self._product()
        while self._peek().kind in ("+", "-"):
            minus = self._take().kind == "-"
            term = self._product()
            value = value - term if minus else value + term
            check_polynomials(value)
        return value

    def _product(self) -> Polynomial:
        value = self._power()
        while True:
            kind = self._peek().kind
            if kind == "*":
                self._take()
                value = self._multiplied(value, self._power())
            elif kind == "/":
                slash = self._take()
                value = self._divided(value, self._power(), slash)
            elif kind in ("letter", "(", "{", "frac"):
                value = self._multiplied(value, self._power())
            elif kind in ("number", "raised"):
                raise self._refused(
                    "In “{text}”, the number {found} at character {character} follows without a sign.",
                    hint="Write x^2 for a power and 2x or 2*x for a product.",
                    found=self._peek().text,
                )
            else:
                return value

    def _power(self) -> Polynomial:
        negative = False
        while self._peek().kind in ("+", "-"):
            negative ^= self._take().kind == "-"
        value = self._atom()
        if self._peek().kind in ("power", "raised"):
            at = self._peek()
            value = self._raised(value, self._exponent(), at)
            if self._peek().kind in ("power", "raised"):
                raise self._refused(
                    "In “{text}”, a power of a power at character {character} needs parentheses.",
                    hint="Write (x^2)^3.",
                )
        return -value if negative else value

    def _exponent(self) -> int:
        sign = self._take()
        if sign.kind == "raised":
            return int(sign.value)
        at = self._peek()
        if at.kind in ("(", "{"):
            exponent = self._grouped()
        elif at.kind == "number":
            exponent = Polynomial([self._take().value])
        else:
            exponent = None
        if exponent is None or exponent.degree > 0 or exponent[0].denominator != 1 or exponent[0] < 0:
            raise self._refused(
                "In “{text}”, the exponent at character {character} is no whole number from 0 up.", at=at
            )
        return int(exponent[0])

    def _atom(self) -> Polynomial:
        kind = self._peek().kind
        if kind in ("(", "{"):
            return self._grouped()
        if kind == "number":
            return Polynomial([self._take().value])
        if kind == "letter":
            return self._letter()
        if kind == "frac":
            at = self._take()
            top = self._part()
            return self._divided(top, self._part(), at)
        raise self._unexpected()

    def _grouped(self) -> Polynomial:
        opened = self._take()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._refused(
                "In “{text}”, parentheses at character {character} are nested deeper than {limit}.",
                at=opened,
                limit=_DEEPEST,
            )
        value = self._sum()
        if self._peek().kind != _CLOSING[opened.kind]:
            if self._peek().kind == "end":
                raise self._refused("In “{text}”, the parenthesis at character {character} is not closed.", at=opened)
            raise self._unexpected()
        self._take()
        self._depth -= 1
        return value

    def _part(self) -> Polynomial:
        """What follows \\frac: a group, or one digit or letter."""
        kind, at = self._peek().kind, self._peek()
        if kind == "number" and len(at.text) > 1 and at.text.isdigit():
            digit, rest = at.text[0], at.text[1:]
            self._tokens[self._next] = Token("number", at.position + 1, rest, Fraction(int(rest)))
            return Polynomial([int(digit)])
        if kind in ("{", "number", "letter"):
            return self._atom()
        raise self._unexpected()

    def _letter(self) -> Polynomial:
        if self.variable is None:
            self.variable = self._peek().text
        elif self.variable != self._peek().text:
            raise self._refused(
                "In “{text}”, {found} at character {character} is a second letter beside {variable}.",
                hint="A polynomial has one variable.",
                found=self._peek().text,
                variable=self.variable,
            )
        self._take()
        return X

    # Arithmetic within the limits

    def _divided(self, value: Polynomial, by: Polynomial, at: Token) -> Polynomial:
        if by.degree > 0:
            raise self._refused(
                "In “{text}”, the division at character {character} is by no number.",
                hint="Coefficients can be fractions; a variable stands only above the line.",
                at=at,
            )
        if not by:
            raise self._refused("In “{text}”, the division at character {character} is by zero.", at=at)
        return self._multiplied(value, Polynomial([1 / by[0]]))

    def _multiplied(self, a: Polynomial, b: Polynomial) -> Polynomial:
        self._estimate(a.degree + b.degree, _height(a) + _height(b), len(a.coefficients) * len(b.coefficients))
        product = a * b
        check_polynomials(product)
        return product

    def _raised(self, base: Polynomial, exponent: int, at: Token) -> Polynomial:
        most = limits.current().polynomial_degree
        if exponent > most:
            raise self._refused(
                "In “{text}”, the exponent at character {character} is past {limit}, the most that there is.",
                at=at,
                limit=most,
            )
        self._estimate(base.degree * exponent, 0, 0)
        power = ONE
        for digit in f"{exponent:b}":
            power = self._multiplied(power, power)
            if digit == "1":
                power = self._multiplied(power, base)
        return power

    def _estimate(self, degree: int, bits: int, products: int) -> None:
        most = limits.current()
        if degree > most.polynomial_degree:
            raise Refusal(
                "The degree of “{text}” is at least {value}; the most is {limit}.",
                text=self.text,
                value=degree,
                limit=most.polynomial_degree,
            )
        if bits > 2 * bits_of(most.number_digits):
            raise Refusal(
                "The numbers of “{text}” have more than {limit} digits.", text=self.text, limit=most.number_digits
            )
        self._products += products
        if self._products > _MOST_PRODUCTS:
            raise Refusal(
                "“{text}” takes more than {limit} products to multiply out.", text=self.text, limit=_MOST_PRODUCTS
            )

    # Refusals

    def _unexpected(self) -> Unreadable:
        if self._peek().kind == "end":
            return self._refused("“{text}” ends where a number, a letter or a parenthesis is expected.")
        return self._refused("In “{text}”, {found} at character {character} does not fit.", found=self._peek().text)

    def _refused(self, template: str, *, at: Token | None = None, hint: str = "", **values: object) -> Unreadable:
        return unreadable(template, self.text, (at or self._peek()).position, hint=hint, **values)


def _height(value: Polynomial) -> int:
    """Bits of the widest coefficient over the common denominator, and of that."""
    if not value:
        return 0
    below = lcm(*(each.denominator for each in value.coefficients))
    return max((each * below).numerator.bit_length() for each in value.coefficients) + below.bit_length()
