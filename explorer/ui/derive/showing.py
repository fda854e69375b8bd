"""What the page shows of a derivation at a place, typeset beside the window and ahead of the next key."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.model.derivation.derivation import Line, Named
from explorer.model.derivation.expression import Block, Check, Formula, Grid, Term, equation
from explorer.model.typesetting import Hit
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.derive import notation
from explorer.ui.derive.answering import Answered, filter_of
from explorer.ui.derive.page import Page
from explorer.ui.derive.results import Result
from explorer.ui.derive.typesetter import Piece, Typesetter
from explorer.ui.derive.walking import Place, Walk
from explorer.ui.texts import said

_REFIT = 60
"""Milliseconds after the last change of a size at which pictures are drawn for it."""


class Showing(QObject):
    """Holds the pictures, and what they are of."""

    failed = Signal(object)

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._answer: Answered | None = None
        self._walk: Walk | None = None
        self._place = Place()
        self._serial = 0
        self._stale = False
        self._results: dict[int, Result] = {}
        self._typesetter = Typesetter()
        self._typesetter.ready.connect(self._typeset)
        self._typesetter.failed.connect(self._not_typeset)
        self._refit = QTimer(self)
        self._refit.setSingleShot(True)
        self._refit.setInterval(_REFIT)
        self._refit.timeout.connect(lambda: self._want() if self._walk is not None else None)
        page.sheet.mathematics.refitted.connect(self._refit.start)
        page.results.refitted.connect(self._refit.start)
        page.sheet.mathematics.tip_of = self.tip
        page.results.tip_of = self.tip

    def close(self) -> None:
        """Join the thread."""
        self._refit.stop()
        self._typesetter.close()

    @property
    def settled(self) -> bool:
        """Whether the mathematics at the place are there."""
        return self._answer is None or self._typesetter.known(self._key(self._place))

    def show_stale(self, stale: bool, *, refused: bool = False) -> None:
        """Whether what is shown is behind what is asked, for as long as that is refused."""
        self._stale = stale
        told = self.tr("What is asked has no answer yet. This is the last one that had: {0}.")
        title = self._answer.title if self._answer is not None else ""
        self._page.sheet.show_behind(told.format(notation.brief(title, 100)) if refused and title else "")
        self._show_mathematics()

    def show(self, answer: Answered, walk: Walk, place: Place) -> None:
        """Show a place of a derivation."""
        new = answer is not self._answer
        begin = new or place.step != self._place.step
        self._answer, self._walk, self._place = answer, walk, place
        page, number, steps = self._page, walk.number(place), answer.derivation.steps
        if new:
            self._serial += 1
            self._results.clear()
            self._show_costs(answer)
        page.outline.show_steps([(answer.titles[i], steps[i].depth) for i in walk.outline])
        page.outline.show_current(number)
        page.show_count(number + 1, len(walk.outline))
        step, line = steps[place.step], walk.line(place)
        page.transport.show_place(
            walk.position(place),
            walk.lengths,
            self.tr("line {0} of {1} · step {2} of {3}").format(
                place.line + 1, len(step.lines), number + 1, len(walk.outline)
            ),
        )
        check = _check(line)
        if check is None and place.line == len(step.lines) - 1:
            check = step.check
        page.sheet.show_texts(
            notation.brief(answer.titles[place.step]),
            notation.brief(notation.plain(line.reason)),
            (notation.brief(notation.plain(check.body)), check.holds) if check is not None else None,
            notation.brief(notation.plain(step.why)) if step.why is not None else "",
        )
        if begin:
            page.sheet.begin()
        self.refresh()

    def _show_costs(self, answer: Answered) -> None:
        algorithm = filter_of(answer.derivation)
        self._page.costs.setVisible(algorithm is not None)
        self._page.results.run.setVisible(answer.runs is not None)
        if algorithm is not None:
            self._page.costs.show_costs(answer.costs, algorithm.m, algorithm.r)

    def refresh(self) -> None:
        """The same place, as after a change of the theme."""
        if self._answer is not None:
            self._show_mathematics()
            self._show_results()
            self._want()

    def tip(self, hit: Hit) -> str:
        """What is said of a place in a picture: what it belongs to, and where a click leads."""
        assert self._answer is not None
        lines = [self.tr("belongs to {0}").format(hit.label)] if hit.label else []
        for key in hit.steps:
            try:
                title = self._answer.titles[self._answer.derivation.step(key)]
            except KeyError:
                continue
            lines.append(self.tr("from: {0}").format(title))
        return "\n".join(lines)

    def _show_mathematics(self) -> None:
        if self._answer is None or self._walk is None:
            return
        sheet, key = self._page.sheet, self._key(self._place)
        error, picture = self._typesetter.error(key), self._typesetter.get(key)
        if isinstance(error, Refusal):
            sheet.show_note(said(error))
        elif picture is not None:
            sheet.show_picture(picture)
        sheet.mathematics.show_stale(self._stale or picture is None)

    @property
    def known(self) -> tuple[Named, ...]:
        """What is known at the place, the newest first: what a step finds, from its last line on."""
        return tuple(named for _, named in self._found())

    def _found(self) -> list[tuple[int, Named]]:
        """What is known, with the step that found it."""
        if self._answer is None or self._walk is None:
            return []
        steps, place = self._answer.derivation.steps, self._place
        done = place.line == len(steps[place.step].lines) - 1
        found: dict[Term, tuple[int, Named]] = {}
        for i in range(place.step - (not done), -1, -1):
            if not steps[i].depth or self._walk.deep or i == place.step:
                found |= {each.name: (i, each) for each in steps[i].found if each.name not in found}
        return list(found.values())

    def _show_results(self) -> None:
        assert self._answer is not None
        found = self._found()
        self._page.results.show_results(
            [self._result(each) for _, each in found],
            [self._typesetter.get(self._key_of(each)) for _, each in found],
            sum(1 for i, _ in found if i == found[0][0]),
        )
        end = self._place.step == len(self._answer.derivation.steps) - 1
        verified = self._answer.derivation.answer.get("verified")
        self._page.results.show_verified(
            verified if end and isinstance(verified, bool) else None,
            self.tr("verified in exact arithmetic") if verified else self.tr("the exact check fails"),
        )

    def _result(self, named: Named) -> Result:
        if id(named) not in self._results:
            matrix = isinstance(named.value, Grid)
            self._results[id(named)] = Result(notation.plain(named.name), matrix)
        return self._results[id(named)]

    # Typesetting -----------------------------------------------------------------------------------------------------

    def _key(self, place: Place) -> Hashable:
        return self._serial, place, theme.current().name

    def _key_of(self, named: Named) -> Hashable:
        return self._serial, id(named), theme.current().name

    def _want(self) -> None:
        """Typeset what is shown, then what the next keys may show."""
        assert self._walk is not None
        large, small = notation.style(), notation.style(small=True)
        at, beside = self._page.sheet.mathematics.fit, self._page.results.fit
        lines: list[Piece] = [
            Piece(self._key(each), partial(notation.typeset, shown(self._walk.line(each)), large), at)
            for each in (self._place, *self._walk.ahead(self._place))
        ]
        found: list[Piece] = [
            Piece(self._key_of(each), partial(notation.typeset, (_written(each),), small), beside)
            for each in self.known
        ]
        self._typesetter.want([*lines[:2], *found, *lines[2:]])

    def _typeset(self, key: Hashable) -> None:
        if self._answer is None:
            return
        if key == self._key(self._place):
            self._show_mathematics()
        elif any(key == self._key_of(each) for each in self.known):
            self._show_results()

    def _not_typeset(self, key: Hashable, error: BaseException) -> None:
        if not isinstance(error, Refusal):
            self.failed.emit(error)
        elif self._answer is not None and key == self._key(self._place):
            self._show_mathematics()


def shown(line: Line) -> tuple[Block, ...]:
    """The blocks of a line that are typeset; what was checked stands in a badge below them."""
    return tuple(each for each in line.blocks if not isinstance(each, Check))


def _check(line: Line) -> Check | None:
    return next((each for each in reversed(line.blocks) if isinstance(each, Check)), None)


def _written(named: Named) -> Formula:
    """A matrix, whose name stands above it, or an equation."""
    return Formula(named.value if isinstance(named.value, Grid) else equation(named.name, named.value))
