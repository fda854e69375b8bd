"""The Derive workspace: wires the problem, the threads beside the window and the panels of its page.

Data flows one way: the form says what is asked, the history keeps it, one thread answers it, and what is shown follows
from the answer and from the place in it. Another thread typesets what is shown, and what the next key may show.
"""

from __future__ import annotations

import gc
from functools import partial
from random import Random

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QMenu

from explorer.model.derivation.derivation import Line, Step
from explorer.model.derivation.practice import LEVELS, practise
from explorer.model.store import History
from explorer.model.typesetting import Hit
from explorer.refusal import Refusal
from explorer.ui.actions import added
from explorer.ui.derive import asked, entries, notation
from explorer.ui.derive.answering import Answered, answered
from explorer.ui.derive.asked import Asked, Misread
from explorer.ui.derive.beside import Beside
from explorer.ui.derive.copying import Copying
from explorer.ui.derive.form import PRACTISED
from explorer.ui.derive.page import Page
from explorer.ui.derive.sheet import ZOOMS
from explorer.ui.derive.showing import Showing
from explorer.ui.derive.walking import Place, Walk, walk
from explorer.ui.desk import Desk
from explorer.ui.dialogs.settings import Settings
from explorer.ui.status import Status
from explorer.ui.texts import said
from explorer.ui.workspaces import DERIVE, Acts
from kernels.algebra.bilinear import Convolver, FilterAlgorithm

_OVERDUE = 150
"""Milliseconds after which what is shown is marked as behind what is asked."""
_TRAIL = 100


class Derive(QObject):
    """Holds what is asked, the answer, and the place in it."""

    history_changed = Signal()
    failed = Signal(object)
    """A defect beside the window."""
    run_wanted = Signal(str)
    """Let a layer compute by the algorithm of this text."""

    def __init__(self, page: Page, settings: Settings, status: Status, desk: Desk) -> None:
        super().__init__()
        self._settings = settings
        self._status = status
        self.page = page
        self.history: History[Asked] = History(asked.unkept(settings.derived()) or asked.SAMPLES["filter"])
        self._answer: Answered | None = None
        self._walk: Walk | None = None
        self._place = Place()
        self._deep = False
        self._zoom = 1.0
        self._trail: list[Place] = []
        self._level = 1
        self._seeds = Random()
        self._anew = True
        self._waiting = False
        self._deriver = Beside("deriving")
        self._deriver.done.connect(self._answered)
        self._deriver.failed.connect(lambda _name, error: self.failed.emit(error))
        self._showing = Showing(self.page)
        self._showing.failed.connect(self.failed)
        self._overdue = QTimer(self)
        self._overdue.setSingleShot(True)
        self._overdue.setInterval(_OVERDUE)
        self._overdue.timeout.connect(lambda: self._showing.show_stale(True))
        self.copying = Copying(self, desk, settings, status)
        self.acts = Acts(
            undo=self.history.undo,
            redo=self.history.redo,
            history=lambda: (self.history.undo_label, self.history.redo_label),
            export=self.copying.ask,
            cancel=lambda: self.page.transport.pause(),
            keys=lambda: entries.keys(self._entries),
        )
        self._entries = entries.entries(self)
        self.menu = QMenu(self.tr("Derivation"), self.page)
        added(self.page, self.menu, self._entries, Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.copying.fill(self.menu.addMenu(self.tr("Copy and export")))
        self._connect()
        self._show_asked()

    def _connect(self) -> None:
        page = self.page
        self.history.listen(lambda old, new: self._asked(old, new))
        page.form.edited.connect(self._edited)
        page.form.subject_wanted.connect(self._change_subject)
        page.form.practice_wanted.connect(self._practise)
        page.outline.chosen.connect(self._choose)
        page.deep.setChecked(self._deep)
        page.deep.clicked.connect(self.set_deep)
        transport = page.transport
        transport.first_wanted.connect(self.first)
        transport.last_wanted.connect(self.last)
        transport.moved.connect(self.move)
        transport.played.connect(self._play_on)
        transport.scrubbed.connect(self._scrub)
        page.sheet.zoom_wanted.connect(self.zoom)
        page.sheet.menu_wanted.connect(self.copying.popup)
        page.sheet.mathematics.clicked.connect(self.follow)
        page.results.clicked.connect(self.follow)
        page.results.menu_wanted.connect(
            lambda number, point: self.copying.popup_of_result(self._showing.known[number], point)
        )
        page.latex.clicked.connect(self.copying.latex)
        page.results.run.clicked.connect(self.run)
        page.results.code.setMenu(self.copying.made_menu(page.results))
        page.recoloured.connect(self._showing.refresh)
        page.played.connect(transport.switch)

    # The workspace ---------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Take the keys; what is asked is first answered now."""
        if self._answer is None:
            self._ask()
        self.page.sheet.setFocus()

    def leave(self) -> None:
        """Stand still."""
        self.page.transport.pause()

    def close(self) -> None:
        """Keep the last problem that had an answer, and join the threads."""
        self.page.transport.pause()
        self._overdue.stop()
        if self._answer is not None:
            self._settings.set_derived(asked.kept(self._answer.asked))
        self._deriver.close()
        self._showing.close()

    @property
    def answer(self) -> Answered | None:
        """The last derivation that there was."""
        return self._answer

    @property
    def has_code(self) -> bool:
        """Whether what was found is an algorithm."""
        outcome = self._answer.derivation.outcome if self._answer is not None else None
        return isinstance(outcome, FilterAlgorithm | Convolver | tuple)

    @property
    def place(self) -> Place:
        """Where one stands in it."""
        return self._place

    @property
    def deep(self) -> bool:
        """Whether all steps are shown."""
        return self._deep

    @property
    def current_step(self) -> Step | None:
        """The step that one stands in."""
        return self._answer.derivation.steps[self._place.step] if self._answer is not None else None

    @property
    def line(self) -> Line | None:
        """What is on the sheet."""
        return self._walk.line(self._place) if self._walk is not None else None

    def settled(self) -> bool:
        """Whether what is asked was answered or refused, and is typeset as it is shown."""
        return not self._waiting and self._showing.settled

    def run(self) -> None:
        """Let a layer compute by the algorithm that was found."""
        runs = self._answer.runs if self._answer is not None else None
        if isinstance(runs, Refusal):
            self._status.refuse(said(runs))
        elif runs is not None:
            self.run_wanted.emit(runs)

    # What is asked ---------------------------------------------------------------------------------------------------

    def ask(self, what: Asked, label: str, merge: str | None = None, *, anew: bool = False) -> None:
        """Ask something else; `anew` begins at its first step."""
        self._anew = self._anew or anew or what.subject != self.history.state.subject
        self.history.apply(what, label, merge)

    def _edited(self, what: Asked, merge: str) -> None:
        what = asked.followed(self.history.state, what)
        if what != self.history.state:
            self.ask(what, self.tr("Change the problem"), merge or None)
        else:
            self.page.form.show_asked(what)

    def _change_subject(self, subject: str) -> None:
        if subject != self.history.state.subject:
            self.ask(asked.SAMPLES[subject], self.tr("Change the subject"))

    def _practise(self, harder: int, rest: bool) -> None:
        self._level = min(self._level + harder, LEVELS)
        problem = practise(
            PRACTISED[self.history.state.subject], self._seeds.randrange(1 << 30), self._level, remainder=rest
        )
        self.ask(asked.written(problem), self.tr("New problem"), anew=True)

    def _asked(self, old: Asked, new: Asked) -> None:
        self._anew = self._anew or old.subject != new.subject
        self.history_changed.emit()
        self._ask()

    def _show_asked(self) -> None:
        what = self.history.state
        form = self.page.form
        form.show_asked(what)
        for field, presets in notation.presets(what).items():
            form.show_presets(field, presets)

    def _ask(self) -> None:
        self._show_asked()
        what = self.history.state
        self._waiting = True
        self._overdue.start()
        self._deriver.want([(what, partial(answered, what))])

    def _answered(self, what: Asked, answer: Answered | Misread | Refusal) -> None:
        if what != self.history.state:
            return
        self._overdue.stop()
        self._waiting = False
        if isinstance(answer, Answered):
            self.page.form.show_refusal(None)
            self._showing.show_stale(False)
            self._begin(answer)
        else:
            self.page.form.show_refusal(answer)
            self._showing.show_stale(True, refused=True)

    def _begin(self, answer: Answered) -> None:
        """Show another derivation, from its beginning or where one stood in the last one."""
        old = self._answer
        key = old.derivation.steps[self._place.step].key if old is not None else ""
        anew, self._anew = self._anew, False
        self._answer = answer
        self._trail.clear()
        self._walk = walk(answer.derivation, self._deep)
        self._place = self._walk.first
        if not anew:
            try:
                self._place = self._walk.whole(answer.derivation.step(key))
            except KeyError:
                self._place = self._walk.first
        self.page.transport.pause()
        # Hundreds of thousands of small values without a cycle: walking them would stop the window for four frames.
        gc.freeze()
        self._show()
        self._show_about()

    # Going -----------------------------------------------------------------------------------------------------------

    def go(self, place: Place) -> None:
        """Stand somewhere else, by the person: it plays no further."""
        self.page.transport.pause()
        self._stand(place)

    def _stand(self, place: Place) -> None:
        if place != self._place:
            self._place = place
            self._show()

    def first(self) -> None:
        """To the beginning."""
        if self._walk is not None:
            self.go(self._walk.first)

    def last(self) -> None:
        """To the end."""
        if self._walk is not None:
            self.go(self._walk.last)

    def move(self, lines: int) -> None:
        """So many lines on."""
        if self._walk is not None:
            self.go(self._walk.moved(self._place, lines))

    def step(self, steps: int) -> None:
        """So many steps on."""
        if self._walk is not None:
            self.go(self._walk.stepped(self._place, steps))

    def _choose(self, row: int) -> None:
        if self._walk is not None:
            self.go(self._walk.whole(self._walk.outline[row]))

    def _scrub(self, position: int) -> None:
        if self._walk is not None:
            self.go(self._walk.at(position))

    def _play_on(self) -> None:
        if self._walk is not None:
            self._stand(self._walk.moved(self._place, 1))

    def follow(self, hit: Hit) -> None:
        """Go to the step that a place of a picture comes from, the first of several."""
        if hit.steps:
            self.visit(hit.steps[0])

    def visit(self, key: str) -> None:
        """Go to a step, whole; one can go back from there."""
        if self._answer is None or self._walk is None:
            return
        try:
            step = self._answer.derivation.step(key)
        except KeyError:
            return
        before = self._place
        if step not in self._walk.outline:
            self.set_deep(True)
        self.go(self._walk.whole(step))
        self._trail = [*self._trail[-_TRAIL:], before]

    def back(self) -> None:
        """To where the last jump was made from."""
        if self._trail:
            self.go(self._trail.pop())

    def set_deep(self, deep: bool) -> None:
        """All steps, or the coarse outline alone."""
        self._deep = deep
        self.page.deep.setChecked(deep)
        if self._answer is not None:
            self._walk = walk(self._answer.derivation, deep)
            self._place = self._walk.at(self._walk.position(self._place))
            self._show()

    def switch_deep(self) -> None:
        """The one or the other."""
        self.set_deep(not self._deep)

    def zoom(self, factor: float) -> None:
        """Larger or smaller by a factor; 0 for the usual size."""
        self._zoom = min(max(self._zoom * factor, ZOOMS[0]), ZOOMS[1]) if factor else 1.0
        self.page.sheet.set_zoom(self._zoom)

    def _show(self) -> None:
        if self._answer is not None and self._walk is not None:
            self._showing.show(self._answer, self._walk, self._place)

    def _show_about(self) -> None:
        assert self._answer is not None
        count = self._answer.derivation.answer.get("multiplications")
        about = notation.brief(self._answer.title, 70)
        if isinstance(count, int):
            about = self.tr("{0} · {1} multiplications").format(about, count)
        self._status.show_values(self.tr("exact rational arithmetic"), DERIVE)
        self._status.show_about(about, DERIVE)
