"""What is to be exported, and in which format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from explorer.model.document import Document, DType, Node
from explorer.model.gradients import Origin
from explorer.refusal import Refusal

Format = Literal["npz", "npy", "tiff", "png", "csv", "safetensors"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is written for every picture.

    layers        names of layers; None: all of them
    outputs_only  in place of `layers`: those that no other layer takes anything from
    dtype         number format of the computation; None: the document's own
    activations   the values of the layers
    gradient      where gradients start; None: no gradients
    """

    layers: tuple[str, ...] | None = None
    outputs_only: bool = False
    format: Format = "npz"
    dtype: DType | None = None
    activations: bool = True
    gradient: Origin | None = None

    def nodes(self, document: Document) -> tuple[Node, ...]:
        """The layers that are asked for, in the order of the document; a Refusal names one that is not there."""
        if self.outputs_only:
            taken = {link.node for node in document for link in node.inputs}
            return tuple(node for node in document if node.id not in taken)
        if self.layers is None:
            return document.nodes
        asked = {document.named(name).id for name in self.layers}
        return tuple(node for node in document if node.id in asked)


def check(wanted: Wanted, document: Document) -> None:
    """Refuse a format that is not known or cannot hold the numbers, and an export of nothing."""
    if wanted.format not in FORMATS:
        raise Refusal(
            "There is no format {name}; there are {known}.", name=repr(wanted.format), known=", ".join(FORMATS)
        )
    dtype = wanted.dtype or document.dtype
    known = get_args(DType)
    if dtype not in known:
        raise Refusal("There is no dtype {name}; there are {known}.", name=repr(dtype), known=", ".join(known))
    if wanted.format == "tiff" and dtype != "float32":
        raise Refusal(
            "ImageJ's TIFF holds float32; the computation is in {dtype}.", dtype=dtype,
            hint="Compute in float32, or export as npy, npz or csv.",
        )  # fmt: skip
    if not wanted.activations and wanted.gradient is None:
        raise Refusal("Neither values nor gradients are asked for: there is nothing to export.")
    if not wanted.nodes(document):
        raise Refusal("There is no layer to export.")
