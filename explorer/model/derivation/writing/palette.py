"""Colours of the roles in documents."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from explorer.model.derivation.expression import Role

PAPER: Mapping[Role, str] = MappingProxyType(
    {
        "quotient": "#1d4ed8", "remainder": "#b45309", "focus": "#1d4ed8", "muted": "#64748b", "good": "#15803d",
        "bad": "#b91c1c", "hue1": "#1d4ed8", "hue2": "#c2410c", "hue3": "#0f766e", "hue4": "#7e22ce",
        "hue5": "#a16207", "hue6": "#be185d",
    }
)  # fmt: skip
"""On white."""

NIGHT: Mapping[Role, str] = MappingProxyType(
    {
        "quotient": "#7aa2ff", "remainder": "#f0a95b", "focus": "#7aa2ff", "muted": "#94a3b8", "good": "#5fd08a",
        "bad": "#ff8a8a", "hue1": "#7aa2ff", "hue2": "#ff9d66", "hue3": "#4fd1c0", "hue4": "#c79bff",
        "hue5": "#e0b84c", "hue6": "#ff8fc0",
    }
)  # fmt: skip
"""On a dark ground."""
