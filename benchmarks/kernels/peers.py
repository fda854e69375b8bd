"""The same work done by other libraries. Each is optional: what is not installed is left out of the tables.

All run in this process, with its malloc and two threads for two processors. PyTorch runs twice, with its usual order
of axes and with channels last, whichever is faster for it counts.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np

THREADS = os.cpu_count() or 1
Run = Callable[[], object]
Peers = dict[str, Run]


def library(name: str) -> Any:
    """A library, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


torch, cv2, onnxruntime, onnx = (library(name) for name in ("torch", "cv2", "onnxruntime", "onnx"))
signal = library("scipy.signal")


def versions() -> dict[str, str]:
    """What the libraries that are there call their versions."""
    known = {"PyTorch": torch, "onnxruntime": onnxruntime, "OpenCV": cv2, "scipy": library("scipy")}
    return {name: str(each.__version__) for name, each in known.items() if each is not None}


if torch is not None:
    torch.set_num_threads(THREADS)
    torch.set_grad_enabled(False)
if cv2 is not None:
    cv2.setNumThreads(THREADS)


def of_torch(function: Callable[..., Any], *arrays: Any, channels_last: bool = True) -> Peers:
    """`function` of tensors made from `arrays`, in both orders of axes."""
    if torch is None:
        return {}
    usual = [torch.from_numpy(np.array(each)) for each in arrays]
    found: Peers = {"PyTorch": lambda: function(*usual)}
    if channels_last and usual[0].dim() == 4:
        last = [each.contiguous(memory_format=torch.channels_last) if each.dim() == 4 else each for each in usual]
        found["PyTorch, channels last"] = lambda: function(*last)
    return found


def of_onnxruntime(kind: str, arrays: dict[str, Any], outputs: int = 1, **attributes: Any) -> Peers:
    """One node of ONNX on named inputs."""
    if onnxruntime is None or onnx is None:
        return {}
    helper = onnx.helper
    names = [f"y{i}" for i in range(outputs)]
    given = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in arrays.items()
    ]
    wanted = [helper.make_empty_tensor_value_info(name) for name in names]
    node = helper.make_node(kind, list(arrays), names, **attributes)
    graph = helper.make_graph([node], "benchmark", given, wanted)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 4
    # Its threads would go on waiting in a loop through the runs of the others.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return {"onnxruntime": lambda: session.run(None, arrays)}


def of_opencv(x: Any, w: Any) -> Peers:
    """A convolution of few channels as OpenCV does it: one filter2D for each kernel and channel, added up."""
    if cv2 is None or x.shape[0] != 1 or x.shape[1] > 3:
        return {}

    def run() -> list[Any]:
        maps = []
        for kernel in w:
            total = cv2.filter2D(x[0, 0], cv2.CV_32F, kernel[0], borderType=cv2.BORDER_CONSTANT)
            for plane, part in zip(x[0, 1:], kernel[1:], strict=True):
                cv2.add(total, cv2.filter2D(plane, cv2.CV_32F, part, borderType=cv2.BORDER_CONSTANT), total)
            maps.append(total)
        return maps

    return {"OpenCV": run}


def of_scipy(x: Any, w: Any) -> Peers:
    """A convolution of one channel by scipy's Fourier transforms, of the whole map and by overlapping parts."""
    if signal is None:
        return {}
    turned = w[:, 0, ::-1, ::-1]
    return {
        name: lambda run=run: [run(x[0, 0], kernel, mode="same") for kernel in turned]  # type: ignore[misc]
        for name, run in (("scipy, fftconvolve", signal.fftconvolve), ("scipy, oaconvolve", signal.oaconvolve))
    }
