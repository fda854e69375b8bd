"""Sets of points tried on the same tiles: what one of them errs less than another is not the luck of the tiles."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import inf, isfinite

import numpy as np

from explorer.model.derivation.filtering import algorithm_of
from explorer.model.laboratory.accuracy import Setting, in_steps, random_tiles
from explorer.model.laboratory.point_sets import Points
from kernels.rounded import Array, Transforms, directly, errors, outputs, products, transforms

__all__ = ["Trial"]


@dataclass(frozen=True, slots=True, eq=False)
class _Tiles:
    taps: Array
    data: Array
    exact: Array


@dataclass(slots=True)
class Trial:
    """F(m, r) as in `setting`, at any points; its seed is the first half of the seeds, their number the second."""

    setting: Setting
    _drawn: dict[int, tuple[_Tiles, ...]] = field(default_factory=dict)

    def error(self, points: Points, number: int) -> Generator[None, None, float]:
        """The mean error at `points` and ∞ on the tiles of seed `number`, step by step."""
        made = _transforms(replace(self.setting, filter=replace(self.setting.filter, points=(*points, "inf"))))
        if number not in self._drawn:
            self._drawn[number] = tuple(self._draw(number))
        total, count = 0.0, 0
        for tiles in self._drawn[number]:
            found = errors(outputs(made, products(made, tiles.taps, tiles.data)), tiles.exact)
            total += float(found.sum())
            count += found.size
            yield
        return total / count if isfinite(total) else inf

    def forget(self, number: int) -> None:
        """Give the memory of a seed's tiles back."""
        self._drawn.pop(number, None)

    def _draw(self, number: int) -> Generator[_Tiles, None, None]:
        random = np.random.default_rng([self.setting.seed, number])
        for count in in_steps(self.setting.tiles, self.setting.filter):
            taps, data = random_tiles(self.setting, count, random)
            yield _Tiles(taps, data, directly(taps.astype(np.float64), data.astype(np.float64)))


@lru_cache(maxsize=64)
def _transforms(setting: Setting) -> Transforms:
    return transforms(algorithm_of(setting.filter), setting.order)
