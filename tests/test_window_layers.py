"""Working on layers in the window: adding, removing, moving, switching; undo brings every edit back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QObject, Qt
from PySide6.QtTest import QTest
from windows import Driver, small_document

from explorer.model import editing
from explorer.model.document import Document, Link
from explorer.model.evaluation import Evaluation
from explorer.ops import operations
from explorer.ui.results.class_list import ClassList
from kernels.place import PLACE

KEPT = Qt.DropAction.MoveAction


def names(driver: Driver) -> list[str]:
    return [node.name for node in driver.document]


def shown_numbers(driver: Driver) -> np.ndarray:
    report = driver.explore.report
    assert report is not None
    return report.maps[0].values


@pytest.mark.parametrize("op", sorted(operations()))
def test_every_operation_of_the_menu_can_be_added_or_says_what_it_needs(driver: Driver, op: str) -> None:
    before = driver.document
    driver.look("max_pool")
    driver.choose("pipeline.add", f"pipeline.add.{op}")
    driver.settle()
    if driver.document is before:
        assert driver.refused
    else:
        added = next(node for node in driver.document if not before.has(node.id))
        assert added.op == op
        assert driver.explore.view.layer == added.id
        assert added.id in driver.explore.report.evaluated.results
        assert driver.document.index(added.id) == before.index(driver.node("max_pool").id) + 1


def test_a_whole_chain_can_be_built_from_nothing(driver: Driver) -> None:
    driver.explore.open_state(Document(source=small_document().source), driver.explore.view)
    driver.settle()
    for op in ("input", "conv", "relu", "max_pool", "max_unpool", "global_average_pool", "dense", "softmax"):
        driver.choose("pipeline.add", f"pipeline.add.{op}")
        driver.settle()
        assert not driver.refused
    assert len(driver.explore.report.evaluated.results) == 8


def test_a_pipeline_without_layers_or_pictures_says_what_to_do(driver: Driver) -> None:
    driver.explore.open_state(Document(), driver.explore.view)
    driver.settle()
    assert "Drop a photo" in driver.maps._message
    driver.window.grab()


def test_a_layer_is_removed_by_its_key_and_the_next_is_looked_at(driver: Driver) -> None:
    driver.look("relu")
    gone = driver.node("relu").id
    driver.key(Qt.Key.Key_Delete, on="pipeline.layers")
    driver.settle()
    assert not driver.document.has(gone)
    assert driver.explore.view.layer == driver.node("max_pool").id
    driver.act("undo")
    driver.settle()
    assert driver.document.has(gone)


def test_a_layer_is_duplicated_behind_itself_by_its_key(driver: Driver) -> None:
    driver.look("conv")
    driver.key(Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier, on="pipeline.layers")
    driver.settle()
    assert names(driver)[1:3] == ["conv1", "conv2"]
    assert driver.explore.view.layer == driver.document.named("conv2").id


def test_a_layer_is_switched_off_by_space_and_hands_its_input_through(driver: Driver) -> None:
    driver.look("batch_norm")
    driver.key(Qt.Key.Key_Space, on="pipeline.layers")
    driver.settle()
    assert not driver.node("batch_norm").enabled
    evaluated = driver.explore.report.evaluated
    assert evaluated.results[driver.node("batch_norm").id].handed_through
    assert np.array_equal(shown_numbers(driver), evaluated.value(driver.node("conv").main)[0])
    assert not driver.child("form.enabled").isChecked()


def test_a_layer_is_moved_by_keys(driver: Driver) -> None:
    driver.look("relu")
    driver.key(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier, on="pipeline.layers")
    driver.settle()
    assert names(driver)[1:4] == ["conv1", "relu1", "batch_norm1"]
    assert driver.document.node(driver.node("batch_norm").id).inputs[0] == driver.node("relu").main


def drop(driver: Driver, name: str, row: int) -> None:
    """What the list does when a dragged layer is let go above `row`."""
    model = driver.panels.pipeline.layers.model()
    at = names(driver).index(name)
    data = model.mimeData([model.index(at)])
    assert not model.dropMimeData(data, KEPT, row, 0, QModelIndex())
    driver.settle()


def test_a_layer_is_moved_by_dragging_down_and_up(driver: Driver) -> None:
    drop(driver, "batch_norm1", 4)
    assert names(driver)[1:4] == ["conv1", "relu1", "batch_norm1"]
    drop(driver, "batch_norm1", 1)
    assert names(driver)[1:4] == ["batch_norm1", "conv1", "relu1"]


def test_a_layer_that_is_dropped_where_it_was_changes_nothing(driver: Driver) -> None:
    before = driver.document
    drop(driver, "relu1", 3)
    drop(driver, "relu1", 4)
    assert driver.document is before
    assert driver.store.undo_label is None


def test_unpooling_cannot_be_moved_before_its_pooling(driver: Driver) -> None:
    before = driver.document
    drop(driver, "max_unpool1", 1)
    assert driver.document is before
    assert "max_unpool1" in driver.refused


def test_unpooling_does_not_let_go_of_its_pooling(driver: Driver) -> None:
    before = driver.document
    driver.explore.remove_layer(driver.node("max_pool").id)
    assert driver.document is before
    assert "max_unpool1" in driver.refused
    assert "max_pool1" in driver.refused
    driver.explore.switch_layer(driver.node("max_pool").id, False)
    assert driver.document is before
    assert driver.refused


def test_a_refusal_goes_away_with_the_next_edit_that_is_taken(driver: Driver) -> None:
    driver.explore.remove_layer(driver.node("max_pool").id)
    assert driver.refused
    driver.explore.switch_layer(driver.node("relu").id)
    assert not driver.refused


def test_unpooling_can_take_its_switches_from_another_pooling(driver: Driver) -> None:
    driver.look("max_unpool")
    for op in ("max_pool", "max_unpool"):
        driver.explore.add_layer(op)
    unpool = driver.document.named("max_unpool2")
    assert {link.node for link in unpool.inputs[1:]} == {driver.document.named("max_pool2").id}
    other = driver.document.named("max_pool1").id
    driver.panels.pipeline.giver_wanted.emit(unpool.id, "switches", other)
    driver.settle()
    assert {link.node for link in driver.document.named("max_unpool2").inputs[1:]} == {other}
    assert unpool.id in driver.explore.report.evaluated.results


def test_a_layer_is_renamed_and_two_cannot_have_one_name(driver: Driver) -> None:
    driver.panels.form.renamed.emit("edges")
    assert driver.node("conv").name == "edges"
    driver.panels.form.renamed.emit("relu1")
    assert driver.node("conv").name == "edges"
    assert "relu1" in driver.refused
    driver.settle()


def edits() -> list[tuple[str, Callable[[Driver], object]]]:
    return [
        ("add", lambda d: d.explore.add_layer("relu")),
        ("remove", lambda d: d.explore.remove_layer(d.node("batch_norm").id)),
        ("duplicate", lambda d: d.explore.duplicate_layer(d.node("relu").id)),
        ("switch", lambda d: d.explore.switch_layer(d.node("relu").id)),
        ("move", lambda d: d.panels.pipeline.layers.move_wanted.emit(d.node("relu").id, 2)),
        ("rename", lambda d: d.panels.form.renamed.emit("edges")),
        ("parameter", lambda d: d.panels.form.changed.emit("stride", (2, 2), False)),
        ("weight", lambda d: d.panels.weights.value_changed.emit("w", (0, 0, 0, 0), 3.0, False)),
        ("weights", lambda d: d.panels.weights.drawn_again.emit(77)),
        ("target", lambda d: d.panels.softmax.target_chosen.emit(4)),
        ("float64", lambda d: d.act("float64")),
        ("pictures", lambda d: d.desk.open_sample("astronaut")),
        ("rule", lambda d: d.panels.picture.rule_wanted.emit("fit")),
        ("whole", lambda d: d.panels.picture.whole_wanted.emit(True)),
    ]


@pytest.mark.parametrize(("name", "edit"), edits(), ids=[name for name, _ in edits()])
def test_every_kind_of_edit_is_one_step_back_and_one_step_forward(
    driver: Driver, name: str, edit: Callable[[Driver], object]
) -> None:
    before = driver.document
    edit(driver)
    driver.settle()
    after = driver.document
    assert after is not before
    driver.act("undo")
    driver.settle()
    assert driver.document is before
    assert driver.store.undo_label is None
    driver.act("redo")
    driver.settle()
    assert driver.document is after
    assert not driver.refused


def test_a_click_on_a_class_makes_it_the_target_of_the_loss(driver: Driver) -> None:
    rows = driver.panels.softmax.findChild(ClassList)
    index = rows.model().index(0, 0)
    wanted = rows.model().rows[0].index
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualRect(index).center())
    driver.settle()
    assert driver.node("softmax").params.target == (wanted,)
    loss = driver.explore.report.evaluated.results[driver.node("softmax").id]
    assert float(loss.output("loss").ravel()[0]) == pytest.approx(-np.log(loss.ys[0].ravel()[wanted]), rel=1e-5)


def test_a_loss_against_a_distribution_has_no_right_class_until_one_is_clicked(driver: Driver) -> None:
    softmax = driver.node("softmax").id
    classes = driver.explore.report.evaluated.results[softmax].ys[0].shape[1]
    soft = (1 / classes,) * classes
    driver.begin(editing.set_params(driver.document, softmax, target_kind="distribution", soft=soft))
    box = driver.child("softmax.target")
    assert box.currentIndex() == -1
    driver.panels.softmax.target_chosen.emit(1)
    driver.settle()
    assert not driver.refused
    assert (driver.node("softmax").params.target_kind, driver.node("softmax").params.target) == ("class", (1,))
    assert box.currentIndex() == 1


def test_a_naive_softmax_past_the_range_shows_not_a_number_and_all_goes_on(driver: Driver) -> None:
    dense, softmax = driver.node("dense").id, driver.node("softmax").id
    classes = driver.explore.report.evaluated.results[dense].ys[0].shape[1]
    document = editing.set_weight(driver.document, dense, "b", np.full(classes, 1000.0))
    driver.begin(editing.set_params(document, softmax, naive=True))
    driver.look("softmax", content="gradients")
    driver.look("softmax", content="activations")
    assert np.isnan(shown_numbers(driver)).all()
    assert driver.child("softmax.trouble").isVisibleTo(driver.panels.softmax)
    driver.panels.form.changed.emit("naive", False, False)
    driver.settle()
    assert np.isfinite(shown_numbers(driver)).all()


def test_float64_is_switched_on_and_all_is_computed_in_it(driver: Driver) -> None:
    driver.act("float64")
    driver.settle()
    assert shown_numbers(driver).dtype == np.float64
    assert "float64" in driver.panels.status._about.text()
    driver.act("float64")
    driver.settle()
    assert shown_numbers(driver).dtype == np.float32


def test_a_layer_that_is_unknown_to_this_program_is_kept_and_the_others_go_on(driver: Driver) -> None:
    document = small_document()
    relu = next(node for node in document if node.op == "relu")
    strange = replace(relu, op="deform", params={"amount": 3})
    driver.explore.open_state(document.with_node(strange), driver.explore.view)
    driver.settle()
    results = driver.explore.report.evaluated.results
    assert driver.node("batch_norm").id in results
    assert strange.id not in results
    driver.explore.look(layer=strange.id)
    driver.settle()
    assert "deform" in driver.maps._message
    assert driver.document.node(strange.id).params == {"amount": 3}


def test_a_step_through_the_layers_by_keys_shows_each(driver: Driver) -> None:
    driver.look("input")
    seen = []
    for _ in driver.document.nodes:
        driver.settle()
        report = driver.explore.report
        seen.append(report.maps[0].link.node)
        driver.act("next")
    driver.settle()
    assert seen == [node.id for node in driver.document]
    assert driver.explore.view.layer == seen[-1]


def test_the_second_output_of_pooling_can_be_looked_at(driver: Driver) -> None:
    driver.look("max_pool")
    driver.choose("stage.port", "switches")
    driver.settle()
    assert driver.explore.report.maps[0].link == Link(driver.node("max_pool").id, "switches")
    assert shown_numbers(driver).dtype == PLACE


def test_looking_back_and_forth_leaves_no_objects_behind(driver: Driver) -> None:
    def there_and_back() -> int:
        for layer in ("max_pool", "softmax", "conv"):
            driver.look(layer)
            driver.settle()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        return len(driver.window.findChildren(QObject))

    there_and_back()
    once = there_and_back()
    assert [there_and_back() for _ in range(3)] == [once] * 3


def test_editing_the_first_layer_gives_the_numbers_of_a_fresh_computation(driver: Driver) -> None:
    driver.explore.set_param("stride", (2, 2), False)
    driver.explore.edit(
        lambda each: (
            editing.set_params(each, driver.node("batch_norm").id, mode="training")
            if hasattr(driver.node("batch_norm").params, "mode")
            else each
        ),
        "norm",
    )
    driver.settle()
    fresh = Evaluation().run(driver.document, 0)
    shown = driver.explore.report.evaluated
    for id, result in fresh.results.items():
        assert np.array_equal(result.ys[0], shown.results[id].ys[0])
