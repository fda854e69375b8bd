"""Fast convolutions s = h·x as derivations: by Cook-Toom, by Winograd, modified, cyclic, iterated and by inspection.

    s = C·((H h) ⊙ (D x))
[Parhi, VLSI Digital Signal Processing Systems, chapter 8; Blahut, Fast Algorithms; Winograd 1980; Toom 1963; Cook 1966]
"""

from __future__ import annotations

from typing import Any

from explorer import limits
from explorer.model.derivation import exact_json
from explorer.model.derivation.convolution_ends import LETTERS, VARIABLE, finished, stated
from explorer.model.derivation.derivation import Derivation, Step
from explorer.model.derivation.expression import (
    Block,
    Check,
    Formula,
    Number,
    Poly,
    Power,
    Product,
    Sentence,
    Sum,
    Symbol,
    Term,
    equation,
    number,
    sentence,
)
from explorer.model.derivation.inspecting import derive_inspected
from explorer.model.derivation.iterating import derive_iterated
from explorer.model.derivation.problem import Convolution
from explorer.model.derivation.reading_off import read_off_step
from explorer.model.derivation.recombining import residue_steps
from explorer.model.derivation.residues import Setting
from explorer.model.derivation.strokes import one_after_another
from explorer.ops.exact.fitting import check_inputs, check_moduli_fit, check_points, check_size
from explorer.refusal import Refusal
from kernels.algebra.cyclic import cyclic
from kernels.algebra.points import usual_points
from kernels.algebra.polynomial import ONE, ZERO, Polynomial
from kernels.algebra.winograd import Winograd, linear_moduli, winograd

__all__ = ["check_convolution", "derive_convolution", "usual_moduli"]


def derive_convolution(problem: Convolution) -> Derivation:
    """All steps to C, H and D, proved and counted; Refusal where sizes, points, moduli or the method do not fit."""
    check_convolution(problem)
    if problem.method == "iterated":
        return derive_iterated(problem)
    if problem.method == "inspection":
        return derive_inspected(problem)
    algorithm = _algorithm(problem)
    setting = Setting(
        algorithm, *LETTERS, VARIABLE, problem.method == "cyclic", any(each.leading != 1 for each in problem.moduli)
    )
    steps = (
        stated(problem),
        *residue_steps(setting, _why_this_degree(problem, algorithm)),
        *((_subtracting_a_power(algorithm),) if problem.method == "modified-cook-toom" else ()),
        read_off_step(setting),
    )
    if problem.method in ("cook-toom", "modified-cook-toom"):
        given: dict[str, Any] = {"points": [str(-each.modulus[0]) for each in algorithm.residues]}
        given["points"] += ["inf"] if algorithm.infinity else []
    else:
        given = {"moduli": [exact_json.polynomial(each.modulus) for each in algorithm.residues]}
        given["infinity"] = algorithm.infinity
    return finished(problem, _title(problem), steps, algorithm.convolver, given)


def usual_moduli(degree: int) -> tuple[Polynomial, ...]:
    """Moduli of this degree together: the usual points, and from degree 4 on p² + 1 in place of the last two."""
    if degree < 4:
        return linear_moduli(usual_points(degree))
    return (*linear_moduli(usual_points(degree - 2)), Polynomial([1, 0, 1]))


def check_convolution(problem: Convolution) -> None:
    """Refusal where sizes, points, moduli or the method do not fit; nothing is derived yet."""
    n, l, method = problem.n, problem.l, problem.method  # noqa: E741 - the letters of the literature
    check_size("N", n)
    check_size("L", l)
    check_inputs("N + L − 1", n, l)
    if method in ("cyclic", "inspection") and n != l:
        raise Refusal("The method {method} takes as many taps as samples, not {n} and {l}.", method=method, n=n, l=l)
    if method == "inspection" and n < 2:
        raise Refusal("Inspection needs pairs of taps: {limit} taps at least, not {n}.", limit=2, n=n)
    if method.startswith("modified") and n + l < 3:
        raise Refusal(
            "The method {method} needs N + L of at least {limit}; it is {value}.",
            method=method,
            limit=3,
            value=n + l,
            hint="One tap and one sample are a single product.",
        )
    infinity = method.startswith("modified")
    wanted, reason = _wanted(problem), "N + L − 2" if infinity else "N + L − 1"
    if problem.points:
        if not method.endswith("cook-toom"):
            raise Refusal(
                "The method {method} takes no points; {count} are given.", method=method, count=len(problem.points)
            )
        check_points(problem.points, wanted, reason)
    if problem.moduli:
        if not method.endswith("winograd"):
            raise Refusal(
                "The method {method} takes no moduli; {count} are given.", method=method, count=len(problem.moduli)
            )
        # More than is needed is no mistake without infinity; with it, the quotient by M would be 0.
        most = wanted if infinity else limits.current().filter_inputs
        check_moduli_fit(problem.moduli, wanted, most, f"{reason} = {wanted}")


def _wanted(problem: Convolution) -> int:
    """The degree that M needs."""
    return problem.n + problem.l - (2 if problem.method.startswith("modified") else 1)


def _algorithm(problem: Convolution) -> Winograd:
    if problem.method == "cyclic":
        return cyclic(problem.n)
    wanted = _wanted(problem)
    if problem.method.endswith("cook-toom"):
        moduli = linear_moduli(problem.points or usual_points(wanted))
    else:
        moduli = problem.moduli or usual_moduli(wanted)
    return winograd(problem.n, problem.l, moduli, infinity=problem.method.startswith("modified"))


def _title(problem: Convolution) -> Sentence:
    n, l = problem.n, problem.l  # noqa: E741
    match problem.method:
        case "cook-toom":
            return sentence("Convolution of {n} and {l} by Cook and Toom", n=n, l=l)
        case "modified-cook-toom":
            return sentence("Convolution of {n} and {l} by Cook and Toom, modified", n=n, l=l)
        case "winograd":
            return sentence("Convolution of {n} and {l} by Winograd", n=n, l=l)
        case "modified-winograd":
            return sentence("Convolution of {n} and {l} by Winograd, modified", n=n, l=l)
    return sentence("Cyclic convolution of length {n}", n=n)


def _why_this_degree(problem: Convolution, algorithm: Winograd) -> Sentence:
    if problem.method == "cyclic":
        return sentence(
            "M is {M}; over Q it has {count} irreducible factors, one for each divisor of {n}.",
            M=Poly(algorithm.M, VARIABLE),
            count=len(algorithm.residues),
            n=problem.n,
        )
    degree = problem.n + problem.l - 2
    if algorithm.infinity:
        return sentence("s has degree {degree}: with infinity M of the same degree is enough.", degree=degree)
    if problem.method == "cook-toom":
        return sentence(
            "s has degree {degree}: its values at {count} points determine it.", degree=degree, count=degree + 1
        )
    return sentence("s has degree {degree}: M must have more, so that s is its own residue.", degree=degree)


def _subtracting_a_power(algorithm: Winograd) -> Step:
    """Parhi's form of the modification: s′ = s − P_∞·p^d, interpolated from corrected values, is the same."""
    d = algorithm.M.degree
    power = Power(Symbol(VARIABLE), number(d))
    points = [-each.modulus[0] for each in algorithm.residues]
    carriers = [each.spread()[0] for each in algorithm.residues]
    total = ZERO
    terms: list[Term] = []
    for point, carrier in zip(points, carriers, strict=True):
        total += carrier.scaled(point**d)
        if point:
            terms.append(Product((Number(point**d), Poly(carrier, VARIABLE))))
    check = Check(
        equation(
            Sum((power, Product((number(-1), Poly(total, VARIABLE)), ""))),
            Symbol("M", of=VARIABLE),
            Poly(algorithm.M, VARIABLE),
        ),
        ONE.shifted(d) - total == algorithm.M,
    )
    top = Symbol("P", str(algorithm.convolver.multiplications))
    s, primed = Symbol("s", of=VARIABLE), Symbol("s′", of=VARIABLE)
    strokes: tuple[tuple[Sentence, list[Block]], ...] = (
        (
            sentence("Some subtract the leading term instead and interpolate the rest, of one degree less."),
            [Formula(equation(primed, Sum((s, Product((number(-1), top, power), "")))))],
        ),
        (
            sentence(
                "At each point the value of s is corrected by that of the power; the corrections interpolate to this."
            ),
            [Formula(equation(Sum(tuple(terms)), Poly(total, VARIABLE)))],
        ),
        (sentence("The power less its interpolation is M: both ways are one."), [check]),
    )
    return Step(
        "power",
        sentence("Compare with subtracting the leading term"),
        one_after_another(*strokes),
        follows=("infinity",),
        check=check,
    )
