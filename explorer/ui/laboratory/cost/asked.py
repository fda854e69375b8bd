"""What is asked of the cost page: its fields, and what they are read as."""

from __future__ import annotations

from typing import Literal, cast, get_args

from PySide6.QtCore import QCoreApplication

from explorer.model.derivation import reading
from explorer.model.laboratory.costs import Layer
from explorer.model.laboratory.sweeps import LIMITS, Sweep, Variable, spaced
from explorer.refusal import Refusal
from explorer.ui.derive.asked import Asked, Misread
from explorer.ui.derive.fields import CountField
from explorer.ui.laboratory.asking import ChecksField, Form, changed, choice, integer_of

__all__ = ["USUAL", "Quantity", "followed", "form", "quantities", "quantity_of", "read", "relative", "shown_fields"]

ROOM = "cost"
Quantity = Literal["operations", "multiplications", "transforms", "memory"]
_tr = QCoreApplication.translate
_TILES = (2, 4, 6)
_RANGES = {"H": ("16", "224"), "C": ("1", "64"), "K": ("1", "64"), "m": ("1", "8"), "r": ("2", "7")}
"""What is taken where another variable is chosen."""

USUAL = Asked(
    ROOM,
    (
        ("variable", "C"),
        ("first", "1"),
        ("last", "64"),
        ("H", "56"),
        ("C", "32"),
        ("K", "32"),
        ("r", "3"),
        ("tiles", ("2", "4", "6")),
        ("quantity", "operations"),
        ("scale", "absolute"),
    ),
)


def quantities() -> list[tuple[Quantity, str]]:
    """What the model counts."""
    return [
        ("operations", _tr("Cost", "operations")),
        ("multiplications", _tr("Cost", "multiplications")),
        ("transforms", _tr("Cost", "transforms")),
        ("memory", _tr("Cost", "memory")),
    ]


def form() -> Form:
    """The fields of the page."""
    count = _tr("Cost", "A whole number, {0} to {1} (Up and Down step it)")

    def size(name: Variable, label: str) -> CountField:
        return CountField(name, label, count.format(*LIMITS[name]), room=ROOM)

    variables = [
        ("H", _tr("Cost", "height and width H")),
        ("C", _tr("Cost", "channels C")),
        ("K", _tr("Cost", "filters K")),
        ("m", _tr("Cost", "outputs m of F(m×m)")),
        ("r", _tr("Cost", "taps r")),
    ]
    tip = _tr("Cost", "What grows from left to right")
    return Form(
        USUAL,
        [
            _tr("Cost", "Over"),
            choice("variable", _tr("Cost", "Size"), tip, variables, ROOM),
            CountField("first", _tr("Cost", "from"), _tr("Cost", "The least size (Up and Down step it)"), room=ROOM),
            CountField("last", _tr("Cost", "to"), _tr("Cost", "The greatest size (Up and Down step it)"), room=ROOM),
            _tr("Cost", "Layer"),
            size("H", _tr("Cost", "Height and width H")),
            size("C", _tr("Cost", "Channels C")),
            size("K", _tr("Cost", "Filters K")),
            size("r", _tr("Cost", "Taps r")),
            ChecksField(
                "tiles",
                _tr("Cost", "Fast filters beside direct, im2col and FFT"),
                [(str(m), f"F({m}×{m}, r×r)", _tr("Cost", "{0} × {0} outputs a tile").format(m)) for m in _TILES],
                room=ROOM,
            ),
            _tr("Cost", "Shown"),
            choice("quantity", _tr("Cost", "Model"), _tr("Cost", "What the model counts"), list(quantities()), ROOM),
            choice(
                "scale",
                _tr("Cost", "Scale"),
                _tr("Cost", "The numbers themselves, or how many times those of the direct way"),
                [("absolute", _tr("Cost", "absolute")), ("relative", _tr("Cost", "÷ direct"))],
                ROOM,
            ),
        ],
        reading.integer,
    )


def variable_of(what: Asked) -> Variable:
    """What grows."""
    name = what.text("variable")
    return name if name in LIMITS else "C"


def quantity_of(what: Asked) -> Quantity:
    """What the model counts."""
    name = what.text("quantity")
    return cast(Quantity, name) if name in get_args(Quantity) else "operations"


def relative(what: Asked) -> bool:
    """Whether everything is divided by the direct way."""
    return what.text("scale") == "relative"


def shown_fields(what: Asked) -> frozenset[str]:
    """The fields that mean something: not that of the variable, and over m no others."""
    variable = variable_of(what)
    return frozenset(name for name, _ in USUAL.values) - {"tiles" if variable == "m" else variable}


def followed(old: Asked, new: Asked) -> Asked:
    """`new` with the usual range of its variable, where that is another one."""
    if variable_of(old) == variable_of(new):
        return new
    first, last = _RANGES[variable_of(new)]
    return changed(new, first=first, last=last)


def read(what: Asked) -> Sweep:
    """What is shown and measured; `Misread` for the first field that is wrong."""
    variable = variable_of(what)
    least, most = LIMITS[variable]
    first = integer_of(what, "first", least, most)
    last = integer_of(what, "last", first, most)
    sizes: dict[str, int] = {}
    names: tuple[Variable, ...] = ("H", "C", "K", "r")
    for name in names:
        low, high = LIMITS[name]
        sizes[name] = first if name == variable else integer_of(what, name, low, high)
    layer = Layer(1, sizes["C"], sizes["K"], sizes["H"], sizes["H"], sizes["r"])
    tiles = tuple(m for m in _TILES if str(m) in what.value("tiles"))
    sweep = Sweep(layer, variable, spaced(variable, first, last), tiles)
    try:
        sweep.check()
    except Refusal as refusal:
        raise Misread("last", refusal) from refusal
    return sweep
