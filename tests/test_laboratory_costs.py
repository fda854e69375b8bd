"""The costs of a layer add up to counted operations and published sums; times are taken in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import count

import pytest

from explorer.model.derivation.cost import Cost, by_fft, by_filter, direct
from explorer.model.derivation.filtering import algorithm_of
from explorer.model.derivation.problem import Filter
from explorer.model.laboratory.costs import Layer, cheapest, crossover, layer_cost, layer_costs
from explorer.model.laboratory.steps import finished
from explorer.model.laboratory.timing import Timed, timed
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal

DIRECT = direct(3, 2)


@lru_cache
def nested(m: int, r: int = 3) -> Cost:
    return by_filter(algorithm_of(Filter(m, r)), 2)


def test_one_tile_takes_the_published_transforms() -> None:
    """Lavin & Gray, section 4.1: 16 products, 32 additions for the data and 24 for the outputs."""
    found = layer_cost(Layer(1, 1, 1, 2, 2, 3), nested(2))
    assert (found.multiplications, found.additions, found.data, found.outputs) == (16, 0, 32, 24)
    # Their 28 for the taps are instructions: 21 additions and 14 halves, 7 of which come with an addition.
    assert found.taps == 21 + 14
    assert found.memory == 16 + 16 + 16
    assert layer_cost(Layer(1, 1, 1, 2, 2, 3), DIRECT).operations == 4 * (9 + 8)


@pytest.mark.parametrize(
    ("C", "size", "K", "printed"),
    [
        (3, 224, 64, "0.17"),
        (64, 224, 64, "3.70"),
        (64, 112, 128, "1.85"),
        (256, 56, 256, "3.70"),
        (512, 28, 512, "3.70"),
        (512, 14, 512, "0.92"),
    ],
)
def test_the_layers_of_vgg_take_the_published_operations(C: int, size: int, K: int, printed: str) -> None:
    # Counted with an addition for every product, one more than the definition has for each output.
    found = layer_cost(Layer(1, C, K, size, size, 3), DIRECT)
    assert f"{2 * found.multiplications / 1e9:.2f}" == printed
    assert found.multiplications - found.additions == found.layer.outputs
    assert found.transforms == 0


def test_channels_and_tiles_share_the_transforms_as_in_the_formula() -> None:
    layer = Layer(2, 8, 16, 12, 20, 3)
    found = layer_cost(layer, nested(4))
    tiles = 2 * 3 * 5
    assert layer.tiles(4) == tiles
    assert found.multiplications == tiles * 36 * 8 * 16
    assert found.additions == tiles * 36 * 7 * 16
    # Without the sums over channels it is Lavin & Gray's number, per output and pair of channels.
    formula = nested(4).operations(8, 16, tiles)
    assert found.per_output(found.operations - found.additions) / 8 == formula
    assert found.memory == 36 * (tiles * (8 + 16) + 8 * 16)


def test_tiles_at_the_edge_cost_whole_ones() -> None:
    full, more = (layer_cost(Layer(1, 4, 4, size, 8, 3), nested(4)) for size in (8, 9))
    assert more.multiplications == full.multiplications * 3 // 2
    assert more.data == full.data * 3 // 2
    assert more.taps == full.taps


def test_the_fft_forms_complex_products() -> None:
    found = layer_cost(Layer(1, 2, 3, 14, 14, 3), by_fft(16, 3))
    assert found.multiplications == 4 * 16 * 9 * 2 * 3
    # Two real additions in a product, and two for each complex sum over the channels.
    assert found.additions == 2 * 16 * 9 * 2 * 3 + 2 * 16 * 9 * 3
    assert found.memory == 2 * 16 * 9 * (2 + 3 + 6)


def test_the_definition_holds_the_layer_itself() -> None:
    found = layer_cost(Layer(2, 3, 4, 5, 6, 3), DIRECT)
    assert found.memory == 2 * 3 * 7 * 8 + 2 * 4 * 5 * 6 + 3 * 4 * 9
    assert found.per_output(found.multiplications) == Fraction(27)


def test_many_channels_make_fast_filters_cheap_and_large_taps_the_fft() -> None:
    best = {r: cheapest(layer_costs(Layer(1, 64, 64, 112, 112, r))).cost.way for r in (1, 3, 11)}
    assert best == {1: "direct", 3: "nested", 11: "fft-3"}
    assert cheapest(layer_costs(Layer(1, 1, 1, 112, 112, 3))).cost.way == "direct"
    assert {each.cost.way for each in layer_costs(Layer(1, 1, 1, 9, 9, 3), [DIRECT, nested(2)])} == {"direct", "nested"}


@pytest.mark.parametrize("m", [2, 4, 8])
def test_the_crossover_is_where_one_becomes_cheaper_for_good(m: int) -> None:
    def at(n: int) -> Layer:
        return Layer(1, n, n, 56, 56, 3)

    found = crossover(at, DIRECT, nested(m), 64)
    assert found is not None

    def ahead(n: int) -> bool:
        return layer_cost(at(n), nested(m)).operations < layer_cost(at(n), DIRECT).operations

    assert all(ahead(n) for n in range(found, 65))
    assert found == 1 or not ahead(found - 1)


def test_there_is_no_crossover_where_the_other_stays_cheaper() -> None:
    def small(n: int) -> Layer:
        return Layer(1, n, n, 2, 2, 3)

    # One tile of 16×16 for four outputs.
    assert crossover(small, DIRECT, by_fft(16, 3), 200) is None
    # Small planes: few tiles share the transform of the taps, so F(8×8) overtakes F(2×2) with the size of the plane.
    plane = crossover(lambda n: Layer(1, 64, 64, n, n, 3), nested(2), nested(8), 200)
    assert plane is not None
    assert 2 < plane < 60


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((0, 1, 1, 1, 1, 3), "N is 0; it lies between 1 and"),
        ((1, 1, 1, 1, 1 << 21, 3), "W is 2097152"),
        ((1, 1, 1, 1, 1, 65), "r is 65; it lies between 1 and 64"),
    ],
)
def test_sizes_out_of_range_are_refused(sizes: tuple[int, ...], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        Layer(*sizes)


def test_ways_of_another_filter_are_no_ways_of_this_layer() -> None:
    for other in (direct(5, 2), direct(3, 1)):
        with pytest.raises(ValueError, match="a way for"):
            layer_cost(Layer(1, 1, 1, 4, 4, 3), other)


class Bench:
    """Ways that take the time they are told, on a clock of its own."""

    def __init__(self, **seconds: list[float]) -> None:
        self.now = 0.0
        self.runs: list[str] = []
        self.ways = {name: self._way(name, iter(times)) for name, times in seconds.items()}

    def _way(self, name: str, times: Iterator[float]) -> Callable[[], None]:
        def run() -> None:
            self.runs.append(name)
            self.now += next(times)

        return run

    def clock(self) -> float:
        return self.now


def test_ways_are_run_in_turn_each_beginning_once_and_the_warm_up_is_not_measured() -> None:
    bench = Bench(a=[100, 2, 4, 6], b=[100, 1, 4, 9], c=[100, 8, 8, 8])
    steps: list[tuple[int, int]] = []
    found = finished(timed(bench.ways, 3, 1, bench.clock), progress=lambda *counts: steps.append(counts))
    assert bench.runs == [*"abc", *"bca", *"cab", *"abc"]
    assert steps == [(number, 12) for number in range(1, 13)]
    a, b, c = found
    assert [each.name for each in found] == ["a", "b", "c"]
    assert (a.seconds, b.seconds, c.seconds) == ((2, 4, 6), (1, 4, 9), (8, 8, 8))
    assert (a.median, b.median) == (4, 4)
    assert b.ratios == (0.5, 1, 1.5)
    assert (a.ratio, b.ratio, c.ratio) == (1, 1, 2)
    assert b.quartiles == (2.5, 6.5)
    assert b.ratio_quartiles == (0.75, 1.25)


def test_one_round_and_a_clock_that_stands_still_have_answers() -> None:
    (only,) = finished(timed({"a": lambda: None}, 1, 0, lambda: 5.0))
    assert only == Timed("a", (0.0,), (1.0,))
    assert only.quartiles == (0.0, 0.0)


def test_measuring_can_be_left_between_two_runs() -> None:
    bench = Bench(a=[1.0] * 10, b=[1.0] * 10)
    calls = count()

    def tick() -> None:
        if next(calls) == 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        finished(timed(bench.ways, 9, 1, bench.clock), tick=tick)
    assert len(bench.runs) == 5


def test_a_refusal_of_a_way_goes_through() -> None:
    def no() -> None:
        raise Refusal("There is no such kernel: {name}.", name="x")

    with pytest.raises(Refusal, match="no such kernel: x"):
        finished(timed({"no": no}))


@pytest.mark.parametrize(
    ("others", "said"),
    [({"rounds": 0}, "rounds is 0"), ({"warm_up": -1}, "warm_up is -1"), ({"ways": {}}, "are 0 ways")],
)
def test_numbers_out_of_range_and_nothing_to_measure_are_refused(others: dict[str, object], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        finished(timed(**({"ways": {"a": lambda: None}} | others)))  # type: ignore[arg-type]
