"""What the person sees of a defect: one sentence, that nothing is lost, and the report to copy. The program goes on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from explorer.refusal import plain
from explorer.ui import theme
from explorer.ui.captioned import Elided, Text, button

_MOST_REPORTS = 20
"""Further faults are only counted: a fault in every frame must not fill the memory."""
_BEFORE_ACTIONS = "\n\nThe last actions:"


class ErrorDialog(QDialog):
    """One dialog for all faults that come up while it is open."""

    quit_wanted = Signal()

    def __init__(
        self, parent: QWidget | None, log_path: Path | None, saved: bool, saved_to: Path | None = None
    ) -> None:
        super().__init__(parent)
        now = theme.current()
        self._log_path = log_path
        self._reports: list[str] = []
        self._count = 0
        self.setObjectName("fault")
        self.setWindowTitle(self.tr("Something went wrong"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(now.px(24), now.px(20), now.px(24), now.px(20))
        column.setSpacing(now.px(12))
        column.addWidget(Text(self.tr("Something went wrong inside Kernelscope"), "title", wrap=True))
        self._sentence = Text("", wrap=True)
        self._sentence.setObjectName("fault.sentence")
        self._sentence.setMinimumWidth(1)
        column.addWidget(self._sentence)
        column.addWidget(self._kept(saved, saved_to))
        column.addWidget(Text(self.tr("Report"), "caption"))
        column.addWidget(self._details(), 1)
        column.addLayout(self._log_row())
        column.addLayout(self._buttons())
        self._on.setFocus()
        self.resize(now.px(640), now.px(480))

    def add_report(self, text: str) -> None:
        """Show a fault, behind those that are shown already."""
        self._count += 1
        if len(self._reports) < _MOST_REPORTS:
            self._reports.append(text)
            bar = self._text.verticalScrollBar()
            kept = bar.value()
            self._text.setPlainText("\n\n".join(self._reports))
            bar.setValue(kept)
        sentence = self.tr("The program met a fault of its own: {0}").format(summary(self._reports[0]))
        if self._count > 1:
            sentence = self.tr("The program met {0} faults of its own; the first: {1}").format(
                self._count, summary(self._reports[0])
            )
        self._sentence.setText(sentence)
        self.setAccessibleDescription(sentence)

    def changeEvent(self, event: QEvent) -> None:
        """A new theme may bring another scale."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_text"):
            self._text.setFont(theme.current().font("small number"))

    def _kept(self, saved: bool, saved_to: Path | None) -> Text:
        if not saved:
            text = self.tr("Your work is not saved. Save the session before you go on.")
        elif saved_to is None:
            text = self.tr("Your work is saved; the next start brings it back.")
        else:
            text = self.tr("Your work is saved in {0}.").format(_breakable(plain(saved_to)))
        label = Text(text, wrap=True)
        label.setMinimumWidth(1)
        label.setObjectName("fault.saved")
        label.setProperty("role", "good" if saved else "bad")
        return label

    def _details(self) -> QPlainTextEdit:
        self._text = QPlainTextEdit()
        self._text.setObjectName("fault.report")
        self._text.setAccessibleName(self.tr("Report"))
        self._text.setToolTip(self.tr("What to send along when you tell us"))
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setProperty("role", "report")
        self._text.setFont(theme.current().font("small number"))
        return self._text

    def _log_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        if self._log_path is None:
            row.addWidget(Text(self.tr("There is no log: its file cannot be written."), "small", muted=True, wrap=True))
            return row
        where = Elided(self.tr("Log: {0}").format(plain(self._log_path)), "small", muted=True)
        where.setObjectName("fault.log")
        row.addWidget(where, 1)
        opener = button(
            self.tr("Open folder"), "fault.folder", self.tr("Show the log in the file manager"), role="quiet"
        )
        opener.setAutoDefault(False)
        opener.clicked.connect(self._open_folder)
        row.addWidget(opener)
        return row

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        copy = button(self.tr("Copy details"), "fault.copy", self.tr("Copy the report"))
        copy.setAutoDefault(False)
        copy.clicked.connect(self._copy)
        leave = button(self.tr("Quit"), "fault.quit", self.tr("Close the program"))
        leave.setAutoDefault(False)
        leave.clicked.connect(self._leave)
        self._on = on = button(
            self.tr("Continue"), "fault.continue", self.tr("Go on where you were (Esc)"), role="primary"
        )
        on.setDefault(True)
        on.clicked.connect(self.accept)
        row.addWidget(copy)
        row.addStretch(1)
        row.addWidget(leave)
        row.addWidget(on)
        return row

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())

    def _open_folder(self) -> None:
        if self._log_path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_path.parent)))

    def _leave(self) -> None:
        self.accept()
        self.quit_wanted.emit()


def show_fault(
    parent: QWidget | None, text: str, log_path: Path | None, saved: bool, saved_to: Path | None = None
) -> ErrorDialog:
    """Show a report of the log to the person; in the dialog that is open, if one is.

    `saved_to` is where the session was saved. "Quit" closes all windows, as the person would.
    """
    for each in QApplication.topLevelWidgets():
        if isinstance(each, ErrorDialog) and each.isVisible():
            each.add_report(text)
            return each
    dialog = ErrorDialog(parent, log_path, saved, saved_to)
    dialog.quit_wanted.connect(QApplication.quit)
    dialog.add_report(text)
    dialog.open()
    return dialog


def summary(report: str) -> str:
    """The line of a report that names the fault: the last one of its traceback."""
    lines = report.partition(_BEFORE_ACTIONS)[0].strip().splitlines()
    return plain(lines[-1].strip()) if lines else ""


def _breakable(path: str) -> str:
    """A path that may be broken into lines after each separator."""
    return path.replace("/", "/\u200b").replace("\\", "\\\u200b")
