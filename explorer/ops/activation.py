"""What all activations share: a function of one number, taken in every place by itself.

An activation says what its function is, in Python and as a kernel, and how one number of it comes about; its record is
made here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops.explanation import Number, Part, Sign, Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.refusal import Message, message
from kernels._jit import read_only
from kernels.bands import bands

Run = Callable[[Array, Array, bool, Array, Any], None]
"""(x, gy, back, y, params): y = f(x), or gy·f′(x) where `back`; flat arrays."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing to choose."""


def same_cell(shapes: Shapes, params: Any, cell: Cell) -> Sequence[Region]:
    """The cell of input 0 at the place of the output cell."""
    _, c, i, j = cell.index
    return (Region(0, slice(c, c + 1), slice(i, i + 1), slice(j, j + 1)),)


def step(title: Message, value: float, *parts: Part | str) -> Step:
    """A step whose parts are numbers and signs, a sign as its text; it arrives at `value`, shown last as y."""
    shown = (Sign(part) if isinstance(part, str) else part for part in parts)
    return Step(title, (*shown, Sign("="), Number(message("y"), value)), value)


def between(title: Message, name: Message, value: float, *parts: Part | str) -> Step:
    """A step on the way, which arrives at the number `name`."""
    shown = (Sign(part) if isinstance(part, str) else part for part in parts)
    return Step(title, (*shown, Sign("="), Number(name, value, "product")), value)


def given(x: float) -> Number:
    """The number that goes in."""
    return Number(message("x"), x, "input")


def not_a_number(x: float) -> tuple[Step, ...]:
    """The explanation of an activation at NaN."""
    return (step(message("NaN stays NaN"), x, given(x)),)


def gated(x: float, gate: float) -> float:
    """x · gate, and the limit 0 at −∞."""
    return 0.0 if x == -math.inf else x * gate


def gated_steps(x: float, gate: float, *before: Step) -> tuple[Step, ...]:
    """The steps that lead to the gate, and what it lets through."""
    if math.isnan(x):
        return not_a_number(x)
    if x == -math.inf:
        return (step(message("The limit: the gate closes faster than x falls"), 0.0, given(x)),)
    last = step(
        message("What the gate lets through"), gated(x, gate), given(x), "·", Number(message("gate"), gate, "product")
    )
    return (*before, last)


def _distances(x: Array, kinks: Sequence[float]) -> Array:
    nearest: Array = np.min([np.abs(x - kink) for kink in kinks], axis=0)
    return nearest


def _samples(rng: np.random.Generator, cases: dict[str, Any], kinks: Callable[[Any], Sequence[float]]) -> list[Sample]:
    """Numbers away from the kinks, one alone, and the ends of the line; then the kinks themselves."""
    special = [-np.inf, -1000.0, -40.0, -10.0, -1e-300, -0.0, 0.0, 1e-300, 1.0, 10.0, 1000.0, np.inf, np.nan]
    samples = []
    for title, params in cases.items():
        kinked = kinks(params)
        numbers = rng.uniform(-6, 6, 200)
        if kinked:
            numbers = numbers[_distances(numbers, kinked) > 0.01]
        ends = np.array([*special, *kinked]).reshape(1, 1, 1, -1)
        samples += [
            Sample(title=title, xs=(numbers[:120].reshape(2, 3, 4, 5),), params=params),
            Sample(title=f"{title}: the ends of the line", xs=(ends,), params=params, ties=True),
        ]
    one = Sample(title="One cell", xs=(np.full((1, 1, 1, 1), 0.37),), params=next(iter(cases.values())))
    return [*samples, one]


def activation(
    *,
    name: str,
    title: str,
    formula: str,
    source: str,
    run: Run,
    value: Callable[[float, Any], float],
    explain: Callable[[float, Any], Sequence[Step]],
    Params: type = Nothing,
    cases: dict[str, Any] | None = None,
    kinks: Callable[[Any], Sequence[float]] = lambda params: (),
    check: Callable[[Any], None] = lambda params: None,
    signed: bool = True,
) -> Op:
    """The record of an activation.

    run      the kernel
    value    (x, params) -> f(x), straight from the formula
    explain  (x, params) -> steps, the last of them arriving at f(x)
    cases    titles and parameters of the samples; by default the parameters as they are
    kinks    params -> the points without a derivative
    check    refuses parameters that do not go together
    """

    def shape(shapes: Shapes, params: Any) -> Shapes:
        check(params)
        return (shapes[0],)

    def launch(x: Array, gy: Array, back: bool, params: Any, tick: Tick) -> Array:
        y = np.empty(x.shape, x.dtype)
        flat, flow, out = read_only(x.reshape(-1)), read_only(gy.reshape(-1)), y.reshape(-1)
        for first, last in bands(x.size, 1, tick):
            run(flat[first:last], flow[first:last], back, out[first:last], params)
        return y

    def forward(xs: Arrays, weights: Weights, params: Any, tick: Tick) -> tuple[Arrays, Any]:
        check(params)
        return (launch(xs[0], xs[0], False, params, tick),), (xs[0], params)

    def backward(
        gys: Sequence[Array | None], saved: Any, tick: Tick
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        x, params = saved
        if gys[0] is None:
            return (np.zeros(x.shape, x.dtype),), {}
        return (launch(x, np.ascontiguousarray(gys[0], x.dtype), True, params, tick),), {}

    return Op(
        name=name,
        title=title,
        group="Activation",
        formula=formula,
        source=source,
        Params=Params,
        shape=shape,
        forward=forward,
        backward=backward,
        definition=lambda xs, weights, params, cell: value(float(xs[0][cell.index]), params),
        explain=lambda xs, weights, params, cell: explain(float(xs[0][cell.index]), params),
        reads=same_cell,
        samples=lambda rng: _samples(rng, {"Two images": Params()} if cases is None else cases, kinks),
        signed=signed,
        smooth=not kinks(Params()),
    )
