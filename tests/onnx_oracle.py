"""One ONNX operator, carried out by onnxruntime: an oracle that shares nothing with this program."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
from onnx import helper


def run(operator: str, inputs: list[Any], outputs: int = 1, opset: int = 13, **attributes: Any) -> list[Any]:
    """The outputs of one operator on `inputs`; None stands for an optional input that is left out."""
    names = ["" if array is None else f"x{place}" for place, array in enumerate(inputs)]
    given = {name: array for name, array in zip(names, inputs, strict=True) if name}
    results = [f"y{place}" for place in range(outputs)]
    graph = helper.make_graph(
        [helper.make_node(operator, names, results, **attributes)],
        "one",
        [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in given.items()
        ],
        [helper.make_empty_tensor_value_info(result) for result in results],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found: list[Any] = session.run(results, given)
    return found


def near(found: Any, expected: Any, absolute: float = 0.0) -> None:
    """Fail unless the numbers agree as far as float32 reaches: 1e-5 of each, or of the largest.

    absolute  what the oracle itself may be off, where it is less exact than that
    """
    scale = np.abs(expected).max(initial=0)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=max(1e-6 * scale, absolute))
