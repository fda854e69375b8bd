"""The one exception for what cannot be done, and the text it carries.

A refusal is part of normal work: it names the thing, its value and the limit, and the program goes on.
Any other exception that reaches the top is a defect.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LONGEST_VALUE = 200


def plain(value: object) -> str:
    """`value` as one printable line: control characters escaped, long text elided in the middle."""
    text = _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), str(value))
    if len(text) <= _LONGEST_VALUE:
        return text
    half = _LONGEST_VALUE // 2
    return f"{text[:half]} … {text[-half:]}"


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence and the values in it, kept apart so that the window can translate the sentence."""

    template: str
    values: MappingProxyType[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        return self.formatted(self.template)

    def formatted(self, template: str) -> str:
        """The sentence with its values, in the wording of `template` (a translation of `self.template`)."""
        return template.format_map({name: plain(value) for name, value in self.values.items()})


def message(template: str, /, **values: object) -> Message:
    """A message whose `{name}` places are filled from `values`."""
    return Message(template, MappingProxyType(dict(values)))


class Refusal(Exception):
    """What cannot be done and why.

    `Refusal("The stride is {value}; the least is {limit}.", value=0, limit=1)`: the sentence holds the name of
    the thing, the value that was met and the limit; `hint` says what to do about it.
    """

    def __init__(self, template: str, /, *, hint: str = "", **values: object) -> None:
        super().__init__(template)
        self.message = message(template, **values)
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.message.template, self.hint, dict(self.message.values))

    def __str__(self) -> str:
        text = str(self.message)
        return f"{text} {self.hint}" if self.hint else text


def _rebuilt(template: str, hint: str, values: dict[str, Any]) -> Refusal:
    refusal = Refusal(template, hint=hint)
    refusal.message = message(template, **values)
    return refusal
