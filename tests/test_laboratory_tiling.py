"""A tile on its way through Winograd's algorithm: exactly the plain sum, and in float32 step by step."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from types import MappingProxyType

import numpy as np
import pytest

from explorer.model.derivation.filtering import algorithm_of
from explorer.model.derivation.problem import Filter
from explorer.model.evaluation import Result
from explorer.model.laboratory.steps import finished
from explorer.model.laboratory.tile_terms import Place, in_order, phases, terms
from explorer.model.laboratory.tiles import MOST_INPUTS, OWN, Cut, filters, point_sets, tiled
from explorer.model.laboratory.tiling import Worked, dyadic, worked
from explorer.ops import conv, depthwise_conv, row_conv
from explorer.ops.convolution_layer import Kept
from explorer.ops.op import Cell, Op, Sample, no_tick
from explorer.refusal import Refusal
from kernels.algebra.straight_line import program
from kernels.convolution_methods import usual_filter
from kernels.fast_filter import fast_filter

RANDOM = np.random.default_rng(7)


def ran(op: Op, sample: Sample) -> Result:
    """A sample of an operation after its forward pass, in float32."""
    xs = tuple(x.astype(np.float32) for x in sample.xs)
    given = sample.weights or op.init(tuple(x.shape for x in xs), sample.params, RANDOM)
    weights = {name: each.astype(np.float32) for name, each in given.items()}
    ys, saved = op.forward(xs, weights, sample.params, no_tick)
    return Result("", xs, ys, op.outputs, MappingProxyType(weights), saved, 0.0)


def dense(op: Op) -> list[tuple[Op, Sample]]:
    found = []
    for sample in op.samples(np.random.default_rng(3)):
        result = ran(op, sample)
        if result.saved.layer.stride == result.saved.layer.dilation == (1, 1):
            found.append((op, sample))
    return found


CASES = [case for op in (conv.OP, depthwise_conv.OP, row_conv.OP) for case in dense(op)]


def tile(result: Result, m: int, filter: int, at: tuple[int, int], channel: int = 0, points: str = "usual") -> Worked:
    of = tiled(result, 0)
    return finished(worked(of, filters(of.layer, (m, m), points), filter, channel, at))


def small(**params: object) -> Result:
    """Two images, three channels, 7 × 9."""
    x = RANDOM.standard_normal((2, 3, 7, 9))
    return ran(conv.OP, Sample(title="", xs=(x,), params=conv.Params(filters=2, bank="random", **params)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("op", "sample"), CASES, ids=[f"{op.name}: {sample.title}" for op, sample in CASES])
@pytest.mark.parametrize("m", [1, 2, 3])
def test_every_tile_makes_exactly_what_the_definition_says(op: Op, sample: Sample, m: int) -> None:
    result = ran(op, sample)
    of = tiled(result, 0)
    cut = of.cut((m, m))
    filter = len(of.w) - 1
    seen = np.full(of.y.shape[1:], np.nan)
    for at in product(*map(range, cut.count)):
        found = tile(result, m, filter, at)
        assert found.equal
        for i, j in product(range(m), range(m)):
            row, column = at[0] * m + i, at[1] * m + j
            inside = row < of.y.shape[1] and column < of.y.shape[2]
            assert found.dropped[i, j] == (not inside)
            if inside:
                seen[row, column] = float(found.stages[found.final].exact(i, j))
                assert found.layer[i, j] == of.y[filter, row, column]
    cells = [Cell(0, (0, filter, i, j)) for i, j in np.ndindex(seen.shape)]
    wanted = np.array([op.definition(result.xs, result.weights, sample.params, cell) for cell in cells])
    np.testing.assert_allclose(seen.ravel(), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("m", [2, 4, 6])
def test_the_terms_of_every_number_add_up_to_it(m: int) -> None:
    found = tile(small(), m, 1, (1, 0), channel=2)
    keys = []
    for phase in phases(found)[1:]:
        keys.append(phase.key)
        shape = found.stages[phase.key].shape
        assert sorted((place.row, place.column) for place in phase.places) == list(np.ndindex(shape))
        for place in phase.places:
            total = sum((term.exact for term in terms(found, place)), Fraction())
            assert total == found.stages[place.key].exact(place.row, place.column)
    assert keys == ["Bd", "V", "Gg", "U", "P", "M", "AM", "Y", "y", "direct"]


def test_a_single_channel_is_not_summed_and_no_bias_is_added_where_there_is_none() -> None:
    x = RANDOM.standard_normal((1, 1, 4, 4))
    result = ran(conv.OP, Sample(title="", xs=(x,), params=conv.Params(filters=1, bias=False)))
    found = tile(result, 2, 0, (0, 0))
    assert [phase.key for phase in phases(found)] == ["d", "Bd", "V", "Gg", "U", "P", "AM", "Y", "direct"]
    assert {read.key for term in terms(found, Place("AM", 0, 0)) for read in term.reads} == {"P"}


@pytest.mark.parametrize("points", ["usual", "accurate", "whole"])
def test_float32_rounds_every_operation_of_the_programs_in_their_order(points: str) -> None:
    found = tile(small(), 4, 0, (0, 1), channel=1, points=points)
    for key, source, matrix in (("Bd", "d", found.down.BT), ("Gg", "g", found.down.G), ("AM", "M", found.down.AT)):
        made = program(matrix)
        for j in range(found.stages[source].shape[1]):
            values = list(found.stages[source].rounded[:, j])
            for each in made.operations:
                left = values[each.left]
                if each.kind == "scale":
                    values.append(np.float32(float(each.factor)) * left)
                elif each.kind == "add":
                    values.append(left + values[each.right])
                else:
                    values.append(left - values[each.right])
            assert [values[at] for at in made.outputs] == found.stages[key].rounded[:, j].tolist()


def test_float32_sums_products_over_the_channels_in_their_order_and_errs_little() -> None:
    found = tile(small(), 4, 0, (0, 0))
    first, second, third = (each.rounded for each in found.products)
    np.testing.assert_array_equal(found.stages["M"].rounded, first + second + third)
    fast, plain = found.worst
    assert 0 < plain < 1e-6
    assert plain < fast < 1e-4
    with np.errstate(invalid="ignore"):
        assert np.nanmax(np.abs(found.layer - found.stages["direct"].values())) < 1e-5


def test_an_error_is_told_in_units_of_the_last_place() -> None:
    found = tile(small(), 2, 0, (0, 0)).stages["Bd"]
    for i, j in np.ndindex(found.shape):
        error = found.error(i, j)
        assert error == Fraction(float(found.rounded[i, j])) - found.exact(i, j)
        assert found.ulps(i, j) == float(error) / float(np.spacing(np.abs(found.rounded[i, j])))


def test_what_lies_outside_of_the_map_is_zero_and_marked() -> None:
    found = tile(small(), 4, 0, (0, 0))
    assert found.padding[0].all()
    assert found.padding[:, 0].all()
    assert not found.padding[1:, 1:].any()
    assert all(found.stages["d"].exact(0, j) == 0 for j in range(6))


def test_tiles_begin_m_apart_and_share_r_minus_1_inputs() -> None:
    cut = Cut((4, 4), (3, 5), (1, 2), (10, 10), (10, 10))
    assert cut.count == (3, 3)
    assert cut.size == (6, 8)
    assert cut.origin((0, 0)) == (-1, -2)
    assert cut.origin((1, 2)) == (3, 6)
    assert cut.making(9, 3) == (2, 0)
    assert cut.around(0, 0) == (0, 0)
    assert cut.clamped((7, -1)) == (2, 0)


def test_the_algorithms_of_columns_and_rows_may_make_different_numbers_of_outputs() -> None:
    result = small()
    of = tiled(result, 1)
    for at in product(range(4), range(3)):
        found = finished(worked(of, filters(of.layer, (2, 4), "usual"), 1, 0, at))
        assert found.equal
        assert found.layer.shape == (2, 4)
        with np.errstate(invalid="ignore"):
            assert np.nanmax(np.abs(found.layer - found.stages["y"].values())) < 1e-5


def test_the_own_points_of_a_layer_are_those_that_it_computes_with() -> None:
    layer = small(method="winograd", tile=4).saved.layer
    assert point_sets(layer, 4)[0] == OWN
    down, _ = filters(layer, (4, 4), OWN)
    assert fast_filter(down) == usual_filter(4, 3)
    assert OWN not in point_sets(small().saved.layer, 4)


def test_fractions_that_are_apart_belong_to_the_taps() -> None:
    of = tiled(small(), 0)
    apart = algorithm_of(Filter(4, 3, fractions="F"))
    found = finished(worked(of, (apart, apart), 0, 0, (0, 0)))
    assert apart.f
    assert found.equal
    assert found.worst[0] < 1e-4


@pytest.mark.parametrize("change", [{"stride": (2, 1)}, {"dilation": (1, 3)}])
def test_a_layer_whose_windows_leave_cells_out_is_refused_by_name(change: dict[str, object]) -> None:
    (name,) = change
    with pytest.raises(Refusal, match=name):
        tiled(small(**change), 0)


def test_a_tile_that_is_too_large_and_one_that_is_not_finite_are_refused() -> None:
    result = small()
    filters(result.saved.layer, (MOST_INPUTS - 2, 1), "usual")
    with pytest.raises(Refusal, match=f"{MOST_INPUTS}"):
        filters(result.saved.layer, (1, MOST_INPUTS - 1), "usual")
    x = result.xs[0].copy()
    x[0, 1, 2, 3] = np.nan
    broken = Result("", (x,), result.ys, result.ports, result.weights, Kept(x, *result.saved[1:]), 0.0)
    with pytest.raises(Refusal, match="channel 1"):
        tile(broken, 2, 0, (0, 1))
    assert tile(broken, 2, 0, (3, 0)).equal


def test_float32_numbers_are_read_as_the_fractions_that_they_are() -> None:
    values = np.array([[0.1, -3.0, 0.0, 2**-149, 1e30]], np.float32)
    whole, scale = dyadic(values)
    assert [int(each) * scale for each in whole[0]] == [Fraction(float(each)) for each in values[0]]


def test_the_order_of_float32_is_written_as_one_expression() -> None:
    found = tile(small(), 2, 0, (0, 0))
    assert in_order(found, Place("Bd", 0, 1), lambda place: f"d{place.row}{place.column}") == "d01 − d21"
    assert in_order(found, Place("P", 0, 0), str) == ""
