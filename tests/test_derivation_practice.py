"""Problems to practise on: the same for one seed, solvable, and of the kind that was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from explorer.model.derivation.practice import KINDS, LEVELS, Kind, practise
from explorer.model.derivation.problem import Divide, Gcd, IntegerRemainders, PolynomialRemainders
from explorer.model.derivation.subjects import derive
from explorer.refusal import Refusal

CLASSES: dict[Kind, type] = {
    "divide": Divide,
    "gcd": Gcd,
    "integer remainders": IntegerRemainders,
    "polynomial remainders": PolynomialRemainders,
}


def numbers(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [each for part in value.values() for each in numbers(part)]
    return [each for part in value for each in numbers(part)] if isinstance(value, list) else []


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
@pytest.mark.parametrize("kind", KINDS)
def test_a_problem_can_be_solved_and_has_small_numbers(kind: Kind, level: int) -> None:
    for seed in range(25):
        problem = practise(kind, seed, level)
        assert isinstance(problem, CLASSES[kind])
        found = derive(problem)
        assert found.answer["verified"] is True
        digits = max(len(part) for each in numbers(found.answer) for part in each.lstrip("-").split("/"))
        assert digits <= 2 + level


def test_one_seed_gives_one_problem_and_others_give_others() -> None:
    for kind in KINDS:
        assert practise(kind, 7, 3) == practise(kind, 7, 3)
        assert len({practise(kind, seed, 3) for seed in range(30)}) > 15


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_a_division_leaves_a_remainder_where_one_is_asked_for(level: int) -> None:
    for seed in range(30):
        assert derive(practise("divide", seed, level)).answer["remainder"]
        assert not derive(practise("divide", seed, level, remainder=False)).answer["remainder"]


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_a_gcd_is_no_constant(level: int) -> None:
    assert all(len(derive(practise("gcd", seed, level)).answer["gcd"]) > 1 for seed in range(30))


@pytest.mark.parametrize("kind", ["divide", "gcd"])
def test_levels_grow_harder(kind: Kind) -> None:
    def work(level: int) -> int:
        return sum(practise(kind, seed, level).a.degree for seed in range(40))  # type: ignore[union-attr]

    assert work(1) < work(3) < work(5)


@pytest.mark.parametrize("level", [0, LEVELS + 1])
def test_a_level_that_there_is_not_is_refused(level: int) -> None:
    with pytest.raises(Refusal, match=f"The level is {level}"):
        practise("gcd", 1, level)
