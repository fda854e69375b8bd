"""Start of the program: from the start of the process to the first paint, and to a window that has computed.

The cache of compiled kernels is warm: a start that is not counted fills it. Medians of several starts.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.measuring import arguments, finish, load, private_home, table

ROOT = Path(__file__).resolve().parent.parent
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| (\s*)(\S+)")


def started(*python: str) -> tuple[dict[str, float], str]:
    """The milestones of one start in seconds since the process was asked for, and what it wrote as errors."""
    command = [sys.executable, *python, "-m", "benchmarks.started", repr(perf_counter())]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = "\n".join(ended.stderr.splitlines()[-12:])
        raise RuntimeError(f"The program ended with {ended.returncode}; the end of its errors:\n{last}")
    milestones: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return milestones, ended.stderr


def imports(most: int = 12) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The costliest modules by their own time, and packages by the sum over their modules, of one start."""
    own: Counter[str] = Counter()
    for line in started("-X", "importtime")[1].splitlines():
        if found := _IMPORT.match(line):
            own[found[4]] += int(found[1])
    packages: Counter[str] = Counter()
    for name, each in own.items():
        packages[name.partition(".")[0]] += each
    modules, whole = (
        [{title: name, "own ms": round(each / 1e3, 1)} for name, each in counted.most_common(most)]
        for title, counted in (("module", own), ("package", packages))
    )
    return modules, whole


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--imports", action="store_true", help="also the costliest imports, of one more start")
    options = parser.parse_args()
    began = load()
    home = private_home(options)
    started()
    runs = [started()[0] for _ in range(options.runs)]
    before = 0.0
    rows: list[dict[str, object]] = []
    for name in runs[0]:
        middle = median(run[name] for run in runs)
        spread = [run[name] for run in runs]
        rows.append(
            {
                "milestone": name,
                "median ms": round(middle * 1e3),
                "step ms": round((middle - before) * 1e3),
                "least ms": round(min(spread) * 1e3),
                "most ms": round(max(spread) * 1e3),
            }
        )
        before = middle
    table(f"Start, {options.runs} runs, warm cache", rows)
    figures: dict[str, object] = {"milestones": rows}
    if options.imports:
        modules, packages = imports()
        table("Imports: modules", modules)
        table("Imports: packages", packages)
        figures |= {"modules": modules, "packages": packages}
    finish("start", options, began, figures)
    home.cleanup()


if __name__ == "__main__":
    main()
