"""The measured time of a layer by every way to compute it, on this machine, size after size, the ways in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from explorer.model.laboratory.costs import Layer
from explorer.model.laboratory.steps import Steps
from explorer.model.laboratory.sweeps import Sweep, Way
from explorer.model.laboratory.timing import Timed, timed
from explorer.ops.op import Tick

__all__ = ["Times", "measured_times", "runs"]

Times = Mapping[Way, Timed]
Run = Callable[[], object]

ROUNDS = (5, 25)
"""The fewest and the most; between them as many as `SECONDS` are enough for."""
SECONDS = 0.8
MOST_CALL = 0.6
"""Seconds: a way that took longer, or is going to, is left out, since nothing else can be done meanwhile."""


def runs(layer: Layer, ways: tuple[Way, ...], tick: Tick) -> dict[Way, Run]:
    """Each way on the same random numbers in float32, zeros around the input, as many outputs as inputs."""
    # The exact algebra and the kernels are loaded where something is measured.
    from kernels.convolution_methods import convolve_by, usual_filter

    random = np.random.default_rng(0)
    before, behind = (layer.r - 1) // 2, layer.r // 2
    x = random.standard_normal((layer.N, layer.C, layer.H, layer.W), np.float32)
    w = random.standard_normal((layer.K, layer.C, layer.r, layer.r), np.float32)
    b, y = np.zeros(layer.K, np.float32), np.empty((layer.N, layer.K, layer.H, layer.W), np.float32)
    one, pads = (1, 1), (before, before, behind, behind)

    def run_of(way: Way) -> Run:
        filters = (usual_filter(way.m, layer.r),) * 2 if way.m else None
        return lambda: convolve_by(way.method, x, w, b, y, one, one, pads, 1, tick, filters)

    return {way: run_of(way) for way in ways}


def measured_times(
    sweep: Sweep, known: Mapping[int, Times], found: Callable[[int, Times], None], tick: Tick, seconds: float = SECONDS
) -> Steps[None]:
    """Measure the sizes that are not known yet; the times of each are handed over as they come."""
    sizes = [size for size in sweep.sizes if size not in known]
    last: dict[Way, float] = {}
    for number, size in enumerate(sizes):
        layer = sweep.at(size)
        made = runs(layer, sweep.ways(size), tick)
        products = layer.outputs * layer.C * layer.r**2
        took: dict[Way, float] = {}
        for way, run in made.items():
            # As long for every product as at the size before.
            if last.get(way, 0.0) * products > MOST_CALL:
                continue
            # The first call may load a kernel.
            for _ in range(2):
                steps = timed({way.name: run}, rounds=1, warm_up=0)
                try:
                    while True:
                        next(steps)
                        yield number * 100, len(sizes) * 100
                except StopIteration as ended:
                    took[way] = ended.value[0].median
            last[way] = took[way] / products
        kept = {way: made[way] for way, each in took.items() if each <= MOST_CALL}
        rounds = min(max(round(seconds / max(sum(took[way] for way in kept), 1e-9)), ROUNDS[0]), ROUNDS[1])
        steps = timed({way.name: run for way, run in kept.items()}, rounds=rounds, warm_up=0)
        try:
            while True:
                done, total = next(steps)
                yield number * 100 + 100 * done // total, len(sizes) * 100
        except StopIteration as ended:
            found(size, dict(zip(kept, ended.value, strict=True)))
