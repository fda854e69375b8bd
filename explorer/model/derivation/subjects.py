"""The way in: every problem to its derivation."""

from __future__ import annotations

from importlib import import_module

from explorer.model.derivation.common_divisors import derive_gcd
from explorer.model.derivation.derivation import Derivation
from explorer.model.derivation.dividing import derive_division
from explorer.model.derivation.problem import (
    Convolution,
    Divide,
    Filter,
    Gcd,
    IntegerRemainders,
    PolynomialRemainders,
    Problem,
)
from explorer.model.derivation.remaindering import derive_remainders


def derive(problem: Problem) -> Derivation:
    """All steps from the question to the answer; Refusal with the reason where there is none."""
    match problem:
        case Divide():
            return derive_division(problem)
        case Gcd():
            return derive_gcd(problem)
        case IntegerRemainders() | PolynomialRemainders():
            return derive_remainders(problem)
        case Convolution():
            return _by("convolving", "derive_convolution", problem)
        case Filter():
            return _by("filtering", "derive_filter", problem)


def _by(module: str, function: str, problem: Problem) -> Derivation:
    found: Derivation = getattr(import_module(f"explorer.model.derivation.{module}"), function)(problem)
    return found
