"""What is measured: layers as networks have them, each with the same work in other libraries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.kernels.peers import Peers, Run, of_onnxruntime, of_opencv, of_scipy, of_torch, torch
from explorer.ops import operations
from explorer.ops.convolution_layer import Layer
from explorer.ops.convolution_plan import input_gradient
from explorer.ops.op import no_tick
from kernels.convolution_weights import weight_gradient

RNG = np.random.default_rng(0)


@dataclass(frozen=True)
class Work:
    """One line of the table; `flop` counts multiplications and additions of the definition."""

    group: str
    name: str
    ours: Run
    peers: Peers
    flop: float = 0.0
    must: float = 1.0
    aim: float = 1.0


def numbers(*shape: int) -> Any:
    """Read-only numbers in float32, as an evaluation hands them over."""
    made = RNG.standard_normal(shape).astype(np.float32)
    made.flags.writeable = False
    return made


def functional() -> Any:
    """PyTorch's functions of layers."""
    return torch.nn.functional


CONVOLUTIONS: tuple[tuple[str, tuple[int, int, int, int], int, dict[str, Any]], ...] = (
    ("W1 1×1×512×512 → 8, 3×3", (1, 1, 512, 512), 8, {}),
    ("W2 1×3×512×512 → 16, 3×3", (1, 3, 512, 512), 16, {}),
    ("W3 1×3×1080×1920 → 8, 3×3", (1, 3, 1080, 1920), 8, {}),
    ("W4 1×16×256×256 → 32, 3×3", (1, 16, 256, 256), 32, {}),
    ("W5 1×64×112×112 → 64, 3×3", (1, 64, 112, 112), 64, {}),
    ("W6 1×3×512×512 → 8, 7×7", (1, 3, 512, 512), 8, {"kernel": 7}),
    ("W7 depthwise 1×32×256×256, 3×3", (1, 32, 256, 256), 32, {"groups": 32}),
    ("W8 1×128×28×28 → 128, 3×3", (1, 128, 28, 28), 128, {}),
    ("W9 1×64×56×56 → 128, 1×1", (1, 64, 56, 56), 128, {"kernel": 1}),
)
HARDER: tuple[tuple[str, tuple[int, int, int, int], int, dict[str, Any]], ...] = (
    ("stride 2", (1, 16, 256, 256), 32, {"stride": 2}),
    ("dilation 2", (1, 16, 256, 256), 32, {"dilation": 2}),
    ("four groups", (1, 16, 256, 256), 32, {"groups": 4}),
    ("13 → 27 channels", (1, 13, 256, 256), 27, {}),
    ("511 × 509", (1, 3, 511, 509), 16, {}),
    ("batch of 8", (8, 16, 64, 64), 32, {}),
)


def convolutions() -> Iterator[Work]:
    """Forward convolution."""
    for group, table in (("Convolution", CONVOLUTIONS), ("Harder shapes", HARDER)):
        for name, shape, filters, moves in table:
            yield _convolution(group, name, shape, filters, **moves)
    x, w = numbers(1, 32, 64, 64), numbers(32, 16, 3, 3)
    transposed = operations()["transposed_conv"]
    params = transposed.Params(filters=16, kernel=(3, 3), stride=(2, 2), padding="valid", bias=False)
    yield Work(
        "Harder shapes",
        "transposed, stride 2",
        lambda: transposed.forward((x,), {"w": w}, params, no_tick),
        of_torch(lambda x, w: functional().conv_transpose2d(x, w, stride=2), x, w),
        2 * 32 * 16 * 9 * 64 * 64,
        1.0,
        1.5,
    )


def _convolution(
    group: str, name: str, shape: tuple[int, int, int, int], filters: int, *, kernel: int = 3, stride: int = 1,
    dilation: int = 1, groups: int = 1,
) -> Work:  # fmt: skip
    x, w = numbers(*shape), numbers(filters, shape[1] // groups, kernel, kernel)
    op, pad = operations()["conv"], dilation * (kernel // 2)
    moves = {"stride": (stride,) * 2, "dilation": (dilation,) * 2, "groups": groups}
    method = "direct" if group == "The sum itself" else "auto"
    params = op.Params(
        filters=filters, kernel=(kernel,) * 2, padding="numbers", pads=(pad,) * 4, bias=False, method=method, **moves
    )
    rows, columns = (-(-size // stride) for size in shape[2:])
    flop = 2.0 * shape[0] * filters * rows * columns * shape[1] // groups * kernel**2
    peers = of_torch(
        lambda x, w: functional().conv2d(x, w, None, stride, pad, dilation, groups), x, w
    ) | of_onnxruntime(
        "Conv", {"x": x, "w": w}, pads=[pad] * 4, strides=[stride] * 2, dilations=[dilation] * 2, group=groups
    )  # fmt: skip
    if group == "Convolution" and groups == 1:
        peers |= of_opencv(x, w)
    # Of each alone; their geometric mean is to be 1.3, and is aimed at 1.7.
    must, aim = (0.95, 1.0) if group == "Convolution" else (1.0, 1.5)
    return Work(group, name, lambda: op.forward((x,), {"w": w}, params, no_tick), peers, flop, must, aim)


def gradients() -> Iterator[Work]:
    """Gradients of the nine convolutions, with respect to the input and to the weights, as the layer takes them."""
    for name, shape, filters, moves in CONVOLUTIONS:
        kernel, groups = moves.get("kernel", 3), moves.get("groups", 1)
        x, w, gy = (
            numbers(*shape),
            numbers(filters, shape[1] // groups, kernel, kernel),
            numbers(1, filters, *shape[2:]),
        )
        layer = Layer(filters, (kernel, kernel), padding="same", groups=groups, method="auto")
        gx, gw, pads = np.empty_like(x), np.empty_like(w), (kernel // 2,) * 4
        flop = 2.0 * gy.size * w[0].size

        def to_input(gy: Any = gy, w: Any = w, gx: Any = gx, layer: Layer = layer) -> None:
            input_gradient(gy, w, gx, layer, no_tick)

        def to_weights(x: Any = x, gy: Any = gy, gw: Any = gw, pads: Any = pads, groups: int = groups) -> None:
            weight_gradient(x, gy, gw, (1, 1), (1, 1), pads, groups, no_tick)

        def of_input(gy: Any, w: Any, shape: Any = shape, pads: Any = pads, groups: int = groups) -> Any:
            return torch.nn.grad.conv2d_input(shape, w, gy, padding=pads[0], groups=groups)

        def of_weights(x: Any, gy: Any, shape: Any = w.shape, pads: Any = pads, groups: int = groups) -> Any:
            return torch.nn.grad.conv2d_weight(x, shape, gy, padding=pads[0], groups=groups)

        wanted = (1.5, 2.3) if name[:2] in ("W2", "W4", "W5") else (1.0, 1.5)
        yield Work("Gradients of the input", name, to_input, of_torch(of_input, gy, w), flop, *wanted)
        yield Work("Gradients of the weights", name, to_weights, of_torch(of_weights, x, gy), flop, 0.85, 1.2)


def transforms() -> Iterator[Work]:
    """Large kernels by the Fourier transform, and the share of the peak that the sum itself reaches."""
    op = operations()["conv"]
    for kernel, filters in ((31, 1), (31, 8), (63, 1)):
        x, w = numbers(1, 1, 512, 512), numbers(filters, 1, kernel, kernel)
        params = op.Params(filters=filters, kernel=(kernel,) * 2, padding="same", bias=False, method="fft")
        yield Work(
            "Fourier transform",
            f"512 × 512 → {filters}, {kernel}×{kernel}",
            lambda x=x, w=w, params=params: op.forward((x,), {"w": w}, params, no_tick),  # type: ignore[misc]
            of_scipy(x, w),
            0.0,
            2.0,
            4.0,
        )
    for kernel in (7, 11):
        yield _convolution("The sum itself", f"1×3×512×512 → 8, {kernel}×{kernel}", (1, 3, 512, 512), 8, kernel=kernel)


def all_work() -> list[Work]:
    """Everything, in the order of the tables."""
    from benchmarks.kernels.layers import layers

    return [work for part in (convolutions, gradients, transforms, layers) for work in part()]
