"""Scaling and shifting the output channels of a layer y = w·x + b by its weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from explorer.ops.op import Array, Weights


def scaled(weights: Weights, params: Any, scale: Array, shift: Array) -> tuple[dict[str, Array], Any]:
    """w and b of scale·(w·x + b) + shift in float64, and `bias` switched on. The first axis of w is the channel."""
    w = np.asarray(weights["w"], np.float64)
    b = scale * np.asarray(weights["b"], np.float64) if params.bias else 0.0
    return {"w": w * scale.reshape(-1, *(1,) * (w.ndim - 1)), "b": b + shift}, replace(params, bias=True)
