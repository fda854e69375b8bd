"""Which numbers dropout keeps, and what becomes of them.

Each place asks a hash of the seed and of its own index, so the answer depends neither on threads nor on bands.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import parallel_kernel, prange
from kernels.counter_random import member, uniform


@parallel_kernel
def keep(seed, rate, first, mask):
    """mask[m] = 1 where uniform(seed, first + m) ≥ rate, else 0: a part `rate` of all places is dropped. mask (M,)."""
    state = member(np.uint64(0), seed)
    for m in prange(mask.size):
        mask[m] = 1.0 if uniform(state, first + m) >= rate else 0.0


@parallel_kernel
def scaled(x, mask, scale, y):
    """y[m] = x[m]·mask[m]·scale; 0·∞ is NaN here as everywhere. Flat arrays of one length."""
    for m in prange(x.size):
        y[m] = np.float64(x[m]) * mask[m] * scale
