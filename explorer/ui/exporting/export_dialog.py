"""The export dialog: raw numbers of layers, or a figure of the maps on the stage."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDir, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from explorer.model.display import Maps, View
from explorer.model.document import Document
from explorer.model.evaluation import Evaluated
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.captioned import Segmented, Text, button
from explorer.ui.dialogs.settings import Settings
from explorer.ui.exporting.export_data import DataPage, DataWanted
from explorer.ui.exporting.export_figure import FigurePage
from explorer.ui.exporting.painting_figure import FigureWanted
from explorer.ui.panels import origin_text
from explorer.ui.texts import said

__all__ = ["DataWanted", "ExportDialog", "FigureWanted"]


class ExportDialog(QDialog):
    """Two pages; OK says what is wanted by a signal, and is there only while it can be done."""

    data_wanted = Signal(object)  # DataWanted
    figure_wanted = Signal(object)  # FigureWanted

    def __init__(
        self,
        document: Document,
        view: View,
        maps: tuple[Maps, ...],
        settings: Settings,
        parent: QWidget | None = None,
        *,
        evaluated: Evaluated | None = None,
        session: Path | None = None,
    ) -> None:
        """`evaluated` makes the estimate of the size exact; `session` is the file that the copied command names."""
        super().__init__(parent)
        now = theme.current()
        self._settings = settings
        self._session = session
        self.setObjectName("export")
        self.setWindowTitle(self.tr("Export"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._data = DataPage(
            document, view, _folder(settings, "export", "kernelscope"), origin_text(document, view.origin), evaluated
        )
        title = document.node(view.layer).name if document.has(view.layer) else self.tr("picture")
        self._figure = FigurePage(maps, title, _folder(settings, "figure"))
        self._pages = QStackedWidget()
        self._pages.addWidget(self._data)
        self._pages.addWidget(self._figure)
        self._tabs = Segmented(
            "export.page",
            self.tr("Export"),
            (
                ("data", self.tr("Data"), self.tr("Raw numbers of layers")),
                ("figure", self.tr("Figure"), self.tr("The maps on the stage as a picture")),
            ),
        )
        self._tabs.chosen.connect(self._choose_page)
        self._told = Text("", "small", muted=True, wrap=True)
        self._told.setObjectName("export.told")
        self._told.setMinimumWidth(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(now.px(24), now.px(20), now.px(24), now.px(20))
        column.setSpacing(now.px(14))
        column.addWidget(self._tabs)
        column.addWidget(self._pages, 1)
        column.addWidget(self._told)
        column.addLayout(self._buttons())
        for page in (self._data, self._figure):
            page.changed.connect(self._check)
        self._check()
        self.setMinimumSize(now.px(540), now.px(540))
        self.resize(now.px(700), now.px(600))

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._copy = button(
            self.tr("Copy command"), "export.copy", self.tr("Copy the line that does the same on the command line")
        )
        self._copy.setAutoDefault(False)
        self._copy.clicked.connect(self._copy_command)
        cancel = button(self.tr("Cancel"), "export.cancel", self.tr("Export nothing (Esc)"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self._ok = button(self.tr("Export"), "export.ok", self.tr("Write the files (Enter)"), role="primary")
        self._ok.setDefault(True)
        self._ok.clicked.connect(self.accept)
        row.addWidget(self._copy)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self._ok)
        return row

    def _choose_page(self, name: str) -> None:
        self._pages.setCurrentIndex(("data", "figure").index(name))
        self._copy.setVisible(name == "data")
        self._check()

    def _wanted(self) -> DataWanted | FigureWanted:
        return self._data.wanted() if self._pages.currentWidget() is self._data else self._figure.wanted()

    def _check(self) -> None:
        """Say what is going to be written, or why nothing can be."""
        try:
            wanted = self._wanted()
            text = self._data.told(wanted) if isinstance(wanted, DataWanted) else self._figure.told(wanted)
            role = "muted"
        except Refusal as refusal:
            text, role = said(refusal), "bad"
        self._ok.setEnabled(role == "muted")
        self._copy.setEnabled(role == "muted")
        self._tell(text, role)

    def _tell(self, text: str, role: str) -> None:
        self._told.setText(text)
        if self._told.property("role") != role:
            self._told.setProperty("role", role)
            self._told.style().unpolish(self._told)
            self._told.style().polish(self._told)

    def _copy_command(self) -> None:
        try:
            wanted = self._data.wanted()
            command = self._data.command(wanted, self._session)
        except Refusal as refusal:
            self._tell(said(refusal), "bad")
            return
        QGuiApplication.clipboard().setText(command)
        text = self.tr("Copied.")
        if self._session is None:
            text += " " + self.tr("Save the session first, and put its name in the place of session.kscope.")
        self._tell(text, "muted")

    def accept(self) -> None:
        """Say what is wanted, and close."""
        try:
            wanted = self._wanted()
        except Refusal:
            self._check()
            return
        super().accept()
        if isinstance(wanted, DataWanted):
            self._settings.set_folder("export", str(wanted.folder))
            self.data_wanted.emit(wanted)
        else:
            self._settings.set_folder("figure", str(wanted.path.parent))
            self.figure_wanted.emit(wanted)


def _folder(settings: Settings, purpose: str, inside: str = "") -> str:
    """The folder of last time, or one inside of the home folder."""
    folder = settings.folder(purpose)
    return QDir(folder).filePath(inside) if inside and folder == QDir.homePath() else folder
