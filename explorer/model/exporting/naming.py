"""Names of files made from labels: safe on every system, unique, and never a path."""

from __future__ import annotations

import re
import unicodedata

_LONGEST_BYTES = 100
_UNSAFE = re.compile(r'[/\\:*?"<>|]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe(label: str, otherwise: str = "unnamed") -> str:
    """`label` as the name of a file: printable, no separators, no dots in front, at most 100 bytes.

    `otherwise` stands where nothing is left of it.
    """
    text = unicodedata.normalize("NFC", label.encode("utf-8", "replace").decode())
    text = "".join(sign if sign.isprintable() else "_" for sign in _UNSAFE.sub("_", text))
    text = text.encode()[:_LONGEST_BYTES].decode(errors="ignore").strip(" .")
    return f"_{text}" if _RESERVED.match(text) else text or otherwise


class Names:
    """Hands out names that are unique, also where upper and lower case are the same."""

    def __init__(self, *taken: str) -> None:
        self._taken = {name.casefold() for name in taken}

    def take(self, wanted: str) -> str:
        """`wanted`, made safe; with -2, -3 … behind it where it is taken."""
        stem = name = safe(wanted)
        number = 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name.casefold())
        return name
