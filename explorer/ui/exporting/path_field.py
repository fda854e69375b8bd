"""A field for a file or a folder with its button to browse, and what may be typed there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.captioned import button
from explorer.ui.parameters.number_field import marked


class PathField(QWidget):
    """A path as text; `browse` is given the text and asks the person, "" where nothing was chosen."""

    changed = Signal()

    def __init__(self, name: str, accessible: str, tip: str, browse: Callable[[str], str]) -> None:
        super().__init__()
        self._browse = browse
        self._tip = tip
        self._edit = QLineEdit()
        self._edit.setObjectName(name)
        self._edit.setAccessibleName(accessible)
        self._edit.setToolTip(tip)
        self._edit.textChanged.connect(lambda: self.changed.emit())
        choose = button(self.tr("Browse…"), f"{name}.browse", self.tr("Choose in the file manager"))
        choose.setAccessibleName(f"{accessible}: {choose.text()}")
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.current().px(8))
        row.addWidget(self._edit, 1)
        row.addWidget(choose)
        self.setFocusProxy(self._edit)

    def text(self) -> str:
        """What stands there."""
        return self._edit.text()

    def show_text(self, text: str) -> None:
        """Put another path there, silently."""
        if text != self._edit.text():
            self._edit.blockSignals(True)
            self._edit.setText(text)
            self._edit.blockSignals(False)

    def show_reason(self, reason: str) -> None:
        """Why the path cannot be taken, or "" where it can."""
        marked(self._edit, bool(reason))
        self._edit.setToolTip(reason or self._tip)
        self._edit.setStatusTip(reason)

    def _choose(self) -> None:
        chosen = self._browse(self.text())
        if chosen:
            self._edit.setText(chosen)


def absolute(text: str) -> Path:
    """The path that was typed, with ~ for the home folder; a Refusal where it says not from where it starts."""
    text = text.strip()
    if not text:
        raise Refusal("There is no path.", hint="Type one, or browse.")
    if "\x00" in text:
        raise Refusal("{path} is no path.", path=repr(text))
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise Refusal("{path} names a home folder that is not known.", path=repr(text)) from error
    if not path.is_absolute():
        raise Refusal("{path} does not say in which folder it lies.", path=repr(text), hint="Type the whole path.")
    return path


def folder_to_write(text: str) -> Path:
    """A folder that is there, or can be made; else a Refusal."""
    path = absolute(text)
    above = _nearest(path)
    if not above.is_dir():
        raise Refusal("{path} is a file, not a folder.", path=above)
    if not os.access(above, os.W_OK | os.X_OK):
        raise Refusal("The folder {path} cannot be written to.", path=above)
    return path


def file_to_write(text: str) -> Path:
    """A file in a folder that is there; else a Refusal."""
    path = absolute(text)
    if _is(path, "dir"):
        raise Refusal("{path} is a folder.", path=path, hint="Type the name of a file behind it.")
    if not _is(path.parent, "dir"):
        raise Refusal("There is no folder {path}.", path=path.parent)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise Refusal("The folder {path} cannot be written to.", path=path.parent)
    return path


def _nearest(path: Path) -> Path:
    """`path` or the lowest folder above it that is there."""
    while not _is(path, "there") and path != path.parent:
        path = path.parent
    return path


def _is(path: Path, what: str) -> bool:
    try:
        return path.is_dir() if what == "dir" else path.exists()
    except OSError:
        return False
