"""A transform of rows from a table: any matrix that can be derived runs here, and none of them is compiled.

s[to + o·step_to + j] = Σ_i T[o][i] · s[at + (i mod wrap)·step + (i div wrap)·shift + j]        j < n, whole vectors
"""

from __future__ import annotations

from kernels._jit import kernel
from kernels.vector_rows import combine

__all__ = ["add_rows"]


@kernel
def add_rows(of, s, to, step_to, at, step, wrap, shift, n, spare, places):
    """The sums of a table `of` (`fast_filter.Sums`); those between go to rows from `spare` on.

    places  room for a number for each term
    """
    inputs, outputs, _, results, begins, values, factors = of
    kept = inputs + outputs
    for t in range(len(values)):
        value = values[t]
        if value < inputs:
            places[t] = at + value % wrap * step + value // wrap * shift
        elif value < kept:
            places[t] = to + (value - inputs) * step_to
        else:
            places[t] = spare + (value - kept) * n
    for i in range(len(results)):
        value = results[i]
        row = to + (value - inputs) * step_to if value < kept else spare + (value - kept) * n
        combine(s, row, places, factors, begins[i], begins[i + 1] - begins[i], n)
