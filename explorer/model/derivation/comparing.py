"""A derived filter beside the matrices that others print: the same products, with rows scaled."""

from __future__ import annotations

from fractions import Fraction

from explorer.model.derivation import exact_json
from explorer.model.derivation.derivation import Step
from explorer.model.derivation.expression import (
    Block,
    Check,
    Number,
    Relation,
    Sentence,
    Symbol,
    Table,
    Term,
    Words,
    number,
    sentence,
)
from explorer.model.derivation.published import Published, published
from explorer.model.derivation.strokes import one_after_another
from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.scaling import RowScaling, rescaled, scaling

__all__ = ["comparison_steps"]


def comparison_steps(
    algorithm: FilterAlgorithm, labels: tuple[Term, ...], follows: tuple[str, ...]
) -> tuple[Step, ...]:
    """One step where others print matrices for the same m and r, else none."""
    known = published(algorithm.m, algorithm.r)
    if not known:
        return ()
    strokes = []
    facts = []
    holds = []
    for each in known:
        found = scaling(algorithm, each.algorithm)
        strokes.append((_said(each, found), _blocks(each, found, algorithm, labels)))
        facts.append({"source": each.source, "scaling": _json(found)})
        if found is not None:
            holds.append(rescaled(algorithm, found) == each.algorithm)
    check = None
    if holds:
        body = Relation((Words(sentence("the rows, scaled like this")), Words(sentence("the published rows"))), ("=",))
        check = Check(body, all(holds))
        strokes[-1] = (strokes[-1][0], [*strokes[-1][1], check])
    step = Step(
        "compare",
        sentence("Compare with published matrices"),
        one_after_another(*strokes),
        why=sentence(
            "Matrices are unique only up to the order of the products and to scales whose product is 1: two right sets "
            "may look different."
        ),
        follows=follows,
        check=check,
        facts={"published": facts},
    )
    return (step,)


def _said(each: Published, found: tuple[RowScaling, ...] | None) -> Sentence:
    if found is None:
        return sentence("No scaling leads to the set of {source}: it has other points.", source=each.source)
    if not any(one.changes for one in found):
        if all(one.source == one.target for one in found):
            return sentence("The set of {source} is the same, row for row.", source=each.source)
        return sentence("The set of {source} has the same rows in another order.", source=each.source)
    return sentence("Scaled like this, it is the set of {source}.", source=each.source)


def _blocks(
    each: Published, found: tuple[RowScaling, ...] | None, algorithm: FilterAlgorithm, labels: tuple[Term, ...]
) -> list[Block]:
    if found is None or all(not one.changes and one.source == one.target for one in found):
        return []
    head = (
        sentence("row"),
        sentence("belongs to"),
        sentence("row of {source}", source=each.source),
        Symbol("A", raised="T"),
        Symbol("G"),
        Symbol("B", raised="T"),
    )
    rows = tuple(
        (
            number(one.source + 1),
            labels[one.source],
            number(one.target + 1),
            _times(one.a),
            _times(one.g),
            _times(one.b),
        )
        for one in sorted(found, key=lambda one: one.source)
        if one.changes or one.source != one.target
    )
    return [Table(head, rows)]


def _times(value: Fraction) -> Term:
    return Words(sentence("times {factor}", factor=Number(value)))


def _json(found: tuple[RowScaling, ...] | None) -> list[dict[str, object]] | None:
    if found is None:
        return None
    return [
        {
            "row": one.source,
            "published_row": one.target,
            "A": exact_json.number(one.a),
            "G": exact_json.number(one.g),
            "B": exact_json.number(one.b),
        }
        for one in found
    ]
