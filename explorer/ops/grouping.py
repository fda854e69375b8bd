"""Channels that are split into groups of neighbours."""

from __future__ import annotations

from explorer.refusal import Refusal


def check_groups(what: str, count: int, groups: int) -> None:
    """Refuse a number of groups that does not divide `count`; `what` names the things that are split."""
    if count % groups:
        raise Refusal(
            "The {count} {what} cannot be split into {groups} groups of one size; {possible} can be chosen.",
            what=what,
            count=count,
            groups=groups,
            possible=_divisors(count),
        )


def _divisors(count: int) -> str:
    found = [str(each) for each in range(1, count + 1) if count % each == 0]
    return ", ".join(found[:8]) + (" …" if len(found) > 8 else "")
