"""What is asked of the accuracy page: its fields, their names, and what they are read as."""

from __future__ import annotations

from typing import Any, get_args

from PySide6.QtCore import QCoreApplication

from explorer.model.derivation import reading
from explorer.model.derivation.problem import Fractions, Point
from explorer.model.laboratory.accuracy import UNITS, Arithmetic
from explorer.model.laboratory.error_lines import MOST_OUTPUTS, MOST_SEEDS, MOST_TAPS, MOST_TILES, Lines
from explorer.model.laboratory.families import FAMILIES, Family
from explorer.model.laboratory.searching import Search
from explorer.refusal import Refusal
from explorer.ui.derive.asked import Asked, Misread
from explorer.ui.derive.fields import ChipsField, CountField
from explorer.ui.laboratory.asking import ChecksField, Form, choice, integer_of
from kernels.algebra.summation import Order

__all__ = [
    "MOST_TRIES",
    "USUAL",
    "VIEWS",
    "arithmetic_of",
    "family_names",
    "form",
    "fractions_of",
    "order_of",
    "read",
    "search_of",
    "shown_fields",
]

ROOM = "accuracy"
VIEWS = LINES, MAP, SEARCH = "lines", "map", "search"
MOST_TRIES = 100_000
_tr = QCoreApplication.translate
_MOST_TYPED = 24

USUAL = Asked(
    ROOM,
    (
        ("r", "3"),
        ("first", "2"),
        ("last", "8"),
        ("directions", "2"),
        ("families", ("accurate", "usual", "whole")),
        ("typed", ("0", "1", "-1", "1/2", "-2", "-1/2", "2")),
        ("arithmetics", ("float32",)),
        ("order", "huffman"),
        ("fractions", "G"),
        ("tiles", "500"),
        ("seeds", "5"),
        ("seed", "1"),
        ("view", "lines"),
        ("m", "4"),
        ("tries", "600"),
        ("search_seed", "1"),
        ("map_family", "accurate"),
        ("map_arithmetic", "float32"),
    ),
)
"""The last ones stand beside the plots: which view is shown, the m that is looked at, and what is searched with."""


def family_names() -> dict[Family, str]:
    """What the families of points are called, short enough for the end of a line."""
    return {
        "accurate": _tr("Accuracy", "published points"),
        "usual": _tr("Accuracy", "usual points"),
        "wincnn": _tr("Accuracy", "wincnn"),
        "whole": _tr("Accuracy", "whole numbers"),
        "chebyshev": _tr("Accuracy", "Chebyshev"),
        "typed": _tr("Accuracy", "own points"),
        "found": _tr("Accuracy", "found here"),
    }


def _family_tips() -> dict[Family, str]:
    return {
        "accurate": _tr("Accuracy", "Those of least error by Barabasz et al., for r = 3 and m = 2 … 8"),
        "usual": _tr("Accuracy", "0, ±1, ±2, ±½, ±4, ±¼, …: what is taken where nothing is asked for"),
        "wincnn": _tr("Accuracy", "The defaults of wincnn, for 3, 5 and 7 finite points"),
        "whole": _tr("Accuracy", "0, 1, −1, 2, −2, 3, −3, …"),
        "chebyshev": _tr("Accuracy", "Zeros of the Chebyshev polynomial, to the nearest sixteenth"),
        "typed": _tr("Accuracy", "The first m + r − 2 of the points that are typed below, and ∞"),
        "found": _tr("Accuracy", "The best set that a search kept, for each m"),
    }


def form() -> Form:
    """The fields of the page."""
    count = _tr("Accuracy", "A whole number, {0} to {1} (Up and Down step it)")
    names, tips = family_names(), _family_tips()
    families = ChecksField(
        "families", _tr("Accuracy", "Sets"), [(each, names[each], tips[each]) for each in FAMILIES], room=ROOM
    )
    return Form(
        USUAL,
        [
            _tr("Accuracy", "Filter"),
            CountField("r", _tr("Accuracy", "Taps r"), count.format(2, MOST_TAPS), room=ROOM),
            CountField("first", _tr("Accuracy", "Outputs m from"), count.format(1, MOST_OUTPUTS), room=ROOM),
            CountField("last", _tr("Accuracy", "to"), count.format(1, MOST_OUTPUTS), room=ROOM),
            choice(
                "directions",
                _tr("Accuracy", "Directions"),
                _tr("Accuracy", "Along a line, or nested over a plane"),
                [("2", "F(m×m, r×r)"), ("1", "F(m, r)")],
                ROOM,
            ),
            _tr("Accuracy", "Points"),
            families,
            ChipsField("typed", _tr("Accuracy", "Own points, in order"), room=ROOM),
            _tr("Accuracy", "Arithmetic"),
            ChecksField(
                "arithmetics",
                _tr("Accuracy", "Number formats"),
                [
                    ("float32", "float32", _tr("Accuracy", "Every operation rounded to 24 bits")),
                    ("float16", "float16", _tr("Accuracy", "Every operation rounded to 11 bits, emulated")),
                ],
                room=ROOM,
            ),
            choice(
                "order",
                _tr("Accuracy", "Sums"),
                _tr("Accuracy", "In which order the transforms add up"),
                [
                    ("huffman", _tr("Accuracy", "Huffman's tree")),
                    ("rows", _tr("Accuracy", "left to right")),
                    ("shared", _tr("Accuracy", "shared")),
                ],
                ROOM,
            ),
            choice(
                "fractions",
                _tr("Accuracy", "Fractions in"),
                _tr("Accuracy", "Which matrix has its rows scaled by the fractions"),
                [("G", "G"), ("A", "Aᵀ"), ("B", "Bᵀ"), ("F", _tr("Accuracy", "apart, f"))],
                ROOM,
            ),
            _tr("Accuracy", "Random tiles"),
            CountField("tiles", _tr("Accuracy", "Tiles a seed"), count.format(10, MOST_TILES), room=ROOM),
            CountField("seeds", _tr("Accuracy", "Seeds"), count.format(1, MOST_SEEDS), room=ROOM),
            CountField("seed", _tr("Accuracy", "First seed"), count.format(0, 2**31), room=ROOM),
        ],
        reading.point,
    )


def read(what: Asked) -> Lines:
    """What is to be measured; `Misread` for the first field that is wrong."""
    first = integer_of(what, "first", 1, MOST_OUTPUTS)
    families = tuple(each for each in FAMILIES if each in what.value("families"))
    return Lines(
        integer_of(what, "r", 2, MOST_TAPS),
        first,
        integer_of(what, "last", first, MOST_OUTPUTS),
        1 if what.text("directions") == "1" else 2,
        families,
        tuple(each for each in UNITS if each in what.value("arithmetics")),
        _points(what) if "typed" in families else (),
        order_of(what),
        fractions_of(what),
        integer_of(what, "tiles", 10, MOST_TILES),
        integer_of(what, "seeds", 1, MOST_SEEDS),
        integer_of(what, "seed", 0, 1 << 31),
    )


def arithmetic_of(what: Lines) -> Arithmetic:
    """The first of those that are asked for."""
    return what.arithmetics[0] if what.arithmetics else "float32"


def order_of(what: Asked) -> Order:
    """How the transforms add up."""
    order: Order = _one_of(what, "order", Order)
    return order


def fractions_of(what: Asked) -> Fractions:
    """Which matrix takes the fractions."""
    fractions: Fractions = _one_of(what, "fractions", Fractions)
    return fractions


def shown_fields(what: Asked) -> frozenset[str]:
    """The fields at the left that mean something in the view that is shown."""
    view = what.text("view")
    if view == MAP:
        return frozenset({"order", "fractions"})
    if view == SEARCH:
        return frozenset({"r", "directions", "arithmetics", "order", "fractions"})
    names = {name for name, _ in USUAL.values}
    return frozenset(names if "typed" in what.value("families") else names - {"typed"})


def search_of(what: Asked) -> Search:
    """The search that is asked for: with the filter, the number format, the sums and the scaling of the page."""
    lines = read(what)
    return Search(
        integer_of(what, "m", 1, MOST_OUTPUTS),
        lines.r,
        lines.directions,
        arithmetic_of(lines),
        lines.order,
        lines.fractions,
        evaluations=integer_of(what, "tries", 1, MOST_TRIES),
        seed=integer_of(what, "search_seed", 0, 1 << 31),
    )


def _one_of(what: Asked, name: str, options: Any) -> Any:
    text = what.text(name)
    return text if text in get_args(options) else USUAL.text(name)


def _points(what: Asked) -> tuple[Point, ...]:
    found: list[Point] = []
    for number, text in enumerate(what.value("typed")):
        try:
            point = reading.point(text)
            if point in found:
                raise Refusal("The point {value} is there twice; each may be there once.", value=point)
            if number >= _MOST_TYPED:
                raise Refusal("There are {count} points; the most are {limit}.", count=number + 1, limit=_MOST_TYPED)
        except Refusal as refusal:
            raise Misread("typed", refusal, item=number) from refusal
        found.append(point)
    return tuple(found)
