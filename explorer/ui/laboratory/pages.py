"""The pages of the laboratory: what each is called, and how it is made when it is first shown.

A page is a `Workspace` within the workspace: a widget, acts, a menu whose keys work while the focus is within the page,
and it is told when it comes and goes. Another page is another entry of `pages`, and a function that imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from explorer.model.evaluator import Evaluator
from explorer.model.store import Store
from explorer.ui.derive.asked import Asked
from explorer.ui.desk import Desk
from explorer.ui.dialogs.settings import Settings
from explorer.ui.explore import Explore
from explorer.ui.status import Status
from explorer.ui.workspaces import Workspace

TILE, ACCURACY, COST = "tile", "accuracy", "cost"
_tr = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Bench:
    """What a page works with. Texts in the status bar belong to the workspace `LABORATORY`.

    derive           to go to Derive and ask something there
    history_changed  to be called when undo and redo would do something else in the page
    failed           to be told of a defect beside the window
    """

    store: Store
    explore: Explore
    evaluator: Evaluator
    desk: Desk
    settings: Settings
    status: Status
    derive: Callable[[Asked], None] = lambda what: None
    history_changed: Callable[[], None] = lambda: None
    failed: Callable[[BaseException], None] = lambda error: None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page in the chooser; texts are translated already."""

    name: str
    title: str
    tip: str
    make: Callable[[Bench], Workspace]


def _tile(bench: Bench) -> Workspace:
    from explorer.ui.laboratory.tile.tile import Tile

    return Tile(bench)


def _accuracy(bench: Bench) -> Workspace:
    from explorer.ui.laboratory.accuracy.accuracy import Accuracy

    return Accuracy(bench)


def _cost(bench: Bench) -> Workspace:
    from explorer.ui.laboratory.cost.cost import Cost

    return Cost(bench)


def pages() -> tuple[Listed, ...]:
    """All pages, in the order of the chooser."""
    return (
        Listed(
            TILE,
            _tr("Laboratory", "Tile"),
            _tr("Laboratory", "Winograd's algorithm on one tile of the picture, number by number"),
            _tile,
        ),
        Listed(
            ACCURACY,
            _tr("Laboratory", "Accuracy"),
            _tr("Laboratory", "How much fast filters err, and points that err less"),
            _accuracy,
        ),
        Listed(
            COST,
            _tr("Laboratory", "Cost"),
            _tr("Laboratory", "What a layer takes by every way, by the model and by the clock"),
            _cost,
        ),
    )
