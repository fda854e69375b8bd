"""The program without a window: `inspect`, `run`, `derive` and `bench`; see docs/command-line.md.

Exit codes: 0 done, 1 failed part-way, 2 the request cannot be carried out. Every error is one line on stderr.
Nothing that takes long to import is imported before a command needs it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from explorer import __version__
from explorer.cli.parsing import Parser
from explorer.refusal import Refusal, plain

COMMANDS = ("run", "inspect", "derive", "bench")
DONE, FAILED, REFUSED = 0, 1, 2


def handles(argv: Sequence[str]) -> bool:
    """Whether these arguments are for the command line and not files for the window."""
    return bool(argv) and argv[0] in (*COMMANDS, "-h", "--help", "--version")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Never raises."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
        return code
    except Refusal as refusal:
        complain(refusal)
        return REFUSED
    except KeyboardInterrupt:
        complain("interrupted")
        return FAILED
    except BrokenPipeError:  # whoever read the output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        complain(_fault(error))
        return FAILED


def complain(error: object) -> None:
    """One line on stderr."""
    print(f"kernelscope: {error}", file=sys.stderr, flush=True)


def _run(argv: list[str]) -> int:
    parsers = {"inspect": _inspect_parser, "run": _run_parser}
    try:
        if argv[:1] == ["derive"]:
            from explorer.cli import derive

            derive.run(argv[1:])
            return DONE
        if argv[:1] == ["bench"]:
            from explorer.cli import bench

            bench.run(argv[1:])
            return DONE
        if not argv or argv[0] not in parsers:
            _parser().parse_args(argv)
        asked = parsers[argv[0]]().parse_intermixed_args(argv[1:])
    except SystemExit as end:  # --help and --version have printed what they have to say
        return int(end.code or 0)
    if argv[0] == "inspect":
        return _inspect(asked.files)
    from explorer.cli import run

    return run.run(asked)


def _inspect(files: Sequence[str]) -> int:
    from explorer.model.pictures import descriptions

    failed = False
    for found in descriptions(files):
        failed = failed or "error" in found
        print(json.dumps(found, ensure_ascii=False), flush=True)
        if "error" in found:
            complain(found["error"])
    return FAILED if failed else DONE


def _fault(error: Exception) -> str:
    from explorer.model.log import Log
    from explorer.places import state_folder

    try:
        folder = state_folder()
    except Refusal:
        folder = None
    log = Log(folder, __version__)
    log.report(error, "the command line")
    log.close()
    where = f"; the details are in {log.path}" if log.path else ""
    return f"a fault of the program: {plain(f'{type(error).__name__}: {error}')}{where}"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="kernelscope",
        usage="kernelscope [FILE ...]\n"
        "       kernelscope inspect FILE ...\n"
        "       kernelscope run PIPELINE INPUT ... -o DIR\n"
        "       kernelscope derive divide|gcd|crt|filter|convolution ...\n"
        "       kernelscope bench [--json]",
        description="What the operations of a convolutional network do to an image. Without a command: open the "
        "window, with images, arrays, sessions or folders. `kernelscope run --help` and `derive --help` say more.",
        epilog="Exit codes: 0 done, 1 failed part-way, 2 the request cannot be carried out.",
    )
    parser.add_argument("--version", action="version", version=f"Kernelscope {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="|".join(COMMANDS))
    return parser


def _inspect_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="kernelscope inspect",
        allow_abbrev=False,
        description="Say what files are (kind, size, dtype, range), as one JSON object a line.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    return parser


def _run_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="kernelscope run",
        allow_abbrev=False,
        description="Apply a pipeline to every input and write the values of its layers and a manifest.json.",
    )
    add = parser.add_argument
    add("pipeline", metavar="PIPELINE", help="a session (.kscope)")
    add("inputs", metavar="INPUT", nargs="*", help="images, .npy or .npz tensors N,C,H,W, and folders of them")
    add("-o", "--output", metavar="DIR", required=True, help="folder that is written to")
    add("--layers", metavar="all|outputs|NAME,...", default="all", help="which layers; all by default")
    add("--format", metavar="NAME", default="npz", help="npz (default), npy, tiff, png, csv or safetensors")
    add("--dtype", metavar="NAME", help="float32 or float64; the session's own by default")
    add("--gradient", metavar="CLASS|LAYER:C,Y,X", help="also gradients, of the loss of a class or of one unit")
    add("--jobs", metavar="N", default="1", help="inputs at the same time, each in a process; 1 by default")
    add("--resume", action="store_true", help="leave out inputs that an earlier run has done with these settings")
    add("--input", metavar="NAME=FILE.npy", action="append", help="not in this version")
    add("--cluster", metavar="ADDRESS", help="not in this version")
    return parser
