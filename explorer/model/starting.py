"""The document that a first start opens: a photograph and a small network with every kind of layer in it."""

from __future__ import annotations

from explorer.model.document import Document, Source
from explorer.model.editing import add, set_params
from explorer.model.pictures import Picture
from explorer.ops import operations

_CHAIN = (
    "input",
    "conv",
    "batch_norm",
    "relu",
    "max_pool",
    "max_unpool",
    "global_average_pool",
    "dense",
    "softmax",
)


def load_operations() -> None:
    """Import what the first document is made of."""
    for name in _CHAIN:
        operations().get(name)


def starting_document(picture: Picture) -> Document:
    """Grey, eight kernels of the textbook, normalised, rectified, pooled and unpooled, and a head over ten classes."""
    document = Document(source=Source((picture,)))
    for op in _CHAIN:
        document, id = add(document, op)
        if op == "input":
            document = set_params(document, id, mode="grey")
    return document
