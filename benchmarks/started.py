"""One start of the program, with its milestones as a line of JSON: `python -m benchmarks.started SECONDS`.

`SECONDS` is the time of `perf_counter` at which the process was asked for. Run by `benchmarks.start`.
"""

import json
import sys
from time import perf_counter
from typing import Any

told = {"Python runs": perf_counter()}

from explorer import app  # noqa: E402

app.import_what_needs_no_qt()

from PySide6.QtCore import QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from explorer.model.evaluator import Report  # noqa: E402
from explorer.ui.assembly import Assembly  # noqa: E402
from explorer.ui.explore import Explore  # noqa: E402
from explorer.ui.stage.map_grid import MapGrid  # noqa: E402
from explorer.ui.window import MainWindow  # noqa: E402

told["imported"] = perf_counter()


def _watch() -> None:
    """Note the first end of each milestone; the program ends itself once its first picture is painted."""
    made, show, paint, rest = Assembly.__init__, MainWindow.show, MapGrid.paintEvent, Explore._show_rest

    def assembled(*args: object, **kwargs: object) -> None:
        told["application made"] = perf_counter()
        made(*args, **kwargs)  # type: ignore[arg-type]
        told["window made"] = perf_counter()

    def shown(window: MainWindow) -> None:
        show(window)
        told["window shown"] = perf_counter()

    def painted(maps: MapGrid, event: object) -> None:
        paint(maps, event)  # type: ignore[arg-type]
        told.setdefault("first paint", perf_counter())

    def complete(self: Explore, report: Report) -> None:
        rest(self, report)
        if self.settled():
            # The maps were painted before.
            told["interactive"] = perf_counter()
            QTimer.singleShot(0, QApplication.closeAllWindows)
            QTimer.singleShot(0, QApplication.quit)

    patched: tuple[tuple[Any, str, object], ...] = (
        (Assembly, "__init__", assembled),
        (MainWindow, "show", shown),
        (MapGrid, "paintEvent", painted),
        (Explore, "_show_rest", complete),
    )
    for owner, name, replacement in patched:
        setattr(owner, name, replacement)


if __name__ == "__main__":
    began = float(sys.argv[1])
    _watch()
    app.main([])
    print(json.dumps({name: moment - began for name, moment in told.items()}))
