"""Slider to pixels: how long after a parameter moved its maps are painted.

steps  each step waits for the picture of the one before: the latency of one, and where it goes
flood  a step every 8 ms whatever happens: pictures a second, and how old the settings are that they show
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import arguments, finish, load, milliseconds, private_home, table

if TYPE_CHECKING:
    from benchmarks.driving import Driven
    from benchmarks.phases import Phases

EVERY = 0.008
WARM_UP = 40
"""Steps that are not counted: the memo fills and memory is taken."""


def steps(driven: Driven, phases: Phases, drag: Callable[[int], None], count: int) -> dict[str, Any]:
    """One step after the other; its latency, its phases, and the costliest calls."""
    latencies, frames, found = [], [], []
    store = driven.assembly.store
    emitted = 0.0

    def act(step: int) -> None:
        nonlocal emitted
        before = store.revision
        emitted = perf_counter()
        drag(step)
        if store.revision == before:
            raise RuntimeError(f"Step {step} of the drag was refused.")

    for step in range(WARM_UP + count):
        if step == WARM_UP:
            phases.forget()
        painting, painted = driven.settle(partial(act, step))
        if step >= WARM_UP:
            frames.append(perf_counter() - emitted)
            latencies.append(painted - emitted)
            found.append(phases.of(max(phases.requested), emitted, painting, painted))
    return {
        "latency": milliseconds(latencies),
        "until the window is idle": milliseconds(frames),
        "phases": phases.rows(found),
        "calls": phases.call_rows(count),
    }


def flood(driven: Driven, phases: Phases, drag: Callable[[int], None], seconds: float, first: int) -> dict[str, Any]:
    """A step every 8 ms; only paints of a picture that was not painted before count as a frame."""
    frames: list[float] = []
    ages: list[float] = []
    last = -1

    def painted(start: float, end: float) -> None:
        nonlocal last
        revision = driven.explore._on_stage
        if revision in phases.requested and revision != last:
            last = revision
            frames.append(end)
            ages.append(end - phases.requested[last])

    driven.painted = painted
    taken, lost = phases.given_up
    emitted = driven.run(seconds, lambda step: drag(first + step), EVERY)
    driven.painted = lambda start, end: None
    driven.settle()
    taken, lost = (after - before for after, before in zip(phases.given_up, (taken, lost), strict=True))
    return {
        "requests taken up": taken,
        "requests given up": lost,
        "steps a second": round(emitted / seconds, 1),
        "frames a second": round(len(frames) / seconds, 1),
        "age of a frame": milliseconds(ages),
        "between frames": milliseconds([after - before for before, after in pairwise(frames)]),
    }


_DRAGS = {"weight": ("weight",), "dilation": ("dilation",), "both": ("weight", "dilation")}


def _measured(driven: Driven, phases: Phases, name: str, options: argparse.Namespace) -> dict[str, Any]:
    drag = {"weight": driven.drag_weight, "dilation": driven.drag_dilation}[name]
    figures: dict[str, Any] = {}
    if options.mode != "flood":
        found = figures["steps"] = steps(driven, phases, drag, options.steps)
        rows = [{"steps": key} | found[key] for key in ("latency", "until the window is idle")]
        table(f"{name}: {options.steps} steps, each after the picture of the one before", rows)
        table("where it goes", found["phases"])
        table("calls", found["calls"])
    if options.mode != "steps":
        found = figures["flood"] = flood(driven, phases, drag, options.seconds, WARM_UP + options.steps)
        rows = [{"flood": key} | found[key] for key in ("age of a frame", "between frames")]
        table(f"{name}: a step every {EVERY * 1e3:.0f} ms for {options.seconds:.0f} s", rows)
        print(
            f"  {found['steps a second']} steps and {found['frames a second']} frames a second; "
            f"{found['requests given up']} of {found['requests taken up']} requests given up"
        )
    return figures


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of the flood")
    parser.add_argument("--mode", choices=("steps", "flood", "both"), default="both")
    parser.add_argument("--parameter", choices=("weight", "dilation", "both"), default="both")
    parser.add_argument("--filters", type=int, default=8, help="maps on the stage")
    parser.add_argument("--window", type=int, nargs=2, default=(1600, 1000), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--switch-interval", type=float, metavar="MS", help="of Python's threads (its own: 5)")
    options = parser.parse_args()
    began = load()
    home = private_home(options)

    from benchmarks.driving import Driven, document
    from benchmarks.phases import Phases

    if options.switch_interval is not None:
        sys.setswitchinterval(options.switch_interval / 1e3)
    phases = Phases()
    with Driven(document(filters=options.filters), size=tuple(options.window)) as driven:
        driven.show()
        figures = {name: _measured(driven, phases, name, options) for name in _DRAGS[options.parameter]}
    finish("slider", options, began, figures)
    home.cleanup()


if __name__ == "__main__":
    main()
