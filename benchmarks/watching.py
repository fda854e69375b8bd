"""Gaps of the event loop: how long a precise timer of 1 ms had to wait, and what the window's thread did meanwhile.

A process beside the program watches its heartbeat and sends a signal once it stops; the signal makes `faulthandler`
write the stack of the window's thread without needing the interpreter, which somebody else may hold. Stacks are known
on Linux and macOS only.
"""

from __future__ import annotations

import faulthandler
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, sleep, thread_time

from PySide6.QtCore import QObject, Qt, QTimer

from benchmarks.measuring import percentile

SLOW = 0.03
"""Seconds after which a gap is looked into."""
AGAIN = 0.04
"""Seconds between two stacks of one gap."""
_KEPT_FRAMES = 9


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap that was too long.

    at       seconds since the watch began
    seconds  its length
    busy     seconds of it in which the window's thread itself had the processor: the rest it waited, for the
             interpreter, for a lock, for the disk, or for a processor
    stacks   the innermost frames, the innermost first
    """

    at: float
    seconds: float
    busy: float
    stacks: tuple[str, ...] = ()


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
        self._heart = Path(self._folder.name, "heart")
        self._heart.write_bytes(bytes(8))
        with self._heart.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 8)
        self._dumps = Path(self._folder.name, "stacks").open("w+", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None
        self._began = self._last = self._busy = 0.0

    def start(self) -> None:
        """Begin; what happens until the loop runs counts as a gap."""
        if hasattr(signal, "SIGUSR1"):
            faulthandler.register(signal.SIGUSR1, file=self._dumps, all_threads=False)
            command = [sys.executable, "-m", "benchmarks.watching", str(os.getpid()), str(self._heart)]
            self._process = subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent)
        self._began = self._last = perf_counter()
        self._busy = thread_time()
        self._shared[:8] = struct.pack("d", self._last)
        self._timer.start(1)

    def stop(self) -> None:
        """End, and let go of the other process."""
        self._timer.stop()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            faulthandler.unregister(signal.SIGUSR1)
        self._dumps.close()
        self._shared.close()
        self._folder.cleanup()

    def _beat(self) -> None:
        now, busy = perf_counter(), thread_time()
        gap = now - self._last
        self.gaps.append(gap)
        if gap > SLOW:
            self.slow.append(Gap(self._last - self._began, gap, busy - self._busy, self._stacks()))
        self._last, self._busy = now, busy
        self._shared[:8] = struct.pack("d", now)

    def _stacks(self) -> tuple[str, ...]:
        text = self._dumps.read()
        return tuple(_brief(part) for part in text.split("Current thread") if part.strip())

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
    ours = [frame for frame in frames if not frame.startswith(("benchmarks/", "<frozen"))]
    return " < ".join(ours[:_KEPT_FRAMES]) or "outside of Python, or in the event loop"


def _short(name: str) -> str:
    parts = Path(name).parts
    for top in ("explorer", "kernels", "benchmarks", "site-packages"):
        if top in parts:
            last = len(parts) - 1 - parts[::-1].index(top)
            return "/".join(parts[last + (top == "site-packages") :])
    return "/".join(parts[-2:])


def _observe(process: int, heart: Path) -> None:
    """Send the signal whenever the heart has not beaten for long."""
    with heart.open("rb") as file, mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ) as shared:
        asked = 0.0
        while os.getppid() == process:
            (beat,) = struct.unpack("d", shared[:8])
            now = perf_counter()
            if beat and now - max(beat + SLOW - AGAIN, asked) > AGAIN:
                os.kill(process, signal.SIGUSR1)
                asked = now
            sleep(0.004)


if __name__ == "__main__":
    _observe(int(sys.argv[1]), Path(sys.argv[2]))
