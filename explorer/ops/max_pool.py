"""Max pooling with switches."""

from __future__ import annotations

from explorer.ops.extreme_pool import Params, extreme_pool

__all__ = ["OP", "Params"]

OP = extreme_pool(
    name="max_pool",
    title="Max pooling",
    formula="y[n,c,i,j] = max over u, v of x[n,c, i·s − p + u·d, j·s − p + v·d]",
    source="Ranzato, Huang, Boureau & LeCun 2007; switches as in Zeiler & Fergus 2014",
    smallest=False,
)
