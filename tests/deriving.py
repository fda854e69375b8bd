"""The Derive workspace as a test uses it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from windows import Driver, wait

from explorer.ui.derive import asked
from explorer.ui.derive.walking import Place
from explorer.ui.derive.workspace import Derive
from explorer.ui.workspaces import DERIVE, EXPLORE

SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
NONE = Qt.KeyboardModifier.NoModifier


class Deriving:
    """The workspace, and what a person does with it."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.workspaces = driver.assembly.commands.workspaces
        self.workspaces.show(DERIVE)
        made = self.workspaces.get(DERIVE)
        assert isinstance(made, Derive)
        self.derive = made
        self.page = made.page

    def begin(self) -> None:
        """The first line of a division, without history."""
        self.derive.set_deep(False)
        self.derive.history.restart(asked.SAMPLES["gcd"])
        self.derive.history.restart(asked.SAMPLES["divide"])
        self.settle()
        self.derive.first()
        self.settle()

    def leave(self) -> None:
        """Back to Explore."""
        self.workspaces.show(EXPLORE)

    def focus(self, widget: QWidget) -> QWidget:
        """Give a widget the keys."""
        self.driver.window.activateWindow()
        widget.setFocus()
        wait(lambda: self.driver.window.isActiveWindow() and widget.hasFocus(), "it does not get the focus")
        return widget

    def settle(self) -> None:
        wait(self.derive.settled, "the derivation does not settle")
        QApplication.processEvents()

    def ask(self, subject: str, **values: asked.Value) -> None:
        """Another problem, from its beginning, without history."""
        made = dict(asked.SAMPLES[subject].values) | values
        self.derive.ask(asked.asked(subject, **made), "ask", anew=True)
        self.settle()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE, on: QWidget | None = None) -> None:
        QTest.keyClick(self.focus(on or self.page.sheet), key, modifier)
        self.settle()

    def type(self, name: str, text: str) -> None:
        """Type over what a field holds."""
        line = self.child(name)
        assert isinstance(line, QLineEdit)
        self.focus(line)
        line.selectAll()
        QTest.keyClick(line, Qt.Key.Key_Delete)
        QTest.keyClicks(line, text)
        self.settle()

    def child(self, name: str) -> QWidget:
        found = self.page.findChild(QWidget, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        label = self.child(name)
        assert isinstance(label, QLabel)
        return label.text() if not label.isHidden() else ""

    @property
    def place(self) -> Place:
        return self.derive.place

    @property
    def key_of_step(self) -> str:
        step = self.derive.current_step
        assert step is not None
        return step.key
