"""A normalization that is folded into the layer before leaves the numbers as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.model.document import Document, Link, Source
from explorer.model.editing import add, duplicate, rewire, set_dtype, set_params, set_weight, switch
from explorer.model.evaluation import Evaluation
from explorer.model.folding import fold
from explorer.model.pictures import from_array
from explorer.model.store import Store
from explorer.refusal import Refusal

CONV: tuple[str, dict[str, Any]] = ("conv", {"filters": 4, "bank": "random"})
NORM: tuple[str, dict[str, Any]] = ("batch_norm", {"mode": "inference"})
RELU: tuple[str, dict[str, Any]] = ("relu", {})


def pipeline(*layers: tuple[str, dict[str, Any]], seed: int = 0) -> Document:
    """Layers n1, n2, … in float64 over a tensor; every normalization with random weights."""
    rng = np.random.default_rng(seed)
    tensor = rng.standard_normal((1, 2, 6, 5)).astype(np.float32)
    document = set_dtype(Document(Source((from_array(tensor, "cells"),))), "float64")
    channels = 2
    for op, params in layers:
        document, id = add(document, op, **params)
        channels = params.get("filters", params.get("units", channels))
        if op == "batch_norm":
            for name, low in (("gamma", -2.0), ("beta", -1.0), ("mean", -1.0), ("var", 0.1)):
                document = set_weight(document, id, name, rng.uniform(low, 2, channels))
    return document


def numbers(document: Document) -> Any:
    """What the last layer gives."""
    value = Evaluation().run(document).value(document.nodes[-1].main)
    assert value is not None
    return value


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([("conv", {"filters": 4, "groups": 2, "bank": "random"}), ("dense", {"units": 3})]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_folding_changes_no_number_beyond_rounding(layer: tuple[str, Any], bias: bool, seed: int) -> None:
    document = pipeline((layer[0], {**layer[1], "bias": bias}), NORM, RELU, seed=seed)
    folded = fold(document, "n2")
    assert [node.id for node in folded] == ["n1", "n3"]
    assert folded.node("n1").params.bias
    np.testing.assert_allclose(numbers(folded), numbers(document), rtol=1e-12, atol=1e-12)


def test_two_normalizations_in_a_row_fold_one_after_the_other() -> None:
    document = pipeline(CONV, NORM, NORM)
    np.testing.assert_allclose(numbers(fold(fold(document, "n2"), "n3")), numbers(document), rtol=1e-12, atol=1e-12)


def test_folding_is_one_step_of_undo() -> None:
    document = pipeline(CONV, NORM, RELU)
    store = Store(document)
    store.apply(fold(document, "n2"), "Fold layer")
    store.undo()
    assert store.document is document
    store.redo()
    assert [node.id for node in store.document] == ["n1", "n3"]


def test_edited_weights_of_the_layer_before_are_the_ones_that_are_scaled() -> None:
    document = set_weight(pipeline(CONV, NORM), "n1", "b", np.array([1.0, -2.0, 3.0, 0.5]))
    np.testing.assert_allclose(numbers(fold(document, "n2")), numbers(document), rtol=1e-12, atol=1e-12)


def _shared() -> Document:
    document, copy = duplicate(pipeline(CONV, NORM, RELU), "n3")
    return rewire(document, copy, 0, Link("n1", "y"))


def _port_taken() -> Document:
    return rewire(pipeline(CONV, NORM, RELU), "n3", 0, Link("n2", "running_mean"))


@pytest.mark.parametrize(
    ("document", "id", "reason"),
    [
        (set_params(pipeline(CONV, NORM), "n2", mode="training"), "n2", "In training, .* statistics of each batch"),
        (
            pipeline(CONV, RELU, NORM),
            "n3",
            "batch_norm1 comes after relu1, .* Convolution, .*Fully connected.* can take",
        ),
        (pipeline(NORM), "n1", "batch_norm1 takes the picture itself"),
        (pipeline(CONV, RELU), "n2", "relu1 is not a scale and a shift .* Batch normalization"),
        (_shared(), "n2", "relu2 takes the output of conv1 too"),
        (_port_taken(), "n2", "relu1 takes running_mean from batch_norm1"),
        (switch(pipeline(CONV, NORM), "n2", False), "n2", "batch_norm1 is switched off"),
        (switch(pipeline(CONV, NORM), "n1", False), "n2", "conv1 is switched off"),
        (pipeline(("conv", {"filters": 3, "groups": 2}), NORM), "n2", "batch_norm1 cannot run now"),
    ],
    ids=["training", "not linear", "the source", "no scale", "shared", "port", "off", "before off", "does not run"],
)
def test_what_cannot_be_folded_is_refused_with_the_reason(document: Document, id: str, reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        fold(document, id)


def test_weights_that_would_not_be_finite_are_refused() -> None:
    document = set_weight(pipeline(CONV, NORM), "n2", "gamma", np.full(4, 1e300))
    document = set_weight(document, "n1", "w", np.full((4, 2, 3, 3), 1e300))
    with pytest.raises(Refusal, match="not finite"):
        fold(document, "n2")


def test_a_bias_before_a_normalization_in_training_changes_nothing() -> None:
    document = set_params(pipeline(CONV, NORM), "n2", mode="training")
    shifted = set_weight(document, "n1", "b", np.array([5.0, -3.0, 100.0, 0.25]))
    np.testing.assert_allclose(numbers(shifted), numbers(document), rtol=1e-9, atol=1e-9)
