"""A setting lies in its range or is refused."""

from __future__ import annotations

from explorer.refusal import Refusal

__all__ = ["check_range"]


def check_range(name: str, value: int, least: int, limit: int) -> None:
    """Refuse a `value` below `least` or above `limit`."""
    if not least <= value <= limit:
        raise Refusal(
            "The setting {name} is {value}; it lies between {least} and {limit}.",
            name=name,
            value=value,
            least=least,
            limit=limit,
        )
