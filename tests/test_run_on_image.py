"""From a derivation to a layer of the image and back, in the window and in the model."""

from __future__ import annotations

import numpy as np
import pytest
from deriving import Deriving
from numpy.testing import assert_allclose
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QMenu
from windows import Driver, wait

from explorer.model import algorithms, editing
from explorer.model.derivation.problem import Convolution, Divide, Filter
from explorer.model.document import Document
from explorer.model.evaluation import Evaluation
from explorer.ops.exact import filters
from explorer.refusal import Refusal
from explorer.ui.derive import asked
from explorer.ui.parameters.number_field import NumberField
from explorer.ui.workspaces import DERIVE, EXPLORE
from kernels.algebra.polynomial import ONE, X

POINTS = ("0", "1", "-1", "1/2", "-2", "inf")


@pytest.fixture(autouse=True)
def _menus_without_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A menu that is open takes the keyboard, which the platform without a screen warns of."""
    monkeypatch.setattr(QMenu, "popup", lambda menu, point: None)


def run(deriving: Deriving, subject: str, **values: asked.Value) -> None:
    """Derive it and press the button."""
    deriving.ask(subject, **values)
    deriving.driver.click("derive.run")


def menu(driver: Driver) -> QMenu:
    """The menu that asks where to."""
    wait(lambda: driver.window.findChild(QMenu, "running.menu") is not None, "nothing is asked")
    found = driver.window.findChild(QMenu, "running.menu")
    assert isinstance(found, QMenu)
    return found


def take(driver: Driver, text: str) -> None:
    """Trigger what is offered under a text."""
    offered = menu(driver)
    action = next(each for each in offered.actions() if each.text() == text)
    assert action.isEnabled()
    action.trigger()
    offered.setObjectName("")
    offered.deleteLater()


def maps(driver: Driver) -> np.ndarray:
    driver.settle()
    report = driver.explore.report
    assert report is not None
    return report.maps[0].values


def test_an_algorithm_derived_in_the_window_runs_on_the_image_and_gives_the_maps_of_the_sum(deriving: Deriving) -> None:
    driver = deriving.driver
    direct = maps(driver).copy()
    before = driver.document
    run(deriving, "filter", m="4", points=POINTS, fractions="A")
    assert deriving.workspaces.shown == EXPLORE
    params = driver.node("conv").params
    assert (params.method, params.algorithm) == (
        "derived",
        "F(4, 3) at 0, 1, -1, 1/2, -2, inf with fractions in A",
    )
    assert driver.explore.view.layer == driver.node("conv").id
    derived = maps(driver)
    assert_allclose(derived, direct, rtol=0, atol=2e-5 * np.abs(direct).max())
    assert (derived != direct).any()
    box = driver.child("form.method")
    assert isinstance(box, QComboBox)
    assert box.currentText() == "F(4 × 4, 3 × 3) · 0, ±1, 1/2, −2, ∞ · fractions in A"
    driver.store.undo()
    driver.settle()
    assert driver.document is before
    assert box.findData("derived") < 0


@pytest.mark.parametrize(
    ("subject", "values", "wanted"),
    [
        ("filter", {"m": "2", "given": "moduli", "moduli": ("x", "x^2 + 1")}, "F(2, 3) mod x, x^2 + 1, inf"),
        (
            "filter",
            {"m": "2", "given": "moduli", "moduli": ("x", "x^2 + 1"), "fractions": "F"},
            "F(2, 3) mod x, x^2 + 1, inf with fractions apart",
        ),
        (
            "nested",
            {"m": "4", "m2": "3", "points": POINTS},
            "F(4, 3) at 0, 1, -1, 1/2, -2, inf; F(3, 3) at 0, 1, -1, 2, inf",
        ),
    ],
)
def test_how_the_algorithm_of_a_layer_was_derived_is_asked_as_it_was(
    deriving: Deriving, subject: str, values: dict[str, asked.Value], wanted: str
) -> None:
    driver = deriving.driver
    run(deriving, subject, **values)
    before = deriving.derive.history.state
    assert driver.node("conv").params.algorithm == wanted
    driver.settle()
    deriving.derive.history.restart(asked.SAMPLES["gcd"])
    driver.window.docks["methods"].raise_()
    wait(driver.child("methods.derivation").isVisible)
    driver.click("methods.derivation")
    assert deriving.workspaces.shown == DERIVE
    deriving.settle()
    assert asked.read(deriving.derive.history.state) == asked.read(before)
    assert deriving.derive.answer is not None
    assert deriving.derive.answer.runs == wanted


def test_a_kernel_of_another_size_is_offered_and_set_in_one_step(deriving: Deriving) -> None:
    driver = deriving.driver
    before = driver.document
    deriving.ask("nested", m="2", r="5", m2="3", r2="3", points=("0", "1", "-1", "2", "-2", "inf"))
    deriving.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert [each.text() for each in menu(driver).actions()][1:] == [
        "Set the kernel of conv1 to 5 × 3",
        "Add a convolution layer with a kernel of 5 × 3",
    ]
    assert driver.document is before
    take(driver, "Set the kernel of conv1 to 5 × 3")
    driver.settle()
    assert driver.node("conv").params.kernel == (5, 3)
    assert driver.node("conv").params.method == "derived"
    driver.store.undo()
    assert driver.document is before


def test_a_layer_of_the_size_is_added_behind_the_one_that_is_looked_at(deriving: Deriving) -> None:
    driver = deriving.driver
    driver.explore.look(layer=driver.node("input").id, port="")
    run(deriving, "filter", m="2", r="2", points=("0", "1", "inf"))
    take(driver, "Add a convolution layer with a kernel of 2 × 2")
    driver.settle()
    added = driver.document.nodes[1]
    assert (added.op, added.params.kernel, added.params.method) == ("conv", (2, 2), "derived")
    assert driver.explore.view.layer == added.id
    driver.store.undo()


def test_what_no_layer_can_run_is_refused_with_the_reason(deriving: Deriving) -> None:
    driver = deriving.driver
    before = driver.document
    run(deriving, "convolution", n="3", l="3", method="cyclic")
    assert "wraps around" in driver.refused
    run(deriving, "filter", m="12", r="4", points=asked.usual_texts(12, 4))
    assert "12 + 4 − 1 = 15" in driver.refused
    assert "14" in driver.refused
    assert driver.document is before
    assert deriving.workspaces.shown == DERIVE
    deriving.ask("divide")
    assert deriving.child("derive.run").isHidden()


def test_an_algorithm_can_be_typed_into_the_form_and_is_refused_there(deriving: Deriving) -> None:
    driver = deriving.driver
    run(deriving, "filter", m="4", points=POINTS)
    driver.settle()
    line = driver.child("form.algorithm")
    assert isinstance(line, NumberField)
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "F(2, 3) at 0, 1, 1, inf")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert line.property("refused")
    assert "The point 1 is there twice" in line.toolTip()
    line.selectAll()
    QTest.keyClicks(line, "F(2,3) at 0,1,-1,inf")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert driver.node("conv").params.algorithm == "F(2, 3) at 0, 1, -1, inf"
    assert line.text() == "F(2, 3) at 0, 1, -1, inf"


def test_the_button_is_named_and_reached_by_the_tabulator(deriving: Deriving) -> None:
    deriving.ask("filter")
    found = deriving.child("derive.run")
    assert isinstance(found, QAbstractButton)
    assert found.accessibleName()
    assert "Ctrl+Return" in found.toolTip()
    assert found.focusPolicy() & Qt.FocusPolicy.TabFocus


# In the model ---------------------------------------------------------------------------------------------------------


def three(*kernels: tuple[int, int], stride: int = 1) -> Document:
    document = Document()
    for kernel in kernels:
        document, _ = editing.add(document, "conv", kernel=kernel, stride=(stride, stride))
    return document


SQUARE = "F(2, 3) at 0, 1, -1, inf"


def test_an_algorithm_goes_where_it_fits() -> None:
    both, other = three((3, 3), (3, 3), (5, 5)), three((5, 5), (3, 3))
    assert [home.layer and home.layer.id for home in algorithms.homes(both, SQUARE, "n2")] == ["n2"]
    assert [home.layer and home.layer.id for home in algorithms.homes(both, SQUARE, "n3")] == ["n1", "n2"]
    assert [home.layer and home.layer.id for home in algorithms.homes(other, SQUARE, "n1")] == ["n2"]
    assert [home.layer for home in algorithms.homes(Document(), SQUARE, "source")] == [None]


def test_what_has_to_change_for_an_algorithm_is_said() -> None:
    found = algorithms.homes(three((3, 3), (5, 5), stride=2), SQUARE, "source")
    assert [dict(home.changes) for home in found] == [
        {"stride": (1, 1)},
        {"kernel": (3, 3), "stride": (1, 1)},
        {"kernel": (3, 3)},
    ]
    document, id = algorithms.put(three((5, 5), stride=2), algorithms.Home(None, {"kernel": (3, 3)}), SQUARE, "n1")
    assert document.index(id) == 1
    assert document.node(id).params.algorithm == SQUARE


def test_a_layer_that_is_switched_off_is_no_home() -> None:
    document = editing.switch(three((3, 3)), "n1", enabled=False)
    assert [home.layer for home in algorithms.homes(document, SQUARE, "n1")] == [None]


@pytest.mark.parametrize("problem", [Filter(2, 3), Filter(4, 3, fractions="B"), Filter(2, 3, moduli=(X, X * X + ONE))])
def test_what_runs_is_derived_again_from_its_text(problem: Filter) -> None:
    text = algorithms.algorithm_text(problem)
    assert text is not None
    (again,) = algorithms.problems(filters.read(text))
    assert algorithms.algorithm_text(again) == text


def test_directions_that_no_nested_problem_has_are_derived_one_by_one() -> None:
    text = "F(2, 3) mod x, x^2 + 1, inf; F(4, 3) at 0, 1, -1, 1/3, -3, inf"
    down, across = algorithms.problems(filters.read(text))
    assert [algorithms.algorithm_text(each) for each in (down, across)] == text.split("; ")
    same_size = "F(2, 3) at 0, 1, -1, inf; F(2, 3) at 0, 2, -2, inf"
    assert len(algorithms.problems(filters.read(same_size))) == 2


def test_the_preset_of_a_layer_is_derived_at_the_points_it_runs_with() -> None:
    document = editing.set_params(three((3, 3)), "n1", method="winograd", tile=6)
    directions = algorithms.directions_of(document.node("n1").params)
    assert directions is not None
    derived = editing.set_params(document, "n1", method="derived", algorithm=filters.written(directions))
    assert derived.node("n1").params.algorithm == "F(6, 3) at 0, -1, 1, 1/2, -2, -1/2, 2, inf"
    assert algorithms.directions_of(three((3, 3)).node("n1").params) is None


def test_only_a_filter_is_offered_to_the_image() -> None:
    assert algorithms.algorithm_text(Divide(X, ONE)) is None
    with pytest.raises(Refusal, match=r"F\(3, 2\)"):
        algorithms.algorithm_text(Convolution(2, 3, "winograd"))


def test_the_preset_and_its_derivation_give_the_same_maps_within_rounding(driver: Driver) -> None:
    preset = editing.set_params(driver.document, driver.node("conv").id, method="winograd", tile=4)
    directions = algorithms.directions_of(preset.node(driver.node("conv").id).params)
    assert directions is not None
    text = filters.written(directions)
    derived = editing.set_params(preset, driver.node("conv").id, method="derived", algorithm=text)
    found = [Evaluation().run(each).results[driver.node("conv").id].ys[0] for each in (preset, derived)]
    assert_allclose(found[0], found[1], rtol=0, atol=2e-5 * np.abs(found[0]).max())
