"""Which values lie under the places of a slider."""

from __future__ import annotations

import math
from dataclasses import dataclass

from explorer.ops.parameters import Parameter

_DECADES = 1000
_PLACES = 200
_MOST_PLACES = 1000
_WIDEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Scale:
    """Places 0 … `last` over the values `low` … `high`.

    by_ratio  neighbouring places have one ratio instead of one difference, for ranges of three decades and more
    decimals  to which values are rounded, None for whole numbers
    least, most  where typed numbers and steps end, at or beyond the slider's own ends
    """

    low: float
    high: float
    last: int
    by_ratio: bool
    decimals: int | None
    least: float
    most: float

    def place(self, value: float) -> int:
        """The place nearest to a value; beyond an end, that end."""
        value = min(max(value, self.low), self.high)
        if self.by_ratio:
            part = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return round(part * self.last)

    def value(self, place: float) -> int | float:
        """The value at a place."""
        part = place / self.last
        if self.by_ratio:
            value = float(f"{self.low * (self.high / self.low) ** part:.3g}")
        else:
            value = self.low + part * (self.high - self.low)
        return self._clipped(value)

    def stepped(self, value: float, count: int) -> int | float:
        """The value `count` steps on: whole numbers go by one, others by a place of the slider."""
        if self.decimals is None:
            return self._clipped(value + count)
        if self.by_ratio:
            return self._clipped(float(f"{value * (self.high / self.low) ** (count / self.last):.3g}"))
        return self._clipped(value + count * (self.high - self.low) / self.last)

    def _clipped(self, value: float) -> int | float:
        rounded = round(value) if self.decimals is None else value if self.by_ratio else round(value, self.decimals)
        rounded = min(max(rounded, self.least), self.most)
        return int(rounded) if self.decimals is None else float(rounded)


def scale_of(parameter: Parameter) -> Scale | None:
    """The slider of a parameter, or None where it has no end on one side or far too many values."""
    low, high = parameter.minimum, parameter.maximum if parameter.soft is None else parameter.soft
    if not (math.isfinite(low) and math.isfinite(high) and low < high <= low + _WIDEST):
        return None
    ends = {"least": parameter.minimum, "most": parameter.maximum}
    by_ratio = low > 0 and high / low >= _DECADES
    if parameter.kind in ("integer", "integers"):
        last = _PLACES if by_ratio else min(round(high - low), _MOST_PLACES)
        return Scale(low, high, last, by_ratio, None, **ends)
    decimals = 2 - math.floor(math.log10(high - low))
    last = _PLACES if by_ratio else round((high - low) * 10**decimals)
    return Scale(low, high, last, by_ratio, decimals, **ends)
