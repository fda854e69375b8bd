"""Seven small operations in NumPy, for tests of what the model does with any operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from explorer.model import document, editing, plan
from explorer.model.pictures import Picture, from_array
from explorer.ops.op import Array, Arrays, Op, Shapes, Tick, Weights
from explorer.ops.parameters import integer, real
from explorer.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class Factor:
    factor: float = real(2.0, "Factor", -10, 10)


@dataclass(frozen=True, slots=True)
class Channels:
    channels: int = integer(2, "Channels", 1, 64)


def _never(*arguments: Any) -> Any:
    raise AssertionError("no test of the model explains a cell")


def _op(name: str, **functions: Any) -> Op:
    given = {"Params": Nothing, "shape": lambda shapes, params: shapes[:1]} | functions
    return Op(
        name=name, title=name.title(), group="Toys", formula="", source="", definition=_never, explain=_never,
        reads=_never, samples=_never, **given,
    )  # fmt: skip


def _scale(xs: Arrays, weights: Weights, params: Factor, tick: Tick) -> tuple[Arrays, Any]:
    return (xs[0] * xs[0].dtype.type(params.factor),), params.factor


def _mix(xs: Arrays, weights: Weights, params: Channels, tick: Tick) -> tuple[Arrays, Any]:
    """y_k = Σ_c w_kc · x_c."""
    return (np.einsum("kc,nchw->nkhw", weights["w"], xs[0]),), (xs[0], weights["w"])


def _mix_back(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[Arrays, dict[str, Array]]:
    x, w = saved
    return (np.einsum("kc,nkhw->nchw", w, gys[0]),), {"w": np.einsum("nkhw,nchw->kc", gys[0], x)}


def _add_shape(shapes: Shapes, params: Nothing) -> Shapes:
    if shapes[0] != shapes[1]:
        raise Refusal("The shapes {a} and {b} differ.", a=shapes[0], b=shapes[1])
    return shapes[:1]


def _halve_shape(shapes: Shapes, params: Nothing) -> Shapes:
    n, c, h, w = shapes[0]
    if w < 2:
        raise Refusal("The width is {width}; the least is {least}.", width=w, least=2)
    return ((n, c, h, w // 2),) * 2


def _halve(xs: Arrays, weights: Weights, params: Nothing, tick: Tick) -> tuple[Arrays, Any]:
    """The greater of each two neighbours in a row, and which it was."""
    pairs = xs[0][..., : xs[0].shape[-1] // 2 * 2].reshape(*xs[0].shape[:-1], -1, 2)
    return (pairs.max(axis=-1), pairs.argmax(axis=-1)), None


def _restore_shape(shapes: Shapes, params: Nothing) -> Shapes:
    n, c, h, w = shapes[0]
    return ((n, c, h, 2 * w),)


def _restore(xs: Arrays, weights: Weights, params: Nothing, tick: Tick) -> tuple[Arrays, Any]:
    x, switches = xs
    y = np.zeros((*x.shape, 2), x.dtype)
    np.put_along_axis(y, switches[..., None], x[..., None], axis=-1)
    return (y.reshape(*x.shape[:-1], -1),), None


def _square(xs: Arrays, weights: Weights, params: Nothing, tick: Tick) -> tuple[Arrays, Any]:
    """Half of the sum of squares of each picture."""
    return (xs[0] * 1, (xs[0] ** 2).sum(axis=(1, 2, 3), keepdims=True) / 2), xs[0]


TOYS: Mapping[str, Op] = MappingProxyType({
    op.name: op
    for op in (
        _op("prepare", inputs=("x", "white"), preprocesses=True,
            forward=lambda xs, weights, params, tick: ((xs[0] / xs[1],), xs[1]),
            backward=lambda gys, white, tick: ((gys[0] / white, None), {})),
        _op("scale", Params=Factor, forward=_scale, backward=lambda gys, factor, tick: ((gys[0] * factor,), {})),
        _op("mix", Params=Channels, forward=_mix, backward=_mix_back,
            shape=lambda shapes, params: ((shapes[0][0], params.channels, *shapes[0][2:]),),
            init=lambda shapes, params, rng: {"w": rng.standard_normal((params.channels, shapes[0][1]))}),
        _op("add", inputs=("a", "b"), joins=("b",), shape=_add_shape,
            forward=lambda xs, weights, params, tick: ((xs[0] + xs[1],), None),
            backward=lambda gys, saved, tick: ((gys[0], gys[0]), {})),
        _op("halve", outputs=("y", "switches"), shape=_halve_shape, forward=_halve, backward=_never),
        _op("restore", inputs=("x", "switches"), shape=_restore_shape, forward=_restore, backward=_never),
        _op("square", outputs=("y", "loss"), forward=_square,
            shape=lambda shapes, params: (shapes[0], (shapes[0][0], 1, 1, 1)),
            backward=lambda gys, x, tick: ((sum(
                (each for each in (gys[0], None if gys[1] is None else gys[1] * x) if each is not None)),), {})),
    )
})  # fmt: skip


@contextmanager
def toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Op]]:
    """The toys in place of the operations; a test may exchange them."""
    found = dict(TOYS)
    with monkeypatch.context() as patch:
        for module in (document, editing, plan):
            patch.setattr(module, "operations", lambda: found)
        yield found


def picture(name: str = "a", shape: tuple[int, ...] = (4, 6, 3), seed: int = 0) -> Picture:
    """A picture of random bytes, or a tensor of random numbers where the shape has four axes."""
    rng = np.random.default_rng(seed)
    if len(shape) == 4:
        return from_array(rng.standard_normal(shape).astype(np.float32), name)
    return from_array(rng.integers(0, 256, shape, np.uint8), name)
