"""The search for points finds sets at least as good as the published ones, and says honestly how good they are."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import lru_cache
from random import Random

import numpy as np
import pytest

from explorer.model.derivation.problem import Filter
from explorer.model.laboratory.accuracy import PUBLISHED, Setting, measured, published_filter
from explorer.model.laboratory.point_sets import changed, drawn, standard, stock
from explorer.model.laboratory.searching import Outcome, Search, Searching, as_json
from explorer.model.laboratory.steps import finished
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal


@lru_cache
def searched(search: Search) -> Outcome:
    return finished(Searching(search).steps())


FOUR = Search(4, 3, evaluations=150)
SIX = Search(6, 3, evaluations=40, fresh=6)


@pytest.mark.parametrize("search", [FOUR, SIX])
def test_what_is_found_is_at_least_as_good_as_the_published_points(search: Search) -> None:
    outcome = searched(search)
    published = next(each for each in outcome.known if "accurate" in each.presets)
    assert outcome.found[0].mean <= published.mean
    assert published.mean == pytest.approx(PUBLISHED[search.m], rel=0.1)


def test_points_for_four_outputs_are_found_that_err_a_sixth_less_than_the_published_ones() -> None:
    outcome = searched(FOUR)
    found = outcome.found[0]
    # On tiles of another origin than the search's own.
    setting = Setting(Filter(4, 3, (*found.points, "inf")), tiles=8_000, seed=77)
    mean = finished(measured(setting)).fast.mean
    assert mean < 5 / 6 * finished(measured(Setting(published_filter(4), tiles=8_000, seed=77))).fast.mean
    assert mean == pytest.approx(found.mean, abs=4 * found.deviation)


def test_scores_fall_and_what_is_kept_is_in_their_order() -> None:
    outcome = searched(FOUR)
    numbers, scores = zip(*outcome.history, strict=True)
    assert list(numbers) == sorted(numbers)
    assert list(scores) == sorted(scores, reverse=True)
    kept = [each.score for each in outcome.found]
    assert kept == sorted(kept)
    assert kept[0] == scores[-1]
    assert len({each.points for each in outcome.found}) == len(kept) == 5
    assert outcome.evaluations == 150


def test_the_reported_error_is_of_tiles_that_the_search_has_not_used() -> None:
    """Another number of fresh seeds changes what is reported and nothing of the search."""
    few = searched(Search(2, 3, evaluations=10, tiles=50, fresh=2))
    more = searched(Search(2, 3, evaluations=10, tiles=50, fresh=9))
    assert [each.score for each in few.found] == [each.score for each in more.found]
    assert few.history == more.history
    for a, b in zip(few.found, more.found, strict=True):
        assert a.points == b.points
        assert len({a.mean, a.score, b.mean}) == 3
        assert b.deviation > 0


def test_the_same_seed_finds_the_same_and_another_seed_looks_elsewhere() -> None:
    search = Search(3, 3, evaluations=25, tiles=60)
    assert finished(Searching(search).steps()) == searched(search)
    other = searched(Search(3, 3, evaluations=25, tiles=60, seed=2))
    assert {each.points for each in other.found} != {each.points for each in searched(search).found}


@pytest.mark.parametrize(
    "search",
    [
        Search(4, 3, directions=1, evaluations=12, tiles=50),
        Search(4, 3, arithmetic="float16", order="rows", evaluations=12, tiles=50),
        Search(2, 5, fractions="F", order="shared", evaluations=12, tiles=50),
        Search(1, 3, evaluations=4, tiles=50),
    ],
)
def test_every_kind_of_filter_can_be_searched(search: Search) -> None:
    outcome = searched(search)
    assert all(len(each.points) == search.m + search.r - 2 for each in outcome.found)
    assert 0 < outcome.found[0].mean < 1


def test_a_search_that_overflows_everywhere_ends_with_infinite_errors() -> None:
    outcome = searched(Search(16, 3, arithmetic="float16", evaluations=6, tiles=10, seeds=1, fresh=2))
    assert outcome.found[-1].mean == outcome.found[-1].deviation == np.inf
    assert as_json(outcome)["found"][-1]["mean"] is None


def test_a_search_ends_when_no_sets_are_left() -> None:
    # 0, 1, −1: one set of three.
    outcome = searched(Search(2, 3, height=1, evaluations=50, tiles=20))
    assert outcome.evaluations == 1
    assert [each.points for each in outcome.found] == [(0, 1, -1)]
    assert set(outcome.found[0].presets) == {"usual", "accurate", "wincnn", "whole"}


def test_the_outcome_is_plain_json() -> None:
    made = json.loads(json.dumps(as_json(searched(SIX)), allow_nan=False))
    assert made["found"][0]["points"][-1] == "inf"
    points = [Fraction(each) for each in made["found"][0]["points"][:-1]]
    assert tuple(points) == searched(SIX).found[0].points
    assert made["search"]["seed"] == 1
    assert made["evaluations"] == 40


def test_a_search_can_be_left_within_a_step_and_keeps_what_it_found() -> None:
    searching = Searching(Search(3, 3, evaluations=1_000, tiles=50))
    progress: list[tuple[int, int]] = []

    def tick() -> None:
        if len(progress) == 8:
            raise Cancelled

    with pytest.raises(Cancelled):
        finished(searching.steps(), tick=tick, progress=lambda *counts: progress.append(counts))
    # Three seeds, a step each, for every set; the third was begun.
    assert [done for done, _ in progress] == [0, 0, 0, 1, 1, 1, 2, 2]
    assert searching.evaluations == 3
    points, score = searching.best[0]
    assert len(points) == 4
    assert score == searching.history[-1][1]


def test_progress_reaches_its_total() -> None:
    progress: list[tuple[int, int]] = []
    finished(
        Searching(Search(2, 3, evaluations=6, tiles=20, kept=2, fresh=2)).steps(),
        progress=lambda *counts: progress.append(counts),
    )
    done = [each for each, _ in progress]
    assert done == sorted(done)
    assert set(done) == set(range(done[-1] + 1))
    assert progress[-1][0] == progress[-1][1]


@pytest.mark.parametrize(
    ("search", "said"),
    [
        (Search(0, 3), "m is 0"),
        (Search(1, 1), "has 1 inputs; points are searched for 3 to 18"),
        (Search(17, 3), "has 19 inputs"),
        (Search(2, 3, evaluations=0), "evaluations is 0; it lies between 1 and 100000"),
        (Search(2, 3, tiles=9), "tiles is 9"),
        (Search(2, 3, fresh=1), "fresh is 1"),
        (Search(2, 3, seed=-1), "seed is -1"),
        (Search(4, 3, height=1), "3 points up to the height 1; 5 are needed"),
    ],
)
def test_settings_that_do_not_fit_are_refused(search: Search, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        Searching(search)


def test_the_stock_holds_fractions_up_to_a_height_with_their_negatives_and_inverses() -> None:
    assert stock(2) == tuple(map(Fraction, ("0", "1/2", "-1/2", "1", "-1", "2", "-2")))
    points = set(stock(5))
    assert len(points) == len(stock(5)) == 39
    assert all(-each in points and (not each or 1 / each in points) for each in points)


def test_changes_stay_within_the_stock_and_keep_the_number_of_points() -> None:
    random = Random(4)
    here, seen = standard(drawn(random, stock(4), 5)), set()
    for _ in range(300):
        new = changed(random, here, stock(4))
        assert new is not None
        assert new != here
        assert len(set(new)) == 5
        assert set(new) <= set(stock(4))
        assert new == standard(tuple(-each for each in new))
        seen.add(new)
        here = new
    assert len(seen) > 200
    assert changed(random, stock(1), stock(1)) is None
    with pytest.raises(ValueError, match="4 of 3 points"):
        drawn(random, stock(1), 4)
