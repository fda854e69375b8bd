"""Windows, shapes and inputs that the tests of the poolings draw."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from explorer.ops.op import no_tick
from explorer.refusal import Refusal

small = st.integers(1, 4)
pairs = st.tuples(small, small)


def _less_padding_than_kernel(window: dict[str, Any]) -> dict[str, Any]:
    # onnxruntime refuses padding as wide as the kernel, whatever the dilation.
    pads = (pad % window["kernel"][side % 2] for side, pad in enumerate(window["pads"]))
    return {**window, "pads": tuple(pads)}


windows = st.fixed_dictionaries(
    {
        "kernel": pairs,
        "stride": pairs,
        "dilation": pairs,
        "pads": st.tuples(*[st.integers(0, 3)] * 4),
        "ceil": st.booleans(),
    }
).map(_less_padding_than_kernel)
shapes = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 13), st.integers(1, 13))
seeds = st.integers(0, 2**32 - 1)


def numbers(shape: tuple[int, ...], seed: int) -> Any:
    """Normal numbers in float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def pooled(operation: Any, x: Any, params: Any) -> Any:
    """The outputs of an operation of one input."""
    return operation.forward((x,), {}, params, no_tick)[0]


def attributes(window: dict[str, Any]) -> dict[str, Any]:
    """A window as ONNX says it."""
    return {
        "kernel_shape": window["kernel"],
        "strides": window["stride"],
        "dilations": window["dilation"],
        "pads": window["pads"],
        "ceil_mode": int(window["ceil"]),
    }


def accepted(operation: Any, shape: tuple[int, ...], params: Any) -> None:
    """Give the example up where the operation refuses it."""
    try:
        operation.shape((shape,), params)
    except Refusal:
        assume(False)


def gradient(operation: Any, x: Any, params: Any, gy: Any) -> Any:
    """The gradient of x for gy at the first output."""
    ys, saved = operation.forward((x,), {}, params, no_tick)
    gys = [np.asarray(gy, x.dtype).reshape(ys[0].shape), *[None] * (len(ys) - 1)]
    return operation.backward(gys, saved, no_tick)[0][0]
