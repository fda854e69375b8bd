"""Arguments that do not fit are refused like everything else: in one line."""

from __future__ import annotations

import argparse
from typing import NoReturn

from explorer.refusal import Refusal


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are refusals."""

    def error(self, message: str) -> NoReturn:
        """Refuse what was given."""
        raise Refusal("{message}.", message=message, hint=f"See {self.prog} --help.")
