"""The errors as a plot, as a table, and as a list for a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication

from explorer.model.laboratory.accuracy import PUBLISHED, Arithmetic
from explorer.model.laboratory.error_lines import Lines, Row, Spread, published_ratio, spread
from explorer.model.laboratory.families import FAMILIES, Family
from explorer.ui.laboratory.accuracy.asked import family_names
from explorer.ui.laboratory.charts.chart import Axis, Chart, Line
from explorer.ui.laboratory.numbers import Cell, Numbers

__all__ = ["chart_of", "listed", "numbers_of", "title_of"]

_tr = QCoreApplication.translate
_Key = tuple[Family, Arithmetic]


def title_of(asked: Lines) -> str:
    """What is measured."""
    name = f"F(m×m, {asked.r}×{asked.r})" if asked.directions == 2 else f"F(m, {asked.r})"
    return _tr("Accuracy", "Error of {0} on random tiles").format(name)


def _name(key: _Key, arithmetics: Sequence[Arithmetic]) -> str:
    family, arithmetic = key
    name = family_names()[family]
    return f"{name}, {arithmetic}" if len(arithmetics) > 1 else name


def _by_line(rows: Sequence[Row]) -> dict[_Key, list[Row]]:
    made: dict[_Key, list[Row]] = {}
    for row in rows:
        made.setdefault((row.place.family, row.place.arithmetic), []).append(row)
    return made


def chart_of(asked: Lines, rows: Sequence[Row], empty: str) -> Chart:
    """A line for each family and arithmetic, the direct filter, and what was published."""
    lines = []
    for key, line in _by_line(rows).items():
        found = [(row.place.m, each) for row in line if (each := spread(row.found)) is not None]
        lines.append(_line(_name(key, asked.arithmetics), found, FAMILIES.index(key[0]), dashed=key[1] == "float16"))
    if rows:
        lines += [
            _line(_tr("Accuracy", "direct") + (f", {arithmetic}" if len(asked.arithmetics) > 1 else ""), found, None)
            for arithmetic, found in _direct(rows).items()
        ]
    if lines and asked.directions == 2 and asked.r == 3 and "float32" in asked.arithmetics:
        at = [m for m in PUBLISHED if asked.first <= m <= asked.last]
        column = tuple(PUBLISHED[m] for m in at)
        lines.append(Line(_tr("Accuracy", "published errors"), tuple(map(float, at)), column, style="points"))
    return Chart(
        title_of(asked),
        Axis("m", whole=True),
        Axis(_tr("Accuracy", "mean of |y − y*|, inputs and taps from U(−1, 1)"), log=True, powers=True),
        tuple(line for line in lines if line.x),
        empty=empty,
    )


def _line(name: str, found: Sequence[tuple[int, Spread]], hue: int | None, *, dashed: bool = False) -> Line:
    return Line(
        name,
        tuple(float(m) for m, _ in found),
        tuple(each.mean for _, each in found),
        tuple(each.low for _, each in found),
        tuple(each.high for _, each in found),
        hue,
        "dashed" if dashed or hue is None else "line",
    )


def _direct(rows: Sequence[Row]) -> dict[Arithmetic, list[tuple[int, Spread]]]:
    """The direct filter on the tiles of the first family that has them."""
    made: dict[Arithmetic, dict[int, Spread]] = {}
    for row in rows:
        found = spread(row.found, lambda each: each.direct)
        if found is not None:
            made.setdefault(row.place.arithmetic, {}).setdefault(row.place.m, found)
    return {arithmetic: sorted(found.items()) for arithmetic, found in made.items()}


def numbers_of(asked: Lines, rows: Sequence[Row]) -> Numbers:
    """A row for each line, and the published column with the ratio to it under what was measured at its points."""
    at = range(asked.first, asked.last + 1)
    names: list[str] = []
    cells_of: list[tuple[Cell, ...]] = []
    quiet: set[int] = set()

    def add(name: str, cells: Mapping[int, Cell], *, aside: bool = False) -> None:
        if aside:
            quiet.add(len(cells_of))
        names.append(name)
        cells_of.append(tuple(cells.get(m) for m in at))

    for key, line in _by_line(rows).items():
        found = {row.place.m: each for row in line if (each := spread(row.found)) is not None}
        add(_name(key, asked.arithmetics), {m: each.mean for m, each in found.items()})
        ratios = {at.m: published_ratio(at, found[at.m]) for at in (row.place for row in line) if at.m in found}
        if key[0] == "accurate" and any(ratios.values()):
            add(_tr("Accuracy", "published errors"), {m: PUBLISHED.get(m) for m in at}, aside=True)
            add(_tr("Accuracy", "measured ÷ published"), ratios, aside=True)
    for arithmetic, found_directly in _direct(rows).items():
        name = _tr("Accuracy", "direct") + (f", {arithmetic}" if len(asked.arithmetics) > 1 else "")
        add(name, {m: each.mean for m, each in found_directly}, aside=True)
    return Numbers("m", tuple(f"m = {m}" for m in at), tuple(names), tuple(cells_of), frozenset(quiet))


def listed(asked: Lines, rows: Sequence[Row]) -> Numbers:
    """A row for each place with its spread: for a file."""
    columns = (
        "arithmetic",
        "m",
        "r",
        "points",
        "mean",
        "least",
        "greatest",
        "direct",
        "published",
        "ratio",
        "seeds",
        "tiles",
    )
    names, listed_rows = [], []
    for row in rows:
        place = row.place
        found, direct = spread(row.found), spread(row.found, lambda each: each.direct)
        if found is None or direct is None:
            continue
        names.append(place.family)
        points = " ".join(map(str, place.settings[0].filter.points))
        ratio = published_ratio(place, found)
        listed_rows.append(
            (
                place.arithmetic, place.m, asked.r, points, found.mean, found.low, found.high, direct.mean,
                PUBLISHED.get(place.m) if ratio else None, ratio, asked.seeds, asked.tiles,
            )
        )  # fmt: skip
    return Numbers("family", columns, tuple(names), tuple(listed_rows))
