"""Gradients of convolution with respect to its input, by the methods of convolution.

With a stride of 1 the gradient is a convolution itself, of gy with the kernels turned by 180°, where channels and
filters have changed places:

    gx[n, c, i, j] = Σ_k Σ_u Σ_v w[k, c, u, v] · gy[n, k, i + p − u·d, j + p − v·d]
                   = Σ_k Σ_u Σ_v w′[c, k, u, v] · gy[n, k, i − p′ + u·d, j − p′ + v·d]

with w′[c, k, u, v] = w[k, c, kh − 1 − u, kw − 1 − v] and the padding p′ = (kh − 1)·d − p, which may be negative.
"""

from __future__ import annotations

from kernels import convolution, convolution_methods
from kernels.convolution_methods import USUAL, Crossovers
from kernels.convolution_problem import Problem, Run, turning
from kernels.fast_filter import FastFilter


def plan(
    problem: Problem, method: str, filters: tuple[FastFilter, FastFilter] | None = None, crossovers: Crossovers = USUAL
) -> Run:
    """What makes the gradient of x from that of y, (gy, w, 0, gx, tick); "direct" with any other stride than 1."""
    if method == "direct" or problem.stride != (1, 1):
        return convolution.gradient_plan(problem)
    return turning(convolution_methods.plan(problem.turned(), method, filters, crossovers), problem.groups)
