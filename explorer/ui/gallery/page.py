"""The page of one operation: its formula, its picture, its ports and the source of its definition."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from explorer.model.digits import number
from explorer.model.gallery import Illustration
from explorer.ops.op import Op
from explorer.ops.parameters import Parameter, parameters, visible
from explorer.ui import theme
from explorer.ui.captioned import Text
from explorer.ui.gallery.painting_illustration import Words, laid_out, paint_illustration, paint_waiting
from explorer.ui.pipeline.cards import shape_text
from explorer.ui.stage.painting_maps import caption
from explorer.ui.texts import said

_tr = QCoreApplication.translate
_WIDEST = 1040
"""Pixels of a page: longer lines are hard to read."""


class Page(QScrollArea):
    """Shows one operation; its picture comes later."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("gallery.page")
        self.setAccessibleName(self.tr("The operation"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        now = theme.current()
        self._formula = Text(font="formula", wrap=True)
        self._formula.setObjectName("gallery.formula")
        self._formula.setAccessibleName(self.tr("Formula"))
        self._formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._of = Text(font="small", muted=True, wrap=True)
        self._of.setObjectName("gallery.of")
        self.picture = Picture()
        self._ports = QWidget()
        self._source = Text(wrap=True)
        self._source.setObjectName("gallery.source")
        self._source.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._card = card = QFrame()
        card.setProperty("role", "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(now.px(16), now.px(12), now.px(16), now.px(12))
        inside.addWidget(self._formula)
        content = QWidget()
        content.setProperty("role", "ground")
        content.setMaximumWidth(now.px(_WIDEST))
        self._column = column = QVBoxLayout(content)
        column.setContentsMargins(now.px(24), now.px(4), now.px(24), now.px(20))
        column.setSpacing(now.px(8))
        column.addWidget(card)
        column.addSpacing(now.px(8))
        column.addWidget(self.picture)
        column.addWidget(self._of)
        column.addSpacing(now.px(10))
        column.addWidget(self._ports)
        column.addSpacing(now.px(6))
        column.addWidget(Text(self.tr("Source"), "caption"))
        column.addWidget(self._source)
        column.addStretch(1)
        self.setWidget(content)

    def show_operation(self, op: Op, illustration: Illustration | None, *, waiting: bool) -> None:
        """The page of an operation; `waiting` where its picture is still being computed."""
        self._formula.setText(op.formula)
        self._source.setText(said(op.source))
        self.picture.show_picture(illustration, waiting=waiting)
        self._of.setText(_of(illustration) if illustration is not None else "")
        self._show_ports(op, illustration)
        # Now, and not some events later: a page must not be painted in the places of the last one.
        self._ports.show()
        for layout in (self._card.layout(), self._ports.layout(), self._column):
            if layout is not None:
                layout.activate()
        QApplication.sendEvent(self, QEvent(QEvent.Type.LayoutRequest))

    def _show_ports(self, op: Op, illustration: Illustration | None) -> None:
        ports = _Ports(op, illustration)
        self._column.replaceWidget(self._ports, ports)
        self._ports.hide()
        self._ports.deleteLater()
        self._ports = ports


_Row = tuple[str, str, str]


class _Ports(QWidget):
    """Inputs, outputs and weights by name, with their shapes and what is said of them."""

    def __init__(self, op: Op, illustration: Illustration | None) -> None:
        super().__init__()
        now = theme.current()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(now.px(14))
        grid.setVerticalSpacing(now.px(6))
        grid.setColumnStretch(2, 1)
        top = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        line = 0
        for title, rows in self._sections(op, illustration):
            if not rows:
                continue
            if line:
                grid.setRowMinimumHeight(line, now.px(8))
                line += 1
            grid.addWidget(Text(title, "caption"), line, 0, 1, 3)
            for name, shape, hint in rows:
                line += 1
                key = Text(name, "small number")
                key.setProperty("role", "key")
                grid.addWidget(key, line, 0, top)
                size = Text(shape, "small number", muted=True)
                size.setContentsMargins(0, now.px(3), 0, 0)
                grid.addWidget(size, line, 1, top)
                about = Text(hint, wrap=True)
                about.setContentsMargins(0, now.px(2), 0, 0)
                grid.addWidget(about, line, 2)
            line += 1

    def _sections(self, op: Op, illustration: Illustration | None) -> list[tuple[str, list[_Row]]]:
        """Titles with (name, shape, hint) of what stands below them; shapes are those of the picture."""
        ins = {port.name: shape_text(port.shape) for port in illustration.inputs} if illustration else {}
        outs = {port.name: shape_text(port.shape) for port in illustration.outputs} if illustration else {}
        weights = (
            {name: "×".join(map(str, shape)) for name, shape in illustration.weights.items()} if illustration else {}
        )

        def rows(names: Iterable[str], shapes: Mapping[str, str], first: str = "") -> list[_Row]:
            hints = [said(op.hint.get(name, "")) for name in names]
            if hints and not hints[0]:
                hints[0] = first
            return [(name, shapes.get(name, ""), hint) for name, hint in zip(names, hints, strict=True)]

        return [
            (self.tr("Inputs"), rows(op.inputs, ins, self.tr("The maps that go in."))),
            (self.tr("Outputs"), rows(op.outputs, outs, self.tr("The maps that come out."))),
            (self.tr("Weights"), rows(weights, weights)),
        ]


def _of(illustration: Illustration) -> str:
    """What goes in, and with which parameters it was computed."""
    params = illustration.params
    values = [
        f"{said(each.label)} {_value(each, getattr(params, name))}"
        for name, each in parameters(params)
        if visible(params, each)
    ]
    return " · ".join([said(illustration.of), *values])


def _value(described: Parameter, value: Any) -> str:
    if isinstance(value, bool):
        return _tr("Gallery", "on") if value else _tr("Gallery", "off")
    if described.kind == "choice":
        return said(dict(described.options)[value])
    if described.kind == "algorithm":
        return str(value)
    if isinstance(value, tuple):
        joint = " × " if described.parts == ("height", "width") else ", "
        return joint.join(number(each) for each in value)
    return number(value)


class Picture(QWidget):
    """What goes in and what comes out, as high as its width asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("gallery.picture")
        self._illustration: Illustration | None = None
        self._waiting = True
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(self.tr("What goes in and what comes out"))

    @property
    def shown(self) -> Illustration | None:
        """What is painted."""
        return self._illustration

    def show_picture(self, illustration: Illustration | None, *, waiting: bool) -> None:
        """Show it, or that it is being computed."""
        self._illustration, self._waiting = illustration, waiting
        self.setAccessibleDescription(_described(illustration) if illustration is not None else self._text())
        self.updateGeometry()
        self.update()

    def _text(self) -> str:
        if self._waiting:
            return self.tr("The picture is being computed.")
        return self.tr("There is no picture of this operation.")

    def heightForWidth(self, width: int) -> int:
        """Of the picture, or of what stands in its place."""
        now = theme.current()
        if self._illustration is None:
            return now.px(180)
        return math.ceil(laid_out(self._illustration, width, now).height) + 1

    def sizeHint(self) -> QSize:
        """The height follows the width."""
        width = theme.current().px(600)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Wide enough for two maps beside each other on both sides."""
        return QSize(theme.current().px(320), theme.current().px(40))

    def changeEvent(self, event: QEvent) -> None:
        """A new theme may bring another scale."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        """All ports, or a word on why there are none."""
        painter, now = QPainter(self), theme.current()
        if self._illustration is None:
            paint_waiting(painter, QRectF(self.rect()), self._text(), now)
            return
        words = Words(self.tr("{0} of {1} shown"), self.tr("It holds no numbers: only its size counts."))
        paint_illustration(painter, laid_out(self._illustration, self.width(), now), now, words)


def _described(illustration: Illustration) -> str:
    """The picture in words: shape and ranges of every port."""
    lines = []
    for port in (*illustration.inputs, *illustration.outputs):
        ranges = ""
        if port.maps is not None:
            ranges = "; ".join(" ".join(caption(port.maps, place)) for place in range(min(6, len(port.maps.values))))
        lines.append(f"{port.name} {shape_text(port.shape)}: {ranges}".rstrip(": "))
    return "\n".join(lines)
