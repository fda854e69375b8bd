"""What instance, layer and group normalization share: their statistics come from each image alone, always."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.ops import statistic_sets, statistic_steps
from explorer.ops.explanation import Step
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shape, Shapes, Tick, Weights
from explorer.ops.statistic_sets import Sets


@dataclass(frozen=True, slots=True)
class _OverSets:
    """The functions of a record. `sets` gives the sets of an input; `by_element` whether γ and β are (C, H, W)."""

    sets: Callable[[Shape, Any], Sets]
    by_element: Callable[[Any], bool]

    def shape(self, shapes: Shapes, params: Any) -> Shapes:
        self.sets(shapes[0], params).check()
        return (shapes[0],)

    def init(self, shapes: Shapes, params: Any, rng: np.random.Generator) -> dict[str, Array]:
        size = shapes[0][1:] if self.by_element(params) else shapes[0][1:2]
        return {"gamma": np.ones(size), "beta": np.zeros(size)}

    def forward(self, xs: Arrays, weights: Weights, params: Any, tick: Tick) -> tuple[Arrays, Any]:
        (x,) = xs
        y, saved, _ = statistic_sets.normalised(x, self.sets(x.shape, params), weights, params.epsilon, tick)
        return (y,), saved

    def backward(
        self, gys: Sequence[Array | None], saved: Any, tick: Tick
    ) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
        if gys[0] is None:
            nothing = np.zeros(saved.gamma.shape, saved.x.dtype)
            return (np.zeros_like(saved.x),), {"gamma": nothing, "beta": nothing.copy()}
        gx, dgamma, dbeta = statistic_sets.gradients(gys[0], saved, tick)
        return (gx,), {"gamma": dgamma, "beta": dbeta}

    def definition(self, xs: Arrays, weights: Weights, params: Any, cell: Cell) -> float:
        (x,) = xs
        found = statistic_sets.statistics(x, self.sets(x.shape, params), cell.index)
        return statistic_sets.defined(
            float(x[cell.index]), *found, params.epsilon, *statistic_sets.affine_at(weights, cell.index)
        )

    def explain(self, xs: Arrays, weights: Weights, params: Any, cell: Cell) -> Sequence[Step]:
        (x,) = xs
        return statistic_steps.explain(x, self.sets(x.shape, params), weights, params.epsilon, cell)

    def explain_gradient(
        self, xs: Arrays, weights: Weights, params: Any, gys: Sequence[Array | None], cell: Cell
    ) -> Sequence[Step]:
        (x,) = xs
        gy = np.zeros_like(x) if gys[0] is None else gys[0]
        return statistic_steps.explain_gradient(x, gy, self.sets(x.shape, params), weights, params.epsilon, cell)

    def reads(self, shapes: Shapes, params: Any, cell: Cell) -> Sequence[Region]:
        return (self.sets(shapes[0], params).region(cell.index),)

    def arithmetic(self, shapes: Shapes, params: Any) -> tuple[str, ...]:
        return (self.sets(shapes[0], params).arithmetic(),)


def operation(
    *,
    name: str,
    title: str,
    formula: str,
    source: str,
    Params: type,
    sets: Callable[[Shape, Any], Sets],
    samples: Callable[[np.random.Generator], Sequence[Sample]],
    by_element: Callable[[Any], bool] = lambda params: False,
    each: str = "each channel",
) -> Op:
    """The record of a normalization over sets of each image; `each` says what has a γ and a β of its own."""
    over = _OverSets(sets, by_element)
    return Op(
        name=name,
        title=title,
        group="Normalization",
        formula=formula,
        source=source,
        Params=Params,
        shape=over.shape,
        init=over.init,
        forward=over.forward,
        backward=over.backward,
        definition=over.definition,
        explain=over.explain,
        explain_gradient=over.explain_gradient,
        gradient_formula=statistic_steps.GRADIENT,
        reads=over.reads,
        arithmetic=over.arithmetic,
        samples=samples,
        hint={"gamma": f"Scale of {each}.", "beta": f"Shift of {each}."},
    )


def sample(
    title: str, rng: np.random.Generator, extents: tuple[int, int, int, int], params: Any, *, by_element: bool = False
) -> Sample:
    """A case with random numbers and random γ and β."""
    size = extents[1:] if by_element else extents[1:2]
    return Sample(
        title=title,
        xs=(rng.standard_normal(extents),),
        params=params,
        weights={"gamma": rng.uniform(0.5, 2, size), "beta": rng.standard_normal(size)},
    )


def even_sample(params: Any) -> Sample:
    """Equal numbers, whose variance is 0; with the weights that `init` gives."""
    return Sample(title="Equal numbers", xs=(np.full((1, 2, 2, 2), 7.0),), params=params)
