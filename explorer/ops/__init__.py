"""The operations, one file each. A file that holds a module-level `OP` is found by its being here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from explorer.ops.op import Op


@cache
def operations() -> Mapping[str, Op]:
    """Every operation by its name, in the order of group and title."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    found = [module.OP for module in modules if hasattr(module, "OP")]
    names = [op.name for op in found]
    if len(set(names)) != len(names):
        raise RuntimeError(f"two operations share a name: {sorted(names)}")
    return MappingProxyType({op.name: op for op in sorted(found, key=lambda op: (op.group, op.title))})
