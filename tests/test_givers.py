"""Where the second input of a join and the switches of unpooling come from, and what happens when their giver goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from test_editing import chain, wiring
from toys import picture, toys

from explorer.model.document import SOURCE, Document, Link, Source
from explorer.model.editing import accepted, add, duplicate, move, remove, rewire, set_params, switch, take_from
from explorer.model.givers import SideInput, side_inputs
from explorer.model.plan import plan
from explorer.ops.op import Op
from explorer.refusal import Refusal


@pytest.fixture(autouse=True)
def operations(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Op]]:
    with toys(monkeypatch) as found:
        yield found


def offered(document: Document, id: str) -> SideInput:
    (found,) = side_inputs(document, plan(document), id)
    return found


def test_a_join_takes_what_goes_into_the_layer_before_it() -> None:
    assert wiring(chain("scale", "scale", "scale", "add"))[-1] == "add1 ← scale3.y, scale2.y"


def test_a_join_in_a_branch_takes_what_the_branch_began_with() -> None:
    document = rewire(chain("scale", "scale", "scale"), "n3", 0, Link("n1", "y"))
    assert wiring(add(document, "add")[0])[-1] == "add1 ← scale3.y, scale1.y"


def test_a_join_passes_over_layers_whose_shapes_do_not_fit() -> None:
    assert wiring(chain("mix", "scale", "halve", "restore", "add"))[-1] == "add1 ← restore1.y, scale1.y"


def test_a_join_takes_the_picture_where_that_alone_fits() -> None:
    assert wiring(chain("scale", "add"))[-1] == "add1 ← scale1.y, source.x"


def test_a_join_behind_a_layer_that_is_switched_off_passes_it_over() -> None:
    document = switch(chain("scale", "scale", "scale", "scale"), "n2", enabled=False)
    assert wiring(add(document, "add", after="n3")[0])[3] == "add1 ← scale3.y, scale1.y"


def test_a_join_that_nothing_fits_is_refused_with_the_nearest_layer_and_its_reason() -> None:
    with pytest.raises(Refusal, match=r"Add: no earlier layer fits beside halve1\. With mix1: The shapes .*6.* differ"):
        chain("mix", "halve", "add")
    with pytest.raises(Refusal, match=r"beside mix1\. With the picture: The shapes"):
        chain("mix", "add")


def test_a_join_before_everything_else_is_refused() -> None:
    with pytest.raises(Refusal, match=r"Add needs an input 'b'.* Put it behind another layer"):
        chain("add")


def test_a_join_is_added_while_there_is_no_picture_yet() -> None:
    document = Document()
    for op in ("mix", "mix", "add"):
        document, _ = add(document, op)
    assert wiring(document)[-1] == "add1 ← mix2.y, mix1.y"


def test_a_layer_put_before_a_join_goes_into_its_first_input_alone() -> None:
    document = chain("scale", "scale", "scale", "add")
    assert wiring(add(document, "square", after="n3")[0])[-1] == "add1 ← square1.y, scale2.y"
    assert wiring(add(document, "square", after="n2")[0])[-1] == "add1 ← scale3.y, scale2.y"


def test_unpooling_takes_the_nearest_switches() -> None:
    document = chain("halve", "scale", "halve", "restore", "restore")
    assert wiring(document)[-2:] == ["restore1 ← halve2.y, halve2.switches", "restore2 ← restore1.y, halve2.switches"]


# Choosing --------------------------------------------------------------------------------------------------------


def test_every_earlier_layer_is_offered_and_those_that_do_not_fit_say_why() -> None:
    document = chain("scale", "mix", "scale", "scale", "add")
    found = offered(document, "n5")
    assert (found.ports, found.taken) == (("b",), "n3")
    assert [giver.node for giver in found.givers] == [SOURCE, "n1", "n2", "n3", "n4"]
    assert [giver.reason is None for giver in found.givers] == [False, False, True, True, True]
    assert found.givers[0].shape == (1, 3, 4, 6)
    assert "differ" in str(found.givers[0].reason)


def test_a_layer_that_cannot_run_is_offered_with_a_reason() -> None:
    document = rewire(chain("scale", "scale", "scale", "add"), "n3", 0, Link(SOURCE, "x"))
    broken = set_params(document, "n1", factor=99.0)
    reasons = {giver.node: giver.reason for giver in offered(broken, "n4").givers}
    assert {id for id, reason in reasons.items() if reason is None} == {SOURCE, "n3"}
    assert "cannot run" in str(reasons["n2"])


def test_all_are_offered_while_the_first_input_of_a_join_cannot_run() -> None:
    broken = set_params(chain("scale", "scale", "scale", "add"), "n3", factor=99.0)
    assert all(giver.reason is None for giver in offered(broken, "n4").givers)


def test_a_layer_that_is_switched_off_is_offered_only_where_it_is_taken_already() -> None:
    document = chain("scale", "scale", "scale", "add")
    assert [each.node for each in offered(switch(document, "n2", False), "n4").givers] == [SOURCE, "n1", "n2", "n3"]
    assert [each.node for each in offered(switch(document, "n1", False), "n4").givers] == [SOURCE, "n2", "n3"]


def test_layers_without_a_choice_offer_none() -> None:
    document = chain("prepare", "mix")
    assert side_inputs(document, plan(document), "n1") == ()
    assert side_inputs(document, plan(document), "n2") == ()


def test_the_second_input_is_taken_from_the_layer_that_was_chosen() -> None:
    document = chain("scale", "scale", "scale", "add")
    assert wiring(take_from(document, "n4", "b", "n1"))[-1] == "add1 ← scale3.y, scale1.y"
    assert wiring(take_from(document, "n4", "b", SOURCE))[-1] == "add1 ← scale3.y, source.x"
    assert wiring(take_from(document, "n4", "b", "n3"))[-1] == "add1 ← scale3.y, scale3.y"


def test_a_choice_that_does_not_fit_is_refused_with_the_reason() -> None:
    document = chain("scale", "mix", "scale", "scale", "add")
    with pytest.raises(Refusal, match=r"add1: The shapes .* differ"):
        accepted(document, take_from(document, "n5", "b", "n1"))


def test_a_join_cannot_take_from_itself_or_from_behind() -> None:
    document = chain("scale", "scale", "add", "scale")
    for giver in ("n3", "n4"):
        with pytest.raises(Refusal, match="cycle"):
            take_from(document, "n3", "b", giver)


def test_switches_are_taken_from_another_pooling_but_not_from_a_layer_without_them() -> None:
    document = chain("halve", "scale", "halve", "restore")
    assert [giver.node for giver in offered(document, "n4").givers] == ["n1", "n3"]
    assert wiring(take_from(document, "n4", "switches", "n1"))[-1] == "restore1 ← halve2.y, halve1.switches"
    with pytest.raises(Refusal, match="restore1 takes switches, and scale1 does not give them"):
        take_from(document, "n4", "switches", "n2")
    with pytest.raises(Refusal, match="the picture does not give"):
        take_from(document, "n4", "switches", SOURCE)
    with pytest.raises(Refusal, match="scale1 has no side input 'b'"):
        take_from(document, "n2", "b", "n1")


# When the giver goes or moves ------------------------------------------------------------------------------------


def test_the_input_of_a_removed_giver_takes_its_place_in_a_join() -> None:
    document = chain("scale", "square", "scale", "scale", "add")
    document = take_from(document, "n5", "b", "n2")
    assert wiring(remove(document, "n2"))[-1] == "add1 ← scale3.y, scale1.y"
    document = take_from(chain("mix", "scale", "scale", "add"), "n4", "b", "n1")
    assert wiring(remove(document, "n1"))[-1] == "add1 ← scale2.y, source.x"


def test_another_layer_that_fits_takes_the_place_of_a_giver_whose_input_does_not() -> None:
    document = chain("scale", "mix", "scale", "mix", "scale", "add")
    document = take_from(document, "n6", "b", "n2")
    assert wiring(remove(document, "n2"))[-1] == "add1 ← scale3.y, mix2.y"


def test_removing_the_only_giver_that_fits_is_refused_with_both_names() -> None:
    document = chain("mix", "mix", "add")
    with pytest.raises(Refusal, match=r"add1 takes its b from mix1; .* fits\. Remove add1 first"):
        remove(document, "n1")


def test_side_inputs_that_belong_together_go_together_to_another_giver(operations: dict[str, Op]) -> None:
    operations["halve"] = replace(
        operations["halve"], outputs=("y", "switches", "plane"), shape=lambda shapes, params: shapes * 3
    )
    operations["restore"] = replace(operations["restore"], inputs=("x", "switches", "plane"))
    document = rewire(chain("halve", "halve", "restore"), "n3", 2, Link("n1", "plane"))
    assert wiring(document)[-1] == "restore1 ← halve2.y, halve2.switches, halve1.plane"
    assert wiring(remove(document, "n1"))[-1] == "restore1 ← halve2.y, halve2.switches, halve2.plane"
    assert wiring(remove(document, "n2"))[-1] == "restore1 ← halve1.y, halve1.switches, halve1.plane"


def test_removing_the_layer_before_a_join_gives_the_join_its_input() -> None:
    document = chain("scale", "scale", "scale", "add")
    assert wiring(remove(document, "n3")) == [
        "scale1 ← source.x", "scale2 ← scale1.y", "add1 ← scale2.y, scale2.y",
    ]  # fmt: skip


def test_removing_the_join_joins_the_chain_again() -> None:
    document = chain("scale", "scale", "add", "square")
    assert wiring(remove(document, "n3"))[-1] == "square1 ← scale2.y"


def test_moving_a_giver_keeps_it_as_long_as_it_stands_before_the_join() -> None:
    document = take_from(chain("scale", "scale", "scale", "add"), "n4", "b", "n1")
    assert wiring(move(document, "n1", 1)) == [
        "scale2 ← source.x", "scale1 ← scale2.y", "scale3 ← scale1.y", "add1 ← scale3.y, scale1.y",
    ]  # fmt: skip
    assert wiring(move(document, "n1", 2))[-1] == "add1 ← scale1.y, scale1.y"
    with pytest.raises(Refusal, match=r"add1 takes 'b' from scale1, which would stand behind it"):
        move(document, "n1", 3)


def test_moving_a_join_keeps_its_giver_or_is_refused_with_both_names() -> None:
    document = chain("scale", "scale", "scale", "add")
    assert wiring(move(document, "n4", 2))[2:] == ["add1 ← scale2.y, scale2.y", "scale3 ← add1.y"]
    with pytest.raises(Refusal, match=r"add1 takes 'b' from scale2, which would stand behind it"):
        move(document, "n4", 1)


def test_a_giver_that_is_switched_off_hands_its_input_through_to_the_join() -> None:
    document = chain("scale", "scale", "scale", "add")
    off = accepted(document, switch(document, "n2", enabled=False))
    assert wiring(off)[-1] == "add1 ← scale3.y, scale2.y"
    assert plan(off).layers["n4"].inputs == ((1, 3, 4, 6), (1, 3, 4, 6))


def test_switching_off_a_giver_whose_input_does_not_fit_is_refused_for_the_join() -> None:
    document = take_from(chain("mix", "scale", "scale", "add"), "n4", "b", "n1")
    wider = set_params(document, "n1", channels=5)
    document = accepted(document, wider)
    document, _ = add(document, "mix", after="n2", channels=5)
    with pytest.raises(Refusal, match=r"add1: The shapes .* differ"):
        accepted(document, switch(document, "n1", enabled=False))


def test_a_join_that_is_switched_off_hands_its_first_input_through() -> None:
    document = switch(chain("mix", "mix", "add", "square"), "n3", enabled=False)
    assert plan(document).layers["n4"].inputs == ((1, 2, 4, 6),)


def test_a_copy_of_a_giver_leaves_the_join_to_the_original() -> None:
    document, _ = duplicate(chain("scale", "scale", "scale", "add"), "n2")
    assert wiring(document) == [
        "scale1 ← source.x", "scale2 ← scale1.y", "scale4 ← scale2.y", "scale3 ← scale4.y", "add1 ← scale3.y, scale2.y",
    ]  # fmt: skip


def test_a_copy_of_a_join_joins_the_same_giver_once_more() -> None:
    document, _ = duplicate(chain("scale", "scale", "add"), "n3")
    assert wiring(document)[-2:] == ["add1 ← scale2.y, scale1.y", "add2 ← add1.y, scale1.y"]


def test_layers_over_several_pictures_of_a_batch_join_alike() -> None:
    document = Document(Source((picture("a"), picture("b", seed=1)), whole=True))
    for op in ("scale", "scale", "add"):
        document, _ = add(document, op)
    assert plan(document).layers["n3"].outputs == ((2, 3, 4, 6),)
