"""Softmax over the channels at each pixel, or along another axis of the maps."""

from __future__ import annotations

from explorer.ops.softmax_along_axis import operation

OP = operation(
    "channel_softmax",
    "Softmax over maps",
    "y[n,c,i,j] = exp(x[n,c,i,j]/T) / Σ over d of exp(x[n,d,i,j]/T)",
    "Bridle 1990; as ONNX Softmax of opset 13, whose axis is one and not all that follow; T of Hinton, Vinyals & Dean "
    "2015",
    "Shares of a whole: between 0 and 1, and 1 together.",
    logarithm=False,
)
