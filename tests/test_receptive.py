"""The receptive field holds every cell that makes a difference, and where windows say so, no others."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from explorer.model.document import Document, Link, Source
from explorer.model.editing import add, set_batch, set_dtype, switch
from explorer.model.evaluation import Evaluated, Evaluation
from explorer.model.pictures import from_array
from explorer.model.receptive import Box, receptive_fields
from explorer.ops.op import no_tick

SHAPE = (1, 2, 9, 8)
SOURCE = Link("source", "x")


def pipeline(tensor: np.ndarray, *layers: tuple[str, dict[str, object]]) -> Document:
    document = set_dtype(Document(Source((from_array(tensor.astype(np.float32), "cells"),))), "float64")
    for op, params in layers:
        document, _ = add(document, op, **params)
    return document


def reached(evaluated: Evaluated, link: Link, index: tuple[int, ...]) -> Box | None:
    """The box around the source cells that change one cell when they are raised or lowered."""
    cells = list(np.ndindex(SHAPE[1:]))
    found = None
    for seed in range(2):
        tensor = np.random.default_rng(seed).standard_normal(SHAPE)
        changed = np.repeat(tensor, 1 + 2 * len(cells), axis=0)
        for place, (cell, change) in enumerate(product(cells, (50.0, -50.0)), 1):
            changed[(place, *cell)] += change
        values = {SOURCE: changed}
        for node in evaluated.document:
            assert node.operation is not None
            xs = tuple(values[each] for each in node.inputs)
            ys, _ = node.operation.forward(xs, evaluated.results[node.id].weights, node.params, no_tick)
            values |= {Link(node.id, port): y for port, y in zip(node.operation.outputs, ys, strict=True)}
        outcome = values[link][(slice(None), *index[1:])]
        for place in np.flatnonzero(outcome != outcome[0]):
            c, i, j = cells[(place - 1) // 2]
            one = Box((0, 1), (c, c + 1), (i, i + 1), (j, j + 1))
            found = one if found is None else found.joined(one)
    return found


CONV = ("conv", {"filters": 3, "bank": "random"})
STRIDED = ("conv", {"filters": 2, "bank": "random", "stride": (2, 2), "kernel": (3, 3)})
DILATED = ("conv", {"filters": 2, "bank": "random", "dilation": (2, 1), "padding": "valid"})
GROUPED = ("conv", {"filters": 2, "bank": "random", "groups": 2})
POOL = ("max_pool", {})
MEAN = ("mean_pool", {"kernel": (3, 2), "stride": (1, 2)})
MIRROR = ("pad", {"mode": "reflect", "amounts": (2, 1, 1, 2)})
ZEROS = ("pad", {"amounts": (1, 0, 2, 0)})
UNPOOL = ("max_unpool", {})
SUM = ("add", {})
CONCAT = ("concat", {})


@pytest.mark.parametrize(
    "layers",
    [
        (STRIDED, POOL),
        (CONV, MEAN),
        (DILATED, POOL),
        (GROUPED, GROUPED),
        (MIRROR, MEAN),
        (MIRROR, MIRROR, DILATED),
        (ZEROS, MEAN),
    ],
    ids=[
        "strided, pooled",
        "same, averaged",
        "dilated, pooled",
        "grouped twice",
        "mirrored",
        "mirrored twice",
        "zeros around",
    ],
)
@pytest.mark.parametrize("corner", [0, -1], ids=["first cell", "last cell"])
def test_the_box_is_what_perturbing_every_source_cell_finds(
    layers: tuple[tuple[str, dict[str, object]], ...], corner: int
) -> None:
    evaluated = Evaluation().run(pipeline(np.zeros(SHAPE), *layers))
    link = evaluated.document.nodes[-1].main
    value = evaluated.value(link)
    assert value is not None
    index = (0, *(0 if corner == 0 else size - 1 for size in value.shape[1:]))
    assert receptive_fields(evaluated, link, index)[SOURCE].clipped(SHAPE) == reached(evaluated, link, index)


@pytest.mark.parametrize("index", [(0, 0, 0, 0), (0, 1, 2, 3)])
def test_through_unpooling_no_cell_that_matters_lies_outside_of_the_box(index: tuple[int, ...]) -> None:
    layers = (STRIDED, POOL, UNPOOL)
    evaluated = Evaluation().run(pipeline(np.zeros(SHAPE), *layers))
    link = evaluated.document.nodes[-1].main
    box = receptive_fields(evaluated, link, index)[SOURCE].clipped(SHAPE)
    found = reached(evaluated, link, index)
    assert found is not None
    assert box.joined(found) == box


@pytest.mark.parametrize("join", [SUM, CONCAT], ids=["sum", "concatenation"])
@pytest.mark.parametrize("corner", [0, -1], ids=["first cell", "last cell"])
def test_behind_a_join_the_box_spans_both_branches(join: tuple[str, dict[str, object]], corner: int) -> None:
    later = ("conv", {"filters": 2, "bank": "random", "kernel": (1, 1)})
    evaluated = Evaluation().run(pipeline(np.zeros(SHAPE), CONV, CONV, join, later))
    link = evaluated.document.nodes[-1].main
    value = evaluated.value(link)
    assert value is not None
    index = (0, *(0 if corner == 0 else size - 1 for size in value.shape[1:]))
    boxes = receptive_fields(evaluated, link, index)
    assert boxes[SOURCE].clipped(SHAPE) == reached(evaluated, link, index)
    for id in ("n1", "n2"):
        assert boxes[Link(id, "y")].channels == (0, 3), "all maps of either branch go into the sum over channels"


def test_a_map_of_a_concatenation_leads_into_its_own_branch_alone() -> None:
    evaluated = Evaluation().run(pipeline(np.zeros(SHAPE), CONV, CONV, CONV, CONCAT))
    assert evaluated.document.nodes[-1].inputs == (Link("n3", "y"), Link("n2", "y"))
    second = receptive_fields(evaluated, Link("n4", "y"), (0, 4, 2, 3))
    assert Link("n3", "y") not in second
    assert second[Link("n2", "y")] == Box((0, 1), (1, 2), (2, 3), (3, 4))


def test_every_output_on_the_way_has_its_box_and_later_ones_have_none() -> None:
    evaluated = Evaluation().run(pipeline(np.zeros(SHAPE), CONV, POOL, UNPOOL))
    boxes = receptive_fields(evaluated, Link("n2", "y"), (0, 1, 2, 3))
    assert set(boxes) == {SOURCE, Link("n1", "y"), Link("n2", "y")}
    assert boxes[Link("n2", "y")] == Box((0, 1), (1, 2), (2, 3), (3, 4))
    assert boxes[Link("n1", "y")] == Box((0, 1), (1, 2), (4, 6), (6, 8))
    assert boxes[SOURCE] == Box((0, 1), (0, 2), (3, 7), (5, 9))  # one column lies in the padding


def test_a_layer_that_is_switched_off_hands_the_box_through() -> None:
    evaluated = Evaluation().run(switch(pipeline(np.zeros(SHAPE), CONV), "n1", False))
    boxes = receptive_fields(evaluated, Link("n1", evaluated.results["n1"].ports[0]), (0, 1, 2, 3))
    assert boxes[SOURCE] == Box((0, 1), (1, 2), (2, 3), (3, 4))


def test_a_cell_of_the_source_is_its_own_receptive_field() -> None:
    evaluated = Evaluation().run(pipeline(np.zeros(SHAPE), CONV))
    assert receptive_fields(evaluated, SOURCE, (0, 1, 2, 3)) == {SOURCE: Box((0, 1), (1, 2), (2, 3), (3, 4))}


def test_a_box_that_lies_in_the_padding_is_clipped_to_the_nearest_cell() -> None:
    assert Box((0, 1), (0, 1), (-3, -1), (7, 12)).clipped((1, 2, 5, 6)) == Box((0, 1), (0, 1), (0, 1), (5, 6))


@pytest.mark.parametrize(("op", "images"), [("batch_norm", (0, 3)), ("instance_norm", (1, 2))])
def test_a_statistic_over_the_batch_reaches_into_all_its_images(op: str, images: tuple[int, int]) -> None:
    batch = pipeline(np.zeros((3, *SHAPE[1:])), CONV, (op, {}))
    evaluated = Evaluation().run(set_batch(batch, whole=True))
    boxes = receptive_fields(evaluated, Link("n2", "y"), (1, 2, 3, 4))
    assert boxes[Link("n2", "y")] == Box((1, 2), (2, 3), (3, 4), (4, 5))
    assert boxes[Link("n1", "y")] == Box(images, (2, 3), (0, 9), (0, 8))
    assert boxes[SOURCE].images == images
