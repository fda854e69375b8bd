"""The program's own window on a document, driven from outside. Imports Qt: choose the platform first."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from benchmarks.measuring import around
from explorer.model import editing
from explorer.model.display import View
from explorer.model.document import Document, Source
from explorer.model.pictures import Picture, from_array, sample
from explorer.ui.assembly import Assembly
from explorer.ui.stage.map_grid import MapGrid

CHAIN = ("input", "conv", "batch_norm", "relu", "max_pool", "global_average_pool", "dense", "softmax")
LIMIT = 900.0
"""Seconds after which a benchmark gives up waiting: compiling all kernels takes minutes on a slow machine."""


def document(*pictures: Picture, filters: int = 8) -> Document:
    """A photo of 512 × 512 in RGB, so many kernels of 3 × 3, and six layers behind them."""
    made = Document(source=Source(pictures or (sample("astronaut"),)))
    for op in CHAIN:
        made, _ = editing.add(made, op)
    return editing.set_params(made, conv_of(made), filters=filters)


def five_pictures() -> tuple[Picture, ...]:
    """The photo in five positions."""
    photo = sample("astronaut")
    pixels = photo.pixels
    turned = (pixels[:, ::-1], pixels[::-1], pixels[::-1, ::-1], pixels.swapaxes(0, 1))
    return (photo, *(from_array(each.copy(), f"turned {number}") for number, each in enumerate(turned)))


def conv_of(shown: Document) -> str:
    """The id of the convolution."""
    return next(node.id for node in shown if node.op == "conv")


class Driven:
    """The window, of a size and shown, on a document; `painted` is told after each paint of the maps.

    Make one a process: what is wrapped to measure stays wrapped.
    """

    def __init__(self, shown: Document, state: Path | None = None, size: tuple[int, int] = (1600, 1000)) -> None:
        self.application = QApplication.instance() or QApplication(["kernelscope"])
        self.painted: Callable[[float, float], None] = lambda start, end: None
        around(MapGrid, "paintEvent", lambda args, start, end: self.painted(start, end))
        self.assembly = Assembly(state=state)
        self.explore = self.assembly.explore
        self.explore.open_state(shown, View(layer=conv_of(shown)))
        self.assembly.window.resize(*size)

    def __enter__(self) -> Driven:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the window and join its threads: without that the process would not end."""
        self.assembly.window.close()
        self.assembly.close()

    def show(self) -> None:
        """Show the window, and wait until everything is computed and painted."""
        self.assembly.window.show()
        self.settle()
        # As the program does once it has started.
        gc.freeze()

    def settle(self, act: Callable[[], Any] = lambda: None) -> tuple[float, float]:
        """Call `act`, and run the event loop until the maps that belong to all settings are painted, and all else is.

        When the paint of the maps began and ended, in seconds of `perf_counter`.
        """
        loop = QEventLoop()
        found: list[tuple[float, float]] = []
        failures: list[Exception] = []

        def painted(start: float, end: float) -> None:
            if self.explore.on_stage() and not found:
                found.append((start, end))
            complete()

        def complete() -> None:
            if self.explore.settled() and found:
                # Only after what belongs to the same frame.
                QTimer.singleShot(0, loop.quit)

        def act_and_paint() -> None:
            try:
                act()
            except Exception as error:  # Qt would only print it.
                failures.append(error)
                loop.quit()
                return
            if self.explore.settled():
                self.assembly.panels.stage.maps.viewport().update()

        before, self.painted = self.painted, painted
        self.explore.state_changed.connect(complete)
        QTimer.singleShot(0, act_and_paint)
        late = QTimer()
        late.setSingleShot(True)
        late.timeout.connect(loop.quit)
        late.start(round(LIMIT * 1e3))
        loop.exec()
        late.stop()
        self.explore.state_changed.disconnect(complete)
        self.painted = before
        if failures:
            raise failures[0]
        if not found:
            raise TimeoutError(f"Nothing was painted within {LIMIT:.0f} seconds.")
        return found[0]

    def run(self, seconds: float, act: Callable[[int], None], every: float) -> int:
        """Run the event loop for some seconds and call `act(number)` at a steady pace; how often it was called."""
        loop = QEventLoop()
        count = 0

        def tick() -> None:
            nonlocal count
            act(count)
            count += 1

        timer = QTimer()
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(tick)
        timer.start(max(1, round(every * 1e3)))
        QTimer.singleShot(round(seconds * 1e3), loop.quit)
        loop.exec()
        timer.stop()
        return count

    def wait(self, condition: Callable[[], bool]) -> None:
        """Run the event loop until a condition holds."""
        loop = QEventLoop()
        deadline = perf_counter() + LIMIT
        timer = QTimer()
        timer.timeout.connect(lambda: loop.quit() if condition() or perf_counter() > deadline else None)
        timer.start(20)
        loop.exec()
        timer.stop()
        if not condition():
            raise TimeoutError(f"What was waited for did not happen within {LIMIT:.0f} seconds.")

    # Drags, each step of which asks for numbers that were not computed before ----------------------------------------

    def drag_weight(self, step: int) -> None:
        """One step of dragging a number of the first kernel."""
        self.assembly.panels.weights.value_changed.emit("w", (0, 0, 1, 1), -1.0 + step * 0.0009765625, True)

    def drag_dilation(self, step: int) -> None:
        """One step of dragging the dilation of rows (2 to 21), and of columns after each round."""
        self.assembly.panels.form.changed.emit("dilation", (2 + step % 20, 2 + step // 20 % 20), True)
