"""A problem as it is typed: texts in fields. Reading them gives the problem, and every problem gives such texts.

What is typed may be wrong at any moment; it is a value all the same, which the form shows and the settings keep.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from explorer.model.derivation import reading
from explorer.model.derivation.problem import (
    Convolution,
    Divide,
    Filter,
    Fractions,
    Gcd,
    IntegerRemainders,
    LinearMethod,
    PolynomialRemainders,
    Problem,
)
from explorer.ops.exact.exact_text import plain
from explorer.refusal import Refusal
from kernels.algebra.points import usual_points
from kernels.algebra.polynomial import Polynomial

Value = str | tuple[str, ...]

FIELDS: Mapping[str, tuple[str, ...]] = {
    "divide": ("a", "b"),
    "gcd": ("a", "b"),
    "integers": ("congruences",),
    "polynomials": ("congruences",),
    "convolution": ("n", "l", "method", "points", "moduli"),
    "filter": ("m", "r", "given", "points", "moduli", "fractions"),
    "nested": ("m", "r", "m2", "r2", "points"),
}
"""The subjects, and the fields of each."""

BY_POINTS = ("cook-toom", "modified-cook-toom")
BY_MODULI = ("winograd", "modified-winograd")
_MOST_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the fields of a subject, by their names."""

    subject: str
    values: tuple[tuple[str, Value], ...]

    def value(self, name: str) -> Value:
        """What stands in a field."""
        return dict(self.values)[name]

    def text(self, name: str) -> str:
        """What stands in a field of one line."""
        return cast(str, self.value(name))


def asked(subject: str, **values: Value) -> Asked:
    """Texts for all fields of a subject; those that are not given are empty."""
    many = ("congruences", "points", "moduli")
    return Asked(subject, tuple((each, values.get(each, () if each in many else "")) for each in FIELDS[subject]))


class Misread(Exception):
    """A field that does not say what it should: which, why, where in it, and which of several."""

    def __init__(self, field: str, refusal: Refusal, place: tuple[int, int] | None = None, item: int | None = None):
        super().__init__(str(refusal))
        self.field, self.refusal, self.place, self.item = field, refusal, place, item


def fields_of(what: Asked) -> tuple[str, ...]:
    """The fields that matter as they stand."""
    hidden: set[str] = set()
    if what.subject == "convolution":
        method = what.text("method")
        if method not in BY_POINTS:
            hidden.add("points")
        if method not in BY_MODULI:
            hidden.add("moduli")
    elif what.subject == "filter":
        hidden = {"moduli" if what.text("given") == "points" else "points"}
    return tuple(each for each in FIELDS[what.subject] if each not in hidden)


# Reading --------------------------------------------------------------------------------------------------------------


def read(what: Asked) -> Problem:
    """The problem; `Misread` for the first field that is wrong."""
    subject = what.subject
    if subject in ("divide", "gcd"):
        (a, b), variable = _polynomials(what, "a", "b")
        return Divide(a, b, variable) if subject == "divide" else Gcd(a, b, variable)
    if subject in ("integers", "polynomials"):
        return _congruences(what)
    if subject == "convolution":
        n, l = _count(what, "n"), _count(what, "l")  # noqa: E741 - the letter of the literature
        method = cast(LinearMethod, what.text("method"))
        points = _each(what, "points", reading.number) if method in BY_POINTS else ()
        moduli = _each(what, "moduli", reading.polynomial) if method in BY_MODULI else ()
        return Convolution(n, l, method, points, moduli)
    m, r = _count(what, "m"), _count(what, "r")
    if subject == "nested":
        across = _count(what, "m2"), _count(what, "r2")
        return Filter(m, r, _each(what, "points", reading.point), across=across)
    fractions = cast(Fractions, what.text("fractions"))
    if what.text("given") == "moduli":
        return Filter(m, r, moduli=_each(what, "moduli", reading.polynomial), fractions=fractions)
    return Filter(m, r, _each(what, "points", reading.point), fractions=fractions)


def read_item(subject: str, field: str, text: str) -> object:
    """One of several values of a field, as it is being typed; a Refusal where it is none."""
    if field == "congruences":
        reader = reading.integer if subject == "integers" else reading.polynomial
        return tuple(reader(part) for part in _sides(text))
    if field == "moduli":
        return reading.polynomial(text)
    return reading.number(text) if subject == "convolution" else reading.point(text)


def _sides(text: str) -> tuple[str, str]:
    left, found, right = text.partition("mod")
    if not found or not left.strip() or not right.strip():
        raise Refusal("{value} is no congruence.", value=text, hint="Write residue mod modulus, such as 2 mod 3.")
    return left.strip(), right.strip()


def _congruences(what: Asked) -> Problem:
    residues: list[Any] = []
    moduli: list[Any] = []
    variable, letter = "x", cast(tuple[str, ...], ())
    for number, text in enumerate(what.value("congruences")):
        try:
            residue, modulus = _sides(text)
            if what.subject == "integers":
                residues.append(reading.integer(residue))
                moduli.append(reading.integer(modulus))
            else:
                # The letter of the first one is that of all.
                (*_, r, m), variable = reading.polynomials((*letter, residue, modulus))
                letter = letter or ((residue, modulus) if variable in text else ())
                residues.append(r)
                moduli.append(m)
        except Refusal as refusal:
            raise Misread("congruences", refusal, item=number) from refusal
    if what.subject == "integers":
        return IntegerRemainders(tuple(residues), tuple(moduli))
    return PolynomialRemainders(tuple(residues), tuple(moduli), variable)


def _polynomials(what: Asked, *names: str) -> tuple[tuple[Polynomial, ...], str]:
    """Fields of one letter; the fault of one is not blamed on another."""
    for number in range(1, len(names) + 1):
        texts = [what.text(name) for name in names[:number]]
        try:
            found = reading.polynomials(texts)
        except Refusal as refusal:
            raise Misread(names[number - 1], refusal, _place(refusal, texts[-1])) from refusal
    return found


def _place(refusal: Refusal, text: str) -> tuple[int, int] | None:
    """Where in the text the fault is."""
    if not isinstance(refusal, reading.Unreadable):
        return None
    at = min(refusal.position, max(len(text) - 1, 0))
    return at, at + 1


def _count(what: Asked, name: str) -> int:
    text = what.text(name)
    try:
        value = reading.integer(text)
        if value < 1:
            raise Refusal("{value} is too small; the least is {limit}.", value=value, limit=1)
    except Refusal as refusal:
        raise Misread(name, refusal) from refusal
    return value


def _each(what: Asked, name: str, reader: Any) -> tuple[Any, ...]:
    found = []
    for number, text in enumerate(what.value(name)):
        try:
            found.append(reader(text))
        except Refusal as refusal:
            raise Misread(name, refusal, item=number) from refusal
    return tuple(found)


# Writing --------------------------------------------------------------------------------------------------------------


def written(problem: Problem) -> Asked:
    """The texts that a problem is read from."""
    variable = getattr(problem, "variable", "x")

    def poly(value: Polynomial) -> str:
        return plain(value, variable)

    match problem:
        case Divide(a=a, b=b):
            return asked("divide", a=poly(a), b=poly(b))
        case Gcd(a=a, b=b):
            return asked("gcd", a=poly(a), b=poly(b))
        case IntegerRemainders(residues=residues, moduli=moduli):
            return asked("integers", congruences=tuple(f"{r} mod {m}" for r, m in zip(residues, moduli, strict=True)))
        case PolynomialRemainders(residues=rests, moduli=moduli_):
            pairs = zip(rests, moduli_, strict=True)
            return asked("polynomials", congruences=tuple(f"{poly(r)} mod {poly(m)}" for r, m in pairs))
        case Convolution():
            return asked(
                "convolution",
                n=str(problem.n),
                l=str(problem.l),
                method=problem.method,
                points=tuple(map(str, problem.points)),
                moduli=tuple(map(poly, problem.moduli)),
            )
        case Filter(across=None):
            return asked(
                "filter",
                m=str(problem.m),
                r=str(problem.r),
                given="moduli" if problem.moduli else "points",
                points=_points(problem),
                moduli=tuple(map(poly, problem.moduli)),
                fractions=problem.fractions,
            )
        case Filter(across=(m2, r2)):
            return asked("nested", m=str(problem.m), r=str(problem.r), m2=str(m2), r2=str(r2), points=_points(problem))
    raise AssertionError(problem)


def _points(problem: Filter) -> tuple[str, ...]:
    given = tuple(map(str, problem.points))
    return given or (() if problem.moduli else usual_texts(problem.m, problem.r))


def usual_texts(m: int, r: int) -> tuple[str, ...]:
    """The usual points of F(m, r), ∞ last; none where there are not so many."""
    try:
        return (*map(str, usual_points(m + r - 2)), "inf")
    except ValueError:
        return ()


def followed(old: Asked, new: Asked) -> Asked:
    """`new` with the usual points of its size, where `old` had those of its own and only the size was changed."""
    if old.subject != new.subject or "points" not in FIELDS[new.subject] or "m" not in FIELDS[new.subject]:
        return new
    if old.value("points") != new.value("points"):
        return new
    try:
        before, after = (usual_texts(_count(each, "m"), _count(each, "r")) for each in (old, new))
    except Misread:
        return new
    if before == after or old.value("points") not in (before, ()) or not after:
        return new
    values = dict(new.values) | {"points": after}
    return Asked(new.subject, tuple(values.items()))


# Keeping --------------------------------------------------------------------------------------------------------------


def kept(what: Asked) -> str:
    """For the settings."""
    return json.dumps([what.subject, dict(what.values)])


def unkept(text: str) -> Asked | None:
    """What was kept; None for anything that is no such text."""
    try:
        subject, values = json.loads(text[:_MOST_TEXT])
        found = {name: _value(value) for name, value in values.items()}
        if subject not in FIELDS or set(found) != set(FIELDS[subject]):
            return None
        made = asked(subject, **found)
        expected = asked(subject)
        if any(type(value) is not type(expected.value(name)) for name, value in made.values):
            return None
        if "method" in found and found["method"] not in get_args(LinearMethod):
            return None
        if "fractions" in found and found["fractions"] not in get_args(Fractions):
            return None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return made


def _value(value: Any) -> Value:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(cast(Sequence[str], value))
    raise ValueError("neither a text nor a list of texts")


SAMPLES: Mapping[str, Asked] = {
    "divide": asked("divide", a="x^3 - 2x^2 - 4", b="x - 3"),
    "gcd": asked("gcd", a="x^4 + x^3 - 3x^2 - 4x - 1", b="x^3 + x^2 - x - 1"),
    "integers": asked("integers", congruences=("2 mod 3", "3 mod 5", "2 mod 7")),
    "polynomials": asked("polynomials", congruences=("1 mod x", "2 mod x - 1", "x mod x^2 + 1")),
    "convolution": asked("convolution", n="2", l="3", method="modified-cook-toom", points=("0", "1", "-1")),
    "filter": asked("filter", m="2", r="3", given="points", points=("0", "1", "-1", "inf"), fractions="G"),
    "nested": asked("nested", m="2", r="3", m2="2", r2="3", points=("0", "1", "-1", "inf")),
}
"""What a subject begins with."""
