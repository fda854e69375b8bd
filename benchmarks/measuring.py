"""What every benchmark stands on: a home of its own, a platform, figures of many times, tables and JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, strftime
from typing import Any

Row = Mapping[str, object]


def arguments(description: str | None) -> argparse.ArgumentParser:
    """The options that all benchmarks share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    parser.add_argument(
        "--platform",
        default="offscreen",
        metavar="NAME",
        help="Qt platform: offscreen (default); xcb for a display or Xvfb, windows, cocoa",
    )
    return parser


def private_home(options: argparse.Namespace) -> tempfile.TemporaryDirectory[str]:
    """Choose the platform, and a home without settings and sessions; to be called before Qt is imported.

    The cache of compiled kernels stays the person's own, so that it is warm.
    """
    home = tempfile.TemporaryDirectory(prefix="kernelscope-benchmark-")
    os.environ["QT_QPA_PLATFORM"] = options.platform
    for kind in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        folder = Path(home.name, kind.lower())
        folder.mkdir(mode=0o700)
        os.environ[kind] = str(folder)
    return home


def around(owner: Any, name: str, told: Callable[[tuple[Any, ...], float, float], None]) -> None:
    """Tell the arguments, the start and the end of every call of `owner.name`, in seconds of `perf_counter`."""
    original = getattr(owner, name)

    @wraps(original)
    def timed(*args: Any, **kwargs: Any) -> Any:
        start = perf_counter()
        try:
            return original(*args, **kwargs)
        finally:
            told(args, start, perf_counter())

    setattr(owner, name, timed)


def percentile(values: Iterable[float], percent: float) -> float:
    """The value that `percent` of the values do not exceed (nearest rank); NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else float("nan")


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p95 and the largest of some times."""
    return {
        "p50 ms": round(percentile(seconds, 50) * 1e3, 2),
        "p95 ms": round(percentile(seconds, 95) * 1e3, 2),
        "max ms": round(max(seconds, default=float("nan")) * 1e3, 2),
    }


def table(title: str, rows: Sequence[Row]) -> None:
    """Print rows of one kind below their title."""
    print(f"\n{title}")
    if not rows:
        print("  (nothing)")
        return
    names = list(rows[0])
    cells = [[_text(row.get(name, "")) for name in names] for row in rows]
    widths = [max(len(name), *(len(row[at]) for row in cells)) for at, name in enumerate(names)]
    for line in ([*names], *cells):
        left, *right = (text.rjust(width) for text, width in zip(line, widths, strict=True))
        print("  " + "  ".join([left.strip().ljust(widths[0]), *right]), flush=True)


def _text(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Load:
    """How much else runs: figures that are taken beside other work are not final."""

    average: str
    at: float
    busy: float | None
    own: float

    def others_since(self, before: Load) -> str:
        """How many processors other processes kept busy in the meantime."""
        if self.busy is None or before.busy is None:
            return "not known"
        return f"{max(0.0, self.busy - before.busy - self.own + before.own) / (self.at - before.at):.2f}"


def load() -> Load:
    """The load now; what this process and its ended children took does not count as other work."""
    average = " ".join(f"{each:.2f}" for each in os.getloadavg()) if hasattr(os, "getloadavg") else "not known"
    times = os.times()
    return Load(average, perf_counter(), _busy(), sum(times[:4]))


def _busy() -> float | None:
    """Processor seconds of all processes since the machine started, where the system says it."""
    try:
        user, nice, system, _, _, irq, soft, *_ = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:]
    except (OSError, ValueError):
        return None
    return sum(map(int, (user, nice, system, irq, soft))) / float(os.sysconf("SC_CLK_TCK"))


def surroundings() -> dict[str, object]:
    """What figures depend on."""
    return {
        "time": strftime("%Y-%m-%d %H:%M"),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "Python": sys.version.split()[0],
        **{name: version(name) for name in ("numpy", "numba", "PySide6-Essentials")},
        "Qt platform": os.environ.get("QT_QPA_PLATFORM", ""),
    }


def finish(name: str, options: argparse.Namespace, before: Load, figures: Mapping[str, Any]) -> None:
    """Print the load, and write the JSON that was asked for."""
    after = load()
    others = after.others_since(before)
    print(f"\nLoad average {before.average} before, {after.average} after; other processes kept {others} of the "
          f"{os.cpu_count()} processors busy.")  # fmt: skip
    if options.json:
        loads = {"load before": before.average, "load after": after.average, "processors of others": others}
        told = {"benchmark": name, **loads, **surroundings(), "figures": figures}
        options.json.write_text(json.dumps(told, indent=1, default=str) + "\n", "utf-8")
