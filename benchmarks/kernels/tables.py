"""The tables of `docs/performance.md` from the JSON of a run: `python -m benchmarks.kernels.tables FILE [--into PAGE]`.

Several files are put together: parts of a run that `--only` chose. Without `--into` the tables are printed. In the page
they stand between the two lines of MARKS, which stay.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import geometric_mean
from typing import Any

MARKS = "<!-- figures -->", "<!-- end of figures -->"
NOTHING = {"low": float("nan"), "median": float("nan"), "high": float("nan"), "ms": float("nan")}
Row = dict[str, Any]


def best_peer(row: Row) -> tuple[str, dict[str, float]]:
    """The peer that needs the least time against ours."""
    name = min(row["peers"], key=lambda name: row["peers"][name]["median"], default="")
    return name, row["peers"].get(name, NOTHING)


def summary(rows: list[Row]) -> tuple[float, float]:
    """Geometric mean and least of the ratios against the best peers."""
    known = [best_peer(row)[1]["median"] for row in rows if row["peers"]]
    return (geometric_mean(known), min(known)) if known else (float("nan"), float("nan"))


def verdict(row: Row) -> str:
    """How the ratio stands to what must be reached and what is aimed at."""
    ratio = best_peer(row)[1]["median"]
    return "aim" if ratio >= row["aim"] else "must" if ratio >= row["must"] else "missed"


def group_table(name: str, rows: list[Row]) -> list[str]:
    """A heading, the lines of a table in Markdown and what they come to."""
    counted = any(row["of peak"] for row in rows)
    lines = [
        f"### {name}",
        "",
        "| work | ours, ms | best peer | its ms | ratio | quartiles | must | aim | reached |"
        + (" of peak |" if counted else ""),
        "| --- | ---: | --- | ---: | ---: | --- | ---: | ---: | --- |" + (" ---: |" if counted else ""),
    ]
    for row in rows:
        best, found = best_peer(row)
        share = f" {row['of peak']:.0%} |" if counted and row["of peak"] else " |" if counted else ""
        lines.append(
            f"| {row['work']} | {row['ms']:.3g} | {best} | {found['ms']:.3g} | **{found['median']:.2f}** "
            f"| {found['low']:.2f}–{found['high']:.2f} | {row['must']:g} | {row['aim']:g} | {verdict(row)} |{share}"
        )
    mean, least = summary(rows)
    return [*lines, "", f"Geometric mean {mean:.2f}, least {least:.2f}.", ""]


def page(runs: list[dict[str, Any]]) -> str:
    """All tables of a run, or of the parts of one."""
    first, groups = runs[0], {}
    for run in runs:
        for name, rows in run["figures"]["groups"].items():
            groups.setdefault(name, []).extend(rows)
    versions = ", ".join(f"{name} {number}" for name, number in first["figures"]["versions"].items())
    where = f"{first['time']}, {first['system']}, {first['processors']} processors"
    peaks = [run["figures"]["peak GFLOP/s"] for run in runs]
    busy = max(str(run["processors of others"]) for run in runs)
    reached = (
        f"{peaks[0]:.0f} GFLOP/s at the beginning"
        if len(peaks) == 1
        else f"{min(peaks):.0f} to {max(peaks):.0f} GFLOP/s at the beginning of each of {len(peaks)} parts"
    )
    lines = [
        f"{where}; numpy {first['numpy']}, numba {first['numba']}; {versions}.",
        f"The tile of registers alone reached {reached} of the run; other processes kept up to {busy} processors busy.",
        "",
    ]
    for name, rows in groups.items():
        lines += group_table(name, rows)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--into", type=Path, metavar="PAGE")
    options = parser.parse_args()
    runs = [json.loads(file.read_text("utf-8")) for file in options.files]
    made = page(runs)
    if options.into is None:
        print(made)
        return
    before, _, rest = options.into.read_text("utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    options.into.write_text(f"{before}{MARKS[0]}\n\n{made}\n{MARKS[1]}{after}", "utf-8")


if __name__ == "__main__":
    main()
