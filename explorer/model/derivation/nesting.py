"""Two filters nested into one over planes: F(m×m′, r×r′).

    Y = Aᵀ·[(G g G′ᵀ) ⊙ (Bᵀ d B′)]·A′

Along a column it is F(m, r), along a row F(m′, r′). The proof is the product of their two identities:
Σ_{i,i′} A[j,i]A′[j′,i′]·G[i,k]G′[i′,k′]·B[i,l]B′[i′,l′] is the product of two sums, [l = j + k]·[l′ = j′ + k′].
[Lavin & Gray, arXiv 1509.09308, section 4.1]
"""

from __future__ import annotations

from typing import Any

from explorer.model.derivation import exact_json
from explorer.model.derivation.counted import counts_json, counts_table
from explorer.model.derivation.derivation import Named, Step
from explorer.model.derivation.expression import (
    Block,
    Check,
    Formula,
    Product,
    Quotient,
    Relation,
    Sentence,
    Symbol,
    Words,
    equation,
    grid,
    number,
    sentence,
)
from explorer.model.derivation.reading_off import A, B, G
from explorer.model.derivation.strokes import one_after_another
from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.counting import count_nested
from kernels.algebra.proof import prove_filter

__all__ = ["across_json", "across_step", "nest_step"]


def across_step(algorithm: FilterAlgorithm, points: tuple[str, ...]) -> Step:
    """The second direction, where it has another size: found in the same way, at the usual points."""
    check = Check(
        Relation((Words(sentence("its identity")), Words(sentence("1 where l = j + k, else 0"))), ("=",)),
        prove_filter(algorithm).holds,
    )
    names = [Symbol(name, raised=raised) for name, raised in (("A′", "T"), ("G′", ""), ("B′", "T"))]
    shown = [grid(matrix) for matrix in (algorithm.AT, algorithm.G, algorithm.BT)]
    formulas: list[Block] = [Formula(equation(name, value)) for name, value in zip(names, shown, strict=True)]
    strokes: tuple[tuple[Sentence, list[Block]], ...] = (
        (
            sentence(
                "Along the rows F({m}, {r}) is found in the same way, at {points}.",
                m=algorithm.m,
                r=algorithm.r,
                points=", ".join(points).replace("-", "−").replace("inf", "∞"),
            ),
            formulas,
        ),
        (sentence("It is proved in the same way."), [check]),
    )
    return Step(
        "across",
        sentence("Find F({m}, {r}) for the other direction", m=algorithm.m, r=algorithm.r),
        one_after_another(*strokes),
        follows=("transpose",),
        found=tuple(Named(name, value) for name, value in zip(names, shown, strict=True)),
        check=check,
        facts={name: exact_json.matrix(getattr(algorithm, name)) for name in ("AT", "G", "BT")},
    )


def nest_step(down: FilterAlgorithm, across: FilterAlgorithm, follows: tuple[str, ...]) -> Step:
    """F(m×m′, r×r′) with its products, its additions and its proof."""
    counts = count_nested(down, across)
    m, r, m_across, r_across = down.m, down.r, across.m, across.r
    same = down == across
    mark, turned = ("", "T") if same else ("′", "T")
    taps = Product((G, Symbol("g"), Symbol(f"G{mark}", raised=turned)), "")
    data = Product((B, Symbol("d"), Symbol(f"B{mark}")), "")
    form = Formula(equation(Symbol("Y"), Product((A, Product((taps, data), "⊙"), Symbol(f"A{mark}")), "")))
    direct = m * r * m_across * r_across
    saving = Formula(
        equation(
            Quotient(number(direct), number(counts.multiplications)),
            Quotient(
                Product((number(m * m_across), number(r * r_across))),
                Product((number(down.multiplications), number(across.multiplications))),
            ),
        )
    )
    check = nested_check(down, across)
    strokes: tuple[tuple[Sentence, list[Block]], ...] = (
        (sentence("Transform every column by one filter, then every row of what comes out by the other."), [form]),
        (
            sentence(
                "The products multiply: {count} in place of {direct}.", count=counts.multiplications, direct=direct
            ),
            [saving],
        ),
        (
            sentence("The transforms go over all columns and then over all rows."),
            [counts_table(counts)],
        ),
        (sentence("The sum over both indices is the product of two sums, each proved."), [check]),
    )
    return Step(
        "nest",
        sentence("Nest to F({m}×{m2}, {r}×{r2})", m=m, m2=m_across, r=r, r2=r_across),
        one_after_another(*strokes),
        why=sentence("A network filters planes; in two directions the saving is squared."),
        follows=follows,
        check=check,
        facts={**counts_json(counts), "direct": direct},
    )


def nested_check(down: FilterAlgorithm, across: FilterAlgorithm) -> Check:
    """Both identities hold, and so does their product."""
    body = Relation(
        (
            Words(
                sentence(
                    "the product of the identities of F({m}, {r}) and F({m2}, {r2})",
                    m=down.m,
                    r=down.r,
                    m2=across.m,
                    r2=across.r,
                )
            ),
            Words(sentence("1 where l = j + k in both directions, else 0")),
        ),
        ("=",),
    )
    return Check(body, prove_filter(down).holds and (down == across or prove_filter(across).holds))


def across_json(algorithm: FilterAlgorithm, points: tuple[str, ...]) -> dict[str, Any]:
    """The second direction as JSON."""
    made: dict[str, Any] = {"m": algorithm.m, "r": algorithm.r, "points": list(points)}
    made |= {name: exact_json.matrix(getattr(algorithm, name)) for name in ("AT", "G", "BT")}
    if algorithm.f:
        made["f"] = exact_json.numbers(algorithm.f)
    return made
