"""The way in: every problem to its derivation."""

from __future__ import annotations

from explorer.model.derivation.derivation import Derivation
from explorer.model.derivation.problem import Problem


def derive(problem: Problem) -> Derivation:
    """All steps from the question to the answer; Refusal with the reason where there is none."""
    raise NotImplementedError(type(problem).__name__)
