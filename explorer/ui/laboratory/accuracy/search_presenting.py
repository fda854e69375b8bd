"""A search as a plot, as tables, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite

from PySide6.QtCore import QCoreApplication

from explorer.model.derivation.problem import Point
from explorer.model.digits import number
from explorer.model.laboratory.kept_points import Kept
from explorer.model.laboratory.search_progress import SoFar, Verdict
from explorer.model.laboratory.searching import Found, Outcome, Search
from explorer.ui.laboratory.accuracy.asked import family_names
from explorer.ui.laboratory.charts.chart import Axis, Chart, Line
from explorer.ui.laboratory.numbers import Numbers

__all__ = ["chart_of", "found_table", "kept_table", "known_name", "points_text", "said_of", "so_far_text", "title_of"]

_tr = QCoreApplication.translate


def title_of(search: Search) -> str:
    """What is searched."""
    m, r = search.m, search.r
    return f"F({m}×{m}, {r}×{r})" if search.directions == 2 else f"F({m}, {r})"


def known_name(keys: Sequence[str]) -> str:
    """What a known set is called: the first of its names that matters most."""
    names = {str(key): name for key, name in family_names().items()}
    key = next((each for each in ("accurate", "usual", "wincnn", "whole") if each in keys), "")
    return names.get(key, "")


def points_text(points: Iterable[Point]) -> str:
    """Points as mathematics writes them, ∞ last."""
    texts = [str(each) for each in points if each != "inf"]
    return ", ".join([*(each.replace("-", "−") for each in texts), "∞"])


def chart_of(search: Search, found: SoFar | None, empty: str) -> Chart:
    """The best error over the sets that were tried, and the known sets on the same tiles."""
    title = _tr("Accuracy", "Search for points of {0} in {1}").format(title_of(search), search.arithmetic)
    x, y = Axis(_tr("Accuracy", "sets tried")), Axis(_tr("Accuracy", "mean error on the tiles of the search"))
    if found is None or not found.history:
        return Chart(title, x, y, empty=empty)
    tried = float(found.evaluations)
    counts = [float(count) for count, _ in found.history]
    scores = [score for _, score in found.history]
    lines = [
        Line(_tr("Accuracy", "best so far"), (*counts, tried), (*scores, scores[-1]), hue=0, style="steps"),
    ]
    shown = 4 * scores[0]
    lines += [
        Line(known_name(each.presets), (1.0, tried), (each.score,) * 2, style="dashed")
        for each in found.known
        if each.score <= shown
    ]
    return Chart(title, x, Axis(y.title, log=True, powers=True), tuple(lines), empty=empty)


def so_far_text(search: Search, found: SoFar | None) -> str:
    """Sets tried, the best of them with its spread, and how it stands beside the known ones."""
    if found is None or found.best is None:
        return _tr("Accuracy", "Trying the first sets")
    text = _tr("Accuracy", "{0} of {1} sets tried; best {2} ± {3}").format(
        found.evaluations, search.evaluations, number(found.best.score, 3), _spread(found.best.deviation)
    )
    for each in found.known:
        if {"accurate", "usual"} & set(each.presets) and isfinite(each.score):
            share = found.best.score / each.score
            text += _tr("Accuracy", ", {0} × {1}").format(number(share, 3), known_name(each.presets))
    return text


def _spread(value: float) -> str:
    return number(value, 2) if isfinite(value) else "–"


def said_of(search: Search, outcome: Outcome, found: Verdict) -> str:
    """The outcome in words, with the spread over seeds that the search has not used."""

    def error(of: Found) -> str:
        return f"{number(of.mean, 3)} ± {_spread(of.deviation)}"

    values = {
        "count": outcome.evaluations,
        "name": title_of(search),
        "points": points_text(found.found.points),
        "percent": number(100 * (1 - found.ratio), 2),
        "error": error(found.found),
        "reference": known_name(found.known.presets),
        "known": error(found.known),
        "seeds": search.fresh,
    }
    if found.kind == "none":
        text = _tr(
            "Accuracy",
            "Nothing better than the {reference} was found for {name} in {count} sets: {known} over {seeds} fresh "
            "seeds.",
        )
    elif found.kind == "alike":
        text = _tr(
            "Accuracy",
            "{points} errs {error} over {seeds} fresh seeds, the {reference} {known}: the difference is within the "
            "spread. It is kept.",
        )
    else:
        text = _tr(
            "Accuracy",
            "{points} errs {percent} % less than the {reference}: {error} against {known}, over {seeds} fresh seeds. "
            "It is kept.",
        )
    return text.format(**values)


def found_table(outcome: Outcome | None) -> Numbers:
    """The sets that were found and the known ones, measured on the same fresh tiles."""
    columns = (
        _tr("Accuracy", "mean error"),
        _tr("Accuracy", "± over seeds"),
        _tr("Accuracy", "÷ best known"),
        _tr("Accuracy", "points"),
    )
    if outcome is None:
        return Numbers("", columns, worded=True, empty=_tr("Accuracy", "What the search finds is listed here."))
    best = min(each.mean for each in outcome.known)
    fresh = [(f"{place}. {known_name(each.presets)}".rstrip(), each) for place, each in enumerate(outcome.found, 1)]
    known = [(known_name(each.presets), each) for each in outcome.known if each not in outcome.found]
    rows = [
        (each.mean, each.deviation, each.mean / best if isfinite(best) else None, points_text(each.points))
        for _, each in (*fresh, *known)
    ]
    quiet = frozenset(range(len(fresh), len(rows)))
    return Numbers("", columns, tuple(name for name, _ in (*fresh, *known)), tuple(rows), quiet, worded=True)


def kept_table(sets: Sequence[Kept]) -> Numbers:
    """What was kept, the latest first."""
    columns = (
        _tr("Accuracy", "mean error"),
        _tr("Accuracy", "± over seeds"),
        _tr("Accuracy", "÷ best known"),
        _tr("Accuracy", "format"),
        _tr("Accuracy", "seed"),
        _tr("Accuracy", "found"),
        _tr("Accuracy", "points"),
    )
    names = tuple(
        f"F({each.m}×{each.m}, {each.r}×{each.r})" if each.directions == 2 else f"F({each.m}, {each.r})"
        for each in sets
    )
    rows = tuple(
        (
            each.mean, each.deviation, each.mean / each.against if each.against else None, each.arithmetic,
            str(each.seed), each.date, points_text(each.points),
        )
        for each in sets
    )  # fmt: skip
    empty = _tr("Accuracy", "Nothing is kept yet: a search keeps what errs less than the known sets.")
    return Numbers(_tr("Accuracy", "filter"), columns, names, rows, worded=True, empty=empty)
