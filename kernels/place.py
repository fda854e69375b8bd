"""What a place is: a cell of one plane counted in row order, i·W + j."""

from __future__ import annotations

import numpy as np

__all__ = ["MOST_CELLS", "PLACE"]

PLACE = np.int32
"""The type of places in arrays: as wide as a number of float32, so that vectors of both have the same lanes."""

MOST_CELLS = 1 << 30
"""A plane has fewer cells, so that neither a place nor what padding and windows add to one leaves `PLACE`."""
