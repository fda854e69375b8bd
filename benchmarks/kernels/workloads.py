"""What is measured: layers as networks have them, each with the same work in other libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.kernels.peers import Peers, Run, of_onnxruntime, of_opencv, of_torch, torch
from explorer.ops import operations
from explorer.ops.op import no_tick

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
    params = op.Params(filters=filters, kernel=(kernel,) * 2, padding="numbers", pads=(pad,) * 4, bias=False, **moves)
    rows, columns = (-(-size // stride) for size in shape[2:])
    flop = 2.0 * shape[0] * filters * rows * columns * shape[1] // groups * kernel**2
    peers = of_torch(
        lambda x, w: functional().conv2d(x, w, None, stride, pad, dilation, groups), x, w
    ) | of_onnxruntime(
        "Conv", {"x": x, "w": w}, pads=[pad] * 4, strides=[stride] * 2, dilations=[dilation] * 2, group=groups
    )  # fmt: skip
    if group == "Convolution" and groups == 1:
        peers |= of_opencv(x, w)
    must, aim = (1.3, 1.7) if group == "Convolution" else (1.0, 1.5)
    return Work(group, name, lambda: op.forward((x,), {"w": w}, params, no_tick), peers, flop, must, aim)


def gradients() -> Iterator[Work]:
    """Gradients of convolution, with respect to the input and to the weights."""
    from kernels.convolution import input_gradient
    from kernels.convolution_weights import weight_gradient

    one, pads = (1, 1), (1, 1, 1, 1)
    for name, shape, filters, _ in (CONVOLUTIONS[1], CONVOLUTIONS[3], CONVOLUTIONS[4]):
        x, w, gy = numbers(*shape), numbers(filters, shape[1], 3, 3), numbers(shape[0], filters, *shape[2:])
        gx, gw = np.empty_like(x), np.empty_like(w)
        flop = 2.0 * gy.size * shape[1] * 9

        def to_input(gy: Any = gy, w: Any = w, gx: Any = gx) -> None:
            input_gradient(gy, w, gx, one, one, pads, 1, no_tick)

        def to_weights(x: Any = x, gy: Any = gy, gw: Any = gw) -> None:
            weight_gradient(x, gy, gw, one, one, pads, 1, no_tick)

        def of_input(gy: Any, w: Any, shape: Any = shape) -> Any:
            return torch.nn.grad.conv2d_input(shape, w, gy, padding=1)

        def of_weights(x: Any, gy: Any, shape: Any = w.shape) -> Any:
            return torch.nn.grad.conv2d_weight(x, shape, gy, padding=1)

        yield Work("Gradients", f"{name[:2]} input", to_input, of_torch(of_input, gy, w), flop, 1.5, 2.3)
        yield Work("Gradients", f"{name[:2]} weights", to_weights, of_torch(of_weights, x, gy), flop, 0.85, 1.2)


def pooling() -> Iterator[Work]:
    """Pooling and the way up again."""
    x = numbers(1, 16, 512, 512)
    halves: dict[str, Any] = {"kernel": (2, 2), "stride": (2, 2)}
    by_twos: dict[str, Any] = {"kernel_shape": [2, 2], "strides": [2, 2]}

    def work(name: str, op_name: str, moves: dict[str, Any], function: Callable[[Any], Any], peers: Peers) -> Work:
        op = operations()[op_name]
        params = op.Params(**moves)
        return Work(
            "Pooling",
            name,
            lambda: op.forward((x,), {}, params, no_tick),
            of_torch(function, x) | peers,
            must=1.2,
            aim=1.8,
        )

    def of_onnx(kind: str, **attributes: Any) -> Peers:
        return of_onnxruntime(kind, {"x": x}, **attributes)

    yield work("max 2×2", "max_pool", halves, lambda x: functional().max_pool2d(x, 2), of_onnx("MaxPool", **by_twos))
    yield work(
        "max 3×3 with places",
        "max_pool",
        {"kernel": (3, 3), "stride": (2, 2)},
        lambda x: functional().max_pool2d(x, 3, 2, return_indices=True),
        {},
    )
    yield work(
        "mean 2×2", "mean_pool", halves, lambda x: functional().avg_pool2d(x, 2), of_onnx("AveragePool", **by_twos)
    )
    yield work(
        "mean 3×3",
        "mean_pool",
        {"kernel": (3, 3), "stride": (1, 1)},
        lambda x: functional().avg_pool2d(x, 3, 1),
        of_onnx("AveragePool", kernel_shape=[3, 3]),
    )


def normalization() -> Iterator[Work]:
    """Batch and instance normalization."""
    x, gamma, beta = numbers(8, 32, 128, 128), numbers(32), numbers(32)
    batch, instance = operations()["batch_norm"], operations()["instance_norm"]
    weights = batch.init((x.shape,), batch.Params(), RNG) | {"gamma": gamma, "beta": beta}
    yield Work(
        "Normalization",
        "batch, training",
        lambda: batch.forward((x,), weights, batch.Params(), no_tick),
        of_torch(lambda x, g, b: functional().batch_norm(x, None, None, g, b, True), x, gamma, beta),
        0.0,
        1.4,
        1.8,
    )
    weights_of_instance = instance.init((x.shape,), instance.Params(), RNG)
    yield Work(
        "Normalization",
        "instance",
        lambda: instance.forward((x,), weights_of_instance, instance.Params(), no_tick),
        of_torch(lambda x: functional().instance_norm(x), x),
        0.0,
        2.0,
        2.6,
    )


def softmax() -> Iterator[Work]:
    """Softmax over many pixels, and over one row of scores."""
    op = operations()["channel_softmax"]
    for name, shape in (("21 × 512 × 512", (1, 21, 512, 512)), ("1 × 1000", (1, 1000, 1, 1))):
        x = numbers(*shape)
        yield Work(
            "Softmax",
            name,
            lambda x=x: op.forward((x,), {}, op.Params(), no_tick),  # type: ignore[misc]
            of_torch(lambda x: torch.softmax(x, 1), x) | of_onnxruntime("Softmax", {"x": x}, axis=1),
            0.0,
            1.2,
            1.6,
        )


def all_work() -> list[Work]:
    """Everything, in the order of the tables."""
    return [work for part in (convolutions, gradients, pooling, normalization, softmax) for work in part()]
