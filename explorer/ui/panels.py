"""All panels of the Explore workspace, and what each of them shows of a state. They know nothing of one another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QCoreApplication

from explorer.model.display import Maps, Summary, View, planes, shown_picture
from explorer.model.document import Document
from explorer.model.evaluator import Report, shown_link
from explorer.model.gradients import Origin
from explorer.model.plan import Plan
from explorer.ops.parameters import showing
from explorer.refusal import Refusal
from explorer.ui.calculation.explanation import ExplanationPanel
from explorer.ui.calculation.probe import Explained, Probe, explained, marks, source_marks, values_text
from explorer.ui.methods.panel import MethodsPanel
from explorer.ui.parameters.form import ParameterForm
from explorer.ui.pipeline.cards import cards, foldable, giver_choices, title_of
from explorer.ui.pipeline.picture_panel import PicturePanel
from explorer.ui.pipeline.pipeline_panel import PipelinePanel
from explorer.ui.results.histogram import HistogramPanel
from explorer.ui.results.softmax import SoftmaxPanel
from explorer.ui.stage.stage import Stage
from explorer.ui.status import Status
from explorer.ui.texts import said
from explorer.ui.weights.weights import WeightsEditor
from kernels._jit import threads

_tr = QCoreApplication.translate


class Panels:
    """The panels, made once; the window gives them their places."""

    def __init__(self) -> None:
        self.picture = PicturePanel()
        self.pipeline = PipelinePanel()
        self.stage = Stage()
        self.explanation = ExplanationPanel()
        self.form = ParameterForm()
        self.weights = WeightsEditor()
        self.methods = MethodsPanel()
        self.softmax = SoftmaxPanel()
        self.histogram = HistogramPanel()
        self.status = Status()
        self._maps: tuple[Maps, ...] = ()

    def show_document(self, document: Document, plan: Plan, view: View) -> None:
        """What is known before anything is computed: pictures, parameters, choices."""
        self.picture.show_source(document.source, view.shown)
        if document.has(view.layer):
            node = document.node(view.layer)
            planned = plan.layers.get(node.id)
            inputs = planned.inputs if planned else None
            self.form.show_node(node, inputs, plan.refusals.get(node.id), giver_choices(document, plan, node.id))
            self.methods.show_node(node, inputs)
            operation = node.operation
            ports = operation.outputs if operation is not None and node.enabled else ()
            title = title_of(node)
        else:
            self.form.show_node(None, None, None)
            self.methods.show_node(None, None)
            ports, title = (), _tr("Panels", "Picture")
        link = shown_link(document, view)
        self.stage.show_view(view, title, ports, link.port, origin_text(document, view.origin))

    def show_cards(
        self, document: Document, plan: Plan, known: Mapping[str, Summary | Refusal], stale: set[str], chosen: str
    ) -> None:
        """The list of layers."""
        choices = partial(giver_choices, document, plan)
        self.pipeline.show_cards(cards(document, plan, known, stale), chosen, choices, foldable(document))

    def show_maps(self, report: Report, current: bool) -> None:
        """The maps alone: the layers behind them are on their way."""
        view = report.request.view
        self.stage.show_maps(report.maps, view.clip and view.scope != "all")
        self.stage.maps.show_stale(not current)

    def show_stage(self, report: Report, current: bool) -> None:
        """The maps once everything is computed, or why there are none."""
        evaluated = report.evaluated
        assert evaluated is not None
        document, view = report.request.document, report.request.view
        missing = _missing_gradient(report)
        if report.maps:
            self.show_maps(report, current)
            if missing and current:
                self.stage.show_origin(missing)
        else:
            reason = evaluated.reason(view.layer)
            text = said(reason) if reason else missing or _tr("Panels", "There is nothing to show here.")
            self.stage.show_message(
                text if document.source.pictures else _tr("Panels", "Drop a photo here, or open one.")
            )

    def show_beside(self, report: Report) -> None:
        """The panels beside the stage: histogram, weights, softmax, and what is held."""
        self._maps = report.maps
        self._show_histogram()
        self._show_weights(report)
        self._show_softmax(report)
        self._show_about(report)

    def show_selected(self, map: int) -> None:
        """The map that was clicked: its frame and its kernel; its histogram comes with the next report."""
        self.stage.maps.select(map)
        self.weights.select_kernel(map)

    def show_probe(self, report: Report, probe: Probe | None, hovered: Probe | None) -> None:
        """Marks, values and the calculation of the cell that is looked at."""
        evaluated = report.evaluated
        assert evaluated is not None
        view = report.request.view
        found = marks(evaluated, view, probe)
        link = shown_link(report.request.document, view)
        shown = found.get(link, ())
        if hovered is not None and probe is not hovered:
            shown += marks(evaluated, view, hovered).get(hovered.link, ())
        self.stage.maps.show_marks({False: shown, True: shown})
        self.picture.show_marks(source_marks(found))
        place = hovered.place if hovered else probe.place if probe and probe.link == link else None
        self.status.show_values(values_text(report.maps, place) if place else "")
        if probe is None:
            self.explanation.show_message(_tr("Panels", "Point at a cell of a map to see how its number comes about."))
            return
        told = explained(evaluated, report.gradients, probe)
        if isinstance(told, Explained):
            self.explanation.show_explanation(
                told.title, told.formula, told.steps, told.gradient, told.check, probe.pinned
            )
        else:
            self.explanation.show_message(told)

    def _show_histogram(self) -> None:
        if not self._maps:
            self.histogram.show_nothing()
            return
        maps = self._maps[0]
        index = maps.selected
        low, high = (float(each) for each in maps.own[index])
        label = maps.labels[index] or str(index)
        self.histogram.show_histogram(
            maps.histogram,
            low,
            high,
            (float(maps.range[index][0]), float(maps.range[index][1])),
            label,
            int(maps.not_finite[index]),
        )

    def _show_weights(self, report: Report) -> None:
        assert report.evaluated is not None
        document, id = report.request.document, report.request.view.layer
        result = report.evaluated.results.get(id)
        node = document.node(id) if document.has(id) else None
        operation = node.operation if node is not None else None
        if node is None or operation is None or result is None or not result.weights:
            self.weights.show_weights(None, None, (), {}, None)
            return
        labels = operation.labels(tuple(x.shape for x in result.xs), node.params, result.weights)
        kernels = next((array for array in result.weights.values() if array.ndim == 4), None)
        presets = operation.presets(kernels.shape[2], kernels.shape[3]) if kernels is not None else {}
        slopes = report.gradients.weights.get(id) if report.gradients else None
        self.weights.show_weights(node, result.weights, labels, presets, slopes)

    def _show_softmax(self, report: Report) -> None:
        evaluated = report.evaluated
        assert evaluated is not None
        node = next(
            (
                each
                for each in reversed(report.request.document.nodes)
                if (result := evaluated.results.get(each.id)) and "loss" in result.ports
            ),
            None,
        )
        if node is None:
            self.softmax.show_nothing(_tr("Panels", "Add softmax with cross-entropy to see classes here."))
            return
        result = evaluated.results[node.id]
        shown = shown_picture(evaluated, report.request.view, node.main)
        targets = getattr(node.params, "target", ())
        if targets and showing(node.params, "target"):
            targets = ()
        target = targets[min(shown, len(targets) - 1)] if targets else None
        loss = float(result.output("loss")[shown].ravel()[0])
        self.softmax.show_softmax(planes(result.ys[0], shown).ravel(), loss, target, ())

    def _show_about(self, report: Report) -> None:
        assert report.evaluated is not None
        document = report.request.document
        held = sum(y.nbytes for result in report.evaluated.results.values() for y in result.ys)
        self.status.show_about(
            _tr("Panels", "{0} layers · {1} MB · {2} · {3} threads").format(
                len(document.nodes), round(held / 1e6), document.dtype, threads()
            )
        )


def _missing_gradient(report: Report) -> str:
    """Why a gradient that is wanted is not there, or nothing."""
    view, evaluated = report.request.view, report.evaluated
    if view.content == "activations" or any(maps.gradient for maps in report.maps):
        return ""
    if report.refusal is not None:
        return said(report.refusal)
    link = shown_link(report.request.document, view)
    value = evaluated.value(link) if evaluated is not None else None
    if value is None:
        return ""
    if value.dtype.kind != "f":
        return _tr("Panels", "The output {0} holds positions; it has no gradient.").format(link.port)
    told = origin_text(report.request.document, view.origin)
    origin = report.gradients.origin if report.gradients is not None else None
    if origin is not None and origin.node == link.node:
        return _tr("Panels", "{0}: it starts at output {1} of this layer.").format(told, origin.port)
    return _tr("Panels", "{0}: it does not depend on this layer.").format(told)


def origin_text(document: Document, origin: Origin | None) -> str:
    """Where gradients start, in words."""
    if origin is None:
        return _tr("Panels", "Gradient of the loss")
    name = document.node(origin.node).name if document.has(origin.node) else origin.node
    if origin.kind == "unit":
        return _tr("Panels", "Gradient of the unit {0}[{1}]").format(name, ", ".join(map(str, origin.index)))
    if origin.kind == "map":
        return _tr("Panels", "Gradient of the mean of map {1} of {0}").format(name, origin.index[0])
    return _tr("Panels", "Gradient of the mean of {0}").format(name)
