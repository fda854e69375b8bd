"""Min pooling with switches."""

from __future__ import annotations

from explorer.ops.extreme_pool import Params, extreme_pool

__all__ = ["OP", "Params"]

OP = extreme_pool(
    name="min_pool",
    title="Min pooling",
    formula="y[n,c,i,j] = min over u, v of x[n,c, i·s − p + u·d, j·s − p + v·d]",
    source="Max pooling of −x, negated: the erosion of mathematical morphology (Serra 1982) with a flat window",
    smallest=True,
)
