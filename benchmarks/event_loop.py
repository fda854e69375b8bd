"""Gaps of the window's event loop: the longest waits of a timer of 1 ms, and what ran instead of it.

start      from showing the window, with compiled kernels, for 3 s
empty      from showing the window, with no compiled kernel, until the first picture
dragging   a parameter moves every 16 ms for 3 s
export     all layers of five pictures are written, as npz and as 16-bit PNG

Each runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import arguments, finish, load, private_home, table

if TYPE_CHECKING:
    from benchmarks.driving import Driven
    from benchmarks.watching import Watch

ROOT = Path(__file__).resolve().parent.parent
CONDITIONS = ("start", "empty", "dragging", "export")
_SECONDS = 3.0


def start(driven: Driven, watch: Watch) -> None:
    watch.start()
    driven.assembly.window.show()
    driven.run(_SECONDS, lambda step: None, 1.0)


def empty(driven: Driven, watch: Watch) -> None:
    watch.start()
    driven.show()


def dragging(driven: Driven, watch: Watch) -> None:
    driven.show()
    for step in range(20):
        driven.settle(lambda step=step: driven.drag_weight(step))  # type: ignore[misc]
    watch.start()
    driven.run(_SECONDS, lambda step: driven.drag_weight(100 + step), 0.016)


def export(driven: Driven, watch: Watch) -> None:
    from benchmarks.driving import five_pictures
    from explorer.model import editing
    from explorer.model.exporting import Wanted
    from explorer.ui.exporting.export_data import DataWanted

    driven.show()
    store = driven.assembly.store
    driven.settle(lambda: store.apply(editing.set_pictures(store.document, five_pictures()), "Open pictures"))
    watch.start()
    desk = driven.assembly.desk
    with tempfile.TemporaryDirectory(prefix="kernelscope-export-") as folder:
        for kind in ("npz", "png"):
            desk.export_data(DataWanted(Wanted(format=kind), Path(folder, kind), all_pictures=True))
            driven.wait(lambda: not desk.busy)


def _measure(condition: str, home: Path) -> dict[str, Any]:
    """One condition in this process."""
    from benchmarks.driving import Driven, document
    from benchmarks.watching import Watch

    with Driven(document(), home / "state") as driven:
        watch = Watch()
        {"start": start, "empty": empty, "dragging": dragging, "export": export}[condition](driven, watch)
        watch.stop()
    worst = [
        {
            "at s": round(gap.at, 2),
            "ms": round(gap.seconds * 1e3, 1),
            "own processor time ms": round(gap.busy * 1e3, 1),
            "garbage ms": round(gap.garbage * 1e3, 1),
            "stacks": gap.stacks,
            "others": gap.others,
        }
        for gap in watch.worst()
    ]
    return {"gaps": watch.figures(), "worst": worst, "causes": watch.causes()}


def _in_a_process(condition: str, options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="kernelscope-benchmark-") as folder:
        environment = os.environ.copy()
        if condition == "empty":
            environment["KERNELSCOPE_CACHE"] = str(Path(folder, "cache"))
        result = Path(folder, "result.json")
        command = [sys.executable, "-m", "benchmarks.event_loop", "--platform", options.platform, "--here", condition]
        subprocess.run([*command, str(result)], cwd=ROOT, env=environment, check=True)
        found: dict[str, Any] = json.loads(result.read_text("utf-8"))
        return found


def _show(figures: dict[str, Any]) -> None:
    table("Gaps of the event loop", [{"condition": name} | found["gaps"] for name, found in figures.items()])
    for name, found in figures.items():
        print(f"\n{name}: the longest gaps")
        for gap in found["worst"]:
            own, garbage = gap["own processor time ms"], gap["garbage ms"]
            print(f"  {gap['ms']} ms at {gap['at s']} s: {own} ms own processor time, {garbage} ms collecting garbage")
            for stack in gap["stacks"][:4]:
                print(f"    {stack}")
            for stack in gap["others"]:
                print(f"    another thread at the end: {stack}")
        if found["causes"]:
            print(f"{name}: stacks of gaps over 30 ms by function")
            for count, function in found["causes"]:
                print(f"  {count:4} {function}")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--condition", choices=CONDITIONS, action="append", help="only this one; may be repeated")
    parser.add_argument("--here", nargs=2, metavar=("CONDITION", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    began = load()
    home = private_home(options)
    if options.here:
        condition, file = options.here
        Path(file).write_text(json.dumps(_measure(condition, Path(home.name))), "utf-8")
    else:
        figures = {name: _in_a_process(name, options) for name in options.condition or CONDITIONS}
        _show(figures)
        finish("event_loop", options, began, figures)
    home.cleanup()


if __name__ == "__main__":
    main()
