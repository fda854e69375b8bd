"""A small pipeline with side outputs, weights, a loss and an integer output, and pictures for it."""

from __future__ import annotations

import numpy as np

from explorer.model import editing
from explorer.model.document import Document, Source
from explorer.model.pictures import Picture, from_array

CHAIN = ("input", "batch_norm", "max_pool", "max_unpool", "global_average_pool", "dense", "softmax")


def pixels(height: int = 12, width: int = 10, seed: int = 0) -> np.ndarray:
    """An RGB image of 8 bits."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def small_pipeline(*pictures: Picture, operations: tuple[str, ...] = CHAIN) -> Document:
    """input1 → … → softmax1 over ten classes, in RGB."""
    document = Document(source=Source(pictures or (from_array(pixels(), "first"),)))
    for operation in operations:
        document, id = editing.add(document, operation)
        if operation == "input":
            document = editing.set_params(document, id, mode="rgb")
    return document
