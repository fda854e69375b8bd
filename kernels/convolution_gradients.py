"""Gradients of convolution with respect to its input, by the methods of convolution.

With a stride of 1 the gradient is a convolution itself, of gy with the kernels turned by 180°, where channels and
filters have changed places:

    gx[n, c, i, j] = Σ_k Σ_u Σ_v w[k, c, u, v] · gy[n, k, i + p − u·d, j + p − v·d]
                   = Σ_k Σ_u Σ_v w′[c, k, u, v] · gy[n, k, i − p′ + u·d, j − p′ + v·d]

with w′[c, k, u, v] = w[k, c, kh − 1 − u, kw − 1 − v] and the padding p′ = (kh − 1)·d − p, which may be negative.
"""

from __future__ import annotations

import numpy as np

from kernels.convolution import Array, Pads, Pair, Tick, input_gradient
from kernels.convolution_methods import USUAL, Crossovers, convolve_by
from kernels.fast_filter import FastFilter


def input_gradient_by(
    method: str,
    gy: Array,
    w: Array,
    gx: Array,
    stride: Pair,
    dilation: Pair,
    pads: Pads,
    groups: int,
    tick: Tick,
    filters: tuple[FastFilter, FastFilter] | None = None,
    crossovers: Crossovers = USUAL,
) -> None:
    """gx: (N, C, H, W) from gy (N, K, H', W') and w (K, C/groups, kh, kw); "direct" with any other stride than 1."""
    if method == "direct" or stride != (1, 1):
        input_gradient(gy, w, gx, stride, dilation, pads, groups, tick)
        return
    maps, channels, *kernel = w.shape
    turned = w.reshape(groups, maps // groups, channels, *kernel).swapaxes(1, 2)[..., ::-1, ::-1]
    turned = np.ascontiguousarray(turned).reshape(groups * channels, maps // groups, *kernel)
    top, left = ((kernel[a] - 1) * dilation[a] - pads[a] for a in (0, 1))
    below, right = (gx.shape[2 + a] - gy.shape[2 + a] + pads[a] for a in (0, 1))
    around = top, left, below, right
    bias = np.zeros(len(turned), w.dtype)
    convolve_by(method, gy, turned, bias, gx, stride, dilation, around, groups, tick, filters, crossovers)
