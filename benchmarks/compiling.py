"""Compile time of the kernels: with nothing compiled, and once everything lies in the cache.

A cache of its own is filled by the process that fills the program's, one processor's work, part by part; the same
process once more loads what the first one compiled. Then the program starts with an empty cache, up to its first
picture.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks.measuring import arguments, finish, load, private_home, table
from benchmarks.start import ROOT, started


def parts(cache: Path) -> list[tuple[str, float]]:
    """What is compiled or loaded into the cache, and the seconds of each part; imports count in the first."""
    environment = {**os.environ, "KERNELSCOPE_CACHE": str(cache)}
    command = [sys.executable, "-m", "explorer.ops.warm_up"]
    taken, before = [], perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            now = perf_counter()
            taken.append((line.strip(), now - before))
            before = now
    if process.returncode:
        raise RuntimeError(f"The compilation ended with {process.returncode}.")
    return taken


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--most", type=int, default=12, help="how many of the costliest parts are listed")
    options = parser.parse_args()
    began = load()
    home = private_home(options)
    with tempfile.TemporaryDirectory(prefix="kernelscope-cache-") as folder:
        cold, warm = parts(Path(folder, "cache")), dict(parts(Path(folder, "cache")))
        sizes = [file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()]
        os.environ["KERNELSCOPE_CACHE"] = str(Path(folder, "empty"))
        first = started()[0]
    rows: list[dict[str, object]] = [
        {"part": name, "cold s": seconds, "warm s": warm[name]}
        for name, seconds in sorted(cold, key=lambda part: -part[1])[: options.most]
    ]
    totals = {
        "cold s": sum(seconds for _, seconds in cold),
        "warm s": sum(warm.values()),
        "files": len(sizes),
        "MB": sum(sizes) / 1e6,
        "first picture with nothing compiled s": first["interactive"],
    }
    table("The costliest parts", rows)
    table(f"All {len(cold)} parts", [totals])
    finish("compiling", options, began, {"parts": [{"part": name, "cold s": each} for name, each in cold], **totals})
    home.cleanup()


if __name__ == "__main__":
    main()
