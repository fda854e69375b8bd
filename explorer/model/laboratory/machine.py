"""How fast the kernels are on this machine: a handful of works, each against the measured peak of what bounds it.

A convolution counts the additions and multiplications of its definition, whatever the method takes; the other works
count the bytes that they read and write at least. Beside them run the libraries that are installed, in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal

import numpy as np

from explorer.model.laboratory.peaks import Loads, Peaks, peaks
from explorer.model.laboratory.peers import Run, of_onnxruntime, of_opencv, of_torch
from explorer.model.laboratory.steps import Steps
from explorer.model.laboratory.timing import Timed, timed
from explorer.model.processor import processor
from explorer.ops import operations
from explorer.ops.op import Array, Tick, no_tick
from explorer.refusal import Message, message

__all__ = ["OPERATIONS", "Bench", "Peer", "Result", "Work", "as_json", "benched", "processor", "works"]

Unit = Literal["GFLOP/s", "GB/s"]

OPERATIONS = ("conv", "max_pool", "channel_softmax", "batch_norm")
"""What has to be compiled."""
SECONDS = 1.2
"""For the rounds of one work."""
ROUNDS = (5, 60)
_PEAK = "peak"


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """title and shapes; `amount` of additions and multiplications, or of bytes, that one run takes."""

    key: str
    title: Message
    shape: str
    unit: Unit
    amount: float
    run: Run
    peers: dict[str, Run] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Peer:
    """A library on the same work: how many times as long it takes, round by round the median and the quartiles."""

    name: str
    ratio: float
    quartiles: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Result:
    """seconds, quartiles  the median of the times and their quartiles

    rate   10⁹ of the unit a second, at the median
    share  of the measured peak; past 1 where a fast algorithm takes less than the definition
    """

    key: str
    title: Message
    shape: str
    unit: Unit
    seconds: float
    quartiles: tuple[float, float]
    rate: float
    share: float
    peers: tuple[Peer, ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """All of it."""

    processor: str
    peaks: Peaks
    results: tuple[Result, ...]


def works(tick: Tick = no_tick, *, peers: bool = True, scale: int = 1) -> tuple[Work, ...]:
    """The works, with their peers where these are wanted; heights and widths are divided by `scale`."""
    found = (
        _convolution("direct", message("Convolution, direct"), (1, 3, 512 // scale, 512 // scale), 16, 3, tick),
        _convolution("direct 7×7", message("Convolution, direct"), (1, 3, 512 // scale, 512 // scale), 8, 7, tick),
        _convolution(
            "winograd", message("Convolution, F(4×4)"), (1, 64, 112 // scale, 112 // scale), 64, 3, tick, "winograd"
        ),
        _convolution("fft", message("Convolution, FFT"), (1, 1, 256 // scale, 256 // scale), 4, 33, tick, "fft"),
        _pooling((1, 16, 512 // scale, 512 // scale), tick),
        _softmax((1, 21, 512 // scale, 512 // scale), tick),
        _normalization((8, 32, 128 // scale, 128 // scale), tick),
    )
    return found if peers else tuple(Work(w.key, w.title, w.shape, w.unit, w.amount, w.run) for w in found)


def _numbers(*shape: int) -> Array:
    made = np.random.default_rng(0).standard_normal(shape, np.float32)
    made.flags.writeable = False
    return made


def _text(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _convolution(
    key: str, title: Message, shape: tuple[int, int, int, int], filters: int, taps: int, tick: Tick,
    method: str = "direct",
) -> Work:  # fmt: skip
    x, w, op, pad = _numbers(*shape), _numbers(filters, shape[1], taps, taps), operations()["conv"], taps // 2
    params: Any = op.Params(
        filters=filters, kernel=(taps, taps), padding="numbers", pads=(pad,) * 4, bias=False, method=method, tile=4
    )
    peers = of_torch(lambda torch, x, w: torch.nn.functional.conv2d(x, w, None, 1, pad), x, w)
    peers |= of_onnxruntime("Conv", {"x": x, "w": w}, pads=[pad] * 4)
    if shape[1] <= 3:
        peers |= of_opencv(x, w)
    amount = 2.0 * filters * x.size * taps**2
    text = f"{_text(shape)} → {filters}, {taps}×{taps}"
    return Work(key, title, text, "GFLOP/s", amount, lambda: op.forward((x,), {"w": w}, params, tick), peers)


def _pooling(shape: tuple[int, ...], tick: Tick) -> Work:
    x, op = _numbers(*shape), operations()["max_pool"]
    params: Any = op.Params(kernel=(2, 2), stride=(2, 2))
    peers = of_torch(lambda torch, x: torch.nn.functional.max_pool2d(x, 2), x)
    peers |= of_onnxruntime("MaxPool", {"x": x}, kernel_shape=[2, 2], strides=[2, 2])
    title, text = message("Max pooling"), f"{_text(shape)}, 2×2"
    return Work("max pooling", title, text, "GB/s", 1.25 * x.nbytes, lambda: op.forward((x,), {}, params, tick), peers)


def _softmax(shape: tuple[int, ...], tick: Tick) -> Work:
    x, op = _numbers(*shape), operations()["channel_softmax"]
    params: Any = op.Params()
    peers = of_torch(lambda torch, x: torch.softmax(x, 1), x) | of_onnxruntime("Softmax", {"x": x}, axis=1)
    title = message("Softmax over channels")
    return Work(
        "softmax", title, _text(shape), "GB/s", 2.0 * x.nbytes, lambda: op.forward((x,), {}, params, tick), peers
    )


def _normalization(shape: tuple[int, ...], tick: Tick) -> Work:
    x, op = _numbers(*shape), operations()["batch_norm"]
    params: Any = op.Params()
    weights = op.init((x.shape,), params, np.random.default_rng(0))
    peers = of_torch(lambda torch, x: torch.nn.functional.batch_norm(x, None, None, None, None, True), x)
    title = message("Batch normalization, training")
    run: Run = lambda: op.forward((x,), weights, params, tick)  # noqa: E731
    return Work("batch norm", title, _text(shape), "GB/s", 2.0 * x.nbytes, run, peers)


def benched(
    wanted: Callable[[], tuple[Work, ...]] = works,
    found: Callable[[Peaks | Result], None] = lambda each: None,
    seconds: float = SECONDS,
    made: Callable[[], Loads] = Loads,
) -> Steps[Bench]:
    """Measure the peaks and then each work; what came out is handed over as it comes.

    The share of the peak is the median over rounds, in which the peak is measured beside the work.
    """
    loads = made()
    top = yield from peaks(loads)
    found(top)
    results = []
    all_work = wanted()
    total = 100 * len(all_work)
    for number, work in enumerate(all_work):
        by_flop = work.unit == "GFLOP/s"
        ways = {"": work.run, _PEAK: loads.multiply_add if by_flop else loads.triad, **work.peers}
        took = 0.0
        for run in ways.values():
            # The first call may load a kernel, and a peer may choose its own.
            run()
            began = perf_counter()
            run()
            took += perf_counter() - began
            yield 100 * number, total
        rounds = min(max(round(seconds / max(took, 1e-9)), ROUNDS[0]), ROUNDS[1])
        times = yield from _counted(timed(ways, rounds, warm_up=0), 100 * number, total)
        ours, peak, *others = times
        share = work.amount / (loads.flop if by_flop else loads.bytes) * peak.ratio
        peers = tuple(Peer(each.name, each.ratio, each.ratio_quartiles) for each in others)
        results.append(
            Result(
                work.key, work.title, work.shape, work.unit, ours.median, ours.quartiles,
                work.amount / ours.median / 1e9, share, peers,
            )
        )  # fmt: skip
        found(results[-1])
    return Bench(processor(), top, tuple(results))


def _counted(steps: Steps[tuple[Timed, ...]], before: int, total: int) -> Steps[tuple[Timed, ...]]:
    """The steps of one work as a hundredth each of it."""
    while True:
        try:
            done, count = next(steps)
        except StopIteration as ended:
            times: tuple[Timed, ...] = ended.value
            return times
        yield before + 100 * done // count, total


def as_json(bench: Bench) -> dict[str, Any]:
    """Plain data for a JSON document."""
    return {
        "processor": bench.processor,
        "threads": bench.peaks.threads,
        "peak": {"GFLOP/s": bench.peaks.gflops, "GB/s": bench.peaks.gigabytes},
        "works": [
            {
                "name": each.key,
                "title": str(each.title),
                "shape": each.shape,
                "milliseconds": each.seconds * 1e3,
                "quartiles": [value * 1e3 for value in each.quartiles],
                each.unit: each.rate,
                "share of peak": each.share,
                "peers": {peer.name: {"ratio": peer.ratio, "quartiles": list(peer.quartiles)} for peer in each.peers},
            }
            for each in bench.results
        ],
    }
