"""Whole derivations as documents; a PDF is made by `typesetting.pages`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from explorer.model.derivation.derivation import Derivation
from explorer.model.derivation.writing.arrangement import Translate, same

FORMATS: Mapping[str, str] = MappingProxyType(
    {"text": ".txt", "latex": ".tex", "json": ".json", "markdown": ".md", "html": ".html"}
)
"""The formats and how their files end."""


def document(derivation: Derivation, format: str, translate: Translate = same) -> str:
    """The whole derivation in one of FORMATS; what is asked for in JSON is never translated."""
    match format:  # each is loaded where it is asked for
        case "json":
            return json.dumps(answer(derivation), ensure_ascii=False) + "\n"
        case "latex":
            from explorer.model.derivation.writing import latex

            return latex.writer(translate, colours=True).document(derivation)
        case "markdown":
            from explorer.model.derivation.writing import markdown

            return markdown.writer(translate).document(derivation)
        case "html":
            from explorer.model.derivation.writing import html

            return html.writer(translate).document(derivation)
    from explorer.model.derivation.writing import text

    return text.document(derivation, translate)


def answer(derivation: Derivation) -> dict[str, Any]:
    """The answer and its steps, each with its title, its text, its LaTeX and what its kind needs."""
    from explorer.model.derivation.writing import latex, text

    plain, tex = text.writer(), latex.writer()
    steps = [
        {
            "title": plain.sentence(step.title),
            "text": "\n\n".join(plain.body(step)),
            "latex": "\n\n".join(tex.body(step)),
            **step.facts,
        }
        for step in derivation.steps
    ]
    return {**derivation.answer, "steps": steps}
