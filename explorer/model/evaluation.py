"""The numbers of a document: one result a layer, kept under the hash of all that it follows from.

A changed layer therefore recomputes itself and what hangs on it; everything before it is found in the memo.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from types import MappingProxyType
from typing import Any
from weakref import ref

import numpy as np

from explorer.model.document import SOURCE, SOURCE_PORTS, Document, Link, Node, frozen
from explorer.model.pictures import brought, stacked
from explorer.model.plan import Plan, hands_through, plan, weights_of
from explorer.ops import parameters
from explorer.ops.op import Array, Arrays, Tick, Weights, no_tick
from explorer.refusal import Refusal
from kernels._jit import loaded as kernels_loaded

MEMO_BYTES = 256 << 20
"""What the memo keeps beyond the layers of the current document."""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The numbers of one layer: inputs, weights and outputs by port, and what its gradient needs."""

    key: str
    xs: Arrays
    ys: Arrays
    ports: tuple[str, ...]
    weights: Weights
    saved: Any
    seconds: float
    handed_through: bool = False

    def output(self, port: str) -> Array:
        """The array at an output port."""
        return self.ys[self.ports.index(port)]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """Results of the layers that could run, reasons for the others, and the source's own arrays."""

    document: Document
    plan: Plan
    source: Mapping[str, Array]
    results: Mapping[str, Result]
    refusals: Mapping[str, Refusal] = field(default_factory=lambda: MappingProxyType({}))

    def value(self, link: Link) -> Array | None:
        """The array at an output of a layer or of the source, or None where it could not be computed."""
        if link.node == SOURCE:
            return self.source.get(link.port)
        result = self.results.get(link.node)
        return None if result is None or link.port not in result.ports else result.output(link.port)

    def reason(self, id: str) -> Refusal | None:
        """Why a layer has no result, or None."""
        return self.refusals.get(id) or self.plan.reason(id)


class Evaluation:
    """Evaluates documents one after the other and remembers. Used from one thread at a time."""

    def __init__(self, memo_bytes: int = MEMO_BYTES) -> None:
        self._memo: OrderedDict[str, Result] = OrderedDict()
        self._sources: OrderedDict[str, Mapping[str, Array]] = OrderedDict()
        self._most = memo_bytes
        self._ran: set[tuple[str, np.dtype[Any]]] = set()

    def run(
        self,
        document: Document,
        shown: int = 0,
        tick: Tick = no_tick,
        done: Callable[[str, Result | Refusal, Evaluated], None] = lambda id, result, so_far: None,
    ) -> Evaluated:
        """All layers of `document`, for the picture `shown` or for the batch; `done` is told of each in turn, with
        what is evaluated so far, which goes on to grow.

        Raises `Cancelled` when `tick` does. A layer that refuses its data takes its followers with it, no others.
        """
        planned = plan(document, shown)
        source, source_key = self._source(document, shown)
        tensor = document.source.kind == "tensor"
        results: dict[str, Result] = {}
        refusals: dict[str, Refusal] = {}
        evaluated = Evaluated(document, planned, source, MappingProxyType(results), MappingProxyType(refusals))
        keys: dict[str, str] = {SOURCE: source_key}
        for node in document:
            reason = planned.reason(node.id)
            if reason is None:
                try:
                    result = self._result(node, evaluated, keys, hands_through(node, tensor), tick)
                except Refusal as refusal:
                    reason = refusals[node.id] = refusal
                except _Missing as missing:
                    reason = refusals[node.id] = Refusal("Waits for {giver}.", giver=missing.name)
            if reason is not None:
                done(node.id, reason, evaluated)
                continue
            results[node.id] = result
            keys[node.id] = result.key
            done(node.id, result, evaluated)
        self._forget({result.key for result in results.values()})
        return evaluated

    def clear(self) -> None:
        """Forget all results; pictures that were brought to one size are kept."""
        self._memo.clear()

    def _source(self, document: Document, shown: int) -> tuple[Mapping[str, Array], str]:
        origin = document.source
        if not origin.pictures:
            return MappingProxyType({}), ""
        try:
            to = origin.common
        except Refusal:
            return MappingProxyType({}), ""
        chosen = origin.chosen(shown)
        pictures = [(picture.digest, picture.white) for picture in chosen]
        key = _digest("source", document.dtype, to, origin.rule, *pictures)
        if key not in self._sources:
            arrays = stacked([brought(picture, to, origin.rule) for picture in chosen], document.dtype)
            self._sources[key] = MappingProxyType(dict(zip(SOURCE_PORTS, map(frozen, arrays), strict=True)))
            while len(self._sources) > 2:
                self._sources.popitem(last=False)
        self._sources.move_to_end(key)
        return self._sources[key], key

    def _result(self, node: Node, evaluated: Evaluated, keys: Mapping[str, str], through: bool, tick: Tick) -> Result:
        links = node.inputs[:1] if through else node.inputs
        xs = []
        for link in links:
            value = evaluated.value(link)
            if value is None:
                giver = link.node if link.node == SOURCE else evaluated.document.node(link.node).name
                raise _Missing(giver)
            xs.append(value)
        key = _node_key(node, links, keys, through)
        found = self._memo.get(key)
        if found is not None:
            self._memo.move_to_end(key)
            return found
        tick()
        result = self._computed(node, key, tuple(xs), evaluated, through, tick)
        self._memo[key] = result
        return result

    def _computed(self, node: Node, key: str, xs: Arrays, evaluated: Evaluated, through: bool, tick: Tick) -> Result:
        operation = node.operation
        if through or operation is None:
            return Result(key, xs, xs, (node.main.port,), MappingProxyType({}), None, 0.0, handed_through=True)
        dtype = np.dtype(evaluated.document.dtype)
        weights = {
            name: _as(array, dtype) for name, array in weights_of(node, evaluated.plan.layers[node.id].inputs).items()
        }
        start, loaded = perf_counter(), self._kernels_of(node.op, dtype)
        ys, saved = operation.forward(xs, weights, node.params, tick)
        if loaded is not None and loaded != kernels_loaded():
            # That was the time of reading compiled kernels from the disk, once in a process, not the layer's.
            start = perf_counter()
            ys, saved = operation.forward(xs, weights, node.params, tick)
        seconds = perf_counter() - start
        for y in ys:
            y.flags.writeable = False
        return Result(key, xs, ys, operation.outputs, MappingProxyType(weights), saved, seconds)

    def _kernels_of(self, op: str, dtype: np.dtype[Any]) -> int | None:
        """How many kernels are loaded where an operation runs for the first time, else None."""
        if (op, dtype) in self._ran:
            return None
        self._ran.add((op, dtype))
        return kernels_loaded()

    def _forget(self, current: set[str]) -> None:
        """Drop the oldest results that the current document does not use, down to the limit."""
        total = sum(y.nbytes for key, result in self._memo.items() if key not in current for y in result.ys)
        for key in list(self._memo):
            if total <= self._most:
                break
            if key not in current:
                total -= sum(y.nbytes for y in self._memo.pop(key).ys)


class _Missing(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _as(array: Array, dtype: np.dtype[Any]) -> Array:
    return array if array.dtype == dtype or array.dtype.kind != "f" else frozen(array.astype(dtype))


def _digest(*parts: object) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(repr(part).encode() + b"\0")
    return digest.hexdigest()


_weight_digests: dict[int, tuple[ref[Array], str]] = {}


def _weight_digest(array: Array) -> str:
    """A hash of a read-only array, computed once for as long as the array lives."""
    known = _weight_digests.get(id(array))
    if known is not None and known[0]() is array:
        return known[1]
    text = hashlib.blake2b(array.tobytes(), digest_size=16).hexdigest() + str(array.shape) + array.dtype.str
    number = id(array)
    _weight_digests[number] = (ref(array, lambda gone: _weight_digests.pop(number, None)), text)
    return text


def _node_key(node: Node, links: Sequence[Link], keys: Mapping[str, str], through: bool) -> str:
    inputs = [(keys[link.node], link.port) for link in links]
    if through:
        return _digest("through", inputs)
    weights = [(name, _weight_digest(array)) for name, array in sorted(node.weights.items())]
    return _digest(node.op, parameters.to_json(node.params), inputs, weights, node.seed)
