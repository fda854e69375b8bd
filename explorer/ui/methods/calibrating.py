"""Measures from where on a method is quicker on this machine, once the person asks for it, and keeps that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from explorer.model.calibration import Calibration, keep, kept, machine
from explorer.model.evaluator import Evaluator, Job
from explorer.model.methods import operation_with_methods
from explorer.ops.convolution_method import use_crossovers
from explorer.ops.op import Cancelled
from explorer.ops.warm_up import FORMATS, parts_of
from explorer.refusal import Refusal
from explorer.ui.bridge import Bridge
from explorer.ui.methods.panel import MethodsPanel
from explorer.ui.status import Status
from explorer.ui.texts import said

_TASK = "calibrating"


def calibration_in(folder: Path | None, note: Callable[[str], object]) -> Calibration | None:
    """Put in force what was kept in a folder for this machine; a file that cannot be read is noted, and left alone."""
    found: Calibration | None = None
    try:
        found = kept(folder) if folder is not None else None
    except Refusal as refusal:
        note(str(refusal))
    use_crossovers(found.crossovers if found is not None else {})
    return found


class Calibrating(QObject):
    """Puts crossovers in force: those that come with the program, until others were measured.

    folder       where they are kept; None: for as long as the program runs
    calibration  what is in force when the window is built
    """

    changed = Signal()
    """Other crossovers are in force."""
    failed = Signal(object)
    """A defect of a method."""

    def __init__(
        self,
        evaluator: Evaluator,
        panel: MethodsPanel,
        status: Status,
        folder: Path | None,
        calibration: Calibration | None,
    ) -> None:
        super().__init__()
        self._evaluator = evaluator
        self._panel = panel
        self._status = status
        self._folder = folder
        self._job: Job | None = None
        self._bridge = Bridge()
        self._bridge.arrived.connect(self._arrived)
        panel.calibration_wanted.connect(self.start)
        panel.show_calibrated(calibration.measured if calibration is not None else "")

    @property
    def running(self) -> bool:
        """Whether the machine is being measured."""
        return self._job is not None

    def start(self) -> None:
        """Measure the machine; it takes a few seconds, between the requests of the window."""
        if self._job is not None:
            return
        stop = threading.Event()
        self._job = Job(
            self._steps(stop),
            lambda done, total: self._bridge.send((stop, "progress", (done, total))),
            lambda error: self._bridge.send((stop, "ended", error)),
            lambda: parts_of([operation_with_methods()], FORMATS[0]),
            stop,
        )
        self._panel.show_calibrating(True)
        self._evaluator.submit(self._job)

    def stop(self) -> None:
        """Give it up; what was in force stays."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self._panel.show_calibrating(False)
            self._status.idle(_TASK)

    def _steps(self, stop: threading.Event) -> Iterator[tuple[int, int]]:
        """On the compute thread."""

        def tick() -> None:
            if stop.is_set():
                raise Cancelled

        from explorer.model.laboratory.calibrating import calibrated, measured

        found = yield from calibrated(measured(tick))
        calibration = Calibration(found._asdict(), date.today().isoformat())
        use_crossovers(calibration.crossovers)
        self._bridge.send((stop, "found", calibration))
        if self._folder is not None:
            keep(self._folder, machine(), calibration)

    def _arrived(self, event: tuple[threading.Event, str, Any]) -> None:
        stop, what, value = event
        if self._job is None or self._job.cancelled is not stop:
            return
        if what == "progress":
            self._status.busy(_TASK, self.tr("Measuring this machine"), *value)
        elif what == "found":
            self._panel.show_calibrated(value.measured)
            self.changed.emit()
            self._status.tell(self.tr("Measured from where on each method is quicker on this machine."))
        else:
            self._job = None
            self._panel.show_calibrating(False)
            self._status.idle(_TASK)
            if isinstance(value, Refusal):
                self._status.refuse(said(value))
            elif value is not None and not isinstance(value, Cancelled):
                self.failed.emit(value)
