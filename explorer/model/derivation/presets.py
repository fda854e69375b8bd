"""Named sets of points for F(m, r), for the chips in the window.

accurate   those with the least error that Barabasz et al., arXiv 1803.10986, found for filters of 3 taps, m = 2 … 8
wincnn     the defaults of github.com/andravin/wincnn
whole      0, 1, −1, 2, −2, 3, −3, …: small whole numbers
usual      0 and pairs ±q with their inverses: what is taken where nothing is asked for
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from explorer.model.derivation.expression import Sentence, sentence
from explorer.model.derivation.problem import Point
from kernels.algebra.points import ACCURATE, usual_points

__all__ = ["Preset", "presets", "usual_points"]

_WINCNN = {3: "0 1 -1", 5: "0 1 -1 2 -2", 7: "0 1 -1 2 -2 1/2 -1/2"}


@dataclass(frozen=True, slots=True)
class Preset:
    """A set of points with its name; ∞ is the last of them."""

    key: str
    name: Sentence
    points: tuple[Point, ...]


def presets(m: int, r: int) -> tuple[Preset, ...]:
    """The sets there are for F(m, r): m + r − 2 finite points and ∞, one of them at least."""
    count = m + r - 2
    if count < 1:
        return ()
    made = [Preset("usual", sentence("Usual"), (*usual_points(count), "inf"))]
    if r == 3 and 3 <= count <= len(ACCURATE):
        made.append(Preset("accurate", sentence("Least error"), (*ACCURATE[:count], "inf")))
    if count in _WINCNN:
        made.append(Preset("wincnn", sentence("As in wincnn"), (*_read(_WINCNN[count]), "inf")))
    whole = [Fraction((i + 1) // 2 * (1 if i % 2 else -1)) for i in range(count)]
    made.append(Preset("whole", sentence("Whole numbers"), (*whole, "inf")))
    return tuple(made)


def _read(text: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(each) for each in text.split())
