"""How every derivation of a convolution begins and ends: the problem; the proof, the counts and the answer."""

from __future__ import annotations

from typing import Any

from explorer.model.derivation import exact_json
from explorer.model.derivation.counted import count_step, counts_json
from explorer.model.derivation.derivation import Derivation, Step
from explorer.model.derivation.expression import (
    Block,
    Formula,
    Grid,
    Product,
    Sentence,
    Sum,
    Symbol,
    equation,
    number,
    sentence,
)
from explorer.model.derivation.problem import Convolution
from explorer.model.derivation.proving import prove_convolution_step
from explorer.model.derivation.strokes import in_powers, indexed, one_after_another
from kernels.algebra.bilinear import Convolver
from kernels.algebra.counting import count_convolver
from kernels.algebra.cyclic import least_products
from kernels.algebra.proof import prove_cyclic, prove_linear

__all__ = ["LETTERS", "VARIABLE", "finished", "stated"]

LETTERS = "h", "x"
VARIABLE = "p"


def stated(problem: Convolution) -> Step:
    """s = h·x as polynomials and as a matrix of samples times the taps."""
    n, l, cyclic = problem.n, problem.l, problem.method == "cyclic"  # noqa: E741 - the letters of the literature
    h, x = indexed("h", n), indexed("x", l)
    size = n if cyclic else n + l - 1
    zero = number(0)
    rows = Grid(
        tuple(
            tuple(x[(j - k) % n] if cyclic else x[j - k] if 0 <= j - k < l else zero for k in range(n))
            for j in range(size)
        )
    )
    s, taps, samples = (Symbol(name, of=VARIABLE) for name in ("s", *LETTERS))
    column_s, column_h = (Grid(tuple((each,) for each in values)) for values in (indexed("s", size), h))
    if cyclic:
        wrapped = Sum((Symbol(VARIABLE, raised=str(n)), number(-1)))
        said = sentence(
            "A cyclic convolution: what runs past the end comes in at the beginning, since {power} counts as 1.",
            power=Symbol(VARIABLE, raised=str(n)),
        )
        wanted = Formula(equation(s, Product((taps, samples, Symbol("mod"), wrapped), "")))
    else:
        said = sentence("A linear convolution is the product of two polynomials: the filter is turned round in it.")
        wanted = Formula(equation(s, Product((taps, samples))))
    strokes: tuple[tuple[Sentence, list[Block]], ...] = (
        (
            sentence("{n} taps and {l} samples are the coefficients of two polynomials.", n=n, l=l),
            [Formula(equation(taps, in_powers(h, VARIABLE))), Formula(equation(samples, in_powers(x, VARIABLE)))],
        ),
        (said, [wanted]),
        (
            sentence("Directly it takes {count} products.", count=n * l),
            [Formula(equation(column_s, Product((rows, column_h), "")))],
        ),
    )
    return Step(
        "problem",
        sentence("State the problem"),
        one_after_another(*strokes),
        why=sentence("Products of polynomials can be taken apart by residues, by blocks, and by looking at them."),
        facts={"n": n, "l": l, "coefficients": size, "direct": n * l, "cyclic": cyclic},
    )


def finished(
    problem: Convolution, title: Sentence, steps: tuple[Step, ...], convolver: Convolver, given: dict[str, Any]
) -> Derivation:
    """The derivation with its proof and counts after `steps`, the last of which has read off the matrices."""
    n, l, cyclic = problem.n, problem.l, problem.method == "cyclic"  # noqa: E741
    proof = prove_cyclic(convolver, n) if cyclic else prove_linear(convolver, n, l)
    counts = count_convolver(convolver)
    least = least_products(n) if cyclic else n + l - 1
    ends = (
        prove_convolution_step(convolver, proof, cyclic, LETTERS, ("matrices",)),
        count_step(counts, n * l, _least(cyclic, least, convolver.multiplications), ("matrices",)),
    )
    answer: dict[str, Any] = {"n": n, "l": l, "method": problem.method, **given}
    answer |= {name: exact_json.matrix(getattr(convolver, name)) for name in "CHD"}
    answer |= counts_json(counts) | {"least_multiplications": least, "verified": proof.holds}
    return Derivation(title, (*steps, *ends), answer, convolver)


def _least(cyclic: bool, least: int, taken: int) -> Sentence:
    if cyclic and taken == least:
        return sentence("No algorithm over Q has fewer: 2n less the number of factors of M is {least}.", least=least)
    if taken == least:
        return sentence("No algorithm has fewer than N + L − 1 = {least}.", least=least)
    return sentence("The least is N + L − 1 = {least}.", least=least)
