"""Functions of `exponential` in the type of the number that they are given: compiled code chooses, once for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import config, types
from numba.extending import overload

from kernels import exponential as double
from kernels import exponential_single as single
from kernels._jit import STRICT_MATH

__all__ = ["bell_times", "exp", "exp_times", "expm1_negative", "log1p_unit", "tail_by_bell"]

_OPTIONS = {"fastmath": STRICT_MATH, "error_model": "numpy", "forceinline": True}


def exp(x):
    """e^x for x ≤ 0."""
    return _of(x).exp(x)


def expm1_negative(x):
    """e^x − 1 for x ≤ 0."""
    return _of(x).expm1_negative(x)


def log1p_unit(x):
    """ln(1 + x) for 0 ≤ x ≤ 1."""
    return _of(x).log1p_unit(x)


def tail_by_bell(x):
    """½ erfc(x/√2)·e^(x²/2) for x ≥ 0."""
    return _of(x).tail_by_bell(x)


def bell_times(factor, x):
    """factor·e^(−x²/2) for x ≥ 0."""
    return _of(x).bell_times(factor, x)


def exp_times(factor, x, more):
    """factor·e^(x + more) for x ≤ 0 and `more` as small as what x has lost by rounding."""
    return _of(x).exp_times(factor, x, more)


def _of(x: Any) -> Any:
    return single if isinstance(x, np.float32) else double


def _compiled(name: str, x: Any) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(single if x == types.float32 else double, name).py_func
    return function


if not config.DISABLE_JIT:

    @overload(exp, jit_options=_OPTIONS)
    def _exp(x):
        return _compiled("exp", x)

    @overload(expm1_negative, jit_options=_OPTIONS)
    def _expm1_negative(x):
        return _compiled("expm1_negative", x)

    @overload(log1p_unit, jit_options=_OPTIONS)
    def _log1p_unit(x):
        return _compiled("log1p_unit", x)

    @overload(tail_by_bell, jit_options=_OPTIONS)
    def _tail_by_bell(x):
        return _compiled("tail_by_bell", x)

    @overload(bell_times, jit_options=_OPTIONS)
    def _bell_times(factor, x):
        return _compiled("bell_times", x)

    @overload(exp_times, jit_options=_OPTIONS)
    def _exp_times(factor, x, more):
        return _compiled("exp_times", x)
