"""Random numbers by their place: the same for any number of threads and any order of work.

The splitmix64 sequence (Steele, Lea & Flood 2014) from a state h on has the member mix(h + (k + 1)·γ) at place k.
A member is the state that the next place counts from: seed, then plane, then window.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel

GAMMA = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)


@kernel
def member(state, place):  # type: ignore[no-untyped-def]
    """Member `place` ≥ 0 of the splitmix64 sequence that begins at `state`, in uint64."""
    z = np.uint64(state) + (np.uint64(place) + np.uint64(1)) * GAMMA
    z = (z ^ (z >> np.uint64(30))) * FIRST
    z = (z ^ (z >> np.uint64(27))) * SECOND
    return z ^ (z >> np.uint64(31))


@kernel
def uniform(state, place):  # type: ignore[no-untyped-def]
    """The upper 53 bits of that member as a number in [0, 1)."""
    return np.float64(member(state, place) >> np.uint64(11)) * 2.0**-53
