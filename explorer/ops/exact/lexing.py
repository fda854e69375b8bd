"""What a person types or pastes, cut into tokens: plain text, Unicode mathematics and the LaTeX of polynomials."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from explorer import limits
from explorer.ops.exact.sizes import most_digits
from explorer.refusal import Refusal, message

Kind = Literal["number", "letter", "power", "raised", "+", "-", "*", "/", "(", ")", "{", "}", "frac", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text and where it begins. `raised` is a superscript number with its value."""

    kind: Kind
    position: int
    text: str = ""
    value: Fraction = Fraction()


class Unreadable(Refusal):
    """What is no polynomial, number or list. `position` counts the characters before the place, from 0."""

    def __init__(self, template: str, /, *, hint: str = "", **values: object) -> None:
        super().__init__(template, hint=hint, **values)

    @property
    def position(self) -> int:
        """Where in the text the first thing stands that does not fit."""
        return int(self.message.values["character"]) - 1

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.message.template, self.hint, dict(self.message.values))


def _rebuilt(template: str, hint: str, values: dict[str, Any]) -> Unreadable:
    made = Unreadable(template, hint=hint)
    made.message = message(template, **values)
    return made


def unreadable(template: str, text: str, position: int, /, *, hint: str = "", **values: object) -> Unreadable:
    """`template` says it with {text} and {character}, which counts from 1."""
    return Unreadable(template, hint=hint, text=text, character=position + 1, **values)


def check_length(text: str) -> None:
    """Refusal for a text past the limit."""
    most = limits.current().expression_length
    if len(text) > most:
        raise Refusal("The text has {value} characters; the most is {limit}.", value=len(text), limit=most)


def tokens(text: str, start: int, end: int) -> list[Token]:
    """The tokens from `start` to `end` and an end; Unreadable at the first thing that is none."""
    check_length(text)
    found = []
    position = start
    while position < end:
        match = _PATTERN.match(text, position, end)
        if match is None or match.lastgroup is None:
            raise unreadable(
                "In “{text}”, {found} at character {character} is nothing that a polynomial is made of.",
                text,
                position,
                found=_named(text[position]),
                hint="Write it like x^3 - 2x^2 - 1/2.",
            )
        if match.lastgroup != "space":
            found.append(_token(match.lastgroup, match.group(), text, position))
        position = match.end()
    found.append(Token("end", end))
    return found


_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
    "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
_PATTERN = re.compile(
    r"(?P<space>[\s$\u200b\ufeff]+|\\(?:left|right)(?![A-Za-z])|\\[,;:! ]|\\q?quad(?![A-Za-z]))"
    r"|(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
    rf"|(?P<vulgar>[{''.join(_VULGAR)}])"
    rf"|(?P<raised>[{_RAISED}]+)"
    r"|(?P<frac>\\[dt]?frac(?![A-Za-z]))"
    r"|(?P<power>\*\*|\^)"
    r"|(?P<times>[*·×⋅∙]|\\(?:cdot|times|ast)(?![A-Za-z]))"
    r"|(?P<over>[/÷⁄∕])"
    r"|(?P<plus>\+)|(?P<minus>[-−–‐‑﹣-])"
    r"|(?P<open>[(\[])|(?P<close>[)\]])|(?P<left>\{)|(?P<right>\})"
    r"|(?P<letter>[A-Za-zα-ωΑ-Ω])"
)
_KINDS: dict[str, Kind] = {
    "frac": "frac", "power": "power", "times": "*", "over": "/", "plus": "+", "minus": "-",
    "open": "(", "close": ")", "left": "{", "right": "}", "letter": "letter",
}  # fmt: skip


def _token(group: str, piece: str, text: str, position: int) -> Token:
    if group in ("number", "raised") and len(piece) > most_digits():
        raise unreadable(
            "The number at character {character} has {value} digits; the most is {limit}.",
            text,
            position,
            value=len(piece),
            limit=most_digits(),
        )
    if group == "number":
        return Token("number", position, piece, Fraction(piece))
    if group == "vulgar":
        return Token("number", position, piece, Fraction(*_VULGAR[piece]))
    if group == "raised":
        digits = "".join(str(_RAISED.index(each)) for each in piece)
        return Token("raised", position, piece, Fraction(int(digits)))
    return Token(_KINDS[group], position, piece)


def _named(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"
