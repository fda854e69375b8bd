"""From what is asked to its derivation, beside the window, with the texts that the window shows of it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.model.algorithms import algorithm_text
from explorer.model.derivation.derivation import Derivation
from explorer.model.derivation.problem import Problem
from explorer.model.derivation.subjects import derive
from explorer.refusal import Refusal
from explorer.ui.derive import notation
from explorer.ui.derive.asked import Asked, Misread, read
from explorer.ui.derive.costs import Way, ways
from kernels.algebra.bilinear import FilterAlgorithm


@dataclass(frozen=True, slots=True)
class Answered:
    """A derivation, the titles of its steps and its own as text, and the costs of a filter."""

    asked: Asked
    problem: Problem
    derivation: Derivation
    titles: tuple[str, ...]
    title: str
    costs: tuple[Way, ...]
    runs: str | Refusal | None = None
    """The text of the algorithm for a layer, why no layer can run it, or None where there is no algorithm."""


def answered(asked: Asked) -> Answered | Misread | Refusal:
    """The answer, or why there is none."""
    try:
        problem = read(asked)
        derivation = derive(problem)
    except (Misread, Refusal) as refusal:
        return refusal
    titles = tuple(notation.plain(step.title) for step in derivation.steps)
    algorithm = filter_of(derivation)
    costs = ways(algorithm) if algorithm is not None else ()
    return Answered(asked, problem, derivation, titles, notation.plain(derivation.title), costs, _runs(problem))


def _runs(problem: Problem) -> str | Refusal | None:
    try:
        return algorithm_text(problem)
    except Refusal as refusal:
        return refusal


def filter_of(derivation: Derivation) -> FilterAlgorithm | None:
    """The filter that was found, of two nested ones that along the columns; None for other derivations."""
    outcome = derivation.outcome
    if isinstance(outcome, tuple) and outcome:
        outcome = outcome[0]
    return outcome if isinstance(outcome, FilterAlgorithm) else None
