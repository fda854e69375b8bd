"""Undo gives back exactly the document that was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from toys import toys

from explorer import limits
from explorer.model.document import Document
from explorer.model.editing import add, set_params
from explorer.model.store import Store


@pytest.fixture(autouse=True)
def _toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with toys(monkeypatch):
        yield


@pytest.fixture
def store() -> Store:
    return Store(add(Document(), "scale")[0])


def drag(store: Store, *factors: float) -> None:
    for factor in factors:
        store.apply(set_params(store.document, "n1", factor=factor), "Change factor", merge="n1.factor")


def factor(store: Store) -> float:
    return float(store.document.node("n1").params.factor)


def test_undo_and_redo_give_the_same_documents_back(store: Store) -> None:
    first = store.document
    second = add(first, "mix")[0]
    store.apply(second, "Add mix")
    assert (store.undo_label, store.redo_label) == ("Add mix", None)
    store.undo()
    assert store.document is first
    assert (store.undo_label, store.redo_label) == (None, "Add mix")
    store.redo()
    assert store.document is second


def test_a_drag_is_one_step_of_undo(store: Store) -> None:
    drag(store, 1.0, 1.5, 3.0)
    assert factor(store) == 3
    store.undo()
    assert factor(store) == 2
    store.redo()
    assert factor(store) == 3


def test_two_drags_are_two_steps(store: Store) -> None:
    drag(store, 1.0, 1.5)
    store.end_merge()
    drag(store, 3.0)
    store.undo()
    assert factor(store) == 1.5


def test_a_drag_after_undo_is_a_step_of_its_own(store: Store) -> None:
    drag(store, 1.0)
    store.end_merge()
    drag(store, 3.0)
    store.undo()
    drag(store, 4.0)
    store.undo()
    assert factor(store) == 1


def test_a_change_after_undo_ends_what_could_be_redone(store: Store) -> None:
    drag(store, 1.0)
    store.undo()
    store.apply(add(store.document, "mix")[0], "Add mix")
    assert store.redo_label is None
    before = store.document
    store.redo()
    assert store.document is before


def test_applying_the_same_document_is_no_step(store: Store) -> None:
    store.apply(store.document, "Nothing")
    assert store.undo_label is None
    assert store.revision == 0


def test_only_the_limit_of_steps_is_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_current", replace(limits.Limits(), undo_steps=3))
    for value in (1.0, 3.0, 4.0, 5.0, 6.0):
        store.apply(set_params(store.document, "n1", factor=value), "Change")
    while store.undo_label:
        store.undo()
    assert factor(store) == 3


def test_listeners_are_told_of_every_change_with_both_documents(store: Store) -> None:
    told: list[tuple[Document, Document]] = []
    store.listen(lambda old, new: told.append((old, new)))
    first = store.document
    drag(store, 1.0)
    second = store.document
    store.undo()
    assert told == [(first, second), (second, first)]
    assert store.revision == 2


def test_a_new_beginning_has_no_history(store: Store) -> None:
    drag(store, 1.0)
    store.restart(Document())
    assert store.undo_label is None
    assert store.redo_label is None
    assert store.document.nodes == ()
