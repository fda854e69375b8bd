"""Edits give the next document or are refused; a refused edit leaves the document as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from toys import picture, toys

from explorer import limits
from explorer.model import editing
from explorer.model.document import SOURCE, Document, Link, Source
from explorer.model.editing import (
    accepted,
    add,
    drawn_again,
    duplicate,
    move,
    remove,
    rename,
    rewire,
    set_batch,
    set_dtype,
    set_params,
    set_pictures,
    set_weight,
    set_weight_value,
    switch,
)
from explorer.model.plan import plan, weights_of
from explorer.refusal import Refusal


@pytest.fixture(autouse=True)
def _toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with toys(monkeypatch):
        yield


def chain(*ops: str) -> Document:
    document = Document(Source((picture(),)))
    for op in ops:
        document, _ = add(document, op)
    return document


def wiring(document: Document) -> list[str]:
    """Every layer with what it takes, as one line each."""
    names = {SOURCE: SOURCE} | {node.id: node.name for node in document}
    return [
        f"{node.name} ← {', '.join(f'{names[link.node]}.{link.port}' for link in node.inputs)}" for node in document
    ]


def test_layers_are_added_to_the_end_of_the_chain() -> None:
    assert wiring(chain("scale", "mix", "scale")) == [
        "scale1 ← source.x", "mix1 ← scale1.y", "scale2 ← mix1.y",
    ]  # fmt: skip


def test_a_layer_put_between_two_takes_from_the_first_and_gives_to_the_second() -> None:
    document, id = add(chain("scale", "mix"), "square", after="n1")
    assert id == "n3"
    assert wiring(document) == ["scale1 ← source.x", "square1 ← scale1.y", "mix1 ← square1.y"]
    document, _ = add(document, "scale", after=SOURCE, factor=3.0)
    assert wiring(document)[:2] == ["scale2 ← source.x", "scale1 ← scale2.y"]
    assert document.named("scale2").params.factor == 3


def test_side_inputs_are_found_by_the_name_of_the_port() -> None:
    document = chain("prepare", "halve", "scale", "halve", "restore", "restore")
    assert wiring(document)[0] == "prepare1 ← source.x, source.white"
    assert wiring(document)[4:] == ["restore1 ← halve2.y, halve2.switches", "restore2 ← restore1.y, halve2.switches"]


def test_a_layer_whose_side_input_nobody_gives_is_refused_with_the_operation_that_would() -> None:
    with pytest.raises(Refusal, match=r"Restore needs an input 'switches'.*Put Halve before it\."):
        chain("scale", "restore")


def test_an_unknown_operation_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refusal, match="no operation 'conv'; there are prepare, scale"):
        chain("conv")


def test_what_took_a_removed_layer_takes_its_input() -> None:
    assert wiring(remove(chain("scale", "mix", "square"), "n2")) == ["scale1 ← source.x", "square1 ← scale1.y"]


def test_removing_the_giver_of_switches_takes_them_from_an_earlier_one() -> None:
    document = remove(chain("halve", "halve", "restore"), "n2")
    assert wiring(document)[-1] == "restore1 ← halve1.y, halve1.switches"


def test_removing_the_only_giver_of_switches_is_refused_with_both_names() -> None:
    document = chain("halve", "scale", "restore")
    with pytest.raises(Refusal, match=r"restore1 takes its switches from halve1; .* Remove restore1 first"):
        remove(document, "n1")


@pytest.mark.parametrize(
    ("id", "place", "order"),
    [
        ("n1", 2, ["scale2 ← source.x", "mix1 ← scale2.y", "scale1 ← mix1.y"]),
        ("n3", 0, ["mix1 ← source.x", "scale1 ← mix1.y", "scale2 ← scale1.y"]),
        ("n2", 99, ["scale1 ← source.x", "mix1 ← scale1.y", "scale2 ← mix1.y"]),
    ],
)
def test_a_moved_layer_takes_from_its_new_neighbour(id: str, place: int, order: list[str]) -> None:
    assert wiring(move(chain("scale", "scale", "mix"), id, place)) == order


def test_moving_a_layer_to_where_it_is_changes_nothing() -> None:
    document = chain("scale", "mix")
    assert move(document, "n2", 1) is document


def test_moving_unpooling_before_its_pooling_is_refused_as_a_cycle() -> None:
    document = chain("halve", "scale", "restore")
    with pytest.raises(Refusal, match=r"restore1 takes 'switches' from halve1.*cycle"):
        move(document, "n3", 0)
    assert wiring(document)[0] == "halve1 ← source.x"


def test_a_link_to_a_later_layer_or_to_itself_is_refused_as_a_cycle() -> None:
    document = chain("scale", "mix", "square")
    for giver in ("n1", "n3"):
        with pytest.raises(Refusal, match="cycle"):
            rewire(document, "n1", 0, Link(giver, "y"))


def test_a_link_to_a_missing_port_is_refused_with_the_ports() -> None:
    with pytest.raises(Refusal, match="no output 'switches'; there are y, loss"):
        rewire(chain("square", "scale"), "n2", 0, Link("n1", "switches"))
    with pytest.raises(Refusal, match="no output 'z'; there are x, white"):
        rewire(chain("scale"), "n1", 0, Link(SOURCE, "z"))


def test_a_branch_is_made_by_wiring_an_input_to_an_earlier_layer() -> None:
    document = rewire(chain("scale", "mix"), "n2", 0, Link(SOURCE, "x"))
    assert wiring(document) == ["scale1 ← source.x", "mix1 ← source.x"]


def test_a_copy_stands_behind_its_original_with_a_name_of_its_own() -> None:
    document, id = duplicate(chain("scale", "mix"), "n1")
    assert wiring(document) == ["scale1 ← source.x", "scale2 ← scale1.y", "mix1 ← scale2.y"]
    assert document.node(id).params == document.node("n1").params


def test_no_edit_makes_more_layers_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_current", replace(limits.Limits(), layers=2))
    document = chain("scale", "scale")
    for edit in (lambda: add(document, "scale"), lambda: duplicate(document, "n1")):
        with pytest.raises(Refusal, match="2 layers already; the limit is 2"):
            edit()


@pytest.mark.parametrize("name", ["conv 1", "Schärfe", "a", "x" * 60])
def test_a_layer_is_renamed(name: str) -> None:
    assert rename(chain("scale"), "n1", f" {name} ").node("n1").name == name


@pytest.mark.parametrize("name", ["", " ", "a/b", "..", ".hidden", "a\\b", "c:", "a\nb", "x" * 61, "\u202egnp"])
def test_a_name_that_could_be_a_path_or_cannot_be_read_is_refused(name: str) -> None:
    with pytest.raises(Refusal, match="cannot be called"):
        rename(chain("scale"), "n1", name)


def test_two_layers_never_have_one_name() -> None:
    with pytest.raises(Refusal, match="a layer 'scale1' already"):
        rename(chain("scale", "mix"), "n2", "scale1")


def test_an_edit_after_which_a_layer_cannot_run_is_refused_with_its_name_and_reason() -> None:
    document = chain("halve", "halve")
    longer, _ = add(document, "halve")
    with pytest.raises(Refusal, match=r"halve3: The width is 1; the least is 2\."):
        accepted(document, longer)
    assert len(document.nodes) == 2


def test_a_value_out_of_range_is_refused_with_the_range() -> None:
    document = chain("scale")
    with pytest.raises(Refusal, match=r"scale1: Factor is 11.*between -10 and 10"):
        accepted(document, set_params(document, "n1", factor=11.0))
    with pytest.raises(Refusal, match="finite number"):
        accepted(document, set_params(document, "n1", factor=float("nan")))


def test_an_edit_elsewhere_is_accepted_while_a_layer_cannot_run() -> None:
    broken = chain("halve", "halve", "halve", "scale")
    edited = set_params(broken, "n4", factor=5.0)
    assert accepted(broken, edited) is edited


def test_switching_off_the_giver_of_switches_is_refused_for_the_layer_that_needs_them() -> None:
    document = chain("halve", "scale", "restore")
    with pytest.raises(Refusal, match="restore1: halve1 is switched off and gives no switches"):
        accepted(document, switch(document, "n1", enabled=False))


def test_a_layer_that_is_switched_off_hands_its_input_through() -> None:
    document = switch(chain("mix", "scale"), "n1", enabled=False)
    assert plan(document).layers["n2"].inputs == ((1, 3, 4, 6),)
    assert switch(document, "n1", enabled=False) is document


def test_one_number_of_a_weight_is_changed_and_the_others_stay() -> None:
    document = chain("mix")
    before = weights_of(document.node("n1"), plan(document).layers["n1"].inputs)["w"]
    edited = set_weight_value(document, "n1", "w", (1, 2), 5.0)
    after = weights_of(edited.node("n1"), plan(edited).layers["n1"].inputs)["w"]
    assert after[1, 2] == 5
    expected = np.array(before)
    expected[1, 2] = 5
    assert np.array_equal(after, expected)
    assert not document.node("n1").weights


def test_weights_that_are_not_finite_are_refused_with_their_number() -> None:
    with pytest.raises(Refusal, match="2 values of w are not finite"):
        set_weight(chain("mix"), "n1", "w", np.array([[np.nan, 1, np.inf]]))


def test_weights_drawn_again_forget_what_was_edited() -> None:
    document = set_weight_value(chain("mix"), "n1", "w", (0, 0), 5.0)
    assert not drawn_again(document, "n1").node("n1").weights
    assert drawn_again(document, "n1", seed=9).node("n1").seed == 9


def test_an_edit_that_changes_nothing_gives_the_same_document() -> None:
    document = chain("scale")
    assert set_params(document, "n1", factor=2.0) is document


def test_more_pictures_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_current", replace(limits.Limits(), batch_images=2))
    pictures = tuple(picture(str(n)) for n in range(3))
    assert len(set_pictures(chain(), pictures[:2]).source.pictures) == 2
    with pytest.raises(Refusal, match="3 pictures; the limit is 2"):
        set_pictures(chain(), pictures)


def test_the_rule_of_the_batch_and_the_number_format_are_edits_too() -> None:
    document = set_dtype(set_batch(chain(), rule="fit", whole=True), "float64")
    assert (document.source.rule, document.source.whole, document.dtype) == ("fit", True, "float64")
    assert set_batch(document, whole=False).source.rule == "fit"


def test_no_edit_changes_the_document_that_it_was_given() -> None:
    document = chain("halve", "mix", "restore")
    before = wiring(document)
    edits = [
        lambda: add(document, "scale", after="n1"),
        lambda: remove(document, "n2"),
        lambda: move(document, "n2", 2),
        lambda: duplicate(document, "n2"),
        lambda: rename(document, "n2", "other"),
        lambda: editing.switch(document, "n2", enabled=False),
        lambda: set_weight(document, "n2", "w", np.zeros((2, 3))),
    ]
    for edit in edits:
        edit()
        assert wiring(document) == before
        assert not document.node("n2").weights
