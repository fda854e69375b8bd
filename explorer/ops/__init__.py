"""The operations, one file each. A file that holds a module-level `OP` is found by its being here, under its name.

`exact` in here needs no numpy, and those who derive on the command line load none.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.ops.op import Op


class _Operations(Mapping[str, "Op"]):
    """Each operation is imported when it is asked for, and all of them by a walk: a start needs a few of them."""

    def __init__(self) -> None:
        self.files = sorted(found.name for found in pkgutil.iter_modules(__path__))

    def __getitem__(self, name: str) -> Op:
        found = self._loaded(name) if name in self.files else None
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        found = [op for op in map(self._loaded, self.files) if op is not None]
        return iter([op.name for op in sorted(found, key=lambda op: (op.group, op.title))])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _loaded(self, name: str) -> Op | None:
        found: Op | None = getattr(importlib.import_module(f"{__name__}.{name}"), "OP", None)
        if found is not None and found.name != name:
            raise RuntimeError(f"the operation {found.name} stands in the file of {name}")
        return found


def load_each() -> Iterator[None]:
    """Import the operations that are not yet, one at each step."""
    known = _known()
    for name in known.files:
        known.get(name)
        yield


def operations() -> Mapping[str, Op]:
    """Every operation by its name, in the order of group and title."""
    return _known()


@cache
def _known() -> _Operations:
    return _Operations()
