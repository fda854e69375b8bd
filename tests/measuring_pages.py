"""A page of the laboratory as a test uses it."""

from __future__ import annotations

from typing import Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from windows import Driver

from explorer.ui.laboratory.asked_page import AskedPage
from explorer.ui.laboratory.asking import changed
from explorer.ui.laboratory.workspace import Laboratory
from explorer.ui.workspaces import EXPLORE, LABORATORY

Page = TypeVar("Page", bound=AskedPage)


class OnPage(Generic[Page]):
    """The page, and what a person does with it."""

    def __init__(self, driver: Driver, name: str, kind: type[Page]) -> None:
        self.driver = driver
        self.workspaces = driver.assembly.commands.workspaces
        self.workspaces.show(LABORATORY)
        laboratory = self.workspaces.get(LABORATORY)
        assert isinstance(laboratory, Laboratory)
        page = laboratory.show_page(name)
        assert isinstance(page, kind)
        self.page = page

    def leave(self) -> None:
        """Back to Explore."""
        self.workspaces.show(EXPLORE)

    def settle(self) -> None:
        """Wait until what is shown belongs to what is asked."""
        raise NotImplementedError

    def ask(self, **values: object) -> None:
        """Other values in some fields."""
        self.page.ask(changed(self.page.history.state, **values))  # type: ignore[arg-type]
        self.settle()

    def child(self, name: str) -> QWidget:
        """A widget of the page by its object name."""
        found = self.page.page.findChild(QWidget, name)  # type: ignore[attr-defined]
        assert found is not None, name
        return found

    def click(self, name: str) -> None:
        """Click in the middle of a widget."""
        QTest.mouseClick(self.child(name), Qt.MouseButton.LeftButton)
