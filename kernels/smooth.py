"""Curved functions of one number each, over whole arrays; see `pointwise` for what the arguments mean.

A formula stands once, for float32 and for float64, beside its derivative: each number is calculated in its own type.
Constants with few digits are float32, which takes the type of what it meets.

In float32 results are right within 6 units in the last place over the whole line, the tails too, most within 2; where
a derivative changes its sign, within those of its two parts. A derivative below 1.2e-38 loses digits before it meets
gy. What goes to 0 beside a factor that goes to ∞ meets a bounded one: the limit is 0 and not NaN.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import parallel_kernel, prange, strict_kernel
from kernels.elementary import bell_times, exp, exp_times, expm1_negative, log1p_unit, tail_by_bell

_ZERO, _ONE, _TWO, _FOUR = np.float32(0), np.float32(1), np.float32(2), np.float32(4)

_BEYOND = np.float32(750)
"""e^−750 is 0, and so is 750·e^−750."""

_BEYOND_BELL = np.float32(40)
"""e^(−40²/2) is 0."""

_OVER_SQRT_2PI = 0.3989422804014327
_SQRT_2_OVER_PI = 0.7978845608028654
_CUBIC = 0.044715


@strict_kernel
def _bounded(x, most):
    """x where |x| ≤ most, else ±most; NaN stays."""
    low = -most if x < -most else x
    return most if low > most else low


@strict_kernel
def _sigmoid(x):
    """σ(x) = 1/(1 + e^−x) and σ′ = σ(x)·σ(−x) = e/(1 + e)² with e = e^−|x|: no difference, so no digit is lost."""
    e = exp(-abs(x))
    risen = _ONE + e
    return (_ONE if x >= 0 else e) / risen, e / (risen * risen)


@parallel_kernel
def sigmoid(x, gy, back, y):
    """f(x) = σ(x) = 1/(1 + e^−x). f′ = σ(x)·σ(−x)."""
    for m in prange(x.size):
        value, slope = _sigmoid(x[m])
        flow = gy[m]
        y[m] = flow * slope if back else value


@strict_kernel
def _tanh(x):
    """tanh x = −d/(d + 2) with d = e^(−2|x|) − 1, and the sign of x; 4e/(1 + e)² with e = e^(−2|x|)."""
    d = expm1_negative(-_TWO * abs(x))
    size = -d / (d + _TWO)
    return size if x > 0 else (-size if x < 0 else x), _FOUR * _sigmoid(_TWO * x)[1]


@parallel_kernel
def tanh(x, gy, back, y):
    """f(x) = tanh x. f′ = 1 − tanh² x = 4σ(2x)·σ(−2x)."""
    for m in prange(x.size):
        value, slope = _tanh(x[m])
        flow = gy[m]
        y[m] = flow * slope if back else value


@strict_kernel
def _elu(x, alpha):
    a = -abs(x)
    return x if x >= 0 else alpha * expm1_negative(a), _ONE if x > 0 else alpha * exp(a)


@parallel_kernel
def elu(x, gy, back, alpha, y):
    """f(x) = x where x ≥ 0, else α·(e^x − 1). f′ = 1 where x > 0, else α·e^x."""
    typed = y.dtype.type(alpha)
    for m in prange(x.size):
        value, slope = _elu(x[m], typed)
        flow = gy[m]
        y[m] = flow * slope if back else value


@strict_kernel
def _gelu(x):
    """With a = |x| and the tail Φ(−a): f(x) = max(x, 0) − a·Φ(−a), and f′(−a) = Φ(−a) − a·φ(a), f′(a) = 1 − f′(−a)."""
    a = abs(x)
    a = _BEYOND_BELL if a > _BEYOND_BELL else a
    tail = tail_by_bell(a)
    slope = bell_times(tail - a * type(x)(_OVER_SQRT_2PI), a)
    return (_ZERO if x < 0 else x) - bell_times(a * tail, a), _ONE - slope if x > 0 else slope


@parallel_kernel
def gelu(x, gy, back, y):
    """f(x) = x·Φ(x), Φ(x) = ½ erfc(−x/√2). f′ = Φ(x) + x·φ(x), φ(x) = e^(−x²/2)/√(2π)."""
    for m in prange(x.size):
        value, slope = _gelu(x[m])
        flow = gy[m]
        y[m] = flow * slope if back else value


@strict_kernel
def _gated(x, near, steep, a, more):
    """x·σ(v) and its derivative for v of the sign of x: a + more = −|v|, near is x bounded, and steep is near·v′.

    With e = e^−|v|: x/(1 + e) and (1 + e + e·x·v′)/(1 + e)² for x ≥ 0, x·e/(1 + e) and e·(1 + e + x·v′)/(1 + e)² else.
    """
    e = exp_times(_ONE, a, more)
    risen = _ONE + e
    value = x if x >= 0 else exp_times(near, a, more)
    slope = risen + steep * e if x >= 0 else exp_times(risen + steep, a, more)
    return value / risen, slope / (risen * risen)


@strict_kernel
def _gelu_tanh(x):
    """v in float64, since an error in an exponent is one of the result: its last digits come as `more`."""
    near = _bounded(x, _BEYOND_BELL)
    u = np.float64(near)
    v = -2.0 * _SQRT_2_OVER_PI * abs(u + _CUBIC * u * u * u)
    a = type(x)(v)
    steep = type(x)(u * (2.0 * _SQRT_2_OVER_PI) * (1.0 + 3.0 * _CUBIC * u * u))
    return _gated(x, near, steep, a, type(x)(v - a))


@parallel_kernel
def gelu_tanh(x, gy, back, y):
    """f(x) = ½x·(1 + tanh(v/2)) = x·σ(v), v = 2√(2/π)·(x + 0.044715 x³). f′ = σ(v) + x·σ(v)σ(−v)·v′."""
    for m in prange(x.size):
        value, slope = _gelu_tanh(x[m])
        flow = gy[m]
        y[m] = flow * slope if back else value


@parallel_kernel
def swish(x, gy, back, y):
    """f(x) = x·σ(x). f′ = σ(x) + x·σ(x)σ(−x)."""
    for m in prange(x.size):
        near = _bounded(x[m], _BEYOND)
        value, slope = _gated(x[m], near, near, -abs(x[m]), _ZERO)
        flow = gy[m]
        y[m] = flow * slope if back else value


@parallel_kernel
def softplus(x, gy, back, y):
    """f(x) = ln(1 + e^x) = max(x, 0) + ln(1 + e^−|x|). f′ = σ(x)."""
    for m in prange(x.size):
        u, flow = x[m], gy[m]
        value = (u if u > 0 else _ZERO) + log1p_unit(exp(-abs(u)))
        y[m] = flow * _sigmoid(u)[0] if back else value


@strict_kernel
def _mish(x):
    """x·t and its derivative, with e = e^−|x|; q(2 − q)·σ(x) is taken together, so that one division is left.

    x ≥ 0: d = 1 + 2e + 2e², t = (1 + 2e)/d,   f′ = ((1 + 2e)·d + 4x(1 + e)·e²)/d².
    x < 0: d = e(e + 2) + 2, t = e·(e + 2)/d,  f′ = e·((e + 2)·d + 4x(1 + e))/d².
    """
    near, a = _bounded(x, _BEYOND), -abs(x)
    e = exp(a)
    pull = _FOUR * near * (_ONE + e)
    if x >= 0:
        top = _ONE + _TWO * e
        below = top + _TWO * e * e
        value, slope = x * top, top * below + pull * e * e
    else:
        top = e + _TWO
        below = e * top + _TWO
        value, slope = exp_times(near, a, _ZERO) * top, exp_times(top * below + pull, a, _ZERO)
    return value / below, slope / (below * below)


@parallel_kernel
def mish(x, gy, back, y):
    """f(x) = x·t, t = tanh ln(1 + e^x) = 1 − q, q = 2/((1 + e^x)² + 1). f′ = t + x·q(2 − q)·σ(x)."""
    for m in prange(x.size):
        value, slope = _mish(x[m])
        flow = gy[m]
        y[m] = flow * slope if back else value
