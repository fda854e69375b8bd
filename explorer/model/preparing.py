"""Fills the cache of compiled kernels before the first use, in a process of its own.

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
from explorer.ops.op import Tick
from explorer.ops.warm_up import COLOURS, METHODS, WHOLE_NUMBERS, Part, by_a_method, parts_of, ready

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "explorer.ops.warm_up")
_EVERY = 0.05
"""Seconds between two looks at whether to go on waiting."""


def needed(document: Document, dtype: str, *, gradients: bool = False, places: bool = False) -> Sequence[Part]:
    """What the layers of a document need, there and, for `gradients`, back; `places` are shown too."""
    names = [node.op for node in document]
    if any(by_a_method(node.params) for node in document):
        names.append(METHODS)
    parts = parts_of(names, dtype, gradients=gradients)
    return (*parts, (COLOURS, WHOLE_NUMBERS)) if places else parts


class Preparation:
    """Compiles what is missing. `wait` and `has` on one thread, `stop` from any."""

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        self._command = command
        self._changed = threading.Condition()
        self._over = ready()
        self._done: set[Part] = set()
        self._asked: set[Part] = set()
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None

    def has(self, parts: Sequence[Part]) -> bool:
        """Whether parts are compiled; those that are not are compiled next.

        Where the process fails, kernels are compiled as they are used: slower, and nothing is lost.
        """
        with self._changed:
            if self._over or self._done.issuperset(parts):
                return True
            self._start()
            wanted = [part for part in parts if part not in self._asked and part not in self._done]
            self._asked.update(wanted)
            process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                process.stdin.writelines(f"{name} {dtype}\n" for name, dtype in wanted)
                process.stdin.flush()
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
        """End the process, if it runs; nothing is waited for any more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
            process, listener = self._process, self._listener
        if process is not None:
            process.kill()
        if listener is not None:
            listener.join()

    def _start(self) -> None:
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            self._command,
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, args=(self._process,), name="preparation")
        self._listener.start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                name, _, dtype = line.strip().rpartition(" ")
                with self._changed:
                    self._done.add((name, dtype))
                    self._changed.notify_all()
            # Closed here: a line that was never read would be flushed into a broken pipe by `with`.
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
        with self._changed:
            self._over = True
            self._changed.notify_all()
