"""Measures from where on a method is quicker on this machine, once the person asks for it, and keeps that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from explorer.model.calibration import Calibration, keep, kept, machine
from explorer.model.evaluator import Evaluator
from explorer.model.methods import operation_with_methods
from explorer.ops.convolution_method import use_crossovers
from explorer.ops.op import Tick
from explorer.ops.warm_up import FORMATS, METHODS, parts_of
from explorer.refusal import Refusal
from explorer.ui.methods.panel import MethodsPanel
from explorer.ui.running import Hand, Running
from explorer.ui.status import Status
from explorer.ui.texts import said

if TYPE_CHECKING:
    from explorer.model.laboratory.steps import Steps

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
        self._panel = panel
        self._status = status
        self._folder = folder
        self._running = Running(evaluator)
        self._running.progressed.connect(self._show_progress)
        self._running.changed.connect(self._show_state)
        self._running.failed.connect(self.failed)
        panel.calibration_wanted.connect(self.start)
        panel.show_calibrated(calibration.measured if calibration is not None else "")

    @property
    def running(self) -> bool:
        """Whether the machine is being measured."""
        return self._running.busy

    def start(self) -> None:
        """Measure the machine; it takes a few seconds, between the requests of the window."""
        if not self.running:
            needs = parts_of([operation_with_methods(), METHODS], FORMATS[0])
            self._running.begin(self._work, self._take, self._refuse, lambda: needs)

    def stop(self) -> None:
        """Give it up; what was in force stays."""
        self._running.cancel()

    def _work(self, hand: Hand, tick: Tick) -> Steps[tuple[Calibration, Refusal | None]]:
        """On the compute thread: the calibration, in force and kept, or why it cannot be kept."""
        from explorer.model.laboratory.calibrating import calibrated, measured

        found = yield from calibrated(measured(tick))
        calibration = Calibration(found._asdict(), date.today().isoformat())
        use_crossovers(calibration.crossovers)
        try:
            if self._folder is not None:
                keep(self._folder, machine(), calibration)
        except Refusal as refusal:
            return calibration, refusal
        return calibration, None

    def _show_state(self) -> None:
        self._panel.show_calibrating(self.running)
        if not self.running:
            self._status.idle(_TASK)

    def _show_progress(self, done: int, total: int) -> None:
        self._status.busy(_TASK, self.tr("Measuring this machine"), done, total)

    def _take(self, result: tuple[Calibration, Refusal | None]) -> None:
        calibration, refusal = result
        self._panel.show_calibrated(calibration.measured)
        self.changed.emit()
        if refusal is not None:
            self._refuse(refusal)
        else:
            self._status.tell(self.tr("Measured from where on each method is quicker on this machine."))

    def _refuse(self, refusal: Refusal) -> None:
        self._status.refuse(said(refusal))
