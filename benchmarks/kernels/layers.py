"""What is measured besides convolution: pooling and the way up again, normalization, softmax."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.kernels.peers import Peers, Run, of_onnxruntime, of_torch, torch
from benchmarks.kernels.workloads import RNG, Work, functional, numbers
from explorer.ops import operations
from explorer.ops.op import no_tick

WINDOW_2: dict[str, Any] = {"kernel": (2, 2), "stride": (2, 2)}
WINDOW_3: dict[str, Any] = {"kernel": (3, 3), "stride": (2, 2)}


def forward(op_name: str, x: Any, weights: Any = None, **params: Any) -> Run:
    """The operation on x."""
    op = operations()[op_name]
    given = op.Params(**params)
    return lambda: op.forward((x,), weights or {}, given, no_tick)


def largest_in_order(x: Any, k: int, axis: int) -> tuple[Any, Any]:
    """The k largest along an axis in the order in which they stand there, with their places."""
    places = torch.topk(x, k, dim=axis).indices.sort(dim=axis).values
    return x.gather(axis, places), places


def drawn(x: Any) -> tuple[Any, Any, Any]:
    """Stochastic pooling of 2 × 2 windows: the number, its place in the window and its probability."""
    n, c, h, w = x.shape
    cells = (
        x.clamp(min=0).reshape(n, c, h // 2, 2, w // 2, 2).permute(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
    )
    running = cells.cumsum(-1)
    threshold = torch.rand(running.shape[:-1]) * running[..., -1]
    place = (running <= threshold[..., None]).sum(-1, keepdim=True).clamp(max=3)
    number = cells.gather(-1, place)
    return number, place, number / running[..., -1:]


def pooling() -> Iterator[Work]:
    """Pooling of 16 maps of 512 × 512."""
    x = numbers(1, 16, 512, 512)

    def work(
        name: str, ours: Run, peer: Callable[..., Any], must: float, aim: float, more: Peers | None = None
    ) -> Work:
        return Work("Pooling", name, ours, of_torch(peer, x) | (more or {}), 0.0, must, aim)

    def of_onnx(kind: str, **attributes: Any) -> Peers:
        return of_onnxruntime(kind, {"x": x}, **attributes)

    twos: dict[str, Any] = {"kernel_shape": [2, 2], "strides": [2, 2]}
    yield work(
        "max 2×2, with places",
        forward("max_pool", x, **WINDOW_2),
        lambda x: functional().max_pool2d(x, 2, return_indices=True),
        1.2,
        1.8,
        of_onnx("MaxPool", outputs=2, **twos),
    )
    yield work(
        "max 3×3, with places",
        forward("max_pool", x, **WINDOW_3),
        lambda x: functional().max_pool2d(x, 3, 2, return_indices=True),
        1.2,
        1.8,
        of_onnx("MaxPool", outputs=2, kernel_shape=[3, 3], strides=[2, 2]),
    )
    yield work(
        "mean 2×2",
        forward("mean_pool", x, **WINDOW_2),
        lambda x: functional().avg_pool2d(x, 2),
        1.2,
        1.8,
        of_onnx("AveragePool", **twos),
    )
    yield work(
        "mean 3×3, stride 1",
        forward("mean_pool", x, kernel=(3, 3), stride=(1, 1)),
        lambda x: functional().avg_pool2d(x, 3, 1),
        1.2,
        1.8,
        of_onnx("AveragePool", kernel_shape=[3, 3]),
    )
    yield work(
        "global mean",
        forward("global_average_pool", x),
        lambda x: functional().adaptive_avg_pool2d(x, 1),
        1.0,
        1.5,
        of_onnx("GlobalAveragePool"),
    )
    yield work("L2, 2×2", forward("lp_pool", x, **WINDOW_2), lambda x: functional().lp_pool2d(x, 2.0, 2), 1.0, 1.5)
    for axis, place in (("width", 3), ("height", 2)):
        yield work(
            f"4 largest along the {axis}",
            forward("kmax_pool", x, k=4, axis=axis),
            lambda x, place=place: largest_in_order(x, 4, place),
            1.6,
            3.0,
        )
    yield work("stochastic 2×2", forward("stochastic_pool", x, **WINDOW_2, rectify=True), drawn, 8.0, 14.0)
    yield from unpooling(x)
    yield from pooling_gradients(x)


def unpooling(x: Any) -> Iterator[Work]:
    """Back to the places of 2 × 2 windows."""
    pool, op = operations()["max_pool"], operations()["max_unpool"]
    pooled = pool.forward((x,), {}, pool.Params(**WINDOW_2), no_tick)[0]
    yield Work(
        "Pooling",
        "unpooling 2×2",
        lambda: op.forward(pooled, {}, op.Params(), no_tick),
        of_torch(lambda y, places: functional().max_unpool2d(y, places, 2), pooled[0], pooled[1].astype(np.int64)),
        0.0,
        2.0,
        2.7,
    )


def pooling_gradients(x: Any) -> Iterator[Work]:
    """From the outputs of maximum and mean back to 16 maps of 512 × 512."""
    aten = torch.ops.aten if torch is not None else None
    for name, window in (("2×2", WINDOW_2), ("3×3, stride 2", WINDOW_3)):
        size, stride = list(window["kernel"]), list(window["stride"])
        for kind in ("max", "mean"):
            op = operations()[f"{kind}_pool"]
            ys, saved = op.forward((x,), {}, op.Params(**window), no_tick)
            gys = [numbers(*ys[0].shape), *[None] * (len(ys) - 1)]

            def ours(op: Any = op, gys: Any = gys, saved: Any = saved) -> None:
                op.backward(gys, saved, no_tick)

            def of_max(gy: Any, x: Any, places: Any, size: Any = size, stride: Any = stride) -> Any:
                return aten.max_pool2d_with_indices_backward(gy, x, size, stride, [0, 0], [1, 1], False, places)

            def of_mean(gy: Any, x: Any, size: Any = size, stride: Any = stride) -> Any:
                return aten.avg_pool2d_backward(gy, x, size, stride, [0, 0], False, True, None)

            if kind == "max":
                peers = of_torch(of_max, gys[0], x, ys[1].astype(np.int64))
            else:
                peers = of_torch(of_mean, gys[0], x)
            yield Work("Pooling", f"gradient of {kind} {name}", ours, peers, 0.0, 1.0, 1.5)


def normalization() -> Iterator[Work]:
    """Batch normalization both ways, and normalization of each map by itself."""
    x, gy, gamma, beta = numbers(8, 32, 128, 128), numbers(8, 32, 128, 128), numbers(32), numbers(32)
    batch, instance = operations()["batch_norm"], operations()["instance_norm"]
    weights = batch.init((x.shape,), batch.Params(), RNG) | {"gamma": gamma, "beta": beta}
    yield Work(
        "Normalization",
        "batch, training",
        forward("batch_norm", x, weights),
        of_torch(lambda x, g, b: functional().batch_norm(x, None, None, g, b, True), x, gamma, beta),
        0.0,
        1.4,
        1.8,
    )
    _, saved = batch.forward((x,), weights, batch.Params(), no_tick)
    mean = x.mean(axis=(0, 2, 3))
    inverse = 1 / np.sqrt(x.var(axis=(0, 2, 3)) + 1e-5)

    def back(x: Any, gy: Any, gamma: Any, mean: Any, inverse: Any) -> Any:
        return torch.ops.aten.native_batch_norm_backward(
            gy, x, gamma, None, None, mean, inverse, True, 1e-5, [True, True, True]
        )

    yield Work(
        "Normalization",
        "batch, gradient",
        lambda: batch.backward((gy, None, None), saved, no_tick),
        of_torch(back, x, gy, gamma, mean, inverse),
        0.0,
        1.0,
        1.3,
    )
    yield Work(
        "Normalization",
        "instance",
        forward("instance_norm", x, instance.init((x.shape,), instance.Params(), RNG)),
        of_torch(lambda x: functional().instance_norm(x), x),
        0.0,
        2.0,
        2.6,
    )


def softmax() -> Iterator[Work]:
    """Softmax over many pixels, over one row of scores, and over many short rows."""
    for name, shape in (
        ("21 × 512 × 512", (1, 21, 512, 512)), ("1 × 1000", (1, 1000, 1, 1)), ("2000 × 10", (2000, 10, 1, 1)),
    ):  # fmt: skip
        x = numbers(*shape)
        peers = of_torch(lambda x: torch.softmax(x, 1), x) | of_onnxruntime("Softmax", {"x": x}, axis=1)
        yield Work("Softmax", name, forward("channel_softmax", x), peers, 0.0, 1.2, 1.6)
    x = numbers(1, 21, 512, 512)
    peers = of_torch(lambda x: torch.log_softmax(x, 1), x) | of_onnxruntime("LogSoftmax", {"x": x}, axis=1)
    yield Work("Softmax", "logarithm, 21 × 512 × 512", forward("log_softmax", x), peers, 0.0, 1.0, 1.6)


def cross_entropy() -> Iterator[Work]:
    """Softmax with its loss, of 256 rows of 1000 scores."""
    x = numbers(256, 1000, 1, 1)
    right = np.arange(256)
    peers = of_torch(
        lambda x, right: (torch.softmax(x, 1), functional().cross_entropy(x[:, :, 0, 0], right, reduction="none")),
        x,
        right,
    )
    yield Work("Softmax", "with cross-entropy, 256 × 1000", forward("softmax", x, target=tuple(right)), peers)


def activations() -> Iterator[Work]:
    """Functions of each number of 16 maps of 512 × 512, and back."""
    x, gy = numbers(1, 16, 512, 512), numbers(1, 16, 512, 512)
    for name, there, back, of_output in (
        ("relu", lambda x: torch.relu(x), lambda gy, x: torch.ops.aten.threshold_backward(gy, x, 0), False),
        ("sigmoid", lambda x: torch.sigmoid(x), lambda gy, y: torch.ops.aten.sigmoid_backward(gy, y), True),
        ("tanh", lambda x: torch.tanh(x), lambda gy, y: torch.ops.aten.tanh_backward(gy, y), True),
        ("gelu", lambda x: functional().gelu(x), lambda gy, x: torch.ops.aten.gelu_backward(gy, x), False),
    ):
        op = operations()[name]
        (y,), saved = op.forward((x,), {}, op.Params(), no_tick)
        yield Work("Activations", name, forward(name, x), of_torch(there, x), 0.0, 1.0, 1.5)
        yield Work(
            "Activations",
            f"{name}, gradient",
            lambda op=op, saved=saved: op.backward((gy,), saved, no_tick),  # type: ignore[misc]
            of_torch(back, gy, y if of_output else x),
            0.0,
            1.0,
            1.5,
        )


def layers() -> Iterator[Work]:
    """All of them."""
    for part in (pooling, normalization, softmax, cross_entropy, activations):
        yield from part()
