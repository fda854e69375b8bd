"""What a filter costs by its definition, by F(m, r), by F(m×m, r×r) and by the FFT: numbers for a table and a plot.

The model is that of Lavin & Gray, arXiv 1509.09308, section 4.3. A tile of inputs gives a tile of outputs. For each
pair of an input and an output channel its products are formed; the data is transformed once for all K output channels,
the sums are transformed back once for all C input channels, the taps once for all tiles. So a pair takes, per output,

    products + additions of products + data/K + outputs/C + taps/(tiles)

Products of F(m, r) are (m + r − 1)/m per output, squared in two directions; its transforms are those of the counted
matrices. The FFT of a real N×N tile, r×r taps and (N − r + 1)² outputs takes N·(N/2 + 1) complex products of 4 real
products and 2 additions [Lavin & Gray, table 1], or 3 and 5 [table 2, with 3 of the additions in the transforms]. Its
transforms are by split radix: 4N·log₂N − 6N + 8 operations for complex values, 2N·log₂N − 4N + 6 for real ones
[Johnson & Frigo, IEEE Trans. Signal Processing 55, 2007], over N real rows, 2 real and N/2 − 1 complex columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from explorer.model.derivation.filtering import algorithm_of
from explorer.model.derivation.problem import Filter
from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.counting import Counts, Transform, count_filter, count_nested

__all__ = ["Cost", "Way", "beside", "by_fft", "by_filter", "direct", "operations", "over_tiles", "products_per_output"]

Way = Literal["direct", "filter", "nested", "fft", "fft-3"]

MOST_INPUTS = 14
"""Tiles of F(m×m, r×r) in a plot: past it the numbers in the matrices are of no use, and counting takes long."""


@dataclass(frozen=True, slots=True)
class Cost:
    """All numbers are per output but the last two.

    tile             inputs along one direction that a tile of outputs needs
    multiplications  general products, for each pair of channels
    additions        within the products (the definition, complex products), for each pair of channels
    data, outputs    operations of the transforms, for each input channel and for each output channel
    taps             operations of the transform of one filter, altogether
    memory           how many numbers the transformed data has for every input: tiles overlap by r − 1
    """

    way: Way
    m: int
    r: int
    directions: int
    tile: int
    multiplications: Fraction
    additions: Fraction
    data: Fraction = Fraction()
    outputs: Fraction = Fraction()
    taps: int = 0
    memory: Fraction = Fraction(1)

    def operations(self, inputs: int = 1, outputs: int = 1, tiles: int = 1) -> Fraction:
        """Per output and pair of channels, for so many input channels, output channels and tiles of outputs."""
        each = self.multiplications + self.additions + self.data / outputs + self.outputs / inputs
        return each + Fraction(self.taps, tiles * self.m**self.directions)


def direct(r: int, directions: int = 1) -> Cost:
    """The definition: r products (r×r in two directions) and one addition less."""
    taps = r**directions
    return Cost("direct", 1, r, directions, r, Fraction(taps), Fraction(taps - 1))


def by_filter(algorithm: FilterAlgorithm, directions: int = 1) -> Cost:
    """F(m, r), or nested with itself."""
    counts = count_filter(algorithm) if directions == 1 else count_nested(algorithm, algorithm)
    return _of_counts(counts, algorithm.m, algorithm.r, directions)


def by_fft(tile: int, r: int, products: Literal[3, 4] = 4) -> Cost:
    """The FFT over tiles of `tile`×`tile`, a power of two; ValueError for other sizes or none that holds the filter."""
    levels = tile.bit_length() - 1
    if tile != 1 << levels or tile < max(r, 4):
        raise ValueError(f"a tile of the FFT is a power of two of at least {max(r, 4)}, not {tile}")
    m = tile - r + 1
    complex_line = 4 * tile * levels - 6 * tile + 8
    real_line = 2 * tile * levels - 4 * tile + 6
    plane = (tile + 2) * real_line + (tile // 2 - 1) * complex_line
    formed = tile * (tile // 2 + 1)
    # With three products one of the five additions is of the data, one of the taps, and one of their sums.
    apart = formed if products == 3 else 0
    per = Fraction(1, m * m)
    return Cost(
        "fft" if products == 4 else "fft-3",
        m,
        r,
        2,
        tile,
        products * formed * per,
        2 * formed * per,
        (plane + apart) * per,
        (plane + apart) * per,
        plane + apart,
        2 * formed * per,
    )


def products_per_output(m: int, r: int, directions: int = 1) -> Fraction:
    """((m + r − 1)/m)^directions: the least there can be over Q with one algorithm for each direction."""
    return Fraction(m + r - 1, m) ** directions


def beside(algorithm: FilterAlgorithm) -> tuple[Cost, ...]:
    """The table beside a derivation: the definition and F(m, r), along a line and over a plane."""
    r = algorithm.r
    return direct(r), by_filter(algorithm), direct(r, 2), by_filter(algorithm, 2)


@lru_cache(maxsize=32)
def over_tiles(r: int, largest: int = 256) -> tuple[Cost, ...]:
    """The plot over the size of the tile: the definition, F(m×m, r×r) at the usual points, and the FFT both ways."""
    made = [direct(r, 2)]
    made += [by_filter(algorithm_of(Filter(m, r)), 2) for m in range(2, MOST_INPUTS - r + 2)]
    tiles = [1 << level for level in range(2, largest.bit_length()) if 1 << level >= r]
    made += [by_fft(tile, r, products) for products in (4, 3) for tile in tiles]
    return tuple(made)


def _of_counts(counts: Counts, m: int, r: int, directions: int) -> Cost:
    outputs = m**directions
    return Cost(
        "filter" if directions == 1 else "nested",
        m,
        r,
        directions,
        m + r - 1,
        Fraction(counts.multiplications, outputs),
        Fraction(),
        Fraction(operations(counts.data), outputs),
        Fraction(operations(counts.outputs), outputs),
        operations(counts.taps),
        Fraction(counts.multiplications, outputs),
    )


def operations(each: Transform) -> int:
    """Additions and multiplications by constants alike."""
    return each.additions + each.constants
