"""Fills the cache of compiled kernels before the first use, in a process of its own.

A compilation on a thread of the program would stop the window for a tenth of a second at a time.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from explorer.ops.warm_up import ready

_ROOT = Path(__file__).resolve().parents[2]


class Preparation:
    """Compiles what is missing. `run` on one thread, `stop` from any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def run(self, progress: Callable[[int, int], None]) -> None:
        """Come back when all is compiled, telling `progress` (done, total), or after `stop`.

        Where the process fails, the kernels are compiled as they are used: slower, and nothing is lost.
        """
        if ready():
            return
        command = [sys.executable, "-m", "explorer.ops.warm_up"]
        with self._lock:
            if self._stopped:
                return
            self._process = subprocess.Popen(
                command,
                cwd=_ROOT,
                stdout=subprocess.PIPE,
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        with self._process as process:
            assert process.stdout is not None
            for line in process.stdout:
                numbers = [int(word) for word in line.split() if word.isdecimal()]
                if len(numbers) == 2:
                    progress(*numbers)

    def stop(self) -> None:
        """End the process, if it runs, and let `run` come back."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()
