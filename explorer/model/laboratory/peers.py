"""The same work by libraries that happen to be installed, with as many threads as ours; none of them is needed.

PyTorch is taken twice, with its usual order of axes and with channels last.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from explorer.ops.op import Array
from kernels._jit import threads

__all__ = ["Run", "library", "of_onnxruntime", "of_opencv", "of_torch"]

Run = Callable[[], object]


@cache
def library(name: str) -> Any:
    """A library, told how many threads to use, or None where it is not installed or cannot be loaded."""
    try:
        made = importlib.import_module(name)
        if name == "torch":
            made.set_num_threads(threads())
            made.set_grad_enabled(False)
        elif name == "cv2":
            made.setNumThreads(threads())
    except (ImportError, OSError, AttributeError):
        # Any folder of that name is a module, too.
        return None
    return made


def of_torch(function: Callable[..., Any], *arrays: Array) -> dict[str, Run]:
    """`function` of PyTorch and tensors made of `arrays`, in both orders of axes."""
    torch = library("torch")
    if torch is None:
        return {}
    usual = [torch.from_numpy(np.array(each)) for each in arrays]
    last = [each.contiguous(memory_format=torch.channels_last) if each.dim() == 4 else each for each in usual]
    return {
        "PyTorch": lambda: function(torch, *usual),
        "PyTorch, channels last": lambda: function(torch, *last),
    }


def of_onnxruntime(kind: str, arrays: Mapping[str, Array], outputs: int = 1, **attributes: Any) -> dict[str, Run]:
    """One node of ONNX on named inputs; onnx is needed to write it down."""
    onnxruntime, onnx = library("onnxruntime"), library("onnx")
    if onnxruntime is None or onnx is None:
        return {}
    helper = onnx.helper
    given = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in arrays.items()
    ]
    wanted = [f"y{number}" for number in range(outputs)]
    node = helper.make_node(kind, list(arrays), wanted, **attributes)
    graph = helper.make_graph([node], "bench", given, list(map(helper.make_empty_tensor_value_info, wanted)))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.log_severity_level = 4
    # Its threads would go on to turn for a while after each run, on the processors that the next library needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return {"onnxruntime": lambda: session.run(None, dict(arrays))}


def of_opencv(x: Array, w: Array) -> dict[str, Run]:
    """A convolution of one image: one filter2D for each kernel and channel, added up."""
    cv2 = library("cv2")
    if cv2 is None:
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
