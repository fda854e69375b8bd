"""`run`: a pipeline over inputs, one at a time in each process; the values of its layers go into files."""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from explorer import cli
from explorer.cli.worker import Input, Outcome, Request, Worker, begin, work
from explorer.model.exporting import Manifest, Wanted
from explorer.model.memory import keep_freed_memory
from explorer.model.pictures import files_of
from explorer.model.pictures.picture import label
from explorer.model.preparing import Preparation, needed_to_export
from explorer.ops.op import no_tick
from explorer.refusal import Refusal

_MOST_JOBS = 61
"""What Windows takes at most."""
_CHUNK = 1 << 20


def run(asked: argparse.Namespace) -> int:
    """Carry out `run`; the exit code. A Refusal where it cannot be begun."""
    _check_asked(asked)
    jobs = _jobs(asked.jobs)
    keep_freed_memory()
    names = None if asked.layers in ("all", "outputs") else tuple(asked.layers.split(","))
    wanted = Wanted(names, asked.layers == "outputs", asked.format, asked.dtype)
    request = Request(Path(asked.pipeline), Path(asked.output), wanted, asked.gradient)
    worker = Worker(request)
    for warning in worker.warnings:
        cli.complain(warning)
    files, refusals = files_of(asked.inputs)
    manifest = Manifest(request.folder, worker.document, worker.wanted, resume=asked.resume)
    tally = _Tally(manifest, refusals)
    try:
        tally.run(files, worker, jobs)
    except KeyboardInterrupt:
        cli.complain(f"interrupted; {tally.done} of {len(files)} files are done")
        return cli.FAILED
    except BrokenProcessPool:
        cli.complain(f"a process ended before its time, perhaps for want of memory; {tally.done} files are done")
        return cli.FAILED
    finally:
        tally.finish()
    if not tally.failed:
        return cli.DONE
    return cli.FAILED if tally.done else cli.REFUSED


def _check_asked(asked: argparse.Namespace) -> None:
    for option, value in (("--input", asked.input), ("--cluster", asked.cluster)):
        if value is not None:
            raise Refusal("This version of Kernelscope does not know {option}.", option=option)
    if asked.format == "h5":
        raise Refusal("This version of Kernelscope does not write {format}.", format=asked.format)
    if Path(asked.pipeline).suffix.lower() == ".onnx":
        raise Refusal("{name} is an ONNX model; this version of Kernelscope runs sessions.", name=asked.pipeline)
    if not asked.inputs:
        raise Refusal("There is no input.", hint="Name images, .npy files or folders behind the pipeline.")


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= _MOST_JOBS):
        raise Refusal("--jobs is {value}; it is a whole number from 1 to {most}.", value=repr(text), most=_MOST_JOBS)
    return int(text)


class _Tally:
    """What is done so far, told as it comes in the order of the inputs."""

    def __init__(self, manifest: Manifest, refusals: Sequence[Refusal]) -> None:
        self._manifest = manifest
        self.done = 0
        self.failed = 0
        for refusal in refusals:
            self._refused(refusal)

    def run(self, files: Sequence[Path], worker: Worker, jobs: int) -> None:
        """Every file, in this process or in `jobs` others."""
        left = self._left(files)
        first = next(left, None)
        if first is None:
            return
        inputs = chain((first,), left)
        _prepare(worker)
        if jobs == 1:
            self._take(map(worker.outcome, inputs))
            return
        with _processes(worker.request, jobs) as processes:
            self._take(future.result() for future in [_submitted(processes, each) for each in inputs])

    def finish(self) -> None:
        """Bring the manifest up to date."""
        try:
            self._manifest.write()
        except Refusal as refusal:
            self._refused(refusal)

    def _left(self, files: Sequence[Path]) -> Iterator[Input]:
        """The files that an earlier run has not done."""
        for path in files:
            try:
                sha256 = _sha256(path)
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or error
                self._refused(Refusal("{name} cannot be read: {reason}.", name=label(path), reason=reason))
                continue
            if self._manifest.done(label(path), sha256):
                self.done += 1
            else:
                yield Input(path, sha256, self._manifest.names.take(Path(label(path)).stem))

    def _take(self, outcomes: Iterator[Outcome]) -> None:
        for outcome in outcomes:
            for entry in outcome.entries:
                self._manifest.add(entry)
                print(f"{entry['input']}: {entry['name']}", flush=True)
            for refusal in outcome.refusals:
                self._refused(refusal)
            self.done += bool(outcome.entries)
            if outcome.unwritable:
                return

    def _refused(self, refusal: Refusal) -> None:
        self.failed += 1
        cli.complain(refusal)


def _prepare(worker: Worker) -> None:
    """Have other processes compile what is missing.

    In the process that compiles a kernel it may differ in the last bit from the one that all others find in the cache:
    a function that it calls is then another copy, optimized on its own.
    """

    told = False

    def tell(done: int, total: int) -> None:
        nonlocal told
        if sys.stderr.isatty():
            told = True
            print(f"\rCompiling kernels, only this once: {done} of {total}", end="", file=sys.stderr, flush=True)

    preparation = Preparation()
    try:
        preparation.wait(needed_to_export(worker.document, worker.wanted), tell, no_tick)
    finally:
        preparation.stop()
        if told:
            print(file=sys.stderr)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    if not path.is_file():  # a pipe would be read to its end; opening says what is wrong with it
        return ""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _processes(request: Request, jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that share the threads of Numba among them."""
    before = os.environ.get("NUMBA_NUM_THREADS")
    threads = int(before) if before and before.isdecimal() else os.cpu_count() or 1
    os.environ["NUMBA_NUM_THREADS"] = str(max(1, threads // jobs))
    processes = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=begin, initargs=(request,)
    )
    try:
        yield processes
    finally:
        processes.shutdown(cancel_futures=True)
        if before is None:
            del os.environ["NUMBA_NUM_THREADS"]
        else:
            os.environ["NUMBA_NUM_THREADS"] = before


def _submitted(processes: ProcessPoolExecutor, each: Input) -> Future[Outcome]:
    """Submitting may start a process, which inherits that an interrupt is for the first process alone."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return processes.submit(work, each)
    finally:
        signal.signal(signal.SIGINT, before)
