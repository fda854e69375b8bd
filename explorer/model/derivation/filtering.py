"""F(m, r): m outputs of a filter with r taps from the fewest products, as a derivation.

    y_j = Σ_k g_k d_{j+k}                      correlation, as networks have it: no flip
    y = Aᵀ·((G g) ⊙ (Bᵀ d))

Found as the transpose of a linear convolution of r taps g and m samples z, s(x) = g(x)·z(x), by residues.
[Winograd 1980; Lavin & Gray, arXiv 1509.09308; Barabasz et al., arXiv 1803.10986]
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from explorer.model.derivation import exact_json
from explorer.model.derivation.comparing import comparison_steps
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
    sentence,
)
from explorer.model.derivation.nesting import across_json, across_step, nest_step
from explorer.model.derivation.problem import Filter
from explorer.model.derivation.proving import prove_filter_step
from explorer.model.derivation.reading_off import read_off_step, transpose_step
from explorer.model.derivation.recombining import residue_steps
from explorer.model.derivation.residues import Setting
from explorer.model.derivation.strokes import indexed, one_after_another
from explorer.ops.exact.filters import filter_convolution
from explorer.ops.exact.fitting import fitted
from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.counting import Counts, count_filter, count_nested
from kernels.algebra.filter_form import placed, transposed
from kernels.algebra.proof import Proof, prove_filter
from kernels.algebra.winograd import Winograd

__all__ = ["algorithm_of", "derive_filter", "settled"]


def derive_filter(problem: Filter) -> Derivation:
    """All steps to F(m, r), proved and counted; Refusal where points, moduli or sizes do not fit."""
    chosen = settled(problem)
    setting = Setting(_convolution(chosen), "g", "z", "x", scaled=chosen.moduli != problem.moduli)
    algorithm = placed(transposed(setting.algorithm.convolver), chosen.fractions)
    proof = prove_filter(algorithm)
    counts = count_filter(algorithm)
    other, points = _across(chosen, algorithm)
    steps = (
        _stated(chosen),
        *residue_steps(setting, _why_this_degree(chosen, setting.algorithm)),
        read_off_step(setting),
        transpose_step(setting, algorithm, chosen.fractions),
        prove_filter_step(algorithm, proof, ("transpose",)),
        *comparison_steps(algorithm, setting.labels, ("transpose",)),
        count_step(counts, chosen.m * chosen.r, _least(algorithm), ("transpose",)),
        *((across_step(other, points),) if other is not algorithm else ()),
        nest_step(algorithm, other, ("transpose", "across") if other is not algorithm else ("transpose",)),
    )
    answer = _answer(chosen, algorithm, proof, counts)
    title = sentence("Fast filter F({m}, {r})", m=chosen.m, r=chosen.r)
    if chosen.across:
        counts = count_nested(algorithm, other)
        answer |= counts_json(counts) | {
            "across": across_json(other, points),
            "verified": proof.holds and prove_filter(other).holds,
        }
        title = sentence("Fast filter F({m}×{m2}, {r}×{r2})", m=chosen.m, m2=other.m, r=chosen.r, r2=other.r)
    return Derivation(title, steps, answer, (algorithm, other) if chosen.across else algorithm)


def settled(problem: Filter) -> Filter:
    """The problem with its points in place of "the usual ones" and ∞ last; Refusal where it does not fit."""
    points, moduli = fitted(problem.m, problem.r, problem.points, problem.moduli)
    return replace(problem, points=points, moduli=moduli)


def algorithm_of(problem: Filter) -> FilterAlgorithm:
    """The matrices alone, along one direction; Refusal where points, moduli or sizes do not fit."""
    return _algorithm(settled(problem))


def _algorithm(chosen: Filter) -> FilterAlgorithm:
    return placed(transposed(_convolution(chosen).convolver), chosen.fractions)


def _convolution(chosen: Filter) -> Winograd:
    return filter_convolution(chosen.m, chosen.r, chosen.points, chosen.moduli)


def _why_this_degree(chosen: Filter, algorithm: Winograd) -> Sentence:
    if algorithm.infinity:
        return sentence(
            "s has {count} coefficients: {degree} come from M, and the last one from the point at infinity.",
            count=algorithm.size,
            degree=algorithm.M.degree,
        )
    return sentence("s has {count} coefficients: M needs this degree to keep them all.", count=algorithm.size)


def _stated(chosen: Filter) -> Step:
    m, r = chosen.m, chosen.r
    d, g, y = indexed("d", m + r - 1), indexed("g", r), indexed("y", m)
    rows = Grid(tuple(d[j : j + r] for j in range(m)))
    columns = Grid(tuple((each,) for each in y)), Grid(tuple((each,) for each in g))
    first = equation(y[0], Sum(tuple(Product((g[k], d[k]), "") for k in range(r))))
    s = Symbol("s", of="x")
    strokes: tuple[tuple[Sentence, list[Block]], ...] = (
        (
            sentence("{m} outputs of a filter with {r} taps read {count} inputs.", m=m, r=r, count=m + r - 1),
            [Formula(first)],
        ),
        (
            sentence(
                "This is a correlation: tap and input run in the same direction. Directly it takes {count} products.",
                count=m * r,
            ),
            [Formula(equation(columns[0], Product((rows, columns[1]), "")))],
        ),
        (
            sentence(
                "Turn it round: make the linear convolution of {r} taps and {m} samples fast, then transpose it.",
                r=r,
                m=m,
            ),
            [Formula(equation(s, Product((Symbol("g", of="x"), Symbol("z", of="x")))))],
        ),
    )
    return Step(
        "problem",
        sentence("State the problem F({m}, {r})", m=m, r=r),
        one_after_another(*strokes),
        why=sentence("A product of polynomials can be split by residues; a filter cannot be split directly."),
        facts={"m": m, "r": r, "inputs": m + r - 1, "direct": m * r},
    )


def _across(chosen: Filter, algorithm: FilterAlgorithm) -> tuple[FilterAlgorithm, tuple[str, ...]]:
    """The other direction and its points: the same algorithm unless another size was asked for."""
    if chosen.across is None or chosen.across == (chosen.m, chosen.r):
        return algorithm, tuple(map(str, chosen.points))
    other = settled(Filter(*chosen.across, fractions=chosen.fractions))
    return _algorithm(other), tuple(map(str, other.points))


def _least(algorithm: FilterAlgorithm) -> Sentence:
    least = algorithm.m + algorithm.r - 1
    if algorithm.multiplications == least:
        return sentence("No algorithm has fewer than m + r − 1 = {least}.", least=least)
    return sentence(
        "The least is m + r − 1 = {least}: a modulus of degree d above 1 takes up to d − 1 more.", least=least
    )


def _answer(chosen: Filter, algorithm: FilterAlgorithm, proof: Proof, counts: Counts) -> dict[str, Any]:
    answer: dict[str, Any] = {"m": chosen.m, "r": chosen.r}
    if chosen.moduli:
        answer["moduli"] = [exact_json.polynomial(each) for each in chosen.moduli]
    else:
        answer["points"] = [str(point) for point in chosen.points]
    answer |= {name: exact_json.matrix(getattr(algorithm, name)) for name in ("AT", "G", "BT")}
    if algorithm.f:
        answer["f"] = exact_json.numbers(algorithm.f)
    return answer | counts_json(counts) | {"verified": proof.holds}
