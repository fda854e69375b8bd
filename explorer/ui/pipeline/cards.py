"""What the list of layers shows, from the document, its plan and what has been computed so far."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from explorer.model.display import Summary
from explorer.model.document import SOURCE, Document, Node
from explorer.model.givers import Giver, side_inputs
from explorer.model.plan import Plan
from explorer.refusal import Refusal
from explorer.ui.parameters.giver_field import GiverChoice, GiverOption
from explorer.ui.pipeline.painting_layers import LayerCard, State
from explorer.ui.texts import said

_tr = QCoreApplication.translate


def shape_text(shape: tuple[int, ...]) -> str:
    """C×H×W of one picture; a vector is its length; a batch in front."""
    batch = f"{shape[0]}·" if shape[0] > 1 else ""
    inner = shape[1:] if len(shape) == 4 and shape[2:] != (1, 1) else shape[1:2]
    return batch + "×".join(map(str, inner))


def time_text(seconds: float) -> str:
    """Milliseconds with the digits that mean something."""
    milliseconds = seconds * 1e3
    return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"


def title_of(node: Node) -> str:
    """The operation's title, with the extent of its window where it has one."""
    operation = node.operation
    if operation is None:
        return node.op
    title = said(operation.title)
    kernel = getattr(node.params, "kernel", None)
    return f"{title} {kernel[0]}×{kernel[1]}" if isinstance(kernel, tuple) and len(kernel) == 2 else title


def cards(
    document: Document,
    plan: Plan,
    known: Mapping[str, Summary | Refusal],
    stale: set[str],
) -> tuple[LayerCard, ...]:
    """One card a layer; a layer that is behind the settings keeps its old thumbnails, marked as stale."""
    return tuple(_card(node, document, plan, known.get(node.id), node.id in stale) for node in document)


def _card(node: Node, document: Document, plan: Plan, known: Summary | Refusal | None, stale: bool) -> LayerCard:
    planned = plan.layers.get(node.id)
    reason = plan.refusals.get(node.id) or (known if isinstance(known, Refusal) and not stale else None)
    waits = plan.blocked.get(node.id)
    state: State = "stale" if stale else "ready"
    note = _side_inputs(node, document)
    if not node.enabled:
        state, note = "off", _tr("LayerCard", "Switched off: hands its input through")
    elif reason is not None:
        state, note = "refused", said(reason)
    elif waits is not None:
        state, note = "waiting", said(waits)
    summary = known if isinstance(known, Summary) else None
    shape = shape_text(planned.outputs[0]) if planned else ""
    time = time_text(summary.seconds) if summary and state == "ready" and summary.seconds else ""
    thumbnails = summary.thumbnails if summary and state in ("ready", "stale") else None
    if summary and summary.not_finite and state == "ready":
        note = _tr("LayerCard", "{0} values are NaN or infinite").format(summary.not_finite)
    return LayerCard(node.id, title_of(node), node.name, shape, time, note, state, thumbnails)


def _side_inputs(node: Node, document: Document) -> str:
    operation = node.operation
    if operation is None:
        return ""
    parts: dict[str, list[str]] = {}
    for port, link in list(zip(operation.inputs, node.inputs, strict=False))[1:]:
        if (link.node != SOURCE or port in operation.joins) and (link.node == SOURCE or document.has(link.node)):
            parts.setdefault(_giver_name(document, link.node), []).append(port)
    return " · ".join(
        _tr("LayerCard", "{0} from {1}").format(", ".join(ports), giver) for giver, ports in parts.items()
    )


def _giver_name(document: Document, id: str) -> str:
    return _tr("LayerCard", "picture") if id == SOURCE else document.node(id).name


def giver_choices(document: Document, plan: Plan, id: str) -> tuple[GiverChoice, ...]:
    """What a person can choose of where the side inputs of a layer come from."""
    operation = document.node(id).operation
    if operation is None:
        return ()
    return tuple(
        GiverChoice(
            each.ports[0],
            _tr("LayerCard", "Input {0}").format(", ".join(each.ports)),
            "\n".join(said(operation.hint[port]) for port in each.ports if port in operation.hint),
            each.taken,
            tuple(_option(document, giver) for giver in each.givers),
        )
        for each in side_inputs(document, plan, id)
    )


def _option(document: Document, giver: Giver) -> GiverOption:
    name = _giver_name(document, giver.node)
    text = f"{name} · {shape_text(giver.shape)}" if giver.shape else name
    return GiverOption(giver.node, text, said(giver.reason) if giver.reason else "")


def foldable(document: Document) -> frozenset[str]:
    """The layers of a kind that can be folded into the one before, whatever their parameters are now."""
    return frozenset(node.id for node in document if node.operation and node.operation.affine)
