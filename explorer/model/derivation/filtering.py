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
from explorer.model.derivation.derivation import Derivation, Named, Step
from explorer.model.derivation.expression import (
    Block,
    Check,
    Formula,
    Grid,
    Number,
    Product,
    Relation,
    Sentence,
    Sum,
    Symbol,
    Term,
    Words,
    equation,
    grid,
    sentence,
)
from explorer.model.derivation.fitting import check_inputs, check_moduli, check_points, check_size
from explorer.model.derivation.problem import Filter
from explorer.model.derivation.residues import Setting, residue_steps
from explorer.model.derivation.strokes import indexed, one_after_another
from explorer.refusal import Refusal
from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.filter_form import placed, transposed
from kernels.algebra.matrix import transpose
from kernels.algebra.points import usual_points
from kernels.algebra.proof import Proof, prove_filter
from kernels.algebra.winograd import Winograd, linear_moduli, winograd

A, G, B, F = Symbol("A", raised="T"), Symbol("G"), Symbol("B", raised="T"), Symbol("f")


def derive_filter(problem: Filter) -> Derivation:
    """All steps to F(m, r), proved and counted; Refusal where points, moduli or sizes do not fit."""
    chosen = settled(problem)
    setting = Setting(_convolution(chosen), "g", "z", "x")
    algorithm = placed(transposed(setting.algorithm.convolver), chosen.fractions)
    proof = prove_filter(algorithm)
    steps = (
        _stated(chosen),
        *residue_steps(setting, _why_this_degree(chosen, setting.algorithm)),
        _read_off(setting),
        _transposed(setting, chosen, algorithm),
        _proved(algorithm, proof),
    )
    title = sentence("Fast filter F({m}, {r})", m=chosen.m, r=chosen.r)
    return Derivation(title, steps, _answer(chosen, algorithm, proof), algorithm)


def settled(problem: Filter) -> Filter:
    """The problem with its points in place of "the usual ones" and ∞ last; Refusal where it does not fit."""
    m, r = problem.m, problem.r
    check_size("m", m)
    check_size("r", r)
    check_inputs("m + r − 1", m, r)
    alpha = m + r - 1
    if problem.moduli:
        check_moduli(problem.moduli, max(alpha - 1, 1), alpha, f"m + r − 1 = {alpha}")
        return problem
    if not problem.points:
        return replace(problem, points=(*usual_points(alpha - 1), "inf") if alpha > 1 else usual_points(1))
    check_points(problem.points, alpha, "m + r − 1")
    finite = tuple(point for point in problem.points if not isinstance(point, str))
    if not finite:
        raise Refusal("The point inf stands alone; at least {least} finite point is needed.", least=1)
    return replace(problem, points=(*finite, "inf") if len(finite) < alpha else finite)


def _convolution(chosen: Filter) -> Winograd:
    moduli = chosen.moduli or linear_moduli(point for point in chosen.points if not isinstance(point, str))
    infinity = sum(modulus.degree for modulus in moduli) < chosen.m + chosen.r - 1
    return winograd(chosen.r, chosen.m, moduli, infinity=infinity)


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
    strokes = (
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


def _read_off(setting: Setting) -> Step:
    convolver, labels = setting.algorithm.convolver, setting.labels
    H = grid(convolver.H, setting.origins("taps multiply"), labels)
    D = grid(convolver.D, setting.origins("samples multiply"), labels)
    C = replace(grid(convolver.C), column_origins=setting.origins("divide invert recombine"), column_labels=labels)
    form = equation(
        Symbol("s"),
        Product(
            (
                Symbol("C"),
                Product(
                    (
                        Product((Symbol("H"), Symbol(setting.taps)), ""),
                        Product((Symbol("D"), Symbol(setting.samples)), ""),
                    ),
                    "⊙",
                ),
            )
        ),
    )
    strokes = (
        (sentence("A row for each product: its factor of taps."), [Formula(equation(Symbol("H"), H))]),
        (sentence("Its factor of samples."), [Formula(equation(Symbol("D"), D))]),
        (sentence("What carries a product is its column."), [Formula(equation(Symbol("C"), C)), Formula(form)]),
    )
    return Step(
        "matrices",
        sentence("Read off {C}, {H} and {D}", C=Symbol("C"), H=Symbol("H"), D=Symbol("D")),
        one_after_another(*strokes),
        why=sentence("Sums, products, sums: the whole algorithm is three matrices."),
        follows=("multiply", "recombine"),
        found=(Named(Symbol("H"), H), Named(Symbol("D"), D), Named(Symbol("C"), C)),
        facts={name: exact_json.matrix(getattr(convolver, name)) for name in "CHD"},
    )


def _transposed(setting: Setting, chosen: Filter, algorithm: FilterAlgorithm) -> Step:
    labels = setting.labels
    raw = setting.algorithm.convolver
    before = FilterAlgorithm(transpose(raw.D), raw.H, transpose(raw.C))
    shown = _grids(setting, algorithm, labels)
    unscaled = _grids(setting, before, labels)
    factors: list[Term] = [Product((G, Symbol("g")), ""), Product((B, Symbol("d")), "")]
    if chosen.fractions == "F":
        factors.insert(0, F)
    form = equation(Symbol("y"), Product((A, Product(tuple(factors), "⊙"))))
    strokes = (
        (
            sentence(
                "The sum over i of C[j,i] H[i,k] D[i,l] is 1 where j = k + l, else 0. Read it towards l in place of j."
            ),
            [
                Formula(equation(A, Symbol("D", raised="T"))),
                Formula(equation(G, Symbol("H"))),
                Formula(equation(B, Symbol("C", raised="T"))),
            ],
        ),
        (
            sentence("So the same products serve the filter."),
            [Formula(equation(name, value)) for name, value in unscaled],
        ),
        (_where_fractions_go(chosen), [Formula(equation(name, value)) for name, value in shown] + [Formula(form)]),
    )
    return Step(
        "transpose",
        sentence("Transpose to a filter"),
        one_after_another(*strokes),
        why=sentence("Transposing keeps the products: a fast convolution is a fast filter."),
        follows=("matrices",),
        found=tuple(Named(name, value) for name, value in shown),
    )


def _grids(setting: Setting, algorithm: FilterAlgorithm, labels: tuple[Term, ...]) -> tuple[tuple[Symbol, Grid], ...]:
    made = [
        (
            A,
            replace(
                grid(algorithm.AT), column_origins=setting.origins("samples multiply transpose"), column_labels=labels
            ),
        ),
        (G, grid(algorithm.G, setting.origins("taps multiply invert transpose"), labels)),
        (B, grid(algorithm.BT, setting.origins("divide invert recombine transpose"), labels)),
    ]
    if algorithm.f:
        made.append((F, grid(tuple((each,) for each in algorithm.f), setting.origins("invert transpose"), labels)))
    return tuple(made)


def _where_fractions_go(chosen: Filter) -> Sentence:
    if chosen.fractions == "F":
        return sentence(
            "Every row may be scaled if another takes it back: the fractions go into a vector f of their own."
        )
    name = {"G": G, "A": A, "B": B}[chosen.fractions]
    return sentence("Every row may be scaled if another takes it back: the fractions go into {matrix}.", matrix=name)


def _proved(algorithm: FilterAlgorithm, proof: Proof) -> Step:
    example = _coefficient(algorithm, 0, 0, 0), _coefficient(algorithm, 0, 0, min(1, len(algorithm.BT[0]) - 1))
    said = sentence("for all j, k, l: {count} coefficients compared", count=proof.compared)
    body = Relation(
        (Words(sentence("the sum over i of A[j,i] G[i,k] B[i,l]")), Words(sentence("1 where l = j + k, else 0"))),
        ("=",),
    )
    check = Check(body, proof.holds)
    strokes: tuple[tuple[Sentence, list[Block]], ...] = (
        (
            sentence(
                "Both sides are linear in d and in g: it is enough to compare the coefficient of every {pair}.",
                pair=Product((Symbol("g", "k"), Symbol("d", "l")), ""),
            ),
            [],
        ),
        (sentence("In output 0 the coefficient of the first tap and the first input is 1."), [Formula(example[0])]),
        (sentence("With the next input it is 0."), [Formula(example[1])]),
        (said, [check]),
    )
    return Step(
        "identity",
        sentence("Prove the identity"),
        one_after_another(*strokes),
        why=sentence("It is finite, exact, and holds for every input: no test by examples is as good."),
        follows=("transpose",),
        check=check,
        facts={"compared": proof.compared, "verified": proof.holds},
    )


def _coefficient(algorithm: FilterAlgorithm, j: int, k: int, l: int) -> Relation:  # noqa: E741
    """Σ_i A[j,i]·f_i·G[i,k]·B[i,l] in figures, without the terms that are zero."""
    terms: list[Term] = []
    total = algorithm.AT[0][0] * 0
    for i, a in enumerate(algorithm.AT[j]):
        factors = [a, *(algorithm.f[i : i + 1]), algorithm.G[i][k], algorithm.BT[i][l]]
        value = factors[0] * 0 + 1
        for each in factors:
            value *= each
        if value:
            terms.append(Product(tuple(Number(each) for each in factors), "·"))
            total += value
    return equation(Sum(tuple(terms)), Number(total))


def _answer(chosen: Filter, algorithm: FilterAlgorithm, proof: Proof) -> dict[str, Any]:
    answer: dict[str, Any] = {"m": chosen.m, "r": chosen.r}
    if chosen.moduli:
        answer["moduli"] = [exact_json.polynomial(each) for each in chosen.moduli]
    else:
        answer["points"] = [str(point) for point in chosen.points]
    answer |= {name: exact_json.matrix(getattr(algorithm, name)) for name in ("AT", "G", "BT")}
    if algorithm.f:
        answer["f"] = exact_json.numbers(algorithm.f)
    answer |= {"multiplications": algorithm.multiplications, "verified": proof.holds}
    return answer
