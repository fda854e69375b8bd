"""Curved functions of one number each, over whole arrays; see `pointwise` for what the arguments mean.

All is calculated in float64. Where a factor goes to 0 and the other to ∞ the number is bounded first, at a place beyond
which the result no longer changes: the limit is 0 and not NaN.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel, parallel_kernel, prange
from kernels.exponential import bell, exp, expm1_negative, log1p_unit, normal_tail

_BEYOND = 750.0
"""e^−750 is 0."""

_BEYOND_BELL = 40.0
"""e^(−40²/2) is 0."""

_OVER_SQRT_2PI = 0.3989422804014327
_SQRT_2_OVER_PI = 0.7978845608028654
_CUBIC = 0.044715


@kernel
def _bounded(x, most):
    """x where |x| ≤ most, else ±most; NaN becomes −most."""
    low = x if x > -most else -most
    return low if low < most else most


@kernel
def _sigmoid(x):
    """σ(x) = 1/(1 + e^−x) and σ′ = σ(x)·σ(−x) = e/(1 + e)² with e = e^−|x|: no difference, so no digit is lost."""
    e = exp(-abs(x))
    over = 1.0 / (1.0 + e)
    return (1.0 if x >= 0.0 else e) * over, e * over * over


@parallel_kernel
def sigmoid(x, gy, back, y):
    """f(x) = σ(x) = 1/(1 + e^−x). f′ = σ(x)·σ(−x)."""
    for m in prange(x.size):
        value, slope = _sigmoid(np.float64(x[m]))
        flow = gy[m]
        y[m] = flow * slope if back else value


@parallel_kernel
def tanh(x, gy, back, y):
    """f(x) = tanh x = −d/(d + 2) with d = e^(−2|x|) − 1, and the sign of x. f′ = 4e/(1 + e)² with e = e^(−2|x|)."""
    for m in prange(x.size):
        u, flow = np.float64(x[m]), gy[m]
        d = expm1_negative(-2.0 * abs(u))
        size = -d / (d + 2.0)
        value = size if u > 0.0 else (-size if u < 0.0 else u)
        y[m] = flow * 4.0 * _sigmoid(2.0 * u)[1] if back else value


@parallel_kernel
def elu(x, gy, back, alpha, y):
    """f(x) = x where x ≥ 0, else α·(e^x − 1). f′ = 1 where x > 0, else α·e^x."""
    for m in prange(x.size):
        u, flow = np.float64(x[m]), gy[m]
        value = u if u >= 0.0 else alpha * expm1_negative(u)
        slope = 1.0 if u > 0.0 else alpha * exp(u)
        y[m] = flow * slope if back else value


@parallel_kernel
def gelu(x, gy, back, y):
    """f(x) = x·Φ(x), Φ(x) = ½ erfc(−x/√2). f′ = Φ(x) + x·e^(−x²/2)/√(2π)."""
    for m in prange(x.size):
        u, flow = np.float64(x[m]), gy[m]
        density = bell(u)
        tail = normal_tail(abs(u), density)
        phi = 1.0 - tail if u > 0.0 else tail
        value = (u if u > -_BEYOND_BELL else -_BEYOND_BELL) * phi
        slope = phi + _bounded(u, _BEYOND_BELL) * density * _OVER_SQRT_2PI
        y[m] = flow * slope if back else value


@parallel_kernel
def gelu_tanh(x, gy, back, y):
    """f(x) = ½x·(1 + tanh(v/2)) = x·σ(v), v = 2√(2/π)·(x + 0.044715 x³). f′ = σ(v) + x·σ(v)σ(−v)·v′."""
    for m in prange(x.size):
        u, flow = np.float64(x[m]), gy[m]
        near = _bounded(u, _BEYOND_BELL)
        v = 2.0 * _SQRT_2_OVER_PI * (near + _CUBIC * near * near * near)
        gate, rise = _sigmoid(v if u == u else u)
        value = (u if u > -_BEYOND_BELL else -_BEYOND_BELL) * gate
        slope = gate + near * rise * (2.0 * _SQRT_2_OVER_PI) * (1.0 + 3.0 * _CUBIC * near * near)
        y[m] = flow * slope if back else value


@parallel_kernel
def swish(x, gy, back, y):
    """f(x) = x·σ(x). f′ = σ(x) + x·σ(x)σ(−x)."""
    for m in prange(x.size):
        u, flow = np.float64(x[m]), gy[m]
        gate, rise = _sigmoid(u)
        value = (u if u > -_BEYOND else -_BEYOND) * gate
        y[m] = flow * (gate + _bounded(u, _BEYOND) * rise) if back else value


@parallel_kernel
def softplus(x, gy, back, y):
    """f(x) = ln(1 + e^x) = max(x, 0) + ln(1 + e^−|x|). f′ = σ(x)."""
    for m in prange(x.size):
        u, flow = np.float64(x[m]), gy[m]
        value = (u if u > 0.0 else 0.0) + log1p_unit(exp(-abs(u)))
        y[m] = flow * _sigmoid(u)[0] if back else value


@parallel_kernel
def mish(x, gy, back, y):
    """f(x) = x·t, t = tanh ln(1 + e^x) = 1 − q, q = 2/((1 + e^x)² + 1). f′ = t + x·q(2 − q)·σ(x).

    With e = e^−|x|: t/q = e(e + 2)/2 for x < 0, and (1 + 2e)/(2e²) for x ≥ 0.
    """
    for m in prange(x.size):
        u, flow = np.float64(x[m]), gy[m]
        e = exp(-abs(u))
        risen, left = (1.0 + 2.0 * e, 2.0 * e * e) if u >= 0.0 else (e * (e + 2.0), 2.0)
        t, q = risen / (risen + left), left / (risen + left)
        value = (u if u > -_BEYOND else -_BEYOND) * t
        slope = t + _bounded(u, _BEYOND) * q * (2.0 - q) * _sigmoid(u)[0]
        y[m] = flow * slope if back else value
