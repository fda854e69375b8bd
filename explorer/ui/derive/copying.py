"""Copying and exporting a step or the whole derivation. All of it is written beside the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from explorer.model.derivation.expression import Relation
from explorer.model.writing import write
from explorer.ui.derive import written
from explorer.ui.derive.written import FORMATS, Format
from explorer.ui.desk import Desk
from explorer.ui.dialogs.settings import Settings
from explorer.ui.status import Status

if TYPE_CHECKING:
    from explorer.model.derivation.derivation import Named
    from explorer.ui.derive.workspace import Derive


class Copying(QObject):
    """The menus for it, and what they do."""

    def __init__(self, derive: Derive, desk: Desk, settings: Settings, status: Status) -> None:
        super().__init__()
        self._derive = derive
        self._desk = desk
        self._settings = settings
        self._status = status

    def fill(self, menu: QMenu) -> None:
        """All that can be copied and exported."""

        def add(into: QMenu, text: str, does: Callable[[], object], name: str) -> None:
            action = into.addAction(text)
            action.setObjectName(f"derive.copying.{name}")
            action.triggered.connect(lambda _checked=False: does())

        for title, name, whole in (
            (self.tr("Copy this step as"), "step", False),
            (self.tr("Copy the whole derivation as"), "whole", True),
        ):
            inner = menu.addMenu(title)
            for each in FORMATS.values():
                if each.text and (whole or each.of_step):
                    add(inner, each.title, partial(self.copy, each, whole=whole), f"{name}.{each.name}")
            if not whole:
                add(inner, self.tr("Picture"), self.copy_picture, "step.picture")
        code = menu.addMenu(self.tr("Copy the algorithm as"))
        for each in written.CODES.values():
            add(code, each.title, partial(self.copy, each, whole=True), f"code.{each.name}")
        code.menuAction().setEnabled(False)
        menu.aboutToShow.connect(lambda: code.menuAction().setEnabled(self._derive.has_code))
        menu.addSeparator()
        add(menu, self.tr("Export this step…"), lambda: self.ask(whole=False), "export.step")
        add(menu, self.tr("Export the whole derivation…"), self.ask, "export.whole")

    def made_menu(self, owner: QWidget) -> QMenu:
        """A menu of it."""
        menu = QMenu(owner)
        self.fill(menu)
        return menu

    def popup(self, point: QPoint) -> None:
        """The menu at a point of the screen."""
        menu = self.made_menu(self._derive.page)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(point)

    def popup_of_result(self, named: Named, point: QPoint) -> None:
        """What can be done with one result, at a point of the screen."""
        menu = QMenu(self._derive.page)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        equation = Relation((named.name, named.value), ("=",))
        ways = ((self.tr("Copy as LaTeX"), written.latex_of), (self.tr("Copy as text"), written.text_of))
        for title, made in ways:
            menu.addAction(title).triggered.connect(lambda _checked=False, made=made: self._copied(made(equation)))
        menu.popup(point)

    # Copying ------------------------------------------------------------------------------------------------------

    def copy(self, format: Format, *, whole: bool) -> None:
        """Copy the step or all of it as text."""
        answer, step = self._derive.answer, self._derive.place.step
        if answer is not None:
            write = format.whole if whole else format.step
            self._desk.beside("copy", partial(write, answer.derivation, step), self._copied)

    def latex(self) -> None:
        """Copy the step as LaTeX."""
        self.copy(FORMATS["latex"], whole=False)

    def copy_picture(self) -> None:
        """Copy the mathematics on the sheet as a picture, and as an SVG for those who take one."""
        line = self._derive.line
        if line is not None:
            self._desk.beside("copy", partial(written.pictures, line), self._copied_picture)

    def _copied(self, made: bytes | str) -> None:
        text = made if isinstance(made, str) else made.decode()
        QGuiApplication.clipboard().setText(text)
        self._status.tell(self.tr("Copied {0} characters.").format(len(text)))

    def _copied_picture(self, made: tuple[bytes, bytes]) -> None:
        png, svg = made
        data = QMimeData()
        data.setImageData(QImage.fromData(png))
        data.setData("image/png", png)
        data.setData("image/svg+xml", svg)
        QGuiApplication.clipboard().setMimeData(data)
        self._status.tell(self.tr("Copied the picture."))

    # Exporting ----------------------------------------------------------------------------------------------------

    def ask(self, *, whole: bool = True) -> None:
        """Ask where to, and export there; the ending says as what."""
        if self._derive.answer is None:
            return
        known = {**FORMATS, **(written.CODES if whole and self._derive.has_code else {})}
        formats = [each for each in known.values() if whole or each.of_step]
        folder = Path(self._settings.folder("export"))
        name, chosen = QFileDialog.getSaveFileName(
            self._derive.page.window(),
            self.tr("Export the derivation") if whole else self.tr("Export the step"),
            str(folder / f"derivation{formats[0].suffix}"),
            ";;".join(_filter(each) for each in formats),
        )
        if name:
            path = Path(name)
            found = next((each for each in formats if each.suffix == path.suffix.lower()), None)
            if found is None:
                found = next((each for each in formats if _filter(each) == chosen), formats[0])
                path = path.with_name(path.name + found.suffix)
            self._settings.set_folder("export", str(path.parent))
            self.export(found, path, whole=whole)

    def export(self, format: Format, path: Path, *, whole: bool) -> None:
        """Write the step or all of it into a file."""
        answer, step = self._derive.answer, self._derive.place.step
        if answer is None:
            return
        derivation, make = answer.derivation, format.whole if whole else format.step

        def written_to(tick: Callable[[], None]) -> None:
            data = make(derivation, step)
            tick()
            write(path, data.encode() if isinstance(data, str) else data)

        self._desk.export_figure(written_to, path)


def _filter(format: Format) -> str:
    return f"{format.title} (*{format.suffix})"
