"""k-max pooling."""

from __future__ import annotations

from dataclasses import dataclass

from explorer import limits
from explorer.ops import largest_of_lines as lines
from explorer.ops.op import Op, Shapes
from explorer.ops.parameters import integer
from explorer.ops.pooled_places import HINTS, OUTPUTS, backward


@dataclass(frozen=True, slots=True)
class Params:
    """How many numbers are kept, and along which axis."""

    k: int = integer(4, "k", 1, limits.Limits().extent, soft=32, hint="Numbers that are kept of each line.")
    axis: str = lines.axis_field()


def shape(shapes: Shapes, params: Params) -> Shapes:
    return lines.outputs(shapes[0], params, params.k, "k")


def arithmetic(shapes: Shapes, params: Params) -> tuple[str, ...]:
    return (f"{params.k} of {lines.size_of(shapes[0], params)} numbers",)


OP = Op(
    name="kmax_pool",
    title="k-max pooling",
    group="Pooling",
    formula="y[n,c,i,s] = x[n,c,i,q_s], q_1 < … < q_k the places of the k largest of row i",
    source="Kalchbrenner, Grefenstette & Blunsom 2014, A Convolutional Neural Network for Modelling Sentences",
    Params=Params,
    shape=shape,
    forward=lambda xs, weights, params, tick: lines.forward(xs, shape((xs[0].shape,), params)[0], params, tick),
    backward=backward,
    definition=lambda xs, weights, params, cell: lines.definition(xs, params, params.k, cell),
    explain=lambda xs, weights, params, cell: lines.explain(xs, params, params.k, cell),
    reads=lines.reads,
    samples=lambda rng: lines.samples(rng, Params),
    outputs=OUTPUTS,
    arithmetic=arithmetic,
    smooth=False,
    hint=HINTS,
)
