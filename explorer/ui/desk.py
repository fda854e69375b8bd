"""What comes in and what is kept: opening, dropping, pasting, samples, sessions, autosave and exports."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from explorer.model.autosave import Autosave
from explorer.model.document import Document
from explorer.model.evaluator import Evaluator, Job
from explorer.model.exporting import export
from explorer.model.pictures import Picture, brought, open_pictures, sample
from explorer.model.preparing import needed_to_export
from explorer.model.session import SUFFIX, Session, load, save
from explorer.model.store import Store
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal
from explorer.ui.bridge import Bridge, Errand
from explorer.ui.dialogs.settings import Settings
from explorer.ui.explore import Explore
from explorer.ui.exporting.export_data import DataWanted
from explorer.ui.pasted import picture_of
from explorer.ui.status import Status
from explorer.ui.texts import said

Work = Callable[[Callable[[], None], Callable[[int, int], None]], Any]
"""Given a tick that raises `Cancelled`, and a progress function (done, total)."""


class Desk(QObject):
    """Files in and out. Reading and writing go on beside the window; what fails is said, what was there stays."""

    title_changed = Signal(str)
    recent_changed = Signal()
    crashed = Signal(object)

    def __init__(
        self,
        window: QWidget,
        store: Store,
        evaluator: Evaluator,
        explore: Explore,
        status: Status,
        settings: Settings,
        autosave: Autosave | None,
    ) -> None:
        super().__init__()
        self._window = window
        self._store = store
        self._evaluator = evaluator
        self._explore = explore
        self._status = status
        self._settings = settings
        self._autosave = autosave
        self._errands: list[Errand] = []
        self._opening: Errand | None = None
        self._jobs: list[Job] = []
        self.asks = False
        """Whether unsaved changes are asked for before they are given up; scripts are not asked."""
        self._bridge = Bridge()
        self._bridge.arrived.connect(lambda call: call())
        self.path: Path | None = None
        self._saved: Document | None = store.document
        store.listen(lambda old, new: self._changed())
        explore.view_changed.connect(lambda view: self._changed())
        explore.pointer.pin_changed.connect(self._changed)

    @property
    def modified(self) -> bool:
        """Whether something was changed since the session was saved or opened."""
        return self._store.document is not self._saved

    def use_autosave(self, autosave: Autosave) -> None:
        """Go on saving unasked there."""
        self._autosave = autosave

    def session(self) -> Session:
        """The whole state."""
        pin = self._explore.pointer.pin
        pinned: dict[str, Any] = {}
        if pin is not None:
            pinned = {
                "node": pin.link.node,
                "port": pin.link.port,
                "cell": list(pin.index),
                "gradient": pin.place.gradient,
            }
        return Session(self._store.document, self._explore.view, {"pin": pinned} if pinned else {})

    # Opening -------------------------------------------------------------------------------------------------------

    def ask_open(self) -> None:
        """Let the person choose pictures, arrays or a session."""
        names, _ = QFileDialog.getOpenFileNames(
            self._window,
            self.tr("Open"),
            self._settings.folder("open"),
            self.tr(
                "Pictures, arrays and sessions (*.png *.jpg *.jpeg *.webp *.avif *.tif *.tiff *.bmp *.gif *.npy "
                "*.npz *.kscope);;All files (*)"
            ),
        )
        self.open([Path(name) for name in names])

    def ask_open_folder(self) -> None:
        """Let the person choose a folder, which is opened as a batch."""
        name = QFileDialog.getExistingDirectory(self._window, self.tr("Open a folder"), self._settings.folder("open"))
        if name:
            self.open([Path(name)])

    def open(self, paths: Sequence[Path]) -> None:
        """Open files and folders: a session replaces everything, pictures replace the pictures."""
        if not paths:
            return
        self._settings.set_folder("open", str(paths[0].parent))
        sessions = [path for path in paths if path.suffix.lower() == SUFFIX]
        if sessions:
            if not self.asks or self.may_close():
                self._open(
                    "open session",
                    lambda tick, progress: load(sessions[0]),
                    lambda found: self._opened_session(sessions[0], *found),
                )
            return
        self._open(
            "open pictures",
            lambda tick, progress: open_pictures(list(paths), tick=tick, progress=progress),
            lambda found: self._opened_pictures(paths, *found),
        )

    def open_sample(self, name: str) -> None:
        """Open a picture that comes with the program."""
        self._open(
            "open sample",
            lambda tick, progress: sample(name),
            lambda picture: self._opened_pictures((), (picture,), ()),
        )

    def paste(self) -> None:
        """Open what is in the clipboard: files or a picture."""
        self.take(QGuiApplication.clipboard().mimeData())

    def take(self, data: QMimeData) -> None:
        """Open what was dropped or pasted."""
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if paths:
            self.open(paths)
        elif data.hasImage():
            image = data.imageData()
            if isinstance(image, QImage) and not image.isNull():
                self._opened_pictures((), (picture_of(image, self.tr("pasted")),), ())
                return
            self._status.refuse(self.tr("The clipboard holds no picture that can be read."))
        else:
            self._status.refuse(self.tr("There is no picture and no file in the clipboard."))

    def _opened_pictures(
        self,
        paths: Sequence[Path],
        pictures: tuple[Picture, ...],
        refusals: Sequence[Refusal],
    ) -> None:
        if pictures:
            self._explore.replace_pictures(pictures)
            for path in reversed(paths):
                self._recent(path)
        if refusals:
            reasons = " · ".join(said(refusal) for refusal in refusals[:3])
            more = self.tr(" · and {0} more").format(len(refusals) - 3) if len(refusals) > 3 else ""
            self._status.refuse(reasons + more)

    def _opened_session(self, path: Path, session: Session, warnings: tuple[Refusal, ...]) -> None:
        self.path = path
        self.show_session(session)
        self._recent(path)
        if warnings:
            self._status.refuse(" · ".join(said(warning) for warning in warnings[:3]))

    def show_session(self, session: Session, *, saved: bool = True) -> None:
        """Take over a whole state; `saved` False where no file of the person holds it."""
        self._saved = session.document if saved else None
        self._status.clear_refusal()
        self._explore.open_state(session.document, session.view)
        self._explore.pointer.restore(session.window.get("pin", {}))
        self._tell_title()

    # Keeping -------------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Save the session where it was opened or saved before, or ask where."""
        path = self.path or self._ask_path()
        if path is not None:
            self._save_to(path)

    def save_as(self) -> None:
        """Ask where, and save the session there."""
        path = self._ask_path()
        if path is not None:
            self._save_to(path)

    def _ask_path(self) -> Path | None:
        start = str(self.path) if self.path else str(Path(self._settings.folder("save")) / f"untitled{SUFFIX}")
        name, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save session"), start, self.tr("Kernelscope session (*.kscope)")
        )
        if not name:
            return None
        path = Path(name)
        self._settings.set_folder("save", str(path.parent))
        return path if path.suffix.lower() == SUFFIX else path.with_name(path.name + SUFFIX)

    def _save_to(self, path: Path) -> None:
        session = self.session()

        def saved(_: object) -> None:
            self.path, self._saved = path, session.document
            self._recent(path)
            self._tell_title()

        self._errand("save session", lambda tick, progress: save(session, path), saved)

    def _changed(self) -> None:
        if self._autosave is not None:
            self._autosave.changed(self.session())
        self._tell_title()

    def _tell_title(self) -> None:
        name = self.path.stem if self.path else self.tr("untitled")
        self.title_changed.emit(f"{name}{'*' if self.modified else ''} — Kernelscope")

    def _recent(self, path: Path) -> None:
        self._settings.add_recent(str(path.absolute()))
        self.recent_changed.emit()

    def may_close(self) -> bool:
        """Ask what to do with unsaved changes; False where the person goes on, or where saving failed."""
        if not self.modified:
            return True
        answer = QMessageBox.question(
            self._window,
            self.tr("Unsaved changes"),
            self.tr("Save the session before it is closed?"),
            QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
        )
        if answer == QMessageBox.StandardButton.Save:
            return self._saved_at_once()
        return bool(answer == QMessageBox.StandardButton.Discard)

    def _saved_at_once(self) -> bool:
        """Save and wait for it, since the window closes next."""
        path = self.path or self._ask_path()
        if path is None:
            return False
        session = self.session()
        try:
            save(session, path)
        except Refusal as refusal:
            self._status.refuse(said(refusal))
            return False
        self.path, self._saved = path, session.document
        self._tell_title()
        return True

    # Exporting -----------------------------------------------------------------------------------------------------

    def export_data(self, wanted: DataWanted) -> None:
        """Write raw numbers, on the compute thread between live requests."""
        document, shown = self._store.document, self._explore.view.shown
        stop = threading.Event()

        def tick() -> None:
            if stop.is_set():
                raise Cancelled

        def steps() -> Iterator[tuple[int, int]]:
            asked = document if wanted.all_pictures else _with_shown_alone(document, shown)
            yield from export(asked, wanted.folder, wanted.wanted, tick)

        job = Job(
            steps(),
            lambda done, total: self._bridge.send(lambda: self._exporting(done, total)),
            lambda error: self._bridge.send(lambda: self._exported(job, wanted.folder, error)),
            lambda: needed_to_export(document, wanted.wanted),
            stop,
        )
        self._jobs.append(job)
        self._exporting(0, 0)
        self._evaluator.submit(job)

    def _exporting(self, done: int, total: int) -> None:
        self._status.busy("exporting", self.tr("Exporting"), done, total, at_once=True)

    def _exported(self, job: Job, folder: Path, error: BaseException | None) -> None:
        self._jobs.remove(job)
        if not self._jobs:
            self._status.idle("exporting")
        if error is None:
            self._status.tell(self.tr("Exported to {0}").format(folder))
        elif isinstance(error, Refusal):
            self._status.refuse(said(error))
        elif isinstance(error, Cancelled):
            self._status.refuse(self.tr("The export was cancelled; what was written is listed in the manifest."))
        else:
            self.crashed.emit(error)

    def export_figure(self, write: Callable[[Callable[[], None]], object], path: Path) -> None:
        """Write a figure beside the window; `write` is given a tick that raises `Cancelled`, and touches no widget."""
        self._errand(
            "export figure",
            lambda tick, progress: write(tick),
            lambda _: self._status.tell(self.tr("Exported to {0}").format(path)),
        )

    def beside(self, name: str, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Do something short beside the window, and then `done` with what came out."""
        self._errand(name, lambda tick, progress: work(), done)

    def cancel(self) -> None:
        """Stop opening and exporting."""
        for errand in self._errands:
            errand.cancel()
        for job in self._jobs:
            job.cancel()

    # Errands -------------------------------------------------------------------------------------------------------

    def _open(self, name: str, work: Work, done: Callable[[Any], None]) -> None:
        """Read in something; what was asked for before and is still being read is given up."""
        if self._opening is not None:
            self._opening.cancel()
        errand = self._errand(name, work, lambda result: None if errand.cancelled else done(result))
        self._opening = errand

    def _errand(self, name: str, work: Work, done: Callable[[Any], None]) -> Errand:
        errand = Errand(name, work)
        self._errands.append(errand)

        def ended() -> bool:
            """Whether the errand still belongs to an open window."""
            if errand not in self._errands:
                return False
            self._errands.remove(errand)
            if not self._errands:
                self._status.idle("files")
            return True

        def finished(result: Any) -> None:
            if ended():
                done(result)

        def failed(error: BaseException) -> None:
            if not ended():
                return
            if isinstance(error, Refusal):
                self._status.refuse(said(error))
            elif not isinstance(error, Cancelled):
                self.crashed.emit(error)

        errand.done.connect(finished)
        errand.failed.connect(failed)
        errand.progressed.connect(lambda count, total: self._status.busy("files", self.tr("Opening"), count, total))
        self._status.busy("files", self.tr("Working"), 0, 0)
        errand.start()
        return errand

    @property
    def busy(self) -> bool:
        """Whether something is being read or written."""
        return bool(self._errands) or bool(self._jobs)

    def close(self) -> None:
        """Stop everything and wait for it."""
        self.cancel()
        for errand in list(self._errands):
            errand.close()
        self._errands.clear()


def _with_shown_alone(document: Document, shown: int) -> Document:
    """The document over the picture that is shown, in the size that it has on the stage."""
    source = document.source
    if source.whole or not source.pictures:
        return document
    picture = brought(source.pictures[source.clamped(shown)], source.common, source.rule)
    return replace(document, source=replace(source, pictures=(picture,)))
