"""From a choice to what the page shows: computed step by step on the evaluation thread."""

from __future__ import annotations

from dataclasses import dataclass, replace

from explorer.model.display import Maps, View, coloured
from explorer.model.document import Link
from explorer.model.evaluation import Result
from explorer.model.laboratory.steps import Steps
from explorer.model.laboratory.tiles import Cut, Pair, Tiled, filters, tiled
from explorer.model.laboratory.tiling import Worked, worked
from explorer.refusal import Refusal
from explorer.ui.laboratory.tile.choice import Choice

SMALL = 800
"""Pixels of the longer side that the whole map is painted from, or somewhat more."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a choice leads to.

    maps    the input map of the chosen channel, coloured, and `small` the same with fewer pixels where it is large;
            `cut` its tiles; None where there are none
    worked  the numbers of the tile, or `refusal` says why there are none
    """

    choice: Choice
    result: Result
    tile: Pair = (0, 0)
    of: Tiled | None = None
    cut: Cut | None = None
    maps: Maps | None = None
    small: Maps | None = None
    worked: Worked | None = None
    refusal: Refusal | None = None


def answered(choice: Choice, result: Result, view: View, before: Answer | None) -> Steps[Answer]:
    """The answer; the coloured map of the answer `before` is taken over where it is the same."""
    answer = Answer(choice, result)
    try:
        of = tiled(result, choice.image)
        m = choice.outputs(of.layer)
        cut = of.cut(m)
        tile = cut.middle if choice.tile is None else cut.clamped(choice.tile)
        choice = replace(choice, tile=tile)
        answer = replace(answer, choice=choice, tile=tile, of=of, cut=cut)
        yield 0, 1
        maps, small = _maps(of, choice, view, before, result)
        answer = replace(answer, maps=maps, small=small)
        yield 0, 1
        algorithms = filters(of.layer, m, choice.points)
        yield 0, 1
        found = yield from worked(of, algorithms, choice.filter, choice.channel, tile)
        return replace(answer, worked=found)
    except Refusal as refusal:
        return replace(answer, refusal=refusal)


def _maps(of: Tiled, choice: Choice, view: View, before: Answer | None, result: Result) -> tuple[Maps, Maps]:
    channel = of.channels(choice.filter)[choice.channel]
    link = Link(choice.layer, "dark" if view.dark else "light")
    if before is not None and before.maps is not None and before.small is not None and before.of is not None:
        known = before.choice
        same = before.result is result and before.maps.link == link and known.image == choice.image
        if same and before.of.channels(known.filter)[known.channel] == channel:
            return before.maps, before.small
    plain = View(colours=view.colours, dark=view.dark, clip=view.clip)
    plane = of.x[channel : channel + 1]
    maps = coloured(plane, ("",), plain, link)
    _, height, width = plane.shape
    k = max(1, max(height, width) // SMALL)
    few = (max(1, height // k), max(1, width // k))
    return maps, maps if k == 1 else coloured(plane, ("",), replace(plain, pixels=few), link)
