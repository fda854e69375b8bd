"""A derivation: steps that lead from a question to its exact answer, each with its reason and what it follows from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from explorer.model.derivation.expression import Block, Check, Sentence, Term

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Line:
    """A step as it stands after one more stroke: all that is on the sheet then, and the reason of the stroke."""

    reason: Sentence
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Something found, with its name: the matrix G, the quotient q."""

    name: Term
    value: Term


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the outline.

    key      names it within its derivation, such as `inverse.2`
    depth    0 for the steps of the coarse outline, 1 for those that work one of them out in detail
    lines    what is seen stroke by stroke; at least one, and the last one is the whole step
    why      what it is good for, or None
    follows  keys of the earlier steps that it builds upon
    found    what is known from here on; a later one of the same name takes its place
    check    what was verified in it, or None
    facts    what its kind needs in JSON, beside title, text and latex
    """

    key: str
    title: Sentence
    lines: tuple[Line, ...]
    depth: int = 0
    why: Sentence | None = None
    follows: tuple[str, ...] = ()
    found: tuple[Named, ...] = ()
    check: Check | None = None
    facts: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Derivation:
    """The steps, and what came out.

    answer   the JSON of docs/command-line.md, without `steps`; `verified` in it is the outcome of an exact check
    outcome  the algebra's own result: a Division, an Euclid, remainders, a bilinear algorithm
    """

    title: Sentence
    steps: tuple[Step, ...]
    answer: Mapping[str, Any]
    outcome: object = None

    def step(self, key: str) -> int:
        """Where the step with this key is; KeyError where there is none."""
        for i, each in enumerate(self.steps):
            if each.key == key:
                return i
        raise KeyError(key)

    def found_by(self, last: int) -> tuple[Named, ...]:
        """All that is known once the steps up to `last` are done, the newest of each name, in the order of names."""
        known: dict[Term, Named] = {}
        for step in self.steps[: last + 1]:
            for each in step.found:
                known[each.name] = each
        return tuple(known.values())
