"""Help → Speed on this machine: the kernels measured between the requests of the window, and drawn as bars."""

from __future__ import annotations

from collections.abc import Callable, Generator

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QFontMetricsF, QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from explorer.model.digits import number
from explorer.model.evaluator import Evaluator
from explorer.model.laboratory.machine import OPERATIONS, Bench, Result, benched, works
from explorer.model.laboratory.peaks import Peaks, compiled_aside
from explorer.model.laboratory.steps import Steps
from explorer.ops.op import Tick
from explorer.ops.warm_up import METHODS, parts_of
from explorer.ui import theme
from explorer.ui.captioned import Text, button
from explorer.ui.laboratory.layout import ProgressLine
from explorer.ui.laboratory.numbers import Numbers
from explorer.ui.running import Hand, Running
from explorer.ui.texts import said

Measure = Callable[[Hand, Tick], Steps[Bench]]
_ROW, _BAR = 46, 14


def measure(hand: Hand, tick: Tick) -> Generator[tuple[int, int], None, Bench]:
    """Without the libraries of others: to load them would make the window stand still."""
    yield 0, 1
    compiled_aside()
    return (yield from benched(lambda: works(tick, peers=False), hand))


class Bars(QWidget):
    """A bar for each work: the share of the measured peak, with the numbers behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("speed.bars")
        self.setAccessibleName(self.tr("Speed of the kernels"))
        self._results: tuple[Result, ...] = ()
        self._empty = ""

    @property
    def results(self) -> tuple[Result, ...]:
        """What is drawn."""
        return self._results

    def show_results(self, results: tuple[Result, ...], empty: str) -> None:
        """Draw these, or say why there are none."""
        self._results, self._empty = results, empty
        self.setAccessibleDescription("\n".join(map(told, results)) or empty)
        self.update()

    def sizeHint(self) -> QSize:
        """Seven bars."""
        now = theme.current()
        return QSize(now.px(640), now.px(7 * _ROW + 18))

    def minimumSizeHint(self) -> QSize:
        """The same height."""
        return QSize(theme.current().px(560), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        paint_bars(painter, QRectF(self.rect()), self._results, self._empty, theme.current())
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """A new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()


def paint_bars(painter: QPainter, rect: QRectF, results: tuple[Result, ...], empty: str, now: theme.Theme) -> None:
    """The bars under each other, and a line where the peak is."""
    if not results:
        painter.setFont(now.font("text"))
        painter.setPen(now.color("muted"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, empty)
        return
    most = max(1.0, *(each.share for each in results))
    small = QFontMetricsF(now.font("small"))
    edge, line = now.px(4), small.height()
    wide = rect.width() - 2 * edge
    peak = rect.left() + edge + wide / most
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    for place, each in enumerate(results):
        top = rect.top() + place * now.px(_ROW)
        row = QRectF(rect.left() + edge, top, wide, line)
        painter.setFont(now.font("small"))
        painter.setPen(now.color("text"))
        painter.drawText(row, left, said(each.title))
        painter.setPen(now.color("muted"))
        painter.drawText(row.adjusted(small.horizontalAdvance(said(each.title)) + now.px(8), 0, 0, 0), left, each.shape)
        painter.setFont(now.font("small number"))
        painter.setPen(now.color("text"))
        painter.drawText(row, right, numbers_of(each))
        track = QRectF(rect.left() + edge, top + line + now.px(3), wide, now.px(_BAR))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color("border", 0.5))
        painter.drawRoundedRect(track, now.px(3), now.px(3))
        painter.setBrush(now.color("accent") if each.unit == "GFLOP/s" else now.color("good"))
        painter.drawRoundedRect(
            QRectF(track.left(), track.top(), max(wide * each.share / most, 2), track.height()), now.px(3), now.px(3)
        )
        painter.setPen(QPen(now.color("text"), now.px(1.5)))
        ends = (QPointF(peak, track.top() - now.px(2)), QPointF(peak, track.bottom() + now.px(2)))
        painter.drawLine(*ends)
    bottom = rect.top() + len(results) * now.px(_ROW)
    painter.setFont(now.font("small"))
    painter.setPen(now.color("muted"))
    under = QRectF(rect.left() + edge, bottom - now.px(4), wide, line)
    text = QCoreApplication.translate("Bars", "the measured peak")
    at_left = peak - under.left() < small.horizontalAdvance(text)
    painter.drawText(under if at_left else QRectF(under.left(), under.top(), peak - under.left(), line), right, text)


def numbers_of(result: Result) -> str:
    """Time, rate and share."""
    share = f"{result.share:.0%}"
    time, rate = number(result.seconds * 1e3, 3), number(result.rate, 3)
    return f"{time:>6} ms {rate:>6} {result.unit:<7} {share:>5}"


def told(result: Result) -> str:
    """A work in a line."""
    return f"{said(result.title)}, {result.shape}: {numbers_of(result)}"


class SpeedDialog(QDialog):
    """Measures when it opens; what came out can be copied."""

    failed = Signal(object)

    def __init__(self, evaluator: Evaluator, parent: QWidget | None = None, work: Measure = measure) -> None:
        super().__init__(parent)
        now = theme.current()
        self.setObjectName("speed")
        self.setWindowTitle(self.tr("Speed on this machine"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._work = work
        self._peaks: Peaks | None = None
        self._results: list[Result] = []
        self._about = Text("", "small", muted=True, wrap=True)
        self._about.setObjectName("speed.about")
        self._about.setMinimumHeight(3 * self._about.fontMetrics().lineSpacing())
        self.bars = Bars()
        self.progress = ProgressLine("speed")
        copy = button(self.tr("Copy numbers"), "speed.copy", self.tr("Copy the numbers, tab separated"))
        close = button(self.tr("Close"), "speed.close", self.tr("Close (Esc)"))
        buttons = QHBoxLayout()
        buttons.addWidget(copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(now.px(18), now.px(14), now.px(18), now.px(14))
        column.setSpacing(now.px(10))
        column.addWidget(Text(self.tr("Speed on this machine"), "title"))
        column.addWidget(self._about)
        column.addWidget(self.bars, 1)
        column.addWidget(self.progress)
        column.addLayout(buttons)
        self._running = Running(evaluator)
        self._running.found.connect(self._take)
        self._running.progressed.connect(self._progressed)
        self._running.changed.connect(self._show)
        self._running.failed.connect(self.failed)
        self.progress.pressed.connect(self.switch)
        copy.clicked.connect(self.copy)
        close.clicked.connect(self.close)
        self.finished.connect(lambda _: self._running.cancel())
        self.begin()

    @property
    def busy(self) -> bool:
        """Whether it is measuring."""
        return self._running.busy

    def begin(self) -> None:
        """Measure everything anew."""
        self._peaks, self._results = None, []
        self._running.begin(
            self._work, lambda bench: None, lambda refusal: None, lambda: parts_of([*OPERATIONS, METHODS], "float32")
        )

    def switch(self) -> None:
        """Stop, or measure anew."""
        if self._running.busy:
            self._running.cancel()
        else:
            self.begin()

    def copy(self) -> None:
        """All numbers to the clipboard."""
        columns = (
            "shape",
            "median in s",
            "first quartile in s",
            "third quartile in s",
            "rate",
            "unit",
            "share of peak",
        )
        rows = tuple(
            (each.shape, each.seconds, *each.quartiles, each.rate, each.unit, each.share) for each in self._results
        )
        names = tuple(said(each.title) for each in self._results)
        QGuiApplication.clipboard().setText(Numbers(self.tr("work"), columns, names, rows).text())

    def _take(self, found: Peaks | Result) -> None:
        if isinstance(found, Peaks):
            self._peaks = found
        else:
            self._results.append(found)
        self._show()

    def _progressed(self, done: int, total: int) -> None:
        tip = self.tr("Stop measuring")
        self.progress.show_running(self.tr("Measuring"), done, total, self.tr("Cancel"), tip)

    def _show(self) -> None:
        text = self.tr(
            "Bars show the share of what this machine can do at most: {0}. Convolutions count the operations of their "
            "definition, so that a fast algorithm can pass the peak."
        )
        top = self.tr("being measured")
        if self._peaks is not None:
            top = self.tr("{0} GFLOP/s in float32 on {1} threads, {2} GB/s from memory").format(
                number(round(self._peaks.gflops)), self._peaks.threads, number(self._peaks.gigabytes, 3)
            )
        self._about.setText(text.format(top))
        self.bars.show_results(tuple(self._results), self.tr("Measuring, some ten seconds …"))
        if not self._running.busy:
            hint = self.tr("“main.py bench” compares with the libraries that are installed, too")
            self.progress.show_idle(hint, self.tr("Measure again"), self.tr("Measure everything anew"))
        elif not self._results:
            self._progressed(0, 0)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Measure no more."""
        self._running.cancel()
        super().closeEvent(event)
