"""Sentences of the model in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from explorer.refusal import Message, Refusal

CONTEXT = "ops"


def said(text: Message | Refusal | str) -> str:
    """The translation of a text of the model: a message with its values, a refusal with its hint, a title, a label."""
    if isinstance(text, Refusal):
        return f"{said(text.message)} {said(text.hint)}".rstrip()
    if isinstance(text, str):
        return QCoreApplication.translate(CONTEXT, text) if text else ""
    try:
        return text.formatted(QCoreApplication.translate(CONTEXT, text.template))
    except (KeyError, IndexError, ValueError):
        # A translation that names a value that the sentence does not have.
        return str(text)
