"""The status bar: the value under the cursor in every map, progress with cancel, and the state of the program."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QStatusBar, QWidget

from explorer.ui import theme
from explorer.ui.captioned import Elided, Text, button, restyled
from explorer.ui.workspaces import EXPLORE

LONG = 500
"""Milliseconds after which work shows its progress."""
_REASON = 12_000


class Status(QStatusBar):
    """Left: values or the last refusal; right: progress, and numbers of the document."""

    cancel_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setSizeGripEnabled(False)
        self.setContentsMargins(theme.current().px(10), 0, theme.current().px(10), 0)
        self._values = Elided(font="small number")
        self._values.setObjectName("status.values")
        self._values.setAccessibleName(self.tr("Value under the cursor"))
        self._reason = Elided(font="small")
        self._reason.setObjectName("status.reason")
        self._reason.setProperty("role", "bad")
        self._reason.hide()
        self._about = Text("", "small number", muted=True)
        self._about.setObjectName("status.about")
        self._what = Text("", "small", muted=True)
        self._bar = QProgressBar()
        self._bar.setObjectName("status.progress")
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(theme.current().px(140))
        stop = button(self.tr("Cancel"), "status.cancel", self.tr("Cancel what is running (Ctrl+.)"), role="quiet")
        stop.clicked.connect(self.cancel_wanted)
        self._progress = QWidget()
        row = QHBoxLayout(self._progress)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._what)
        row.addWidget(self._bar)
        row.addWidget(stop)
        self._progress.hide()
        self._tasks: dict[str, tuple[str, int, int]] = {}
        self._workspace = EXPLORE
        self._texts: dict[str, tuple[str, str]] = {}
        self.addWidget(self._values, 1)
        self.addWidget(self._reason, 2)
        self.addPermanentWidget(self._progress)
        self.addPermanentWidget(self._about)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(LONG)
        self._later.timeout.connect(self._progress.show)
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.timeout.connect(self._reason.hide)

    def show_values(self, text: str, workspace: str = EXPLORE) -> None:
        """The values under the cursor; those of another workspace are kept until it is shown."""
        self._show_texts(workspace, text, self._texts.get(workspace, ("", ""))[1])

    def show_about(self, text: str, workspace: str = EXPLORE) -> None:
        """Layers, memory, number format, threads."""
        self._show_texts(workspace, self._texts.get(workspace, ("", ""))[0], text)

    def show_workspace(self, name: str) -> None:
        """Show the texts of a workspace from now on."""
        self._workspace = name
        self._show_texts(name, *self._texts.get(name, ("", "")))

    def _show_texts(self, workspace: str, values: str, about: str) -> None:
        self._texts[workspace] = values, about
        if workspace == self._workspace:
            self._values.setText(values)
            if about != self._about.text():
                self._about.setText(about)

    def refuse(self, reason: str) -> None:
        """Say why something was not done; it goes away by itself or with the next success."""
        self._say(reason, "bad")

    def _say(self, text: str, role: str) -> None:
        restyled(self._reason, role)
        self._reason.setText(text)
        self._reason.show()
        self._fade.start(_REASON)

    def tell(self, text: str) -> None:
        """Say what was done."""
        self._say(text, "good")

    def clear_refusal(self) -> None:
        """Something was done since."""
        self._reason.hide()

    def busy(self, task: str, what: str, done: int, total: int, *, at_once: bool = False) -> None:
        """`task` is going on; it shows once it has taken long. Of several, the one that began first is shown."""
        self._tasks[task] = what, done, total
        self._show_task()
        if at_once:
            self._progress.show()
        elif self._progress.isHidden() and not self._later.isActive():
            self._later.start()

    def idle(self, task: str) -> None:
        """`task` has ended."""
        self._tasks.pop(task, None)
        if self._tasks:
            self._show_task()
        else:
            self._later.stop()
            self._progress.hide()

    def _show_task(self) -> None:
        what, done, total = next(iter(self._tasks.values()))
        self._what.setText(what)
        # Qt paints a changed bar at once, and whatever else of the window has changed: ten milliseconds and more.
        self._bar.setUpdatesEnabled(False)
        self._bar.setRange(0, max(0, total))
        self._bar.setValue(done)
        self._bar.setUpdatesEnabled(True)
