"""Memory after many edits: parameters, weights, undo and redo, layers, and what is looked at.

The memo keeps up to 1 GB of results and undo 500 documents: until both are full memory grows by design. What grows
between 1,000 and 1,500 edits is a leak.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import arguments, finish, load, private_home, table

if TYPE_CHECKING:
    from benchmarks.driving import Driven

MARKS = (0, 50, 500, 1000, 1500)


def resident() -> int:
    """Bytes of this process in memory now; where the system does not say, the most so far."""
    if sys.platform.startswith("linux"):
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def edits(driven: Driven) -> tuple[Callable[[int], None], ...]:
    """What is done in turn; each is given its number."""
    from benchmarks.driving import conv_of

    explore, store = driven.explore, driven.assembly.store
    conv = conv_of(store.document)
    layers = [node.id for node in store.document]

    def look(number: int) -> None:
        explore.look(layer=layers[number // 10 % len(layers)], scope=("map", "layer")[number % 2])

    def look_back(number: int) -> None:
        explore.look(layer=conv, content=("activations", "both")[number // 10 % 2])

    def add_and_remove(number: int) -> None:
        explore.add_layer("relu")
        explore.remove_layer(explore.view.layer)
        explore.look(layer=conv, port="")

    return (
        driven.drag_weight,
        driven.drag_dilation,
        lambda number: store.end_merge(),
        lambda number: driven.assembly.panels.weights.value_changed.emit("b", (number % 8,), number * 0.001, False),
        lambda number: store.undo(),
        lambda number: store.redo(),
        look,
        look_back,
        add_and_remove,
        lambda number: driven.assembly.panels.form.changed.emit("bank", ("classic", "gabor")[number // 10 % 2], False),
    )


def counted(driven: Driven, number: int) -> dict[str, object]:
    """A row: memory, and what could explain it."""
    from PySide6.QtCore import QObject

    gc.collect()
    memo = driven.assembly.evaluator._evaluation._memo
    held = {id(y): y.nbytes for result in memo.values() for y in result.ys}
    return {
        "edits": number,
        "resident MB": round(resident() / 1e6, 1),
        "memo MB": round(sum(held.values()) / 1e6, 1),
        "memo results": len(memo),
        "Python objects": len(gc.get_objects()),
        "Qt objects": len(driven.assembly.window.findChildren(QObject)),
        "undo steps": len(driven.assembly.store._past),
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--edits", type=int, default=MARKS[-1])
    options = parser.parse_args()
    began = load()
    home = private_home(options)

    from benchmarks.driving import Driven, document

    rows = []
    with Driven(document(), Path(home.name, "state")) as driven:
        driven.show()
        rows.append(counted(driven, 0))
        for number, edit in enumerate(islice(cycle(edits(driven)), options.edits), 1):
            driven.settle(lambda edit=edit, number=number: edit(number))  # type: ignore[misc]
            if number in MARKS or number == options.edits:
                rows.append(counted(driven, number))
                print(f"  {number} edits: {rows[-1]['resident MB']} MB", flush=True)
    table("Memory after edits", rows)
    finish("memory", options, began, {"rows": rows})
    home.cleanup()


if __name__ == "__main__":
    main()
