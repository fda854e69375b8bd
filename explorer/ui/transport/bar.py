"""The bar itself: first, back, play, next, last, the scrubber, the speed, and where one stands."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QWidget

from explorer.ui import theme
from explorer.ui.captioned import Elided, menu_button
from explorer.ui.transport.scrubber import Scrubber
from explorer.ui.transport.signs import Sign, SignButton

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
LINE_MILLISECONDS = 1600
"""How long a line is shown at speed 1."""


class Transport(QFrame):
    """Holds no place: it says what is wanted, and shows where one stands."""

    first_wanted = Signal()
    last_wanted = Signal()
    moved = Signal(int)
    """So many lines on by the person, or back."""
    played = Signal()
    """One line on by itself."""
    scrubbed = Signal(int)

    def __init__(self, name: str, title_of: Callable[[int], str], period: int = LINE_MILLISECONDS) -> None:
        """`name` begins the names of its parts; `title_of` says what a segment is; `period` is of speed 1."""
        super().__init__()
        now = theme.current()
        self.setObjectName(f"{name}.transport")
        self.setProperty("role", "card")
        self._speed = 1.0
        self._period = period
        self._clock = QTimer(self)
        self._clock.timeout.connect(self.played)
        row = QHBoxLayout(self)
        row.setContentsMargins(now.px(14), now.px(8), now.px(14), now.px(8))
        row.setSpacing(now.px(6))
        self._buttons: dict[str, SignButton] = {}
        does: dict[Sign, tuple[str, Callable[[], object]]] = {
            "first": (self.tr("First (Home)"), self.first_wanted.emit),
            "back": (self.tr("Back (Left; with Shift: by a whole step)"), lambda: self.moved.emit(-1)),
            "play": (self.tr("Play or pause (Space)"), self.switch),
            "next": (self.tr("On (Right; with Shift: by a whole step)"), lambda: self.moved.emit(1)),
            "last": (self.tr("Last (End)"), self.last_wanted.emit),
        }
        for sign, (tip, act) in does.items():
            made = SignButton(sign, f"{name}.{sign}")
            made.setToolTip(tip)
            made.setAccessibleName(tip)
            made.clicked.connect(lambda _checked=False, act=act: act())
            self._buttons[sign] = made
            row.addWidget(made)
        self._buttons["play"].setProperty("role", "primary")
        self.scrubber = Scrubber(f"{name}.scrubber", title_of)
        self.scrubber.valueChanged.connect(self.scrubbed)
        row.addSpacing(now.px(4))
        row.addWidget(self.scrubber, 1)
        row.addSpacing(now.px(4))
        self._where = Elided("", "small number", muted=True, least=now.px(60))
        self._where.setObjectName(f"{name}.where")
        row.addWidget(self._where)
        self._speeds = menu_button("", f"{name}.speed", self.tr("Speed of playing ( < slower, > faster )"))
        self._speeds.setMenu(self._speed_menu())
        row.addWidget(self._speeds)
        self.set_speed(1.0)

    def add(self, widget: QWidget) -> None:
        """A further button at the right."""
        layout = self.layout()
        assert layout is not None
        layout.addWidget(widget)

    def _speed_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        for speed in SPEEDS:
            action = QAction(_times(speed), menu)
            action.setCheckable(True)
            action.setData(speed)
            group.addAction(action)
            menu.addAction(action)
        group.triggered.connect(lambda action: self.set_speed(action.data()))
        return menu

    @property
    def speed(self) -> float:
        """How fast it plays."""
        return self._speed

    def set_speed(self, speed: float) -> None:
        """Play faster or slower."""
        self._speed = speed
        self._clock.setInterval(round(self._period / speed))
        self._speeds.setText(_times(speed))
        for action in self._speeds.menu().actions():
            action.setChecked(action.data() == speed)

    def change_speed(self, by: int) -> None:
        """So many speeds faster."""
        self.set_speed(SPEEDS[min(max(SPEEDS.index(self._speed) + by, 0), len(SPEEDS) - 1)])

    @property
    def playing(self) -> bool:
        """Whether it goes on by itself."""
        return self._clock.isActive()

    def switch(self) -> None:
        """Play, or pause; from the end it plays anew."""
        if self.playing:
            self.pause()
            return
        if self.scrubber.value() >= self.scrubber.maximum():
            self.first_wanted.emit()
        self._clock.start()
        self._buttons["play"].show_sign("pause")

    def pause(self) -> None:
        """Stand still."""
        self._clock.stop()
        self._buttons["play"].show_sign("play")

    def show_place(self, position: int, lengths: tuple[int, ...], where: str) -> None:
        """Lines before this one, lines of every segment, and where that is in words."""
        blocked = self.scrubber.blockSignals(True)
        self.scrubber.show_lengths(lengths)
        self.scrubber.setValue(position)
        self.scrubber.blockSignals(blocked)
        self._where.setText(where)
        end = sum(lengths) - 1
        for name in ("first", "back"):
            self._buttons[name].setEnabled(position > 0)
        for name in ("next", "last"):
            self._buttons[name].setEnabled(position < end)
        self._buttons["play"].setEnabled(end > 0)
        if position >= end:
            self.pause()


def _times(speed: float) -> str:
    return f"{speed:g}×"
