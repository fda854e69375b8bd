"""Kernels against PyTorch (both orders of axes), onnxruntime, OpenCV and scipy: `python -m benchmarks.kernels`.

Every round runs each work once in every library, in changing order, after a pause, with a malloc that keeps its pages.
What counts is the ratio within a round: medians and quartiles over rounds. Above 1 the kernels of this program are
faster.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median, quantiles
from time import perf_counter, sleep
from typing import Any

from benchmarks.kernels.peers import versions
from benchmarks.kernels.tables import best_peer, summary
from benchmarks.kernels.workloads import Work, all_work
from benchmarks.measuring import arguments, finish, load, table
from explorer.model.laboratory.peaks import Loads
from explorer.model.memory import keep_freed_memory

MOST_SECONDS = 4.0
"""For the rounds of one work."""

PAUSE = 0.002
"""Seconds before each run: threads of others still wait in a loop for a while, and would take a processor from us."""

PEAK = "the tile of registers alone"


class Peak:
    """What this machine reaches in float32 with the tile of registers alone: about a millisecond of that."""

    def __init__(self) -> None:
        loads = Loads(numbers=1)
        self.flop, self.run, self.threads = loads.flop, loads.multiply_add, loads.threads

    def reached(self) -> float:
        """GFLOP/s at the best of many times."""
        times = []
        for _ in range(50):
            began = perf_counter()
            self.run()
            times.append(perf_counter() - began)
        return self.flop / min(times) / 1e9


def ratios(times: dict[str, list[float]], name: str) -> dict[str, float]:
    """How much longer `name` took than we did, over the rounds: quartiles."""
    each = [theirs / ours for theirs, ours in zip(times[name], times["ours"], strict=True)]
    low, middle, high = quantiles(each, n=4)
    return {"low": low, "median": middle, "high": high, "ms": median(times[name]) * 1e3}


def measured(work: Work, peak: Peak, rounds: int, most: float) -> dict[str, Any]:
    """One work: what it took us, every peer, and the share of the peak, which is measured in the same rounds."""
    runs = {"ours": work.ours, **work.peers} | ({PEAK: peak.run} if work.flop else {})
    for run in [*runs.values(), *runs.values()]:
        run()
    times: dict[str, list[float]] = defaultdict(list)
    names = list(runs)
    began = perf_counter()
    for at in range(rounds):
        if at > 4 and perf_counter() - began > most:
            break
        for name in names[at % len(names) :] + names[: at % len(names)]:
            sleep(PAUSE)
            start = perf_counter()
            runs[name]()
            times[name].append(perf_counter() - start)
    share = None
    if work.flop:
        of_rounds = [a / b for a, b in zip(times[PEAK], times["ours"], strict=True)]
        share = work.flop / peak.flop * median(of_rounds)
    return {
        "work": work.name,
        "ms": median(times["ours"]) * 1e3,
        "peers": {name: ratios(times, name) for name in work.peers},
        "must": work.must,
        "aim": work.aim,
        "of peak": share,
        "rounds": len(times["ours"]),
    }


def shown(row: dict[str, Any]) -> dict[str, object]:
    """A line of the printed table."""
    best, found = best_peer(row)
    return {
        "work": row["work"],
        "ours ms": row["ms"],
        "best peer": best,
        "its ms": found["ms"],
        "ratio": found["median"],
        "quartiles": f"{found['low']:.2f}–{found['high']:.2f}",
        "must": row["must"],
        "aim": row["aim"],
        "of peak": f"{row['of peak']:.0%}" if row["of peak"] else "",
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help="the longest for the rounds of one work")
    parser.add_argument("--only", metavar="WORD", default="", help="work whose group or name holds this")
    options = parser.parse_args()
    before = load()
    keep_freed_memory()
    peak = Peak()
    reached = peak.reached()
    print(f"Peak of the tile of registers on {peak.threads} threads: {reached:.0f} GFLOP/s")
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for work in all_work():
        if options.only.casefold() in f"{work.group} {work.name}".casefold():
            groups[work.group].append(measured(work, peak, options.rounds, options.seconds))
            best, found = best_peer(groups[work.group][-1])
            print(f"  {work.group}, {work.name}: {found['median']:.2f} of {best}", flush=True)
    for group, rows in groups.items():
        table(group, [shown(row) for row in rows])
        mean, least = summary(rows)
        print(f"  geometric mean of the ratios {mean:.2f}, least {least:.2f}")
    finish("kernels", options, before, {"peak GFLOP/s": reached, "versions": versions(), "groups": groups})


if __name__ == "__main__":
    main()
