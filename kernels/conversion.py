"""From the values of a picture to a tensor: transparency, mixture of colours, scale.

Axes: n image, c channel of the picture, o channel of the result, k cell in row order. With the colours
c < mix.shape[1], the cover a = x[n,alpha,k]/white[n] (1 without alpha) and the colour over the backdrop
q_c = b + (x_c − b)·a:

    y[n,o,k] = gains[n]·Σ_c mix[o,c]·q[n,c,k] + offset
"""

from __future__ import annotations

import numpy as np

from kernels._jit import parallel_kernel, prange

_BLOCK = 4096


@parallel_kernel
def convert(x, alpha, white, backdrop, mix, gains, offset, first, last, y):  # type: ignore[no-untyped-def]
    """y as above for the images first ≤ n < last. x (N, C, K), y (N, O, K); alpha −1: none; float64 between them."""
    blocks = (x.shape[2] + _BLOCK - 1) // _BLOCK
    for task in prange(first * blocks, last * blocks):
        n, start = task // blocks, task % blocks * _BLOCK
        stop = min(start + _BLOCK, x.shape[2])
        cover = np.ones(stop - start)
        total = np.empty(stop - start)
        if alpha >= 0:
            opacity = x[n, alpha, start:stop]
            for k in range(cover.size):
                cover[k] = opacity[k] / white[n]
        for o in range(mix.shape[0]):
            total[:] = 0
            for c in range(mix.shape[1]):
                share, behind, colour = mix[o, c], backdrop[n], x[n, c, start:stop]
                if share != 0:
                    for k in range(cover.size):
                        total[k] += share * (behind + (colour[k] - behind) * cover[k])
            result = y[n, o, start:stop]
            for k in range(cover.size):
                result[k] = total[k] * gains[n] + offset


@parallel_kernel
def convert_gradient(x, alpha, white, backdrop, mix, gains, gy, first, last, gx):  # type: ignore[no-untyped-def]
    """The gradient of `convert` for x: with f_c = gains[n]·Σ_o mix[o,c]·gy[n,o,k],

    gx_c = f_c·a and gx_alpha = Σ_c f_c·(x_c − b)/white; channels that do not go into y get 0.
    """
    blocks = (x.shape[2] + _BLOCK - 1) // _BLOCK
    for task in prange(first * blocks, last * blocks):
        n, start = task // blocks, task % blocks * _BLOCK
        stop = min(start + _BLOCK, x.shape[2])
        flow = np.empty(stop - start)
        through = np.zeros(stop - start)
        gx[n, :, start:stop] = 0
        for c in range(mix.shape[1]):
            flow[:] = 0
            for o in range(mix.shape[0]):
                share, back = mix[o, c] * gains[n], gy[n, o, start:stop]
                if share != 0:
                    for k in range(flow.size):
                        flow[k] += share * back[k]
            colour, result = x[n, c, start:stop], gx[n, c, start:stop]
            if alpha < 0:
                for k in range(flow.size):
                    result[k] = flow[k]
            else:
                opacity = x[n, alpha, start:stop]
                for k in range(flow.size):
                    result[k] = flow[k] * opacity[k] / white[n]
                for k in range(flow.size):
                    through[k] += flow[k] * (colour[k] - backdrop[n]) / white[n]
        if alpha >= 0:
            result = gx[n, alpha, start:stop]
            for k in range(flow.size):
                result[k] = through[k]
