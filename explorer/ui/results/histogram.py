"""How often each value occurs in a map."""

from __future__ import annotations

import importlib
import math
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from explorer.model.digits import number
from explorer.ui import theme
from explorer.ui.captioned import Elided, Text, button
from explorer.ui.results.painting_histogram import place_of, scaled_counts, value_ticks

_MARGIN = 0.04


class _Plot:
    """The plot in coordinates from 0 to 1 both ways, so that no value of a map is too large or too small for it."""

    def __init__(self, pyqtgraph: Any) -> None:
        pyqtgraph.setConfigOptions(imageAxisOrder="row-major", exitCleanup=False)
        self.widget = pyqtgraph.PlotWidget()
        self.widget.setObjectName("histogram.plot")
        self.widget.setAccessibleName(QCoreApplication.translate("HistogramPanel", "Histogram"))
        self.widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.widget.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        # Clicks and the wheel belong to the panel and to what it scrolls in.
        self.widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._item = self.widget.getPlotItem()
        self._item.setMenuEnabled(False)
        self._item.hideButtons()
        view = self._item.getViewBox()
        view.setMouseEnabled(False, False)
        view.disableAutoRange()
        view.setRange(xRange=(-_MARGIN, 1 + _MARGIN), yRange=(0, 1.05), padding=0)
        self._region = pyqtgraph.LinearRegionItem((0, 1), movable=False)
        self._bars = pyqtgraph.BarGraphItem(x0=[0.0], width=1.0, height=[0.0])
        self._zero = pyqtgraph.InfiniteLine(0.0)
        for item in (self._region, self._bars, self._zero):
            view.addItem(item, ignoreBounds=True)
        self.restyle()

    def restyle(self) -> None:
        """The colours and fonts of the theme."""
        look = theme.current()
        self.widget.setBackground(None)
        for name in ("left", "bottom"):
            axis = self._item.getAxis(name)
            axis.setPen(look.color("border"))
            axis.setTextPen(look.color("muted"))
            axis.setStyle(
                tickFont=look.font("small number"),
                tickLength=-look.px(4),
                autoExpandTextSpace=True,
                hideOverlappingLabels=False,
            )
        # Half of the number at the right end stands outside of the plot.
        self._item.layout.setContentsMargins(0, look.px(4), look.px(20), 0)
        self._region.setBrush(look.color("soft"))
        for line in self._region.lines:
            line.setPen(look.color("accent", 0.5))
        self._bars.setOpts(brush=look.color("accent"), pen=None)
        self._zero.setPen(look.color("muted", 0.6))

    def show_bars(
        self,
        heights: NDArray[np.float64],
        ticks: tuple[list[tuple[float, str]], list[tuple[float, str]]],
        region: tuple[float, float],
        zero: float,
    ) -> None:
        """Bars from left to right, the ticks below and beside them, the range of the colours, the place of 0."""
        edges = np.linspace(0, 1, heights.size + 1)
        self._bars.setOpts(x0=edges[:-1], width=1 / heights.size, height=heights)
        for name, own in zip(("bottom", "left"), ticks, strict=True):
            self._item.getAxis(name).setTicks([own])
        self._region.setRegion(region)
        self._zero.setValue(zero)
        self._zero.setVisible(0 <= zero <= 1)


class HistogramPanel(QWidget):
    """The histogram of one map, the range that its colours cover, and how many values are not finite.

    The plotting library is loaded when there is first something to plot on the screen, on a thread of its own: it
    takes about half a second, which the window would otherwise stand still for.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("histogram")
        self.setAccessibleName(self.tr("Histogram"))
        self._counts: NDArray[np.int64] | None = None
        self._low, self._high, self._range = 0.0, 0.0, (0.0, 0.0)
        self._plot: _Plot | None = None
        self._loading: threading.Thread | None = None
        self._poll = QTimer(self)
        self._poll.setInterval(20)
        self._poll.timeout.connect(self._loaded)
        self._behind = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._draw)
        self._label = Elided(font="caption")
        self._log = button(
            self.tr("log"),
            "histogram.log",
            self.tr("Logarithmic counts: rare values are seen too"),
            role="quiet",
            accessible=self.tr("Logarithmic counts"),
        )
        self._log.setCheckable(True)
        self._log.toggled.connect(self._draw)
        head = QHBoxLayout()
        head.addWidget(self._label, 1)
        head.addWidget(self._log)
        self._room = QVBoxLayout()
        self._about = Elided(font="small number", muted=True, lines=2)
        self._about.setObjectName("histogram.about")
        self._nothing = Text(font="small", muted=True, wrap=True)
        self._nothing.setObjectName("histogram.nothing")
        self._trouble = QLabel()
        self._trouble.setObjectName("histogram.trouble")
        self._trouble.setProperty("role", "bad")
        self._trouble.setWordWrap(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(head)
        self._column.addLayout(self._room, 1)
        self._column.addWidget(self._about)
        self._column.addWidget(self._nothing)
        self._column.addWidget(self._trouble)
        self._column.addStretch()
        self._restyle()
        self.show_nothing()

    def show_histogram(
        self,
        counts: NDArray[np.int64],
        low: float,
        high: float,
        shown_range: tuple[float, float],
        label: str,
        not_finite: int,
        log: bool | None = None,
    ) -> None:
        """Counts of equal bins from `low` to `high`; `log` None leaves the choice of the person as it is."""
        self._counts, self._low, self._high = np.asarray(counts), float(low), float(high)
        self._range = float(shown_range[0]), float(shown_range[1])
        if log is not None:
            self._log.setChecked(log)
        self._label.setText(label)
        self._trouble.setVisible(not_finite > 0)
        self._trouble.setText(self.tr("{count} values are NaN or infinite").format(count=not_finite))
        if not self._drawable():
            self._counts = None
            self._about.setText(self.tr("There is no finite value."))
        else:
            text = self.tr("{count} values  {low} … {high}\ncolours  {first} … {last}")
            self._about.setText(
                text.format(
                    count=int(self._counts.sum()),
                    low=number(self._low),
                    high=number(self._high),
                    first=number(self._range[0]),
                    last=number(self._range[1]),
                )
            )
        self._about.show()
        self._nothing.hide()
        told = [label, self._about.text_whole().replace("\n", ", "), self._trouble.text() if not_finite else ""]
        self.setAccessibleDescription("; ".join(each for each in told if each))
        self._draw()

    def show_nothing(self, reason: str = "") -> None:
        """A sentence where there is no map."""
        self._counts = None
        self._label.setText("")
        self._trouble.hide()
        self._about.hide()
        self._nothing.setText(reason or self.tr("Select a map to see how often each value occurs."))
        self._nothing.show()
        self.setAccessibleDescription(self._nothing.text())
        self._draw()

    def ready(self) -> bool:
        """Whether the plot is there."""
        return self._plot is not None

    def _drawable(self) -> bool:
        counts = self._counts
        finite = math.isfinite(self._low) and math.isfinite(self._high)
        return counts is not None and counts.size > 0 and finite and int(counts.sum()) > 0

    def _draw(self) -> None:
        self._log.setVisible(self._counts is not None)
        if self._plot is not None:
            self._plot.widget.setVisible(self._counts is not None)
        filled = self._counts is not None and self._plot is not None
        self._column.setStretch(1, int(filled))
        self._column.setStretch(4, int(not filled))
        self._behind = self._counts is not None and self.visibleRegion().isEmpty()
        if self._counts is None or self._behind:
            return
        if self._plot is None:
            self._load()
            return
        counts = self._counts
        if not self._low < self._high:
            # All values are equal: one bar in the middle.
            counts = np.zeros(9, np.int64)
            counts[4] = self._counts.sum()
        heights, beside = scaled_counts(counts, log=self._log.isChecked())
        region = tuple(min(max(place_of(each, self._low, self._high), -_MARGIN), 1 + _MARGIN) for each in self._range)
        if not all(map(math.isfinite, region)):
            region = (0.0, 1.0)
        self._plot.show_bars(
            heights,
            (value_ticks(self._low, self._high), beside),
            (region[0], region[1]),
            place_of(0.0, self._low, self._high) if self._low < self._high else -1.0,
        )

    def _load(self) -> None:
        if self._loading is None:
            self._loading = threading.Thread(
                target=importlib.import_module, args=("pyqtgraph",), name="pyqtgraph", daemon=True
            )
            self._loading.start()
            self._poll.start()

    def finish_loading(self) -> None:
        """Wait for the plotting library: a thread that still imports while the program ends can crash it."""
        if self._loading is not None:
            self._loading.join()

    def _loaded(self) -> None:
        if self._loading is not None and self._loading.is_alive():
            return
        self._poll.stop()
        self._plot = _Plot(importlib.import_module("pyqtgraph"))
        self._plot.widget.setMinimumHeight(theme.current().px(96))
        self._room.addWidget(self._plot.widget)
        self._draw()

    def _restyle(self) -> None:
        self._column.setSpacing(theme.current().px(4))
        self._trouble.setFont(theme.current().font("small"))
        if self._plot is not None:
            self._plot.restyle()

    def sizeHint(self) -> QSize:
        """A third of the width in height."""
        return QSize(theme.current().px(260), theme.current().px(190))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what came while nobody saw the panel: a dock behind another is shown all the same, out of view."""
        super().paintEvent(event)
        if self._behind:
            self._later.start()

    def changeEvent(self, event: QEvent) -> None:
        """A new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_column"):
            self._restyle()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy the numbers."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Copy numbers"), self.copy_numbers).setEnabled(self._counts is not None)
        menu.exec(event.globalPos())

    def copy_numbers(self) -> None:
        """Begin, end and count of every bin to the clipboard, tab separated."""
        if self._counts is not None:
            edges = np.linspace(self._low, self._high, self._counts.size + 1).tolist()
            rows = zip(edges, edges[1:], self._counts.tolist(), strict=False)
            QGuiApplication.clipboard().setText("\n".join(f"{a!r}\t{b!r}\t{count}" for a, b, count in rows))
