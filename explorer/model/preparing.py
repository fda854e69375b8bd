"""Fills the cache of compiled kernels before the first use, in processes of their own.

A compilation on a thread of the program would stop the window for a tenth of a second at a time. What a document needs
is compiled first; the rest follows while the person works already.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from explorer.model.document import Document
from explorer.model.exporting.wanted import Wanted
from explorer.ops.op import Tick
from explorer.ops.warm_up import COLOURS, METHODS, PLACES, Part, by_a_method, parts, parts_of, ready, written
from kernels._jit import mark_complete, threads

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "explorer.ops.warm_up", "--asked")
_MOST = 4
"""Processes that compile; each takes some 400 MB meanwhile."""
_EVERY = 0.05
"""Seconds between two looks at whether to go on waiting."""


def needed(document: Document, dtype: str, *, gradients: bool = False, places: bool = False) -> Sequence[Part]:
    """What the layers of a document need, there and, for `gradients`, back; `places` are shown too."""
    names = [node.op for node in document]
    if any(by_a_method(node.params) for node in document):
        names.append(METHODS)
    parts = parts_of(names, dtype, gradients=gradients)
    return (*parts, (COLOURS, PLACES)) if places else parts


def needed_to_export(document: Document, wanted: Wanted) -> Sequence[Part]:
    """What an export of a document needs."""
    return needed(document, wanted.dtype or document.dtype, gradients=wanted.gradient is not None)


class Preparation:
    """Compiles what is missing. `wait` and `has` on one thread, `stop` from any."""

    def __init__(self, command: Sequence[str] = _COMMAND, processes: int | None = None) -> None:
        """`processes` work while something is waited for, and half of them go on with the rest."""
        self._command = command
        self._most = processes or min(_MOST, threads())
        self._changed = threading.Condition()
        self._over = ready()
        self._done: set[Part] = set()
        self._wished: dict[Part, None] = {}
        self._left = dict.fromkeys(() if self._over else parts())
        self._processes: list[subprocess.Popen[str]] = []
        self._drivers: list[threading.Thread] = []
        self._running = 0

    def has(self, parts: Sequence[Part]) -> bool:
        """Whether parts are compiled; those that are not are compiled next.

        Where a process fails, kernels are compiled as they are used: slower, and nothing is lost.
        """
        with self._changed:
            if self._over or self._done.issuperset(parts):
                return True
            wished = [part for part in parts if part in self._left]
            for part in wished:
                del self._left[part]
                self._wished[part] = None
            if wished:
                self._changed.notify_all()
            self._start()
        return False

    def wait(self, parts: Sequence[Part], progress: Callable[[int, int], None], tick: Tick) -> None:
        """Come back when parts are compiled, telling `progress` (done, total); `tick` may end it before."""
        told = -1
        while not self.has(parts):
            tick()
            with self._changed:
                count = len(self._done.intersection(parts))
                if count == told:
                    self._changed.wait(_EVERY)
            if count != told:
                told = count
                progress(count, len(parts))

    def stop(self) -> None:
        """End the processes, if there are any; nothing is waited for any more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        for process in self._processes:
            process.kill()
        for driver in self._drivers:
            driver.join()

    def _start(self) -> None:
        if self._processes:
            return
        for number in range(self._most):
            try:
                process = subprocess.Popen(
                    self._command,
                    cwd=_ROOT,
                    stdout=subprocess.PIPE,
                    stdin=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            except OSError:
                if number:
                    break
                raise
            steady = number <= (self._most - 1) // 2
            self._processes.append(process)
            self._drivers.append(threading.Thread(target=self._drive, args=(process, steady), name="preparation"))
        self._running = len(self._drivers)
        for driver in self._drivers:
            driver.start()

    def _drive(self, process: subprocess.Popen[str], steady: bool) -> None:
        """Give a process one part after the other."""
        assert process.stdin is not None
        assert process.stdout is not None
        whole = False
        with contextlib.suppress(OSError), process:
            while (part := self._next(steady)) is not None:
                process.stdin.write(written(part) + "\n")
                process.stdin.flush()
                if not process.stdout.readline():
                    break
                with self._changed:
                    self._done.add(part)
                    self._changed.notify_all()
            else:
                whole = True
        with self._changed:
            self._running -= 1
            # Nobody would do the part that a process left behind.
            self._over |= not whole or not self._running
            if not self._running and self._done.issuperset(parts()):
                mark_complete()
            self._changed.notify_all()

    def _next(self, steady: bool) -> Part | None:
        """What to compile now: what is waited for, and then, for a `steady` process, the rest. None at the end."""
        with self._changed:
            while not self._over and (self._wished or self._left):
                source = self._wished or (self._left if steady else {})
                if source:
                    part = next(iter(source))
                    del source[part]
                    return part
                self._changed.wait()
            return None
