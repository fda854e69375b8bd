"""What every operation keeps, whatever it computes: one test for each promise, on every sample of every operation."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest

from explorer.ops import operations, parameters
from explorer.ops.explanation import Grid, Number, Step, Sum
from explorer.ops.op import Array, Arrays, Cancelled, Cell, Op, Region, Sample, Weights, no_tick
from explorer.refusal import Message, Refusal

SEED = 20
CELLS = 200
FEW_CELLS = 8
STEP = 1e-5


class Case(NamedTuple):
    """A sample with read-only inputs and weights of one float type."""

    op: Op
    params: Any
    xs: Arrays
    weights: Weights

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(x.shape for x in self.xs)

    def forward(self) -> Arrays:
        return self.op.forward(self.xs, self.weights, self.params, no_tick)[0]


def _samples() -> Iterator[Any]:
    for op in operations().values():
        for place, sample in enumerate(op.samples(np.random.default_rng(SEED))):
            yield pytest.param(op, place, id=f"{op.name}: {sample.title}")


def _smooth_samples() -> Iterator[Any]:
    for each in _samples():
        op, place = each.values
        if not _sample(op, place).ties:
            yield each


def _sample(op: Op, place: int) -> Sample:
    return op.samples(np.random.default_rng(SEED))[place]


def _read_only(array: Array, dtype: Any) -> Array:
    copy = array.astype(dtype) if array.dtype.kind == "f" else np.array(array)
    copy.flags.writeable = False
    return copy


def case(op: Op, place: int, dtype: Any = np.float64) -> Case:
    sample = _sample(op, place)
    weights = sample.weights
    if weights is None:
        weights = op.init(tuple(x.shape for x in sample.xs), sample.params, np.random.default_rng(SEED))
    return Case(
        op,
        sample.params,
        tuple(_read_only(x, dtype) for x in sample.xs),
        {name: _read_only(array, dtype) for name, array in weights.items()},
    )


def some_cells(y: Array, port: int, most: int) -> list[Cell]:
    indices = np.arange(y.size)
    if y.size > most:
        indices = np.sort(np.random.default_rng(SEED).choice(indices, most, replace=False))
    return [Cell(port, tuple(int(at) for at in np.unravel_index(index, y.shape))) for index in indices]


def close(met: float, wanted: float, bound: float) -> bool:
    if math.isnan(wanted) or math.isinf(wanted):
        return met == wanted or (math.isnan(met) and math.isnan(wanted))
    return abs(met - wanted) <= bound * max(1.0, abs(wanted))


every_operation = pytest.mark.parametrize("op", [pytest.param(op, id=op.name) for op in operations().values()])
every_sample = pytest.mark.parametrize(("op", "place"), list(_samples()))
every_smooth_sample = pytest.mark.parametrize(("op", "place"), list(_smooth_samples()))


@every_operation
def test_an_operation_says_what_it_is(op: Op) -> None:
    assert all((op.name, op.title, op.group, op.formula, op.source, op.inputs, op.outputs))
    assert op.samples(np.random.default_rng(SEED)), "an operation without samples is never tested"
    weights = {
        name for place in range(len(op.samples(np.random.default_rng(SEED)))) for name in case(op, place).weights
    }
    assert set(op.hint) <= {*op.inputs, *op.outputs, *weights}


@every_operation
def test_the_form_of_an_operation_can_be_drawn(op: Op) -> None:
    fields = dict(parameters.parameters(op.Params()))
    for described in fields.values():
        assert described.label
        assert described.kind != "choice" or len(described.options) > 1
        assert described.when is None or described.when[0] in fields
    parameters.check(op.Params())


@every_operation
def test_a_parameter_outside_of_its_range_is_refused(op: Op) -> None:
    params = op.Params()
    for name, described in parameters.parameters(params):
        value = getattr(params, name)
        for wrong in (described.minimum - 1, described.maximum + 1):
            if described.kind in ("integer", "integers"):
                wrong = int(wrong) if math.isfinite(wrong) else wrong
            if described.kind in ("choice", "flag"):
                wrong = "nothing of the kind"
            given = (wrong, *value[1:]) if isinstance(value, tuple) else wrong
            with pytest.raises(Refusal, match=str(described.label)[:4]):
                parameters.check(replace(params, **{name: given}))


@every_sample
def test_parameters_go_through_json_and_back(op: Op, place: int) -> None:
    params = case(op, place).params
    text = json.dumps(parameters.to_json(params), allow_nan=False)
    assert parameters.from_json(op.Params, json.loads(text)) == params


@every_sample
def test_the_shapes_are_known_before_the_numbers(op: Op, place: int) -> None:
    given = case(op, place)
    ys = given.forward()
    assert op.shape(given.shapes, given.params) == tuple(y.shape for y in ys)
    assert len(ys) == len(op.outputs)
    assert len(op.labels(given.shapes, given.params, given.weights)) in (0, ys[0].shape[1])
    assert all(isinstance(line, str) for line in op.arithmetic(given.shapes, given.params))


@every_sample
@pytest.mark.parametrize(("dtype", "bound"), [(np.float64, 1e-12), (np.float32, 2e-5)], ids=["float64", "float32"])
def test_every_number_is_the_one_of_the_definition(op: Op, place: int, dtype: Any, bound: float) -> None:
    given = case(op, place, dtype)
    for port, y in enumerate(given.forward()):
        assert y.dtype == dtype or y.dtype.kind in "iu"
        for cell in some_cells(y, port, CELLS):
            wanted = op.definition(given.xs, given.weights, given.params, cell)
            assert close(float(y[cell.index]), wanted, bound), f"{op.outputs[port]}{cell.index}"


def check_explained(steps: Sequence[Step], given: Case, cell: Cell) -> None:
    for step in steps:
        assert isinstance(step.title, Message)
        assert str(step.title)
        for at, part in enumerate(step.parts):
            if isinstance(part, (Grid, Number, Sum)):
                assert isinstance(part.label, Message)
                assert str(part.label)
            if isinstance(part, Grid):
                check_grid(part, given, cell)
                if part.adds_up:
                    follows = next((each.value for each in step.parts[at:] if isinstance(each, Number)), step.value)
                    assert close(float(np.sum(part.values)), follows, 1e-9)
            if isinstance(part, Sum):
                assert all(isinstance(name, Message) and str(name) for name, _ in part.terms)
                assert close(sum(value for _, value in part.terms), part.total, 1e-9)


def check_grid(grid: Grid, given: Case, cell: Cell) -> None:
    assert grid.values.ndim == 2
    assert grid.padding is None or (grid.padding.shape == grid.values.shape and grid.padding.dtype == bool)
    assert all(0 <= at < size for mark in grid.marked for at, size in zip(mark, grid.values.shape, strict=True))
    if grid.where is None:
        return
    port, channel, top, left = grid.where
    plane = given.xs[port][cell.index[0], channel]
    for (u, v), value in np.ndenumerate(grid.values):
        row, column = top + u * grid.spacing[0], left + v * grid.spacing[1]
        inside = 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1]
        assert inside == (grid.padding is None or not grid.padding[u, v])
        if inside and grid.role == "input":
            assert close(float(value), float(plane[row, column]), 1e-12)


@every_sample
def test_an_explanation_arrives_at_the_number(op: Op, place: int) -> None:
    given = case(op, place)
    for port, y in enumerate(given.forward()):
        for cell in some_cells(y, port, 3 * FEW_CELLS):
            steps = op.explain(given.xs, given.weights, given.params, cell)
            assert close(steps[-1].value, float(y[cell.index]), 1e-9)
            check_explained(steps, given, cell)


def _float_ports(arrays: Sequence[Array]) -> list[int]:
    return [port for port, array in enumerate(arrays) if array.dtype.kind == "f"]


def _seeds(ys: Sequence[Array]) -> list[Array | None]:
    rng = np.random.default_rng(SEED)
    return [rng.standard_normal(y.shape).astype(y.dtype) if y.dtype.kind == "f" else None for y in ys]


def _functional(ys: Sequence[Array], seeds: Sequence[Array | None]) -> float:
    return sum(float((y * seed).sum()) for y, seed in zip(ys, seeds, strict=True) if seed is not None)


def _difference(array: Array, index: tuple[int, ...], value_of: Callable[[Array], float]) -> float:
    """The central difference of `value_of` in one cell of `array`."""
    values = []
    for step in (STEP, -STEP):
        moved = array.copy()
        moved[index] += step
        moved.flags.writeable = False
        values.append(value_of(moved))
    return (values[0] - values[1]) / (2 * STEP)


@every_smooth_sample
def test_every_gradient_is_the_slope_of_the_numbers(op: Op, place: int) -> None:
    given = case(op, place)
    ys, saved = op.forward(given.xs, given.weights, given.params, no_tick)
    seeds = _seeds(ys)
    gxs, gweights = op.backward(seeds, saved, no_tick)
    assert len(gxs) == len(op.inputs)
    assert set(gweights) == set(given.weights)

    def value(xs: Arrays, weights: Weights) -> float:
        return _functional(op.forward(xs, weights, given.params, no_tick)[0], seeds)

    for port, gx in enumerate(gxs):
        if gx is None:
            continue
        assert gx.shape == given.xs[port].shape
        for _, index in some_cells(gx, 0, 5 * FEW_CELLS):

            def at_input(moved: Array, port: int = port) -> float:
                return value((*given.xs[:port], moved, *given.xs[port + 1 :]), given.weights)

            slope = _difference(given.xs[port], index, at_input)
            assert close(float(gx[index]), slope, 1e-6), f"{op.inputs[port]}{index}"
    for name, gradient in gweights.items():
        assert gradient.shape == given.weights[name].shape
        for _, index in some_cells(gradient, 0, 5 * FEW_CELLS):

            def at_weight(moved: Array, name: str = name) -> float:
                return value(given.xs, {**given.weights, name: moved})

            slope = _difference(given.weights[name], index, at_weight)
            assert close(float(gradient[index]), slope, 1e-6), f"{name}{index}"


@every_smooth_sample
def test_an_explained_gradient_arrives_at_the_gradient(op: Op, place: int) -> None:
    if op.explain_gradient is None:
        return
    assert op.gradient_formula
    given = case(op, place)
    ys, saved = op.forward(given.xs, given.weights, given.params, no_tick)
    seeds = _seeds(ys)
    for gys in (seeds, [*seeds[:1], *[None] * (len(ys) - 1)], [None, *seeds[1:]]):
        gxs, _ = op.backward(gys, saved, no_tick)
        for port, gx in enumerate(gxs):
            for cell in some_cells(gx, port, FEW_CELLS) if gx is not None else ():
                steps = op.explain_gradient(given.xs, given.weights, given.params, gys, cell)
                assert close(steps[-1].value, float(gx[cell.index]), 1e-9)
                check_explained(steps, given, cell)


@every_smooth_sample
def test_gradients_of_several_outputs_add_up_and_none_is_0(op: Op, place: int) -> None:
    given = case(op, place)
    ys, saved = op.forward(given.xs, given.weights, given.params, no_tick)
    seeds = _seeds(ys)
    nothing: list[Array | None] = [None] * len(ys)

    def back(gys: Sequence[Array | None]) -> list[Array | None]:
        gxs, gweights = op.backward(gys, saved, no_tick)
        return [*gxs, *(gweights[name] for name in sorted(gweights))]

    alone = [back([*nothing[:port], seeds[port], *nothing[port + 1 :]]) for port in _float_ports(ys)]
    for whole, none, *parts in zip(back(seeds), back(nothing), *alone, strict=True):
        assert none is None or not none.any()
        if whole is not None:
            np.testing.assert_allclose(sum(part for part in parts if part is not None), whole, rtol=1e-10, atol=1e-12)


@every_sample
def test_float32_stays_float32_and_nothing_given_is_changed(op: Op, place: int) -> None:
    for dtype in (np.float32, np.float64):
        given = case(op, place, dtype)
        before = [array.tobytes() for array in (*given.xs, *given.weights.values())]
        ys, saved = op.forward(given.xs, given.weights, given.params, no_tick)
        seeds = _seeds(ys)
        seed_bytes = [seed.tobytes() for seed in seeds if seed is not None]
        kept = [y.tobytes() for y in ys]
        gxs, gweights = op.backward(seeds, saved, no_tick)
        made = [*ys, *(gx for gx in gxs if gx is not None), *gweights.values()]
        assert {array.dtype for array in made if array.dtype.kind == "f"} <= {np.dtype(dtype)}
        assert before == [array.tobytes() for array in (*given.xs, *given.weights.values())]
        assert seed_bytes == [seed.tobytes() for seed in seeds if seed is not None]
        assert kept == [y.tobytes() for y in ys]


class Stop:
    """A tick that cancels at its call number `after`, counted from 1."""

    def __init__(self, after: int) -> None:
        self.calls = 0
        self._after = after

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == self._after:
            raise Cancelled


def _works(made: Sequence[Array | None], given: Sequence[Array | None]) -> bool:
    """Whether something was computed, more than a view of what was given."""
    return not all(
        new is None or any(old is not None and np.shares_memory(new, old) for old in given) for new in made[:1]
    )


@every_sample
def test_work_that_is_no_longer_wanted_stops_at_any_tick(op: Op, place: int) -> None:
    given = case(op, place)
    counted = Stop(0)
    ys, saved = op.forward(given.xs, given.weights, given.params, counted)
    assert counted.calls or not _works(ys, given.xs), "forward has no tick"
    for call in range(1, counted.calls + 1):
        with pytest.raises(Cancelled):
            op.forward(given.xs, given.weights, given.params, Stop(call))
    seeds, counted = _seeds(ys), Stop(0)
    gxs, _ = op.backward(seeds, saved, counted)
    assert counted.calls or not _works(gxs, seeds), "backward has no tick"
    for call in range(1, counted.calls + 1):
        with pytest.raises(Cancelled):
            op.backward(seeds, saved, Stop(call))


def _inside(regions: Sequence[Region], port: int, image: int, shape: tuple[int, ...]) -> Array:
    """The cells of input `port` that the regions of a cell of `image` hold."""
    mask = np.zeros(shape, bool)
    for region in regions:
        if region.port == port:
            images = region.images or slice(image, image + 1)
            axes = zip((images, region.channels, region.rows, region.columns), shape, strict=True)
            mask[np.ix_(*([at for at in range(*_bounds(axis)) if 0 <= at < size] for axis, size in axes))] = True
    return mask


def _bounds(axis: slice) -> tuple[int, int, int]:
    return axis.start, axis.stop, axis.step or 1


@every_sample
def test_a_number_follows_from_the_cells_that_it_reads_alone(op: Op, place: int) -> None:
    given = case(op, place)
    rng = np.random.default_rng(SEED)
    for port, y in enumerate(given.forward()):
        for cell in some_cells(y, port, FEW_CELLS):
            regions = op.reads(given.shapes, given.params, cell)
            moved = []
            for source, x in enumerate(given.xs):
                if x.dtype.kind == "f":
                    x = np.where(
                        _inside(regions, source, cell.index[0], x.shape), x, x * rng.uniform(0.5, 2, x.shape) + 0.25
                    )
                    x.flags.writeable = False
                moved.append(x)
            again = op.forward(tuple(moved), given.weights, given.params, no_tick)[0][port]
            assert close(float(again[cell.index]), float(y[cell.index]), 1e-12), f"{op.outputs[port]}{cell.index}"


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one processor has one number of threads")
@every_sample
def test_the_number_of_threads_changes_no_bit(op: Op, place: int) -> None:
    given = case(op, place, np.float32)
    found = []
    before = numba.get_num_threads()
    for threads in (1, 2):
        numba.set_num_threads(threads)
        try:
            ys, saved = op.forward(given.xs, given.weights, given.params, no_tick)
            gxs, gweights = op.backward(_seeds(ys), saved, no_tick)
        finally:
            numba.set_num_threads(before)
        made = (*ys, *gxs, *(gweights[name] for name in sorted(gweights)))
        found.append([array.tobytes() for array in made if array is not None])
    assert found[0] == found[1]
