"""Derivations as Markdown with $…$ for mathematics, the way GitHub and others show it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from explorer.model.derivation.derivation import Step
from explorer.model.derivation.expression import Role
from explorer.model.derivation.writing.arrangement import Place, Translate, same
from explorer.model.derivation.writing.latex import Latex
from explorer.model.derivation.writing.writer import Writer

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+!|$~^])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


# Neither Markdown nor what draws its mathematics has a way to write these inside a \\text: others that look alike.
_ALIKE = str.maketrans("\\`<>|~^$*_[]", "∖‘‹›∣∼ˆ＄∗＿［］")
_ESCAPED = re.compile(r"([{}&#%])")


class Markdown(Latex):
    """Markdown around the mathematics of LaTeX."""

    def text(self, text: str) -> str:
        made = _ESCAPED.sub(r"\\\1", text.translate(_ALIKE))
        return rf"\text{{{made}}}"

    def sign(self, sign: str, place: Place) -> str:
        written = super().sign(sign, place)
        return written.replace("<", r"\lt").replace(">", r"\gt")  # < may begin a tag

    def literal(self, text: str) -> str:
        return _PUNCTUATION.sub(r"\\\1", "".join(_ENTITIES.get(each, each) for each in text))

    def marked(self, inner: str, role: Role, step: str) -> str:
        return inner

    def formula(self, shape: str) -> str:
        return f"$$\n{shape}\n$$"

    def check(self, shape: str, holds: bool) -> str:
        return f"{'✓' if holds else '✗'} ${shape}$"

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        lines = (f"| {' | '.join(row)} |" for row in (head, ["---:"] * len(head), *rows))
        return "\n".join(lines)

    def rule(self, first: int, last: int) -> str:
        return r"\hline"  # MathJax draws no line below some columns only

    def heading(self, title: str, number: int | None, step: Step) -> str:
        lead = "" if number is None else f"{number}. "
        return f"{'#' * (step.depth + 2)} {lead}{title}"

    def why(self, prose: str) -> str:
        return f"*{prose}*"

    def reasons(self, said: Sequence[str]) -> str:
        return "\n".join(f"- {each}" for each in said)

    def whole(self, title: str, parts: Sequence[str]) -> str:
        return "\n\n".join([f"# {title}", *parts]) + "\n"


def writer(translate: Translate = same) -> Writer[str]:
    """Writes Markdown."""
    return Writer(Markdown(), translate)
