"""From what is asked to its derivation, beside the window, with the texts that the window shows of it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.model.derivation.derivation import Derivation
from explorer.model.derivation.problem import Problem
from explorer.model.derivation.subjects import derive
from explorer.refusal import Refusal
from explorer.ui.derive import notation
from explorer.ui.derive.asked import Asked, Misread, read


@dataclass(frozen=True, slots=True)
class Answered:
    """A derivation, and the titles of its steps and its own as text."""

    asked: Asked
    problem: Problem
    derivation: Derivation
    titles: tuple[str, ...]
    title: str


def answered(asked: Asked) -> Answered | Misread | Refusal:
    """The answer, or why there is none."""
    try:
        problem = read(asked)
        derivation = derive(problem)
    except (Misread, Refusal) as refusal:
        return refusal
    titles = tuple(notation.plain(step.title) for step in derivation.steps)
    return Answered(asked, problem, derivation, titles, notation.plain(derivation.title))
