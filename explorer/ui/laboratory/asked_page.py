"""What pages with fields have in common: what is asked, with a history of its own, kept for the next time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from explorer.model.store import History
from explorer.ui.derive.asked import Asked
from explorer.ui.laboratory.asking import Form, kept, unkept
from explorer.ui.laboratory.pages import Bench
from explorer.ui.workspaces import Acts, Keys


class AskedPage(QObject):
    """Holds what is asked. `show_asked` shows it whenever it is another."""

    def __init__(self, bench: Bench, name: str, usual: Asked, form: Form) -> None:
        super().__init__()
        self._bench = bench
        self._name = name
        self.form = form
        self.history: History[Asked] = History(unkept(bench.settings.laboratory(name), usual))
        self.history.listen(lambda old, new: self._changed())
        form.edited.connect(self.edit)

    def acts_with(
        self, export: Callable[[], object], cancel: Callable[[], object], keys: Callable[[], Keys]
    ) -> Acts:  # fmt: skip
        """The acts of the page; undo and redo are those of its history."""
        return Acts(
            undo=self.history.undo,
            redo=self.history.redo,
            history=lambda: (self.history.undo_label, self.history.redo_label),
            export=export,
            cancel=cancel,
            keys=keys,
        )

    def show_asked(self) -> None:
        """Show what is asked now."""
        raise NotImplementedError

    def followed(self, what: Asked) -> Asked:
        """What is asked where the fields say `what`."""
        return what

    def ask(self, what: Asked, merge: str | None = None) -> None:
        """Ask something else."""
        self.history.apply(what, self.tr("Change the settings"), merge)

    def edit(self, what: Asked, merge: str) -> None:
        """The fields say something else."""
        what = self.followed(what)
        if what != self.history.state:
            self.ask(what, merge or None)

    def keep(self) -> None:
        """Keep what is asked for the next time."""
        self._bench.settings.set_laboratory(self._name, kept(self.history.state))

    def _changed(self) -> None:
        self._bench.history_changed()
        self.show_asked()
