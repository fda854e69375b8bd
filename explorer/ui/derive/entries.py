"""What can be done in the workspace by a key, declared once for its menu, its shortcuts and the list on F1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from explorer.ui.actions import Entry
from explorer.ui.workspaces import Keys

if TYPE_CHECKING:
    from explorer.ui.derive.workspace import Derive

_tr = QCoreApplication.translate


def entries(derive: Derive) -> list[Entry | None]:
    """The menu of the workspace; its keys work while the focus is within its page."""
    transport, form = derive.page.transport, derive.page.form
    return [
        Entry("derive.next", _tr("Derive", "Next line"), lambda: derive.move(1), ("Right", "PgDown")),
        Entry("derive.back", _tr("Derive", "Previous line"), lambda: derive.move(-1), ("Left", "PgUp")),
        Entry("derive.next_step", _tr("Derive", "Next step"), lambda: derive.step(1), ("Shift+Right",)),
        Entry("derive.back_step", _tr("Derive", "Previous step"), lambda: derive.step(-1), ("Shift+Left",)),
        Entry("derive.first", _tr("Derive", "First line"), derive.first, ("Home",)),
        Entry("derive.last", _tr("Derive", "Last line"), derive.last, ("End",)),
        Entry("derive.return", _tr("Derive", "Back to where you came from"), derive.back, ("Alt+Left",)),
        None,
        Entry("derive.slower", _tr("Derive", "Play slower"), lambda: transport.change_speed(-1), ("<",)),
        Entry("derive.faster", _tr("Derive", "Play faster"), lambda: transport.change_speed(1), (">",)),
        None,
        Entry("derive.deep", _tr("Derive", "All steps or the outline"), derive.switch_deep, ("D",)),
        Entry("derive.zoom_in", _tr("Derive", "Larger"), lambda: derive.zoom(1.2), ("Ctrl++", "Ctrl+=")),
        Entry("derive.zoom_out", _tr("Derive", "Smaller"), lambda: derive.zoom(1 / 1.2), ("Ctrl+-",)),
        Entry("derive.zoom_reset", _tr("Derive", "Usual size"), lambda: derive.zoom(0), ("Ctrl+0",)),
        None,
        Entry("derive.practice", _tr("Derive", "New problem"), lambda: form.practise(0), ("Ctrl+N",)),
        Entry("derive.harder", _tr("Derive", "Harder problem"), lambda: form.practise(1), ("Ctrl+Shift+N",)),
        None,
        Entry("derive.run", _tr("Derive", "Run it on the image"), derive.run, ("Ctrl+Return",)),
        Entry("derive.copy_latex", _tr("Derive", "Copy the step as LaTeX"), derive.copying.latex, ("Ctrl+Shift+C",)),
    ]


def keys(made: Sequence[Entry | None]) -> Keys:
    """For the list of keys."""
    rows = [(" / ".join(each.keys), each.text) for each in made if each is not None]
    return [
        (_tr("Derive", "Derivation"), [("Space", _tr("Derive", "Play or pause")), *rows]),
        (
            _tr("Derive", "Points and moduli"),
            [
                ("Enter", _tr("Derive", "Change the chip, or add what is typed")),
                ("Del", _tr("Derive", "Remove the chip")),
                ("Ctrl+← →", _tr("Derive", "Move the chip")),
            ],
        ),
    ]
