"""The page of the export dialog for raw numbers: which layers, in which format, and where to."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from explorer.model.display import View
from explorer.model.document import Document
from explorer.model.evaluation import Evaluated
from explorer.model.exporting import Format, Wanted, check
from explorer.model.exporting.manifest import NAME
from explorer.model.plan import plan
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.captioned import Segmented, Text
from explorer.ui.exporting.export_command import export_command, loss_origin
from explorer.ui.exporting.export_size import Size, bytes_text, export_size
from explorer.ui.exporting.layer_choice import LayerChoice
from explorer.ui.exporting.path_field import PathField, folder_to_write
from explorer.ui.parameters.choices import CheckBox, ComboBox
from explorer.ui.texts import said


@dataclass(frozen=True, slots=True)
class DataWanted:
    """An export of raw numbers. `all_pictures` False: of the picture that is shown."""

    wanted: Wanted
    folder: Path
    all_pictures: bool


class DataPage(QWidget):
    """What raw numbers to export."""

    changed = Signal()

    def __init__(
        self, document: Document, view: View, folder: str, origin: str, evaluated: Evaluated | None = None
    ) -> None:
        """`folder` to begin with; `origin` says in words where gradients start."""
        super().__init__()
        now = theme.current()
        self._document = document
        self._shown = view.shown
        self._plan = plan(document, view.shown)
        self._evaluated = evaluated
        self._origin = view.origin or loss_origin(document)
        self._layers = LayerChoice(document, self._plan)
        self._layers.changed.connect(self.changed)
        self._folder = PathField(
            "export.folder",
            self.tr("Folder"),
            self.tr("Folder to write to; it is made where there is none"),
            self._browse,
        )
        self._folder.show_text(folder)
        self._folder.changed.connect(self.changed)
        right = QVBoxLayout()
        right.setSpacing(now.px(6))
        self._add_content(right, origin)
        self._add_format(right)
        self._add_pictures(right)
        right.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(now.px(24))
        row.addWidget(self._layers, 5)
        row.addLayout(right, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(now.px(6))
        column.addLayout(row, 1)
        column.addSpacing(now.px(8))
        column.addWidget(Text(self.tr("Folder"), "caption"))
        column.addWidget(self._folder)

    def _add_content(self, column: QVBoxLayout, origin: str) -> None:
        column.addWidget(Text(self.tr("Numbers"), "caption"))
        self._values = CheckBox()
        self._values.setText(self.tr("Values of the layers"))
        self._values.setObjectName("export.values")
        self._values.setAccessibleName(self._values.text())
        self._values.setToolTip(self.tr("What every layer gives"))
        self._values.setChecked(True)
        self._gradients = CheckBox()
        self._gradients.setText(self.tr("Gradients"))
        self._gradients.setObjectName("export.gradients")
        self._gradients.setAccessibleName(self.tr("Gradients"))
        self._gradients.setEnabled(self._origin is not None)
        self._gradients.setToolTip(
            self.tr("Of values, weights and the picture")
            if self._origin is not None
            else self.tr("There is no loss to start from; add softmax with cross-entropy, or pin a unit")
        )
        for box in (self._values, self._gradients):
            box.toggled.connect(lambda _: self.changed.emit())
            column.addWidget(box)
        if self._origin is not None:
            said_below = Text(origin, "small", muted=True, wrap=True)
            said_below.setIndent(theme.current().px(22))
            column.addWidget(said_below)
        column.addSpacing(theme.current().px(8))
        column.addWidget(Text(self.tr("Computed in"), "caption"))
        self._dtype = Segmented(
            "export.dtype",
            self.tr("Computed in"),
            tuple((name, name, self.tr("Compute in {0}").format(name)) for name in ("float32", "float64")),
        )
        self._dtype.show_value(self._document.dtype)
        self._chosen_dtype = self._document.dtype
        self._dtype.chosen.connect(self._choose_dtype)
        column.addWidget(self._dtype)

    def _add_format(self, column: QVBoxLayout) -> None:
        column.addSpacing(theme.current().px(8))
        column.addWidget(Text(self.tr("Format"), "caption"))
        self._format = ComboBox()
        self._format.setObjectName("export.format")
        self._format.setAccessibleName(self.tr("Format"))
        self._format.setToolTip(self.tr("Format of the files"))
        self._about = Text("", "small", muted=True, wrap=True)
        for name, title, about in self._formats():
            self._format.addItem(title, (name, about))
        self._format.currentIndexChanged.connect(self._show_format)
        self._about.setText(self._format.currentData()[1])
        column.addWidget(self._format)
        column.addWidget(self._about)

    def _formats(self) -> tuple[tuple[Format, str, str], ...]:
        return (
            ("npz", self.tr("NumPy archive (npz)"), self.tr("One file a picture with an array for each layer, exact.")),
            (
                "npy",
                self.tr("NumPy arrays (npy)"),
                self.tr("A file for each layer, exact, to be read piece by piece."),
            ),
            ("tiff", self.tr("TIFF for ImageJ"), self.tr("A stack for each layer in float32, with names of the maps.")),
            ("png", self.tr("PNG, 16 bits"), self.tr("A grey picture for each map; its range is in the manifest.")),
            ("csv", self.tr("Table (csv)"), self.tr("A line for each number: for spreadsheets, and large.")),
            ("safetensors", self.tr("safetensors"), self.tr("One file a picture, exact, for PyTorch, JAX and others.")),
        )

    def _add_pictures(self, column: QVBoxLayout) -> None:
        count = len(self._document.source.pictures)
        whole = self._document.source.whole
        self._all = whole
        if count < 2:
            return
        column.addSpacing(theme.current().px(8))
        column.addWidget(Text(self.tr("Pictures"), "caption"))
        if whole:
            column.addWidget(Text(self.tr("All {0}, as one batch").format(count)))
            return
        choice = Segmented(
            "export.pictures",
            self.tr("Pictures"),
            (
                ("shown", self.tr("Shown"), self.tr("The picture that is shown")),
                ("all", self.tr("All {0}").format(count), self.tr("Every picture, one after the other")),
            ),
        )
        choice.chosen.connect(self._choose_pictures)
        column.addWidget(choice)

    def _choose_dtype(self, name: str) -> None:
        self._chosen_dtype = "float64" if name == "float64" else "float32"
        self.changed.emit()

    def _choose_pictures(self, name: str) -> None:
        self._all = name == "all"
        self.changed.emit()

    def _show_format(self) -> None:
        self._about.setText(self._format.currentData()[1])
        self.changed.emit()

    def _browse(self, text: str) -> str:
        return QFileDialog.getExistingDirectory(self, self.tr("Folder to write to"), text)

    def wanted(self) -> DataWanted:
        """What is asked for; a Refusal where it cannot be done."""
        names = self._layers.names()
        if names == ():
            raise Refusal("No layer is chosen.")
        own = self._chosen_dtype == self._document.dtype
        wanted = Wanted(
            names, False, self._format.currentData()[0], None if own else self._chosen_dtype, self._values.isChecked(),
            self._origin if self._gradients.isChecked() else None,
        )  # fmt: skip
        check(wanted, self._document)
        if not self._document.source.pictures:
            raise Refusal("There is no picture to export.")
        try:
            folder = folder_to_write(self._folder.text())
        except Refusal as refusal:
            self._folder.show_reason(said(refusal))
            raise
        self._folder.show_reason("")
        return DataWanted(wanted, folder, self._all)

    def told(self, asked: DataWanted) -> str:
        """How much will be written, and what to know about the folder."""
        size = self._size(asked)
        text = self.tr("About {0} in {1} files.").format(bytes_text(size.bytes), size.files)
        free = _free(asked.folder)
        if free is not None and free < size.bytes:
            text += " " + self.tr("Only {0} are free there.").format(bytes_text(free))
        if _is_file(asked.folder / NAME):
            text += " " + self.tr("Files of the same names there are replaced.")
        return text

    def command(self, asked: DataWanted, session: Path | None) -> str:
        """The line for the command line; a Refusal where it cannot do the same."""
        return export_command(
            self._document, self._shown, asked.wanted, asked.folder, all_pictures=asked.all_pictures, session=session
        )

    def _size(self, asked: DataWanted) -> Size:
        return export_size(
            self._document, self._shown, self._plan, asked.wanted, all_pictures=asked.all_pictures,
            evaluated=self._evaluated,
        )  # fmt: skip


def _free(folder: Path) -> int | None:
    for path in (folder, *folder.parents):
        try:
            return shutil.disk_usage(path).free
        except OSError:
            continue
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
