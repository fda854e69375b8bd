"""Colour maps as tables, and the range of values that a table covers."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.places import assets_folder

Colours = Literal["auto", "viridis", "signed", "signed-dark", "grey"]
TABLES = ("viridis", "signed", "signed-dark", "grey")
SIGNED = ("signed", "signed-dark")
NOT_A_NUMBER = np.uint32(0xFFFF00C8)
"""The colour of NaN, in none of the maps."""


@cache
def table(name: str) -> NDArray[np.uint32]:
    """256 colours as 0xffRRGGBB; the names are in `TABLES`."""
    if name not in TABLES:
        raise KeyError(name)
    rgb = np.load(assets_folder() / "colormaps" / f"{name}.npy", allow_pickle=False).astype(np.uint32)
    colours: NDArray[np.uint32] = (np.uint32(0xFF000000) | rgb[:, 0] << 16 | rgb[:, 1] << 8 | rgb[:, 2]).astype(
        np.uint32
    )
    colours.flags.writeable = False
    return colours


def resolved(colours: Colours, low: float, *, dark: bool = False) -> str:
    """The table for values from `low`: "auto" takes a signed map where a value is negative, black at 0 if `dark`."""
    if colours != "auto":
        return colours
    return ("signed-dark" if dark else "signed") if low < 0 else "viridis"


def covered(name: str, low: float, high: float) -> tuple[float, float]:
    """The range that the table spreads over: symmetric about 0 for the signed maps, never empty."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return 0.0, 1.0
    if name in SIGNED:
        high = max(abs(low), abs(high))
        low = -high
    return (low, high) if high > low else (low, low + 1.0)
