"""Numbers as text: compact ones, and sums whose shown digits add up.

A sum is shown by apportioned rounding: every term is its floor or its ceiling at the last shown digit, and the terms
with the largest remainders are the ones rounded up, so that the shown terms add up to the shown total exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.ops.explanation import Grid, Number, Sign, Step, Sum

MINUS = "\N{MINUS SIGN}"
DIGITS = 3
LARGEST = 31
"""Rows and columns of a grid that are written; of a larger one, those around the cell that decides."""
_MORE = 3
_WHOLE = 10**10
_PLAIN = range(-3, 7)


def number(value: float, digits: int = 4) -> str:
    """`value` to `digits` significant digits, without trailing zeros: 1.04, −0.0031, 2.5e−9, 262143, NaN, −∞.

    Whole numbers below 10¹⁰ and the places before the point are never rounded away below 10⁷.
    """
    if not math.isfinite(value):
        return _not_finite(value)
    if value == int(value) and (isinstance(value, int) or abs(value) < _WHOLE):
        return _signed(str(abs(int(value))), value < 0)
    mantissa, _, power = f"{abs(value):.{max(digits, 1) - 1}e}".partition("e")
    exponent = int(power)
    if exponent in _PLAIN:
        text = _trimmed(f"{abs(value):.{max(digits - 1 - exponent, 0)}f}")
    else:
        text = f"{_trimmed(mantissa)}e{_signed(str(abs(exponent)), exponent < 0)}"
    return _signed(text, value < 0)


def reconciled(
    terms: Sequence[float],
    total: float,
    digits: int | None = DIGITS,
    shown: str | None = None,
) -> tuple[list[str], str]:
    """The terms and their total as decimals that add up exactly.

    digits   significant digits of the largest number, None for as many as tell it from its neighbours; fewer are
             shown where all numbers are exact with fewer, more where the total is small beside its terms
    shown    the text that the total already has elsewhere; the terms are made to add up to it

    Where the rounding of the summation itself (up to n·2⁻²⁴·Σ|term|) would show, fewer digits are given. A total that
    is not the sum of the terms is shown as it is, every number rounded by itself; so are sums with NaN or infinities.
    """
    if not all(map(math.isfinite, [*terms, total])):
        scale = _scale([_decimal(each) for each in [*terms, total] if math.isfinite(each)], digits)
        return [_rounded(each, scale) for each in terms], _rounded(total, scale)
    exact, whole = [_decimal(each) for each in terms], _decimal(total)
    scale = _scale([*exact, whole], digits, whole)
    if not _adds_up(exact, whole):
        return [_rounded(each, scale) for each in terms], _rounded(total, scale)
    given = _read(shown) if shown else None
    if given is not None and (units := _apportioned(exact, given[0], given[1].last)) is not None:
        return [_text(unit, given[1], each) for unit, each in zip(units, exact, strict=True)], shown or ""
    while (units := _apportioned(exact, _nearest(whole, scale.last), scale.last)) is None:
        scale = scale.coarser()
    return [_text(unit, scale, each) for unit, each in zip(units, exact, strict=True)], _rounded(total, scale)


def excerpt(grid: Grid) -> tuple[tuple[int, int], tuple[int, int]]:
    """First row and column, and number of rows and columns, of what is written of a grid."""
    shape = grid.values.shape
    about = grid.marked[0] if grid.marked else (shape[0] // 2, shape[1] // 2)
    rows, columns = min(shape[0], LARGEST), min(shape[1], LARGEST)
    top = max(0, min(about[0] - rows // 2, shape[0] - rows))
    left = max(0, min(about[1] - columns // 2, shape[1] - columns))
    return (top, left), (rows, columns)


Written = str | list[list[str]] | tuple[list[str], str]


def written(steps: Sequence[Step], digits: int = DIGITS) -> tuple[list[list[Written]], list[str]]:
    """The numbers of every part of every step as text, and the value of every step.

    A number that stands in several places, such as the sum of one step that is a term of the next, has one text:
    sums are written first, from the last step back and with one digit more, then the grids that lead to their terms.
    Of a Sign the text is its own, of a Number a string, of a Grid the rows of its `excerpt`, which add up where that is
    all of it, of a Sum its terms and its total.
    """
    known: dict[float, str] = {}
    parts: list[list[Written]] = [[""] * len(step.parts) for step in steps]
    for kind in (Sum, Grid, (Number, Sign)):
        for step, texts in zip(reversed(steps), reversed(parts), strict=True):
            for place, part in enumerate(step.parts):
                if isinstance(part, kind):
                    texts[place] = _written_part(step, place, digits, known)
    return parts, [_single(step.value, known) for step in steps]


def _written_part(step: Step, place: int, digits: int, known: dict[float, str]) -> Written:
    part = step.parts[place]
    if isinstance(part, Sum):
        values = [value for _, value in part.terms]
        terms, total = reconciled(values, part.total, digits + 1, known.get(part.total))
        for value, text in zip([*values, part.total], [*terms, total], strict=True):
            known.setdefault(value, text)
        return terms, total
    if isinstance(part, Grid):
        return _written_grid(part, step, place, digits, known)
    return _single(part.value, known) if isinstance(part, Number) else part.text


def _single(value: float, known: dict[float, str]) -> str:
    whole = math.isfinite(value) and value == int(value) and abs(value) < _WHOLE
    return number(value) if whole else known.get(value) or number(value)


def _written_grid(grid: Grid, step: Step, place: int, digits: int, known: dict[float, str]) -> list[list[str]]:
    (top, left), shown = excerpt(grid)
    cells = grid.values[top : top + shown[0], left : left + shown[1]].ravel().astype(float).tolist()
    if grid.adds_up and shown == grid.values.shape:
        following = (part.value for part in step.parts[place + 1 :] if isinstance(part, Number))
        total = next(following, step.value)
        texts, whole = reconciled(cells, total, digits, known.get(total))
        known.setdefault(total, whole)
    else:
        scale = _scale([_decimal(each) for each in cells if math.isfinite(each)], digits)
        texts = [_rounded(each, scale) for each in cells]
    return [texts[first : first + shown[1]] for first in range(0, len(texts), shown[1] or 1)]


_Exact = tuple[int, int]
"""(n, p): the number n·10ᵖ."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """last: power of ten of the last shown digit; exponent: of the common factor, 0 for plain decimals."""

    last: int
    exponent: int = 0

    def coarser(self) -> _Scale:
        last = self.last + 1
        return _Scale(last, last if last > self.exponent else self.exponent)


def _decimal(value: float) -> _Exact:
    """The shortest decimal that is read back as `value`."""
    mantissa, _, power = repr(float(value)).partition("e")
    whole, _, decimals = mantissa.partition(".")
    return int(whole + decimals), int(power or 0) - len(decimals)


def _magnitude(exact: _Exact) -> int:
    """⌊log₁₀|value|⌋."""
    return len(str(abs(exact[0]))) - 1 + exact[1]


def _lowest(exact: _Exact) -> int:
    """Power of ten of the last digit that is not 0."""
    text = str(exact[0])
    return exact[1] + len(text) - len(text.rstrip("0"))


def _scale(numbers: Sequence[_Exact], digits: int | None, total: _Exact = (0, 0)) -> _Scale:
    found = [each for each in numbers if each[0]]
    if not found:
        return _Scale(0)
    largest = max(map(_magnitude, found))
    needed = min(map(_lowest, found))
    if needed >= 0 and largest < 10:
        return _Scale(0)
    last = needed
    if digits is not None:
        last = largest - digits + 1
        smallest = _magnitude(total) - 1 if total[0] else last
        if last > smallest >= last - _MORE:
            last = smallest
        last = max(last, needed)
    if largest in _PLAIN:
        return _Scale(min(last, 0))
    return _Scale(last, largest)


def _split(exact: _Exact, last: int) -> tuple[int, int, int]:
    """Floor and remainder of a number in units of 10ˡᵃˢᵗ, and the divisor that the remainder is out of."""
    whole, power = exact
    if power >= last:
        return whole * 10 ** (power - last), 0, 1
    divisor: int = 10 ** (last - power)
    floor, remainder = divmod(whole, divisor)
    return floor, remainder, divisor


def _nearest(exact: _Exact, last: int) -> int:
    floor, remainder, divisor = _split(exact, last)
    twice = 2 * remainder
    return floor + (twice > divisor or (twice == divisor and floor % 2 == 1))


def _apportioned(terms: Sequence[_Exact], whole: int, last: int) -> list[int] | None:
    """Floors and ceilings that add up to `whole`, those with the largest remainders rounded up; None where none do."""
    parts = [_split(each, last) for each in terms]
    units = [floor for floor, _, _ in parts]
    missing = whole - sum(units)
    fractions = sorted(
        ((-remainder / divisor, place) for place, (_, remainder, divisor) in enumerate(parts) if remainder)
    )
    if not 0 <= missing <= len(fractions):
        return None
    for _, place in fractions[:missing]:
        units[place] += 1
    return units


def _adds_up(terms: Sequence[_Exact], total: _Exact) -> bool:
    """Whether the total is the sum up to the rounding of a summation in float32, which has at most n·u·Σ|term|."""
    power = min([total[1], *(each[1] for each in terms)])
    scaled = [whole * 10 ** (own - power) for whole, own in terms]
    difference = abs(sum(scaled) - total[0] * 10 ** (total[1] - power))
    size = sum(map(abs, scaled))
    return bool(difference * 2**24 <= max(len(terms), 1) * size)


def _text(units: int, scale: _Scale, exact: _Exact) -> str:
    if exact[0] == 0 and units == 0:
        return "0"
    decimals = scale.exponent - scale.last
    digits = str(abs(units)).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    if scale.exponent:
        text = f"{text}e{_signed(str(abs(scale.exponent)), scale.exponent < 0)}"
    return _signed(text, units < 0)


def _rounded(value: float, scale: _Scale) -> str:
    if not math.isfinite(value):
        return _not_finite(value)
    exact = _decimal(value)
    return _text(_nearest(exact, scale.last), scale, exact)


def _read(text: str) -> tuple[int, _Scale] | None:
    """Units and scale of a text that `_text` made, None of a sum that is no number."""
    mantissa, _, power = text.replace(MINUS, "-").partition("e")
    whole, _, decimals = mantissa.partition(".")
    if not (whole + decimals).removeprefix("-").isdecimal():
        return None
    exponent = int(power or 0)
    return int(whole + decimals), _Scale(exponent - len(decimals), exponent)


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else _signed("∞", value < 0)


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _signed(text: str, negative: bool) -> str:
    return MINUS + text if negative else text
