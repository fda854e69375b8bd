"""What a document is: layers in an order in which every link points backwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from toys import picture, toys

from explorer import limits
from explorer.model.document import SOURCE, Document, Link, Node, Source, frozen
from explorer.model.editing import add, ordered, switch
from explorer.model.plan import plan, weights_of
from explorer.refusal import Refusal


@pytest.fixture(autouse=True)
def _toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with toys(monkeypatch):
        yield


def chain(*ops: str, pictures: int = 1) -> Document:
    document = Document(Source(tuple(picture(f"p{n}", seed=n) for n in range(pictures))))
    for op in ops:
        document, _ = add(document, op)
    return document


def test_a_layer_is_found_by_its_id_and_by_its_name() -> None:
    document = chain("scale", "mix")
    assert document.node("n2").op == "mix"
    assert document.named("mix1").id == "n2"
    assert document.index("n2") == 1
    assert document.has("n1")
    assert not document.has("n3")


def test_an_unknown_name_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(Refusal, match="no layer 'conv1'; there are scale1, mix1"):
        chain("scale", "mix").named("conv1")


def test_a_layer_knows_who_takes_its_output() -> None:
    document = chain("halve", "scale", "restore")
    assert [(node.name, place) for node, place in document.consumers(Link("n1", "switches"))] == [("restore1", 1)]
    assert [(node.name, place) for node, place in document.consumers(Link("n1", "y"))] == [("scale1", 0)]


def test_shapes_are_known_before_anything_is_computed() -> None:
    planned = plan(chain("mix", "halve", "restore"))
    assert planned.layers["n1"].outputs == ((1, 2, 4, 6),)
    assert planned.layers["n2"].outputs == ((1, 2, 4, 3), (1, 2, 4, 3))
    assert planned.layers["n3"].outputs == ((1, 2, 4, 6),)


def test_the_whole_batch_has_as_many_images_as_pictures() -> None:
    document = chain("mix", pictures=3)
    assert plan(document).layers["n1"].outputs[0][0] == 1
    whole = replace(document, source=replace(document.source, whole=True))
    assert plan(whole).layers["n1"].outputs[0][0] == 3


def test_a_layer_that_cannot_run_blocks_only_what_hangs_on_it() -> None:
    document = chain("halve", "halve", "halve", "scale", "mix")
    document = document.with_node(replace(document.node("n5"), inputs=(Link(SOURCE, "x"),)))
    planned = plan(document)
    assert "The width is 1; the least is 2." in str(planned.refusals["n3"])
    assert "Waits for halve3" in str(planned.blocked["n4"])
    assert set(planned.layers) == {"n1", "n2", "n5"}


def test_without_a_picture_every_layer_waits_for_one() -> None:
    planned = plan(chain("scale", "mix", pictures=0))
    assert not planned.layers
    assert not planned.refusals
    assert "no picture yet" in str(planned.blocked["n1"])


def test_layers_that_would_fill_the_memory_are_refused_with_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    document = chain("mix")
    monkeypatch.setattr("explorer.model.plan.free_memory", lambda: 2 * (72 + 48 + 1) * 4)
    assert not plan(document).refusals
    monkeypatch.setattr("explorer.model.plan.free_memory", lambda: 2 * (72 + 48) * 4)
    assert "% of the free memory" in str(plan(chain("mix")).refusals["n1"])
    assert not plan(document).refusals, "a document that was accepted, and is in memory, stays accepted"


def test_the_share_of_the_memory_is_a_limit_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.model.plan.free_memory", lambda: 800)
    assert plan(chain("mix")).refusals
    monkeypatch.setattr(limits, "_current", replace(limits.Limits(), free_memory_percent=100))
    assert not plan(chain("mix")).refusals


def test_preprocessing_is_left_out_before_a_tensor() -> None:
    document = chain("prepare", "scale")
    tensor = replace(document, source=Source((picture(shape=(2, 3, 4, 5)),)))
    assert plan(tensor).layers["n1"].outputs == ((2, 3, 4, 5),)


def test_an_unknown_operation_blocks_while_it_is_on_and_hands_through_when_it_is_off() -> None:
    unknown = Node("n1", "dreaming", "dreaming1", {"depth": 3}, (Link(SOURCE, "x"),))
    document, _ = add(replace(chain(), nodes=(unknown,)), "scale")
    assert "'dreaming'" in str(plan(document).refusals["n1"])
    assert plan(switch(document, "n1", enabled=False)).layers["n2"].outputs == ((1, 3, 4, 6),)


def test_weights_are_drawn_alike_from_the_same_seed() -> None:
    document = chain("mix")
    shapes = plan(document).layers["n1"].inputs
    node = document.node("n1")
    again = weights_of(replace(node), shapes)
    assert np.array_equal(weights_of(node, shapes)["w"], again["w"])
    other = weights_of(replace(node, seed=node.seed + 1), shapes)
    assert not np.array_equal(again["w"], other["w"])


def test_edited_weights_keep_the_part_that_fits_when_the_shape_changes() -> None:
    node = chain("mix").node("n1")
    edited = frozen(np.full((2, 3), 7.0))
    node = replace(node, weights={"w": edited}, params=replace(node.params, channels=4))
    fitted = weights_of(node, ((1, 3, 4, 6),))["w"]
    assert fitted.shape == (4, 3)
    assert (fitted[:2] == 7).all()
    assert (fitted[2:] != 7).all()
    assert not fitted.flags.writeable


@pytest.mark.parametrize("count", [1, 5])
def test_every_link_of_an_ordered_document_points_backwards(count: int) -> None:
    document = ordered(chain(*["scale"] * count))
    for place, node in enumerate(document):
        assert all(link.node == SOURCE or document.index(link.node) < place for link in node.inputs)


def test_frozen_arrays_cannot_be_written_and_are_copied_only_where_they_could_be() -> None:
    writable = np.ones((2, 3))
    kept = frozen(writable)
    writable[0] = 5
    assert (kept == 1).all()
    assert not kept.flags.writeable
    assert frozen(kept) is kept
    assert frozen(np.asfortranarray(writable)).flags.c_contiguous
