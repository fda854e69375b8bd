"""Every limit of the program, by name. Checked before memory is taken; shown in Help; changeable by the person."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

MEBI = 1 << 20


def _limit(default: int, label: str, unit: str) -> int:
    value: int = field(default=default, metadata={"label": label, "unit": unit})
    return value


@dataclass(frozen=True, slots=True)
class Limits:
    """What is accepted at most. One value of this is current; `current` and `change` below."""

    file_bytes: int = _limit(256 * MEBI, "Size of a file", "bytes")
    pixels: int = _limit(50_000_000, "Pixels of an image", "pixels")
    array_bytes: int = _limit(512 * MEBI, "Size of an array", "bytes")
    archive_members: int = _limit(1_000, "Members of an archive", "members")
    archive_ratio: int = _limit(200, "Compression ratio of an archive member", "times")
    json_bytes: int = _limit(4 * MEBI, "Size of a JSON document", "bytes")
    json_depth: int = _limit(32, "Depth of a JSON document", "levels")
    decode_seconds: int = _limit(30, "Time to decode a file", "seconds")
    batch_images: int = _limit(1_000, "Images in a batch", "images")
    layers: int = _limit(200, "Layers of a pipeline", "layers")
    extent: int = _limit(4_096, "Kernel, stride and dilation", "cells")
    channels: int = _limit(4_096, "Channels of a layer", "channels")
    free_memory_percent: int = _limit(50, "Share of the free memory that a pipeline may use", "percent")
    polynomial_degree: int = _limit(256, "Degree of a polynomial", "degrees")
    expression_length: int = _limit(1_000, "Text of an expression", "characters")
    number_digits: int = _limit(1_000, "Digits of an exact number", "digits")
    filter_inputs: int = _limit(34, "Inputs m + r − 1 of a fast filter", "samples")
    running_inputs: int = _limit(14, "Inputs m + r − 1 of a fast filter on an image", "samples")
    power_digits: int = _limit(100, "Digits of the powers in a fast filter", "digits")
    moduli: int = _limit(34, "Moduli of a system of remainders", "moduli")
    undo_steps: int = _limit(500, "Steps of undo", "steps")


_current = Limits()


def current() -> Limits:
    """The limits in force."""
    return _current


def change(limits: Limits) -> None:
    """Put `limits` in force; every one must be at least 1."""
    global _current
    for each in fields(limits):
        if getattr(limits, each.name) < 1:
            raise ValueError(f"{each.name} must be at least 1")
    _current = limits
