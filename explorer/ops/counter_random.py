"""Random numbers by their place, in plain integers: what `kernels.counter_random` computes."""

from __future__ import annotations

_MASK = (1 << 64) - 1


def member(state: int, place: int) -> int:
    """Member `place` ≥ 0 of the splitmix64 sequence (Steele, Lea & Flood 2014) that begins at `state`."""
    z = (state + (place + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def uniform(seed: int, *places: int) -> float:
    """A number in [0, 1) that belongs to the seed and the places, whatever was drawn before."""
    state = 0
    for place in (seed, *places):
        state = member(state, place)
    return float(state >> 11) * 2.0**-53
