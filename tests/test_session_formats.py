"""Sessions that older versions saved; the files in tests/data are never made again."""

from __future__ import annotations

from pathlib import Path

from explorer.model.display import View
from explorer.model.evaluation import Evaluation
from explorer.model.gradients import Origin
from explorer.model.session import load

DATA = Path(__file__).parent / "data"


def test_the_session_of_format_1_opens_for_ever() -> None:
    session, warnings = load(DATA / "session_v1.kscope")
    document = session.document
    assert [each.op for each in document] == [
        "input", "conv", "relu", "max_pool", "dreaming", "max_unpool", "global_average_pool", "dense", "softmax",
    ]  # fmt: skip
    assert [str(each) for each in warnings] == [
        "dreaming1 is kept but cannot run. The operation 'dreaming' is unknown to this version."
    ]
    convolution = document.node("n2")
    assert convolution.name == "edges"
    assert convolution.params.filters == 4
    assert convolution.weights["w"][0, 0].tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert document.node("n5").params == {"depth": 3}
    assert document.node("n5").extra == {"comment": "from a newer version"}
    assert not document.node("n5").enabled
    assert document.source.rule == "fit"
    assert [(each.name, each.pixels.dtype.name, each.white) for each in document.source.pictures] == [
        ("ramp", "uint8", 255), ("sixteen bits", "uint16", 65535),
    ]  # fmt: skip
    assert document.source.pictures[0].pixels[3, 5].tolist() == [35, 3, 5]
    assert session.view == View(
        layer="n2", scope="layer", colours="signed", origin=Origin("n2", "y", "unit", (1, 2, 3))
    )
    assert dict(session.window) == {"zoom": 2.0, "pinned": [0, 1, 2, 3]}
    evaluated = Evaluation().run(document)
    assert {each.id for each in document} == evaluated.results.keys()
