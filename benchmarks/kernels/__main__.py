"""Kernels against PyTorch (both orders of axes), onnxruntime and OpenCV: `python -m benchmarks.kernels`.

Every round runs each work once in every library, in changing order, with a malloc that keeps its pages. What counts
is the ratio within a round: medians and quartiles over rounds. Above 1 the kernels of this program are faster.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import geometric_mean, median, quantiles
from time import perf_counter

import numpy as np
from numba import njit, prange

from benchmarks.kernels.workloads import Work, all_work
from benchmarks.measuring import arguments, finish, load, table
from explorer.model.memory import keep_freed_memory
from kernels import tile

MOST_SECONDS = 4.0
"""For the rounds of one work."""


@njit(parallel=True, nogil=True)
def _busy(y, start, s, at, w, rounds, columns):  # type: ignore[no-untyped-def]
    """Nothing but multiply-and-add, from the first-level cache."""
    for thread in prange(len(y)):
        for _ in range(rounds):
            tile.tile_of_filters(y[thread], 0, columns, start, 0, s, 0, at, len(at), w, 0)


def peak() -> float:
    """What this machine reaches in float32 with the tile of registers alone, in GFLOP/s."""
    columns, taps, rounds, threads = tile.columns(4)[0], 256, 4_000, 2
    y = np.zeros((threads, tile.FILTERS * columns), np.float32)
    s, w = np.ones(512, np.float32), np.ones(taps * tile.FILTERS, np.float32)
    at, start = np.zeros(taps, np.int64), np.zeros(tile.FILTERS, np.float32)
    _busy(y, start, s, at, w, 1, columns)
    times = []
    for _ in range(7):
        began = perf_counter()
        _busy(y, start, s, at, w, rounds, columns)
        times.append(perf_counter() - began)
    return 2.0 * threads * rounds * taps * tile.FILTERS * columns / min(times) / 1e9


def measured(work: Work, rounds: int, most: float) -> dict[str, object]:
    """A row: our time, the best peer, and the ratio of every peer."""
    runs = {"ours": work.ours, **work.peers}
    for run in runs.values():
        run()
    times: dict[str, list[float]] = defaultdict(list)
    names = list(runs)
    began = perf_counter()
    for at in range(rounds):
        if at > 4 and perf_counter() - began > most:
            break
        for name in names[at % len(names) :] + names[: at % len(names)]:
            start = perf_counter()
            runs[name]()
            times[name].append(perf_counter() - start)
    ratios = {
        name: [theirs / ours for theirs, ours in zip(times[name], times["ours"], strict=True)] for name in work.peers
    }
    best = min(ratios, key=lambda name: median(ratios[name]), default="")
    low, middle, high = quantiles(ratios[best], n=4) if best else (float("nan"),) * 3
    return {
        "work": work.name,
        "ours ms": median(times["ours"]) * 1e3,
        "best peer": best,
        "its ms": median(times[best]) * 1e3 if best else float("nan"),
        "ratio": middle,
        "quartiles": f"{low:.2f}–{high:.2f}",
        "must": work.must,
        "aim": work.aim,
        "GFLOP/s": work.flop / min(times["ours"]) / 1e9,
        "_times": {name: [median(each), min(each)] for name, each in times.items()},
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help="the longest for the rounds of one work")
    parser.add_argument("--only", metavar="WORD", default="", help="work whose group or name holds this")
    options = parser.parse_args()
    before = load()
    keep_freed_memory()
    reached = peak()
    print(f"Peak of the tile of registers on two threads: {reached:.0f} GFLOP/s")
    groups: dict[str, list[dict[str, object]]] = defaultdict(list)
    for work in all_work():
        if options.only.casefold() in f"{work.group} {work.name}".casefold():
            row = measured(work, options.rounds, options.seconds)
            row["of peak"] = f"{float(row['GFLOP/s']) / reached:.0%}" if work.flop else ""  # type: ignore[arg-type]
            groups[work.group].append(row)
    for group, rows in groups.items():
        table(group, [{name: value for name, value in row.items() if not name.startswith("_")} for row in rows])
        known = [float(row["ratio"]) for row in rows if row["best peer"]]  # type: ignore[arg-type]
        if known:
            print(f"  geometric mean of the ratios {geometric_mean(known):.2f}, least {min(known):.2f}")
    finish("kernels", options, before, {"peak GFLOP/s": reached, "groups": groups})


if __name__ == "__main__":
    main()
