"""What the stages of a tile are called: in a caption, in a formula, and as a step."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor

from explorer.model.laboratory.tile_terms import Place
from explorer.model.laboratory.tiling import Key, Worked
from explorer.ui.theme import Theme

_tr = QCoreApplication.translate

Role = Literal["data", "taps", "products", "outputs", "matrix"]

_ROLES: dict[Key, Role] = {
    "d": "data", "Bd": "data", "V": "data", "g": "taps", "Gg": "taps", "U": "taps", "P": "products", "M": "products",
    "AM": "outputs", "Y": "outputs", "y": "outputs", "direct": "outputs",
}  # fmt: skip
_HUES: dict[Role, int] = {"data": 0, "taps": 1, "products": 3, "outputs": 2}
_LETTERS: dict[Key, str] = {
    "d": "d", "Bd": "(Bᵀd)", "V": "v", "g": "g", "Gg": "(Gg)", "U": "u", "P": "p", "M": "m", "AM": "(Aᵀm)", "Y": "Y",
    "y": "y", "direct": "y",
}  # fmt: skip
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def role(key: Key) -> Role:
    """What a stage is made of."""
    return _ROLES[key]


def hue(role: Role, theme: Theme) -> QColor:
    """The colour of what is made of it."""
    return QColor(theme.hues[_HUES[role]]) if role in _HUES else theme.color("muted")


def symbol(of: Worked, place: Place) -> str:
    """A number in a formula: d₂₁, or d₁₀,₂."""
    letter = _LETTERS["M" if place.key == of.summed else place.key]
    between = "" if max(place.row, place.column) < 10 else ","
    return letter + f"{place.row}{between}{place.column}".translate(_LOWERED)


def caption(of: Worked, key: Key) -> str:
    """What stands above a matrix."""
    if key == "direct":
        return _tr("Tile", "plain sum")
    if key == of.final and key != "y":
        return _tr("Tile", "y = Aᵀ·m·A")
    captions: dict[Key, str] = {
        "d": _tr("Tile", "d · tile"),
        "Bd": "Bᵀ·d",
        "V": "v = Bᵀ·d·B",
        "g": _tr("Tile", "g · kernel"),
        "Gg": "G·g",
        "U": "u = G·g·Gᵀ",
        "P": "m = u ⊙ v" if of.summed == "P" else "u ⊙ v",
        "M": "m = Σ u ⊙ v",
        "AM": "Aᵀ·m",
        "Y": "Y = Aᵀ·m·A",
        "y": "y = Y + b",
    }
    return captions[key]


def full_caption(of: Worked, key: Key, mode: str) -> str:
    """The same where there is more room: of which channel, and in which unit."""
    text = caption(of, key)
    if key == "P" and of.summed != "P":
        text = _tr("Tile", "{0} · channel {1}").format(text, of.channels[of.channel])
    return _tr("Tile", "{0} · error in ulp").format(text) if mode == "difference" else text


def source(of: Worked, place: Place) -> str:
    """Where a number of the tile or of the kernel comes from."""
    if place.key == "g":
        return _tr("Tile", "tap ({0}, {1}) of filter {2}").format(place.row, place.column, of.filter)
    if of.padding[place.row, place.column]:
        return _tr("Tile", "padding")
    at = of.origin[0] + place.row, of.origin[1] + place.column
    return _tr("Tile", "channel {0}, row {1}, column {2} of the input").format(of.channels[of.channel], *at)


def difference(mode: str) -> str:
    """What stands above the difference between both ways."""
    return _tr("Tile", "exact difference") if mode == "exact" else _tr("Tile", "difference in float32")


def detail(name: str) -> str:
    """What is told of a number in full."""
    return {
        "exact": _tr("Tile", "exact"),
        "float32": _tr("Tile", "float32"),
        "difference": _tr("Tile", "difference"),
        "layer": _tr("Tile", "the layer"),
    }[name]


def title(of: Worked, key: Key) -> str:
    """A step, in words."""
    titles: dict[Key, str] = {
        "d": _tr("Tile", "The tile and the kernel"),
        "Bd": _tr("Tile", "Transform the columns of the tile"),
        "V": _tr("Tile", "Transform the rows of the tile"),
        "Gg": _tr("Tile", "Transform the columns of the kernel"),
        "U": _tr("Tile", "Transform the rows of the kernel"),
        "P": _tr("Tile", "Multiply number by number"),
        "M": _tr("Tile", "Add up the channels"),
        "AM": _tr("Tile", "Transform the columns back"),
        "Y": _tr("Tile", "Transform the rows back"),
        "y": _tr("Tile", "Add the bias"),
        "direct": _tr("Tile", "Compare with the plain sum"),
    }
    return titles[key]


def reason(of: Worked, key: Key) -> str:
    """What the step does, with its numbers."""
    (alpha, alpha2), (n, n2) = of.stages["d"].shape, of.stages["V"].shape
    (rows, columns), (r, r2) = of.stages["Y"].shape, of.stages["g"].shape
    products, outputs = n * n2, rows * columns
    plain = outputs * r * r2
    texts: dict[Key, str] = {
        "d": _tr(
            "Tile", "{0} × {1} inputs and {2} × {3} taps make {4} × {5} outputs; neighbouring tiles share inputs."
        ),
        "Bd": _tr("Tile", "Each column of d times Bᵀ: few additions, once for all filters."),
        "V": _tr("Tile", "Each row of the result times the same: the tile is ready for every filter."),
        "Gg": _tr("Tile", "Each column of g times G: done once for all tiles."),
        "U": _tr("Tile", "Each row of the result times the same: the kernel is ready for every tile."),
        "P": _tr("Tile", "{6} multiplications for {7} outputs and a channel; the plain sum takes {8}."),
        "M": _tr("Tile", "The sum over channels comes before the way back, which is then needed only once."),
        "AM": _tr("Tile", "Each column times Aᵀ: from products back to outputs."),
        "Y": _tr("Tile", "Each row of the result times the same: these are the outputs."),
        "y": _tr("Tile", "The same number for every output of the filter."),
        "direct": _tr("Tile", "The same outputs, tap by tap: exactly the same numbers, but rounded otherwise."),
    }
    return texts[key].format(alpha, alpha2, r, r2, rows, columns, products, outputs, plain)
