"""A change recomputes what hangs on it and nothing else; gradients through branches add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from toys import TOYS, picture, toys

from explorer.model import evaluation
from explorer.model.document import SOURCE, Document, Link, Node, Source
from explorer.model.editing import (
    add,
    rewire,
    set_batch,
    set_dtype,
    set_params,
    set_pictures,
    set_weight,
    set_weight_value,
    switch,
)
from explorer.model.evaluation import Evaluation, Result
from explorer.model.gradients import Origin, gradients, loss_origin
from explorer.model.pictures import Picture
from explorer.ops.op import Array, Arrays, Cancelled, Op
from explorer.refusal import Refusal


@pytest.fixture(autouse=True)
def operations(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Op]]:
    with toys(monkeypatch) as found:
        yield found


@pytest.fixture
def calls(operations: dict[str, Op]) -> Counter[str]:
    """How often the forward function of each operation was called."""
    counted: Counter[str] = Counter()

    def counting(op: Op) -> Op:
        def forward(*arguments: Any) -> tuple[Arrays, Any]:
            counted[op.name] += 1
            return op.forward(*arguments)

        return replace(op, forward=forward)

    operations.update({name: counting(op) for name, op in operations.items()})
    return counted


def chain(*ops: str, pictures: int = 1, shape: tuple[int, ...] = (4, 6, 3)) -> Document:
    document = Document(Source(tuple(picture(f"p{n}", shape, seed=n) for n in range(pictures))))
    for op in ops:
        document, _ = add(document, op)
    return document


def output(document: Document, id: str, port: str = "y", evaluation: Evaluation | None = None) -> Array:
    value = (evaluation or Evaluation()).run(document).value(Link(id, port))
    assert value is not None
    return value


def raw(document: Document, place: int = 0) -> Array:
    """The picture as the source gives it."""
    pixels: Array = document.source.pictures[place].pixels.transpose(2, 0, 1)[None]
    return pixels.astype(document.dtype)


def test_layers_run_in_their_order_on_the_numbers_of_the_picture() -> None:
    document = chain("prepare", "scale")
    assert np.array_equal(output(document, "n2"), raw(document) / np.float32(255) * 2)


def test_results_are_of_the_number_format_asked_for() -> None:
    document = chain("prepare", "mix")
    for dtype in ("float32", "float64"):
        evaluated = Evaluation().run(set_dtype(document, dtype))
        assert {y.dtype.name for result in evaluated.results.values() for y in result.ys} == {dtype}
        assert evaluated.results["n2"].weights["w"].dtype == dtype


def test_the_time_of_a_layer_is_not_that_of_loading_its_kernels(
    calls: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels = iter(range(100))
    monkeypatch.setattr(evaluation, "kernels_loaded", lambda: next(kernels))
    runs, document = Evaluation(), chain("scale")
    runs.run(document)
    assert calls["scale"] == 2, "the run that loaded kernels is not the one that is timed"
    runs.run(set_params(document, "n1", factor=5.0))
    assert calls["scale"] == 3


def test_no_result_can_be_written_to() -> None:
    evaluated = Evaluation().run(chain("prepare", "mix", "halve"))
    assert not any(y.flags.writeable for result in evaluated.results.values() for y in result.ys)
    assert not any(x.flags.writeable for result in evaluated.results.values() for x in result.xs)


def test_the_same_document_again_computes_nothing(calls: Counter[str]) -> None:
    evaluation = Evaluation()
    evaluation.run(chain("prepare", "mix", "square"))
    evaluation.run(chain("prepare", "mix", "square"))
    assert calls == {"prepare": 1, "mix": 1, "square": 1}


def test_a_change_recomputes_its_layer_and_what_follows(calls: Counter[str]) -> None:
    evaluation = Evaluation()
    document = chain("prepare", "scale", "mix", "square")
    evaluation.run(document)
    evaluation.run(set_params(document, "n2", factor=3.0))
    assert calls == {"prepare": 1, "scale": 2, "mix": 2, "square": 2}


def test_a_change_in_one_branch_leaves_the_other_alone(calls: Counter[str]) -> None:
    evaluation = Evaluation()
    document = rewire(chain("prepare", "scale", "mix"), "n3", 0, Link("n1", "y"))
    evaluation.run(document)
    evaluation.run(set_params(document, "n2", factor=3.0))
    assert calls == {"prepare": 1, "scale": 2, "mix": 1}


def test_going_back_finds_the_old_results(calls: Counter[str]) -> None:
    evaluation = Evaluation()
    document = chain("scale")
    for factor in (2.0, 3.0, 2.0, 3.0):
        evaluation.run(set_params(document, "n1", factor=factor))
    assert calls["scale"] == 2


def test_the_memo_gives_up_old_results_but_never_those_of_now(calls: Counter[str]) -> None:
    evaluation = Evaluation(memo_bytes=0)
    document = chain("scale", "scale")
    for factor in (2.0, 3.0, 3.0, 2.0):
        evaluation.run(set_params(document, "n2", factor=factor))
    assert calls["scale"] == 1 + 3


@pytest.mark.parametrize("what", ["weight", "seed", "picture", "white", "dtype", "params"])
def test_everything_that_a_number_depends_on_changes_it(what: str) -> None:
    evaluation = Evaluation()
    document = chain("prepare", "mix", "scale")
    before = output(document, "n3", evaluation=evaluation)
    source = document.source
    changed = {
        "weight": lambda: set_weight_value(document, "n2", "w", (0, 0), 9.0),
        "seed": lambda: document.with_node(replace(document.node("n2"), seed=77)),
        "picture": lambda: set_pictures(document, (picture("other", seed=5),)),
        "white": lambda: set_pictures(document, (replace(source.pictures[0], white=1.0),)),
        "dtype": lambda: set_dtype(document, "float64"),
        "params": lambda: set_params(document, "n3", factor=-1.0),
    }[what]()
    after = output(changed, "n3", evaluation=evaluation)
    assert after.dtype != before.dtype or not np.array_equal(after, before)
    assert np.array_equal(after, output(changed, "n3"))


def test_edited_weights_are_the_ones_that_are_used() -> None:
    document = set_weight(chain("mix"), "n1", "w", np.array([[1.0, 0, 0], [0, 0, 2.0]]))
    x = raw(document)
    assert np.array_equal(output(document, "n1"), np.stack([x[:, 0], 2 * x[:, 2]], axis=1))


def test_more_filters_keep_the_edited_ones() -> None:
    document = set_weight_value(chain("mix"), "n1", "w", (1, 2), 5.0)
    document = set_params(document, "n1", channels=4)
    weights = Evaluation().run(document).results["n1"].weights["w"]
    assert weights.shape == (4, 3)
    assert weights[1, 2] == 5


def test_a_layer_that_is_switched_off_gives_its_input() -> None:
    document = switch(chain("prepare", "mix", "scale"), "n2", enabled=False)
    evaluated = Evaluation().run(document)
    assert evaluated.value(Link("n2", "y")) is evaluated.value(Link("n1", "y"))
    assert evaluated.results["n3"].ys[0].shape == (1, 3, 4, 6)


def test_preprocessing_is_left_out_before_a_tensor() -> None:
    document = chain("prepare", "scale", shape=(2, 3, 4, 5))
    evaluated = Evaluation().run(document)
    assert np.array_equal(evaluated.results["n2"].ys[0], document.source.pictures[0].pixels * 2)


def test_an_unknown_layer_that_is_switched_off_hands_values_and_gradients_through() -> None:
    unknown = Node("n1", "dreaming", "dreaming1", {}, (Link(SOURCE, "x"),), enabled=False)
    document, _ = add(replace(chain(), nodes=(unknown,)), "square")
    evaluated = Evaluation().run(document)
    back = gradients(evaluated, Origin("n2", "loss"))
    assert np.array_equal(back.values[Link(SOURCE, "x")], raw(document))


def test_single_pictures_go_through_one_by_one_and_a_batch_at_once() -> None:
    document = chain("scale", pictures=3)
    for shown in range(3):
        evaluated = Evaluation().run(document, shown)
        assert np.array_equal(evaluated.results["n1"].ys[0], 2 * raw(document, shown))
    whole = Evaluation().run(set_batch(document, whole=True), shown=1)
    assert np.array_equal(whole.results["n1"].ys[0], 2 * np.concatenate([raw(document, n) for n in range(3)]))


def test_showing_a_picture_again_computes_nothing(calls: Counter[str]) -> None:
    evaluation = Evaluation()
    document = chain("scale", pictures=3)
    for shown in (0, 1, 0, 1):
        evaluation.run(document, shown)
    assert calls["scale"] == 2


def test_a_layer_that_cannot_run_stops_only_what_hangs_on_it() -> None:
    document = rewire(chain("halve", "halve", "halve", "scale", "mix"), "n5", 0, Link("n1", "y"))
    told: dict[str, Result | Refusal] = {}
    evaluated = Evaluation().run(document, done=lambda id, result, so_far: told.__setitem__(id, result))
    assert set(evaluated.results) == {"n1", "n2", "n5"}
    assert list(told) == ["n1", "n2", "n3", "n4", "n5"]
    assert "The width is 1" in str(evaluated.reason("n3"))
    assert "Waits for halve3" in str(told["n4"])


def test_data_that_a_layer_refuses_stop_only_what_hangs_on_it(operations: dict[str, Op]) -> None:
    def refuse(*arguments: Any) -> Any:
        raise Refusal("These numbers are not positions.")

    operations["mix"] = replace(operations["mix"], forward=refuse)
    evaluated = Evaluation().run(rewire(chain("mix", "scale", "scale"), "n3", 0, Link(SOURCE, "x")))
    assert set(evaluated.results) == {"n3"}
    assert "not positions" in str(evaluated.reason("n1"))
    assert "Waits for mix1" in str(evaluated.reason("n2"))


def test_without_a_picture_nothing_runs_and_nothing_fails() -> None:
    evaluated = Evaluation().run(chain("prepare", "mix", pictures=0))
    assert not evaluated.results
    assert "no picture yet" in str(evaluated.reason("n1"))


def test_cancelled_work_stops_before_the_next_layer(calls: Counter[str]) -> None:
    def tick() -> None:
        if calls["mix"]:
            raise Cancelled

    document = chain("scale", "mix", "square")
    evaluation = Evaluation()
    with pytest.raises(Cancelled):
        evaluation.run(document, tick=tick)
    assert calls == {"scale": 1, "mix": 1}
    evaluation.run(document)
    assert calls == {"scale": 1, "mix": 1, "square": 1}


@pytest.fixture
def merged() -> Document:
    """A branching graph: what scale gives goes through two mixes, whose sum goes through a third into a loss."""
    document = set_dtype(chain("prepare", "scale", "mix", "mix"), "float64")
    document = rewire(document, "n4", 0, Link("n2", "y"))
    addition = Node("n5", "add", "add1", TOYS["add"].Params(), (Link("n3", "y"), Link("n4", "y")))
    document = replace(document, nodes=(*document.nodes, addition))
    return add(add(document, "mix")[0], "square")[0]


def test_gradients_through_a_branching_graph_add_up_to_the_finite_difference(merged: Document) -> None:
    evaluated = Evaluation().run(merged)
    origin = loss_origin(evaluated)
    assert origin == Origin("n7", "loss")
    back = gradients(evaluated, origin)
    step = 1e-5

    def loss(document: Document) -> float:
        return float(output(document, "n7", "loss").mean())

    for id in ("n3", "n4", "n6"):
        weights = evaluated.results[id].weights["w"]
        for index in np.ndindex(weights.shape):
            up, down = (
                loss(set_weight_value(merged, id, "w", index, float(weights[index] + side))) for side in (step, -step)
            )
            assert back.weights[id]["w"][index] == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-9)
    assert back.value == pytest.approx(loss(merged))


def test_the_gradient_reaches_the_picture(merged: Document) -> None:
    evaluated = Evaluation().run(merged)
    back = gradients(evaluated, Origin("n7", "loss"))
    values = back.values[Link(SOURCE, "x")]
    for index in ((0, 0, 0), (3, 5, 2)):
        losses = []
        for side in (0.5, -0.5):
            pixels = picture().pixels.astype(np.float64)
            pixels[index] += side
            moved = set_pictures(merged, (Picture.of(pixels, "moved", white=255),))
            losses.append(float(output(moved, "n7", "loss").mean()))
        i, j, channel = index
        assert values[0, channel, i, j] == pytest.approx(losses[0] - losses[1], rel=1e-6)


def test_a_gradient_stops_where_nothing_flows() -> None:
    document = rewire(chain("scale", "mix", "square"), "n3", 0, Link("n1", "y"))
    back = gradients(Evaluation().run(document), Origin("n3", "loss"))
    assert Link("n2", "y") not in back.values
    assert "n2" not in back.weights
    assert Link("n1", "y") in back.values


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (Origin("n1", "y"), lambda y: y.mean()),
        (Origin("n1", "y", "map", (1,)), lambda y: y[0, 1].mean()),
        (Origin("n1", "y", "unit", (1, 2, 3)), lambda y: y[0, 1, 2, 3]),
        (Origin("n1", "y", "unit", (1, 2, 3), picture=1), lambda y: y[1, 1, 2, 3]),
    ],
)
def test_a_gradient_starts_at_a_mean_a_map_or_a_unit(origin: Origin, expected: Any) -> None:
    document = set_batch(set_dtype(chain("mix", pictures=2), "float64"), whole=True)
    evaluated = Evaluation().run(document)
    back = gradients(evaluated, origin)
    value = evaluated.value(Link("n1", "y"))
    assert value is not None
    assert back.value == pytest.approx(expected(value))
    assert (back.values[Link("n1", "y")] * value).sum() == pytest.approx(back.value)


@pytest.mark.parametrize(
    "origin",
    [
        Origin("n1", "y", "unit", (2, 0, 0)),
        Origin("n1", "y", "unit", (0, 0)),
        Origin("n1", "y", "unit", (0, 0, -1)),
        Origin("n1", "y", "map", (0,), picture=1),
        Origin("n1", "z"),
        Origin("gone", "y"),
    ],
)
def test_a_gradient_from_nowhere_is_refused(origin: Origin) -> None:
    with pytest.raises(Refusal):
        gradients(Evaluation().run(chain("mix")), origin)


def test_positions_have_no_gradient() -> None:
    with pytest.raises(Refusal, match="'switches' holds positions"):
        gradients(Evaluation().run(chain("halve")), Origin("n1", "switches"))


def test_the_source_is_an_origin_too() -> None:
    back = gradients(Evaluation().run(chain("mix")), Origin(SOURCE, "x"))
    assert back.values[Link(SOURCE, "x")].sum() == pytest.approx(1, rel=1e-5)
    assert not back.weights


def test_a_document_without_a_loss_has_no_origin_of_its_own() -> None:
    assert loss_origin(Evaluation().run(chain("mix"))) is None
