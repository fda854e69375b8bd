"""Emitting signals must not eat references: PySide6 6.12 on Python 3.11 does, and aborts after some 550 emissions."""

from __future__ import annotations

import subprocess
import sys

EMITTING = """
import sys
from PySide6.QtCore import QObject, Signal, Slot

class Sender(QObject):
    plain = Signal()
    flagged = Signal(bool)

class Receiver(QObject):
    calls = 0

    @Slot()
    def void(self):
        self.calls += 1

    @Slot(bool, result=bool)
    def boolean(self, flag):
        self.calls += 1
        return flag

sender, receiver = Sender(), Receiver()
sender.plain.connect(receiver.void)
sender.plain.connect(lambda: None)
sender.flagged.connect(receiver.boolean)
sender.flagged.connect(lambda flag: flag)

def counts():
    return [sys.getrefcount(each) for each in (None, True, False)]

before = counts()
for _ in range(4000):
    sender.plain.emit()
    sender.flagged.emit(True)
    sender.flagged.emit(False)
after = counts()
print(receiver.calls, *(new - old for old, new in zip(before, after)))
"""


def test_emitting_signals_keeps_the_references_to_none_true_and_false() -> None:
    ended = subprocess.run([sys.executable, "-c", EMITTING], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    calls, *gains = map(int, ended.stdout.split())
    assert calls == 12_000
    # From Python 3.12 on these objects are immortal, and their counts mean nothing.
    if sys.version_info < (3, 12):
        assert min(gains) > -100
