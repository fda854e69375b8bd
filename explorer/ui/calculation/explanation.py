"""The strip under the maps: how the number under the cursor is computed, step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from explorer.model.digits import Written, number, written
from explorer.ops.explanation import Step, Sum
from explorer.ui import theme
from explorer.ui.calculation.explanation_canvas import Canvas, CanvasScroll, ResultCanvas
from explorer.ui.calculation.explanation_layout import Calculation, Outcome, arrives, laid_out, outcome_size
from explorer.ui.calculation.explanation_text import agrees, calculation_text, numbers_text
from explorer.ui.captioned import Elided, Text, button
from explorer.ui.texts import said


class ExplanationPanel(QFrame):
    """The calculation of one number: its grids, signs and sums, the number itself, and a check by the definition.

    Left and Right choose the step, Ctrl+C copies the calculation as text.

    Signals: `term_hovered` with (input port, channel, row, column) of the cell of a grid under the cursor, or None.
    """

    term_hovered = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("explanation")
        self.setProperty("role", "card")
        self.setAccessibleName(self.tr("Calculation of the number under the cursor"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._steps: tuple[Step, ...] = ()
        self._parts: list[list[Written]] = []
        self._values: list[str] = []
        self._gradient: float | None = None
        self._shown = 0
        self._beside = False
        self._build()
        self.show_message(self.tr("Point at a cell of a map to see how it is computed."))

    def _build(self) -> None:
        self._title = Elided(font="strong", least=theme.current().px(120))
        self._formula = Elided(font="small", muted=True)
        self._formula.setObjectName("explanation.formula")
        self._step_title = Elided(font="small", muted=True)
        self._step_title.setObjectName("explanation.step")
        self._count = Text(font="small", muted=True)
        self._previous = button(
            "‹",
            "explanation.previous",
            self.tr("Previous step (Left)"),
            role="quiet",
            accessible=self.tr("Previous step"),
        )
        self._next = button(
            "›", "explanation.next", self.tr("Next step (Right)"), role="quiet", accessible=self.tr("Next step")
        )
        self._previous.clicked.connect(lambda: self.show_step(self._shown - 1))
        self._next.clicked.connect(lambda: self.show_step(self._shown + 1))
        self._pinned = QLabel(self.tr("pinned"))
        self._pinned.setObjectName("explanation.pinned")
        self._pinned.setToolTip(self.tr("The cell stays until it is let go (Esc)."))
        self._badge = QLabel()
        self._badge.setObjectName("explanation.check")
        self._badge.setTextFormat(Qt.TextFormat.PlainText)
        self._badge.setMargin(theme.current().px(4))
        header = QHBoxLayout()
        for widget in (self._title, self._previous, self._count, self._next):
            header.addWidget(widget)
        header.addWidget(self._step_title, 1)
        header.addWidget(self._pinned)
        header.addWidget(self._badge)
        self._canvas, self._last_canvas, self._result = Canvas(), Canvas(), ResultCanvas()
        self._canvas.hovered.connect(self.term_hovered)
        self._last_canvas.hovered.connect(self.term_hovered)
        self._scroll = CanvasScroll(self._canvas)
        self._scroll.setObjectName("explanation.scroll")
        self._scroll.setAccessibleName(self.tr("Calculation"))
        self._rule = QFrame()
        self._rule.setFixedWidth(1)
        body = QHBoxLayout()
        body.addWidget(self._scroll)
        body.addWidget(self._rule)
        body.addWidget(self._last_canvas, 0, Qt.AlignmentFlag.AlignTop)
        body.addWidget(self._result)
        body.addStretch(1)
        self._calculation = QWidget()
        column = QVBoxLayout(self._calculation)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(header)
        column.addWidget(self._formula)
        column.addLayout(body, 1)
        self._message = Text(muted=True, wrap=True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedLayout()
        self._frame = QVBoxLayout(self)
        self._frame.addLayout(self._pages)
        self._pages.addWidget(self._message)
        self._pages.addWidget(self._calculation)
        self._layouts = column, header, body
        self._restyle()

    def show_explanation(
        self,
        title: str,
        formula: str,
        steps: Sequence[Step],
        gradient: float | None,
        check: tuple[float, float] | None,
        pinned: bool,
    ) -> None:
        """The calculation of a number; `check` is (the definition's number, the forward pass's number)."""
        if not steps:
            self.show_message(title)
            return
        if len(steps) != len(self._steps):
            self._shown = 0
        self._steps, self._gradient = tuple(steps), gradient
        self._parts, self._values = written(self._steps)
        self._title.setText(title)
        if self._formula.text_whole() != formula:
            self._formula.setText(formula)
        self._pinned.setVisible(pinned)
        self._show_check(check)
        self.setAccessibleDescription(f"{title} = {self._values[-1]}")
        self._pages.setCurrentWidget(self._calculation)
        self._lay_out()

    def show_message(self, text: str) -> None:
        """A sentence instead of a calculation."""
        self._steps = ()
        self._message.setText(text)
        self.setAccessibleDescription(text)
        self._pages.setCurrentWidget(self._message)

    def show_step(self, step: int) -> None:
        """Go to a step, counted from 0."""
        if self._steps:
            self._shown = max(0, min(step, self._choices() - 1))
            self._lay_out()

    def _choices(self) -> int:
        return max(1, len(self._steps) - (self._beside or self._absorbed()))

    def _absorbed(self) -> bool:
        """Whether the last of two steps only adds something like a bias to the first: one line says that."""
        if len(self._steps) != 2 or len(self._steps[1].parts) != 1:
            return False
        part = self._steps[1].parts[0]
        return isinstance(part, Sum) and len(part.terms) <= 2 and part.terms[0][1] == self._steps[0].value

    def _outcome(self) -> Outcome:
        last, lines = self._steps[-1], []
        arriving = arrives(last)
        if self._absorbed():
            part, texts = last.parts[0], self._parts[-1][0]
            if isinstance(part, Sum) and isinstance(texts, tuple) and len(part.terms) == 2:
                lines.append(f"{texts[0][0]} + {said(part.terms[1][0])} {texts[0][1]}")
        if self._gradient is not None:
            lines.append(f"∂L/∂y = {number(self._gradient)}")
        caption = said(arriving.label) if arriving is not None else self.tr("Output")
        return Outcome(caption, self._values[-1], tuple(lines))

    def _lay_out(self) -> None:
        if not self._steps:
            return
        look, count = theme.current(), len(self._steps)
        absorbed, outcome = self._absorbed(), self._outcome()
        size = outcome_size(outcome, look)
        step = min(self._shown, count - 2 if absorbed else count - 1)
        before = self._laid_out(max(0, min(step, count - 2)), absorbed or count == 1)
        last = Calculation()
        self._beside = False
        if count > 1 and not absorbed:
            last = self._laid_out(count - 1, True)
            self._beside = self._has_room(before, last, size)
        if self._beside:
            step = min(step, count - 2)
        self._shown = step
        self._canvas.show_calculation(before if self._beside or absorbed or step < count - 1 or count == 1 else last)
        self._last_canvas.show_calculation(last)
        for widget in (self._rule, self._last_canvas):
            widget.setVisible(self._beside)
        self._result.show_outcome(outcome, size, repr(self._steps[-1].value))
        self._show_choice(step)
        self._scroll.updateGeometry()

    def _laid_out(self, step: int, last: bool) -> Calculation:
        return laid_out(self._steps[step], self._parts[step], self._values[step], theme.current(), last=last)

    def _has_room(self, before: Calculation, last: Calculation, outcome: QSizeF) -> bool:
        """Whether a step, the last step and the outcome stand beside each other without scrolling."""
        look = theme.current()
        width = before.size.width() + last.size.width() + outcome.width() + look.px(3 * 14) + 1
        high = last.size.height() > max(self._scroll.height(), look.px(90))
        return width <= self.width() - look.px(2 * 14) and not high

    def _show_choice(self, step: int) -> None:
        choices = self._choices()
        title = said(self._steps[step].title)
        if self._step_title.text_whole() != title:
            self._step_title.setText(title)
        for control in (self._previous, self._count, self._next):
            control.setVisible(choices > 1)
        self._count.setText(self.tr("{step} of {count}").format(step=step + 1, count=choices))
        self._previous.setEnabled(step > 0)
        self._next.setEnabled(step < choices - 1)

    def _show_check(self, check: tuple[float, float] | None) -> None:
        self._badge.setVisible(check is not None)
        if check is None:
            return
        definition, forward = check
        good = agrees(definition, forward, self._steps)
        same = definition == forward or (good and not math.isfinite(forward))
        difference = number(0.0 if same else abs(definition - forward), 1)
        text = (
            self.tr("equals the definition, difference {difference}")
            if good
            else self.tr("the definition differs by {difference}")
        )
        tip = self.tr("definition in float64: {definition}, computed: {forward}")
        self._badge.setText(text.format(difference=difference))
        self._badge.setToolTip(tip.format(definition=repr(definition), forward=repr(forward)))
        if self._badge.property("role") != ("good" if good else "bad"):
            self._badge.setProperty("role", "good" if good else "bad")
            self._badge.style().unpolish(self._badge)
            self._badge.style().polish(self._badge)
            self._badge.updateGeometry()

    def _restyle(self) -> None:
        look = theme.current()
        column, header, body = self._layouts
        self._frame.setContentsMargins(look.px(14), look.px(8), look.px(14), look.px(8))
        column.setSpacing(look.px(5))
        header.setSpacing(look.px(8))
        body.setSpacing(look.px(14))
        self._title.setMinimumHeight(look.px(26))
        self._badge.setFont(look.font("small"))
        self._pinned.setFont(look.font("small"))
        self._pinned.setStyleSheet(f"color: {look.pinned};")
        self._rule.setStyleSheet(f"background: {look.border};")
        self._lay_out()

    def sizeHint(self) -> QSize:
        """Room for a grid of three rows."""
        return QSize(theme.current().px(640), theme.current().px(170))

    def minimumSizeHint(self) -> QSize:
        """Below this there is nothing to read."""
        return QSize(theme.current().px(240), theme.current().px(120))

    def changeEvent(self, event: QEvent) -> None:
        """A new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_layouts"):
            self._restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The last step stands beside the others where there is room."""
        super().resizeEvent(event)
        self._formula.setVisible(self.width() >= theme.current().px(480))
        self._step_title.setVisible(self.width() >= theme.current().px(580))
        self._lay_out()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right choose a step, Home and End the ends, Up and Down scroll."""
        bar = self._scroll.verticalScrollBar()
        keys: dict[int, Callable[[], object]] = {
            Qt.Key.Key_Left: lambda: self.show_step(self._shown - 1),
            Qt.Key.Key_Right: lambda: self.show_step(self._shown + 1),
            Qt.Key.Key_Home: lambda: self.show_step(0),
            Qt.Key.Key_End: lambda: self.show_step(len(self._steps)),
            Qt.Key.Key_Up: lambda: bar.setValue(bar.value() - bar.singleStep()),
            Qt.Key.Key_Down: lambda: bar.setValue(bar.value() + bar.singleStep()),
        }
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_text()
        elif event.key() in keys and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            keys[event.key()]()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy the numbers or the text."""
        self.menu().exec(event.globalPos())

    def menu(self) -> QMenu:
        """What the context menu offers."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        numbers = menu.addAction(self.tr("Copy numbers"), self.copy_numbers)
        text = menu.addAction(self.tr("Copy as text") + "\t" + self.tr("Ctrl+C"), self.copy_text)
        for action, name in ((numbers, "explanation.copy_numbers"), (text, "explanation.copy_text")):
            action.setObjectName(name)
            action.setEnabled(bool(self._steps))
        return menu

    def copy_numbers(self) -> None:
        """The numbers of the step that is shown to the clipboard, tab separated and in full."""
        if self._steps:
            QGuiApplication.clipboard().setText(numbers_text(self._steps[self._shown]))

    def copy_text(self) -> None:
        """The whole calculation to the clipboard, with the digits that are shown."""
        if self._steps:
            QGuiApplication.clipboard().setText(
                calculation_text(self._title.text(), self._formula.text_whole(), self._steps)
            )
