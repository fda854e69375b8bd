"""A layer over one of its sizes: the model of every way, the measured times, and where one overtakes another."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import numpy as np
import pytest

from explorer.model.laboratory import layer_times
from explorer.model.laboratory.costs import Layer, crossover
from explorer.model.laboratory.layer_times import Times, measured_times, runs
from explorer.model.laboratory.steps import finished
from explorer.model.laboratory.sweeps import DIRECT, Sweep, Way, cost_of, modelled, overtaking, spaced
from explorer.ops.op import Cancelled, no_tick
from explorer.refusal import Refusal

LAYER = Layer(1, 4, 4, 12, 12, 3)
FOUR = Way("winograd", 4)


def test_every_size_has_the_cost_of_every_way() -> None:
    sweep = Sweep(LAYER, "C", (1, 2, 8))
    found = finished(modelled(sweep))
    assert list(found) == [1, 2, 8]
    assert [way.name for way in found[1]] == ["direct", "im2col", "F(2×2)", "F(4×4)", "F(6×6)", "FFT"]
    assert found[8][DIRECT].multiplications == LAYER.outputs * 8 * 9
    assert found[8][FOUR].multiplications == 9 * 36 * 8 * 4
    assert found[8][Way("im2col")].operations == found[8][DIRECT].operations


@pytest.mark.parametrize(
    ("variable", "layer"),
    [
        ("H", Layer(1, 4, 4, 20, 20, 3)),
        ("C", Layer(1, 7, 4, 12, 12, 3)),
        ("K", Layer(1, 4, 7, 12, 12, 3)),
        ("r", Layer(1, 4, 4, 12, 12, 5)),
        ("m", LAYER),
    ],
)
def test_one_size_of_the_layer_varies(variable: str, layer: Layer) -> None:
    size = {"H": 20, "r": 5}.get(variable, 7)
    sweep = Sweep(LAYER, variable, (size,))  # type: ignore[arg-type]
    assert sweep.at(size) == layer
    fast = [way.m for way in sweep.ways(size) if way.m]
    assert fast == ([7] if variable == "m" else [2, 4, 6])


def test_a_fast_filter_without_enough_points_is_left_out() -> None:
    assert [way.m for way in Sweep(LAYER, "r", (7,)).ways(7) if way.m] == [2, 4]


def test_sizes_grow_by_about_the_same_factor_and_of_few_there_are_all() -> None:
    found = spaced("C", 1, 256)
    assert (found[0], found[-1]) == (1, 256)
    factors = [b / a for a, b in pairwise(found)]
    assert factors == pytest.approx([2] * 8, rel=0.01)
    assert spaced("C", 3, 8) == (3, 4, 5, 6, 7, 8)
    assert spaced("m", 1, 8) == tuple(range(1, 9))


def test_a_way_overtakes_where_straight_lines_on_decades_cross() -> None:
    xs = [1.0, 10.0, 100.0]
    found = overtaking(xs, [1, 10, 100], [sqrt(10) * 2, sqrt(10) * 4, sqrt(10) * 8])
    assert found is not None
    assert (found.after, found.by) == (1, 10) or (found.after, found.by) == (10, 100)
    # Between 10 and 100: t and √10·4·2^(log t − 1) meet.
    assert found.at == pytest.approx(10 ** (1 + np.log10(sqrt(10) * 4 / 10) / (1 - np.log10(2))))
    assert found.size == int(found.at) + 1


def test_what_is_always_ahead_or_falls_behind_again_does_not_overtake() -> None:
    ahead = overtaking([1, 2], [3, 3], [1, 2])
    assert ahead is not None
    assert (ahead.after, ahead.at) == (None, 1)
    assert overtaking([1, 2, 3], [2, 2, 2], [3, 1, 3]) is None
    assert overtaking([1], [2], [2]) is None


def test_the_model_overtakes_where_counting_one_by_one_says_it() -> None:
    # With few outputs a channel the transforms of the taps weigh.
    layer = Layer(1, 1, 1, 12, 12, 3)
    sweep = Sweep(layer, "C", tuple(range(1, 17)))
    found = finished(modelled(sweep))
    for way in (FOUR, Way("winograd", 6)):
        counted = crossover(sweep.at, cost_of(DIRECT, layer).cost, cost_of(way, layer).cost, 16)
        at = overtaking(sweep.sizes, *([found[n][each].operations for n in sweep.sizes] for each in (DIRECT, way)))
        assert (None if at is None else int(at.by)) == counted


def test_all_ways_give_the_same_sums() -> None:
    layer = Layer(1, 3, 5, 9, 9, 3)
    sums: dict[str, np.ndarray] = {}
    for way in Sweep(layer, "C", (3,)).ways(3):
        run = runs(layer, (way,), no_tick)[way]
        run()
        closure = dict(zip(run.__code__.co_freevars, run.__closure__ or (), strict=True))
        sums[way.name] = closure["y"].cell_contents
    for name, found in sums.items():
        assert found == pytest.approx(sums["direct"], abs=1e-4), name
    assert np.abs(sums["direct"]).max() > 1


def test_each_size_is_measured_once_by_every_way_in_turn() -> None:
    sweep = Sweep(LAYER, "C", (1, 2, 4), (2,))
    found: dict[int, Times] = {}
    progress: list[tuple[int, int]] = []
    steps = measured_times(sweep, {}, found.__setitem__, no_tick, 0.01)
    finished(steps, progress=lambda *counts: progress.append(counts))
    assert list(found) == [1, 2, 4]
    for times in found.values():
        assert list(times) == list(sweep.ways(1))
        assert all(len(each.seconds) >= 5 and each.median > 0 for each in times.values())
        assert set(times[DIRECT].ratios) == {1.0}
    assert progress == sorted(progress)
    assert progress[-1] == (300, 300)
    again: dict[int, Times] = {}
    finished(measured_times(Sweep(LAYER, "C", (2, 8), (2,)), found, again.__setitem__, no_tick, 0.01))
    assert list(again) == [8]


def test_a_way_that_takes_too_long_is_left_out_from_there_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_times, "MOST_CALL", 0.0)
    found: dict[int, Times] = {}
    with pytest.raises(Refusal, match="0 ways"):
        finished(measured_times(Sweep(LAYER, "C", (1,), (2,)), {}, found.__setitem__, no_tick, 0.01))


def test_measuring_can_be_given_up_within_a_call() -> None:
    def tick() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        finished(measured_times(Sweep(LAYER, "C", (1,)), {}, lambda size, times: None, tick))


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        (Sweep(LAYER, "C", ()), "sizes is 0"),
        (Sweep(LAYER, "C", (0,)), "C is 0"),
        (Sweep(LAYER, "r", (10,)), "r is 10; it lies between 2 and 9"),
        (Sweep(Layer(1, 512, 512, 64, 64, 3), "H", (128,)), "With H = 128 the layer has"),
    ],
)
def test_sizes_out_of_range_are_refused(sweep: Sweep, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        finished(modelled(sweep))
