"""What the program remembers of a person between two runs, in one INI file that another program may have damaged.

Every value is kept as text and checked when it is read, so that whatever the file holds is a value or the default.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Literal, cast, get_args

from PySide6.QtCore import QByteArray, QDir, QSettings, Qt
from PySide6.QtGui import QGuiApplication

from explorer import limits
from explorer.limits import Limits
from explorer.places import config_folder
from explorer.refusal import Refusal

ThemeChoice = Literal["light", "dark", "system"]
RECENT = 10
SCALES = (1.0, 2.0)
"""Least and greatest size of type."""
_MOST = 10**15


def most(unit: str) -> int:
    """The largest value that a limit with this unit can have."""
    return 100 if unit == "percent" else _MOST


class Settings:
    """The settings of one person. Where they cannot be kept they last as long as the program. Nothing here raises."""

    def __init__(self, path: Path | None = None) -> None:
        """`path` is the file; by default it lies in the folder for settings."""
        if path is None:
            with suppress(Refusal):
                path = config_folder() / "settings.ini"
        self._file = QSettings(str(path) if path else "", QSettings.Format.IniFormat)

    def theme(self) -> ThemeChoice:
        """What the person chose."""
        name = self._text("theme", "system")
        return cast(ThemeChoice, name) if name in get_args(ThemeChoice) else "system"

    def set_theme(self, name: ThemeChoice) -> None:
        """Choose light, dark, or what the system has."""
        self._file.setValue("theme", name)

    def theme_shown(self) -> Literal["light", "dark"]:
        """The theme to show: the chosen one, or that of the system."""
        name = self.theme()
        if name != "system":
            return name
        return "dark" if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"

    def scale(self) -> float:
        """Size of type; 1 is normal."""
        try:
            scale = float(self._text("scale", "1"))
        except ValueError:
            return SCALES[0]
        return scale if SCALES[0] <= scale <= SCALES[1] else SCALES[0]

    def set_scale(self, scale: float) -> None:
        """Choose the size of type."""
        self._file.setValue("scale", str(scale))

    def language(self) -> str:
        """Name of a language such as "de", or "" for that of the system."""
        return self._text("language", "")

    def set_language(self, name: str) -> None:
        """Choose the language."""
        self._file.setValue("language", name)

    def recent(self) -> tuple[str, ...]:
        """Paths opened last: those that are there first, the latest first."""
        return tuple(sorted(self._recent(), key=lambda name: not _exists(name)))

    def add_recent(self, path: str) -> None:
        """Remember a path that was opened or saved."""
        names = [path, *(name for name in self._recent() if name != path)][:RECENT]
        self._file.setValue("recent", json.dumps(names))

    def folder(self, purpose: str) -> str:
        """The folder used last for a purpose, such as "open"; the home folder where it is not there."""
        name = self._text(f"folders/{purpose}", "")
        return name if name and _exists(name) else QDir.homePath()

    def set_folder(self, purpose: str, path: str) -> None:
        """Remember the folder for a purpose."""
        self._file.setValue(f"folders/{purpose}", path)

    def derived(self) -> str:
        """The problem that was derived last, as its workspace keeps it; "" where there is none."""
        return self._text("derive/problem", "")

    def set_derived(self, text: str) -> None:
        """Remember the problem that was derived last."""
        self._file.setValue("derive/problem", text)

    def laboratory(self, page: str) -> str:
        """What a page of the laboratory keeps of itself; "" where there is nothing."""
        return self._text(f"laboratory/{page}", "")

    def set_laboratory(self, page: str, text: str) -> None:
        """Remember that."""
        self._file.setValue(f"laboratory/{page}", text)

    def place(self) -> tuple[QByteArray, QByteArray]:
        """Geometry and state of the window; empty where there are none."""
        return self._bytes("window/geometry"), self._bytes("window/state")

    def set_place(self, geometry: QByteArray, state: QByteArray) -> None:
        """Remember where the window and its panels are."""
        self._file.setValue("window/geometry", bytes(geometry.toBase64().data()).decode("ascii"))
        self._file.setValue("window/state", bytes(state.toBase64().data()).decode("ascii"))

    def limits(self) -> Limits:
        """The defaults with what the person changed."""
        changed: dict[str, int] = {}
        for each in fields(Limits):
            text = self._text(f"limits/{each.name}", "")
            if text.isascii() and text.isdecimal() and 1 <= int(text[:20]) <= most(each.metadata["unit"]):
                changed[each.name] = int(text)
        return replace(Limits(), **changed)

    def set_limits(self, wanted: Limits) -> None:
        """Remember the limits that differ from the defaults."""
        for each in fields(Limits):
            value = getattr(wanted, each.name)
            if value == each.default:
                self._file.remove(f"limits/{each.name}")
            else:
                self._file.setValue(f"limits/{each.name}", str(value))

    def apply_limits(self) -> None:
        """Put the limits in force."""
        limits.change(self.limits())

    def keep(self) -> None:
        """Bring everything to the disk now; it happens by itself a little later, and at the end."""
        self._file.sync()

    def _text(self, name: str, default: str) -> str:
        value = self._file.value(name, default)
        return value if isinstance(value, str) else default

    def _bytes(self, name: str) -> QByteArray:
        return QByteArray.fromBase64(self._text(name, "").encode("ascii", "replace"))

    def _recent(self) -> Sequence[str]:
        try:
            names = json.loads(self._text("recent", "[]"))
        except (ValueError, RecursionError):
            return ()
        return [name for name in names if isinstance(name, str)][:RECENT] if isinstance(names, list) else ()


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:
        return False
