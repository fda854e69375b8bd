"""What `exponential` has, in float32: twice as many numbers in a vector, and polynomials of half the degree.

Relative errors, in units of the last place: 2 for e^x, 4 for differences and logarithms, 5 for what goes with the
normal distribution. What is below 1.2e-38 is rounded once. Of Horner's steps two run side by side where that costs no
digit: a vector waits longer for its numbers than it calculates.

Coefficients that are no fractions have the least largest relative error that their degree allows, found in 50 digits
by Remez's exchange.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import strict_kernel

_LOG2_E, _LEAST, _BACK = np.float32(1.4426950408889634), np.float32(-120), np.float32(2.0**-64)
_LEAST_DIFFERENCE, _FAR = np.float32(-50), np.float32(15)
# ln 2 in two parts: a whole number below 2^11 times the first one is exact.
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_ZERO, _HALF, _ONE, _TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)

# (e^r − 1 − r)/r² for |r| ≤ ½ ln 2, error of e^r below 2^−28.
_E0, _E1, _E2, _E3, _E4 = (
    np.float32(each)
    for each in (
        0.4999999305088872,
        0.16666514789060713,
        0.04166845673521397,
        0.008369419046910385,
        0.00138131478758106,
    )
)

# (artanh(s)/s − 1)/s² by powers of s² ≤ 1/9, error of artanh below 2^−27.
_A0, _A1, _A2, _A3 = (
    np.float32(each) for each in (0.33333208144390786, 0.20010763587549954, 0.14000902669624177, 0.14005994641557445)
)

# ½ erfc(x/√2)·e^(x²/2) = P/Q for 0 ≤ x ≤ 15, error below 2^−27.
_P0, _P1, _P2, _P3, _P4 = (
    np.float32(each)
    for each in (0.5, 0.43928329553588363, 0.18396904404560113, 0.040881097602479204, 0.004153225784382476)
)
_Q1, _Q2, _Q3, _Q4, _Q5 = (
    np.float32(each)
    for each in (1.6764515980933803, 1.2055478764225744, 0.47140844993588643, 0.10247983172397346, 0.01041048151584257)
)

_ROUNDS = np.float32(1.5 * 2.0**23 + 64 + 127)
"""A number of magnitude below 2^21 becomes whole when this is added; the lowest bits are then the exponent's of
2^(n + 64), which is no subnormal number for x ≥ −120, so that small results round once."""

_HIGH_BITS = np.int32(-(1 << 12))
"""The upper half of the digits of a number: its square is exact."""


@strict_kernel
def _reduced(x, more):
    """2^(n + 64), r = x + more − n ln 2, and (e^r − 1 − r)/r², with n = round(x / ln 2) ≤ 0."""
    risen = x * _LOG2_E + _ROUNDS
    n = risen - _ROUNDS
    r = ((x - n * _LN2_HIGH) + more) - n * _LN2_LOW
    square = r * r
    p = (_E4 * square + (_E3 * r + _E2)) * square + (_E1 * r + _E0)
    power = np.int32(np.float32(risen).view(np.int32) << 23).view(np.float32)
    return power, r, p


@strict_kernel
def exp_times(factor, x, more):
    """factor·e^(x + more) for x ≤ 0 and `more` as small as what x has lost by rounding; 0 below −120."""
    power, r, p = _reduced(_LEAST if x < _LEAST else x, more)
    return ((p * (r * r) + r) + _ONE) * factor * power * _BACK


@strict_kernel
def exp(x):
    """e^x for x ≤ 0."""
    return exp_times(_ONE, x, _ZERO)


@strict_kernel
def expm1_negative(x):
    """e^x − 1 for x ≤ 0 = 2^n · (e^r − 1) + (2^n − 1), with every digit near 0; −1 below −50."""
    power, r, p = _reduced(_LEAST_DIFFERENCE if x < _LEAST_DIFFERENCE else x, _ZERO)
    scale = power * _BACK
    return scale * (p * (r * r) + r) + (scale - _ONE)


@strict_kernel
def log1p_unit(x):
    """ln(1 + x) for 0 ≤ x ≤ 1 = 2 artanh(s), s = x/(2 + x) ≤ 1/3; x is a factor, and rounded once where it is small."""
    over = _TWO / (_TWO + x)
    s = x * over * _HALF
    z = s * s
    square = z * z
    p = (_A3 * z + _A2) * square + (_A1 * z + _A0)
    return x * (p * z * over + over)


@strict_kernel
def bell_times(factor, x):
    """factor·e^(−x²/2) for x ≥ 0; x² in two parts, since an error in the exponent is one of the result."""
    near = _FAR if x > _FAR else x
    high = np.int32(np.float32(near).view(np.int32) & _HIGH_BITS).view(np.float32)
    return exp_times(factor, -_HALF * high * high, -_HALF * ((near - high) * (near + high)))


@strict_kernel
def tail_by_bell(x):
    """½ erfc(x/√2)·e^(x²/2) for x ≥ 0, the tail of the normal distribution by its bell; that at 15 beyond it."""
    near = _FAR if x > _FAR else x
    p = _P4
    p = p * near + _P3
    p = p * near + _P2
    p = p * near + _P1
    p = p * near + _P0
    q = _Q5
    q = q * near + _Q4
    q = q * near + _Q3
    q = q * near + _Q2
    q = q * near + _Q1
    q = q * near + _ONE
    return p / q
