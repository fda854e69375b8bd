"""The errors over m: every place is measured once, and the lines show what was measured."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import cos, inf, pi
from statistics import fmean

import pytest

from explorer.model.derivation.problem import Filter
from explorer.model.laboratory.accuracy import PUBLISHED, Measured, Setting, measured
from explorer.model.laboratory.error_lines import Lines, Place, measured_all, missing, places, published_ratio, spread
from explorer.model.laboratory.families import FAMILIES, chebyshev, points_of
from explorer.model.laboratory.steps import finished
from explorer.refusal import Refusal

SMALL = Lines(last=4, tiles=40, seeds=3)


def run(asked: Lines, known: dict[Setting, Measured | Refusal] | None = None) -> dict[Setting, Measured | Refusal]:
    """All that had to be measured."""
    found: dict[Setting, Measured | Refusal] = {}
    finished(measured_all(missing(places(asked, {}), known or {}), found.__setitem__))
    return found


def of(place: Place, known: dict[Setting, Measured | Refusal]) -> list[Measured]:
    """What was measured for a place."""
    return [found for each in place.settings if isinstance(found := known[each], Measured)]


def test_every_family_arithmetic_and_m_has_a_place_with_a_setting_for_every_seed() -> None:
    made = places(replace(SMALL, arithmetics=("float32", "float16")), {})
    assert len(made) == 3 * 2 * 3
    assert {place.m for place in made} == {2, 3, 4}
    assert [each.seed for each in made[0].settings] == [1, 2, 3]
    assert made[0].settings[0].filter == Filter(2, 3, points_of("accurate", 2, 3) or ())


def test_what_is_shown_is_the_mean_the_least_and_the_greatest_of_the_seeds() -> None:
    known = run(SMALL)
    for place in places(SMALL, {}):
        means = [finished(measured(each)).fast.mean for each in place.settings]
        found = spread(of(place, known))
        assert found is not None
        assert (found.mean, found.low, found.high) == (pytest.approx(fmean(means)), min(means), max(means))
        assert found.low < found.high


def test_only_what_is_not_known_is_measured_again() -> None:
    known = run(SMALL)
    more = run(replace(SMALL, last=5), known)
    assert {each.filter.m for each in more} == {5}
    assert run(SMALL, known) == {}


def test_the_first_seed_of_all_places_comes_first() -> None:
    seeds = [each.seed for each in run(SMALL)]
    assert seeds == sorted(seeds)


def test_the_published_column_is_met_and_whole_points_fail() -> None:
    asked = replace(SMALL, last=8, tiles=300, seeds=2)
    known = run(asked)
    for place in places(asked, {}):
        found = spread(of(place, known))
        assert found is not None
        ratio = published_ratio(place, found)
        assert ratio == found.mean / PUBLISHED[place.m]
        if place.family == "accurate":
            assert 1 / 1.25 < ratio < 1.25
        if place.family == "whole" and place.m >= 6:
            assert ratio > 15


def test_nothing_was_published_for_other_filters_and_half_precision() -> None:
    for asked in (replace(SMALL, r=5), replace(SMALL, directions=1), replace(SMALL, arithmetics=("float16",))):
        asked = replace(asked, families=("usual",), last=2, seeds=1)
        (place,) = places(asked, {})
        found = spread(of(place, run(asked)))
        assert found is not None
        assert published_ratio(place, found) is None


def test_what_overflows_is_infinite() -> None:
    asked = Lines(first=8, last=8, families=("whole",), arithmetics=("float16",), tiles=20, seeds=1)
    found = spread(of(places(asked, {})[0], run(asked)))
    assert found is not None
    assert found.mean == inf


def test_own_points_serve_every_m_that_they_are_enough_for() -> None:
    typed = tuple(map(Fraction, (0, 1, -1, 2)))
    asked = replace(SMALL, families=("typed",), typed=(*typed, "inf"), first=1)
    assert [place.settings[0].filter.points for place in places(asked, {})] == [
        (*typed[:2], "inf"),
        (*typed[:3], "inf"),
        (*typed, "inf"),
    ]


def test_found_sets_stand_at_their_own_m() -> None:
    points = (*map(Fraction, (0, 1, -1, 3)), "inf")
    made = places(replace(SMALL, families=("found",)), {3: points})
    assert [(place.m, place.settings[0].filter.points) for place in made] == [(3, points)]


def test_zeros_of_chebyshev_are_near_fractions_with_their_negatives() -> None:
    for count in (1, 2, 5, 8, 24):
        found = chebyshev(count)
        assert len(set(found)) == count
        assert set(found) == {-each for each in found}
        exact = sorted(cos((2 * k + 1) * pi / (2 * count)) for k in range(count))
        assert [float(each) for each in sorted(found)] == pytest.approx(exact, abs=1 / 32)
    with pytest.raises(ValueError, match="25 zeros"):
        chebyshev(25)


def test_a_family_without_enough_points_leaves_its_m_out() -> None:
    assert points_of("accurate", 9, 3) is None
    assert points_of("wincnn", 3, 3) is None
    assert points_of("usual", 1, 1) is None
    assert points_of("usual", 40, 40) is None
    assert points_of("chebyshev", 30, 3) is None
    assert all(points_of(each, 4, 3, (Fraction(1),)) for each in FAMILIES if each not in ("typed", "found"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"r": 1}, "r is 1; it lies between 2 and 9"),
        ({"first": 0}, "m is 0"),
        ({"last": 1}, "m is 1; it lies between 2 and 16"),
        ({"tiles": 9}, "tiles is 9"),
        ({"seeds": 51}, "seeds is 51"),
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, int], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        places(replace(SMALL, **changes), {})


def test_a_size_that_cannot_be_measured_is_said_and_the_others_are() -> None:
    asked = Lines(first=2, last=2, families=("typed",), typed=(Fraction(10**60), Fraction(1), Fraction(0)), tiles=10)
    (setting, *_), found = places(asked, {})[0].settings, run(asked)
    assert "Powers of" in str(found[setting])
