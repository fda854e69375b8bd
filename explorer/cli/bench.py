"""`bench`: the kernels on this machine, beside the libraries that are installed; see docs/command-line.md."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from explorer import __version__
from explorer.cli.parsing import Parser
from explorer.model.laboratory.machine import Result, as_json, benched, processor
from explorer.model.laboratory.peaks import Peaks
from explorer.model.laboratory.steps import finished
from explorer.model.memory import keep_freed_memory

_ROW = "{:<40} {:>9} {:>15} {:>14} {:>8}"


def run(argv: Sequence[str]) -> None:
    """Measure, and print a line for each work as it comes, or one JSON object. SystemExit once help is printed."""
    asked = _parser().parse_args(argv)
    keep_freed_memory()
    bench = finished(benched(found=(lambda each: None) if asked.json else _tell))
    if asked.json:
        print(json.dumps({"version": __version__, **as_json(bench)}, ensure_ascii=False, allow_nan=False))


def _parser() -> Parser:
    parser = Parser(
        prog="kernelscope bench",
        allow_abbrev=False,
        description="Measure the kernels on this machine, some twenty seconds: medians and quartiles, the share of the "
        "measured peak, and how many times as long PyTorch, onnxruntime and OpenCV take where they are installed. "
        "A convolution counts the operations of its definition.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    return parser


def _tell(found: Peaks | Result) -> None:
    if isinstance(found, Peaks):
        print(f"Kernelscope {__version__} on {processor()}, {found.threads} threads")
        print(f"Peak: {found.gflops:.0f} GFLOP/s in float32, {found.gigabytes:.1f} GB/s\n")
        print(_ROW.format("work", "ms", "quartiles", "rate", "of peak"))
    else:
        low, high = (value * 1e3 for value in found.quartiles)
        name, rate = f"{found.title}, {found.shape}", f"{found.rate:.1f} {found.unit}"
        print(_ROW.format(name, f"{found.seconds * 1e3:.3g}", f"{low:.3g}–{high:.3g}", rate, f"{found.share:.0%}"))
        for peer in found.peers:
            first, third = peer.quartiles
            print(f"    {peer.name} takes {peer.ratio:.2f} times as long ({first:.2f}–{third:.2f})")
    sys.stdout.flush()
