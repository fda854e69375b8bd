"""From a derivation to a layer that computes by it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from explorer.model import editing
from explorer.model.derivation.filtering import settled
from explorer.model.derivation.problem import Convolution, Filter, Problem
from explorer.model.document import SOURCE, Document, Node
from explorer.model.methods import has_methods, operation_with_methods
from explorer.ops.exact.filters import Direction, Directions, read, written
from explorer.ops.exact.fitting import fitted
from explorer.refusal import Refusal
from kernels.algebra.points import ACCURATE

__all__ = ["Home", "algorithm_text", "directions_of", "homes", "problems", "put"]

_PLAIN = (1, 1)
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def algorithm_text(problem: Problem) -> str | None:
    """What a layer keeps of the algorithm that a problem leads to; None where it leads to none.

    Refusal for an algorithm that no layer can run.
    """
    if isinstance(problem, Filter):
        text = written(_directions(problem))
        # Read beside the window, it is at hand when the layer reads it.
        read(text)
        return text
    if not isinstance(problem, Convolution):
        return None
    if problem.method == "cyclic":
        raise Refusal(
            "A cyclic convolution of {n} wraps around at its ends; a layer moves its kernel over the map.",
            n=problem.n,
            hint="A filter F(m, r) runs on the image.",
        )
    raise Refusal(
        "This is the convolution of {n} taps and {l} samples; a layer filters, as its transpose F({l}, {n}) does.",
        n=problem.n,
        l=problem.l,
        hint="Ask for that filter.",
    )


def _directions(problem: Filter) -> Directions:
    chosen = settled(problem)
    down = Direction(chosen.m, chosen.r, chosen.points, chosen.moduli, chosen.fractions)
    if chosen.across in (None, (chosen.m, chosen.r)):
        return down, down
    other = settled(Filter(*chosen.across, fractions=chosen.fractions))
    return down, Direction(other.m, other.r, other.points, (), other.fractions)


def directions_of(params: Any) -> Directions | None:
    """The fast filters that a layer computes by; None for any other method."""
    method = getattr(params, "method", None)
    if method == "derived" and params.algorithm:
        return read(params.algorithm)
    if method != "winograd":
        return None
    down, across = (_accurate(params.tile, taps) for taps in params.kernel)
    return down, across


def _accurate(m: int, r: int) -> Direction:
    points, _ = fitted(m, r, (*ACCURATE[: m + r - 2], "inf") if m + r > 2 else (), ())
    return Direction(m, r, points)


def problems(directions: Directions) -> tuple[Filter, ...]:
    """What to ask to see how they are derived: one problem, or one for the columns and one for the rows.

    A nested problem has the usual points along the rows, and its fractions in G.
    """
    down, across = directions
    if down == across:
        return (_problem(down),)
    usual, _ = fitted(across.m, across.r, (), ())
    nested = Filter(down.m, down.r, down.points, across=(across.m, across.r))
    plain = not down.moduli and across.points == usual and down.fractions == across.fractions == "G"
    if plain and (down.m, down.r) != (across.m, across.r):
        return (nested,)
    return _problem(down), _problem(across)


def _problem(of: Direction) -> Filter:
    return Filter(of.m, of.r, of.points, of.moduli, of.fractions)


@dataclass(frozen=True, slots=True)
class Home:
    """A layer that an algorithm can run in once `changes` are made to it; a new layer where `layer` is None."""

    layer: Node | None
    changes: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


def homes(document: Document, text: str, looked_at: str) -> tuple[Home, ...]:
    """Where an algorithm can run: one place where that is clear, else those to choose from.

    The layer that is looked at if it fits, or those that fit; where none does, the one that is looked at (or all) with
    another kernel, and a new layer.
    """
    kernel = _kernel(text)
    able = [node for node in document if node.enabled and _holds(node)]
    able.sort(key=lambda node: node.id != looked_at)
    fitting = [Home(node) for node in able if not _changes(node.params, kernel)]
    if fitting:
        return tuple(fitting[:1] if able[0].id == looked_at and not _changes(able[0].params, kernel) else fitting)
    able = able[:1] if able and able[0].id == looked_at else able
    return (*(Home(node, _changes(node.params, kernel)) for node in able), Home(None, {"kernel": kernel}))


def put(document: Document, home: Home, text: str, looked_at: str) -> tuple[Document, str]:
    """The document with the algorithm in that place, a new layer behind the one that is looked at, and its id."""
    wanted = {"method": "derived", "algorithm": text, **home.changes}
    if home.layer is not None:
        return editing.set_params(document, home.layer.id, **wanted), home.layer.id
    after = looked_at if document.has(looked_at) else SOURCE if document.nodes else None
    return editing.add(document, operation_with_methods(), after, **wanted)


def _holds(node: Node) -> bool:
    operation = node.operation
    return operation is not None and isinstance(node.params, operation.Params) and has_methods(node.params)


def _kernel(text: str) -> tuple[int, int]:
    down, across = read(text)
    return down.r, across.r


def _changes(params: Any, kernel: tuple[int, int]) -> dict[str, Any]:
    wanted = {"kernel": kernel, "stride": _PLAIN, "dilation": _PLAIN}
    return {name: value for name, value in wanted.items() if getattr(params, name) != value}
