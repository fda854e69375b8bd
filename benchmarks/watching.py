"""Gaps of the event loop: how long a precise timer of 1 ms had to wait, and what the window's thread did meanwhile.

A process beside the program watches its heartbeat and sends a signal once it stops; the signal makes `faulthandler`
write the stack of the window's thread without needing the interpreter, which somebody else may hold. Stacks are known
on Linux and macOS only.
"""

from __future__ import annotations

import faulthandler
import gc
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, thread_time

from PySide6.QtCore import QObject, Qt, QTimer

from benchmarks.measuring import percentile
from benchmarks.observer import SLOW

_KEPT_FRAMES = 9
_HEAD = "(most recent call first):"
"""Of each stack that `faulthandler` writes."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap that was too long.

    at       seconds since the watch began
    seconds  its length
    busy     seconds of it in which the window's thread itself had the processor: the rest it waited, for the
             interpreter, for a lock, for the disk, or for a processor
    garbage  seconds of it that collecting garbage took, in whichever thread
    stacks   of the window's thread during the gap, the innermost frame first
    others   of the other threads that were in Python, at the end of the gap
    """

    at: float
    seconds: float
    busy: float
    garbage: float
    stacks: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass
class Watch(QObject):
    """Runs from `start` to `stop`, in the thread of the window."""

    gaps: list[float] = field(default_factory=list)
    slow: list[Gap] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._folder = tempfile.TemporaryDirectory(prefix="kernelscope-watch-")
        heart, stacks = (Path(self._folder.name, name) for name in ("heart", "stacks"))
        heart.write_bytes(bytes(8))
        with heart.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 8)
        self._open = ExitStack()
        self._written = self._open.enter_context(stacks.open("wb"))
        self._dumps = self._open.enter_context(stacks.open(encoding="utf-8"))
        self._process: subprocess.Popen[bytes] | None = None
        self._began = self._last = self._busy = self._garbage = self._collected = 0.0
        if hasattr(signal, "SIGUSR1"):
            faulthandler.register(signal.SIGUSR1, file=self._written, all_threads=False)
            self._process = _observer(heart)

    def start(self) -> None:
        """Begin; what happens until the loop runs counts as a gap."""
        self._began = self._last = perf_counter()
        self._busy = thread_time()
        self._shared[:8] = struct.pack("d", self._last)
        gc.callbacks.append(self._collecting)
        self._timer.start(1)

    def stop(self) -> None:
        """End, and let go of the other process."""
        self._timer.stop()
        gc.callbacks.remove(self._collecting)
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            faulthandler.unregister(signal.SIGUSR1)
        self._open.close()
        self._shared.close()
        self._folder.cleanup()

    def _beat(self) -> None:
        now, busy = perf_counter(), thread_time()
        gap = now - self._last
        self.gaps.append(gap)
        if gap > SLOW:
            at, own = self._last - self._began, busy - self._busy
            self.slow.append(Gap(at, gap, own, self._garbage, self._stacks(), _other_stacks()))
        self._last, self._busy, self._garbage = now, busy, 0.0
        self._shared[:8] = struct.pack("d", now)

    def _collecting(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._collected = perf_counter()
        else:
            self._garbage += perf_counter() - self._collected

    def _stacks(self) -> tuple[str, ...]:
        text = self._dumps.read()
        return tuple(_brief(part) for part in text.split(_HEAD)[1:])

    def figures(self) -> dict[str, object]:
        """The gaps in milliseconds."""
        return {
            "p50 ms": round(percentile(self.gaps, 50) * 1e3, 2),
            "p99 ms": round(percentile(self.gaps, 99) * 1e3, 2),
            "max ms": round(max(self.gaps, default=float("nan")) * 1e3, 1),
            "over 15 ms": sum(gap > 0.015 for gap in self.gaps),
            "over 30 ms": sum(gap > 0.03 for gap in self.gaps),
            "over 50 ms": sum(gap > 0.05 for gap in self.gaps),
            "beats": len(self.gaps),
        }

    def worst(self, most: int = 5) -> list[Gap]:
        """The longest gaps."""
        return sorted(self.slow, key=lambda gap: -gap.seconds)[:most]

    def causes(self, most: int = 8) -> list[tuple[int, str]]:
        """How many stacks of all slow gaps stood in each function of ours, the innermost."""
        return [(count, name) for name, count in self._innermost().most_common(most)]

    def _innermost(self) -> Counter[str]:
        ours: Counter[str] = Counter()
        for gap in self.slow:
            for stack in gap.stacks:
                frames = [frame for frame in stack.split(" < ") if frame.startswith(("explorer/", "kernels/"))]
                ours[frames[0] if frames else stack] += 1
        return ours


def _brief(dump: str) -> str:
    """`file:line function`, the innermost first, without the frames of the benchmark at the outer end."""
    frames = []
    for line in dump.splitlines():
        parts = line.strip().split('"')
        if len(parts) == 3:
            number, _, function = parts[2].removeprefix(", line ").partition(" in ")
            frames.append(f"{_short(parts[1])}:{number} {function}")
    return _inner(frames)


def _other_stacks() -> tuple[str, ...]:
    found = []
    for thread, frame in sys._current_frames().items():
        if thread != threading.get_ident():
            # Not `extract_stack`, which reads the sources: that would be a gap of its own.
            walked = traceback.walk_stack(frame)
            found.append(_inner([f"{_short(at.f_code.co_filename)}:{line} {at.f_code.co_name}" for at, line in walked]))
    return tuple(found)


def _inner(frames: list[str]) -> str:
    ours = [frame for frame in frames if not frame.startswith(("benchmarks/", "<frozen"))]
    return " < ".join(ours[:_KEPT_FRAMES]) or "outside of Python, or in the event loop"


def _short(name: str) -> str:
    parts = Path(name).parts
    for top in ("explorer", "kernels", "benchmarks", "site-packages"):
        if top in parts:
            last = len(parts) - 1 - parts[::-1].index(top)
            return "/".join(parts[last + (top == "site-packages") :])
    return "/".join(parts[-2:])


def _observer(heart: Path) -> subprocess.Popen[bytes]:
    """The process that watches, once it is at work."""
    command = [sys.executable, "-m", "benchmarks.observer", str(os.getpid()), str(heart)]
    root = Path(__file__).resolve().parent.parent
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process
