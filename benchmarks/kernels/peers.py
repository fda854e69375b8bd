"""The same work done by other libraries. Each is optional: what is not installed is left out of the tables.

All run in this process, with its malloc and as many threads as we have. PyTorch runs twice, with its usual order of
axes and with channels last, whichever is faster for it counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explorer.model.laboratory import peers
from explorer.model.laboratory.peers import Run, library, of_onnxruntime

__all__ = ["Peers", "Run", "of_onnxruntime", "of_opencv", "of_scipy", "of_torch", "torch", "versions"]

Peers = dict[str, Run]

torch, signal = library("torch"), library("scipy.signal")


def versions() -> dict[str, str]:
    """What the libraries that are there call their versions."""
    names = {"PyTorch": "torch", "onnxruntime": "onnxruntime", "OpenCV": "cv2", "scipy": "scipy"}
    known = {title: library(name) for title, name in names.items()}
    return {title: str(each.__version__) for title, each in known.items() if each is not None}


def of_torch(function: Callable[..., Any], *arrays: Any, channels_last: bool = True) -> Peers:
    """`function` of tensors made from `arrays`, in both orders of axes where there are two."""
    found = peers.of_torch(lambda _, *tensors: function(*tensors), *arrays)
    if not (channels_last and arrays[0].ndim == 4):
        found.pop("PyTorch, channels last", None)
    return found


def of_opencv(x: Any, w: Any) -> Peers:
    """A convolution of few channels as OpenCV does it."""
    return peers.of_opencv(x, w) if x.shape[0] == 1 and x.shape[1] <= 3 else {}


def of_scipy(x: Any, w: Any) -> Peers:
    """A convolution of one channel by scipy's Fourier transforms, of the whole map and by overlapping parts."""
    if signal is None:
        return {}
    turned = w[:, 0, ::-1, ::-1]
    return {
        name: lambda run=run: [run(x[0, 0], kernel, mode="same") for kernel in turned]  # type: ignore[misc]
        for name, run in (("scipy, fftconvolve", signal.fftconvolve), ("scipy, oaconvolve", signal.oaconvolve))
    }
