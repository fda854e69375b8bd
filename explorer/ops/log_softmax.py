"""The logarithm of softmax, by the logarithm of the sum."""

from __future__ import annotations

from explorer.ops.softmax_along_axis import operation

OP = operation(
    "log_softmax",
    "Log-softmax over maps",
    "y[n,c,i,j] = x[n,c,i,j]/T − ln Σ over d of exp(x[n,d,i,j]/T)",
    "As ONNX LogSoftmax of opset 13; ln of a softmax would be −∞ where the share is too small for the format",
    "Logarithms of shares of a whole: 0 or less.",
    logarithm=True,
)
