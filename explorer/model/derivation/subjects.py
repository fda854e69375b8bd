"""The way in: every problem to its derivation."""

from __future__ import annotations

from explorer.model.derivation.common_divisors import derive_gcd
from explorer.model.derivation.convolving import derive_convolution
from explorer.model.derivation.derivation import Derivation
from explorer.model.derivation.dividing import derive_division
from explorer.model.derivation.filtering import derive_filter
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
            return derive_convolution(problem)
        case Filter():
            return derive_filter(problem)
