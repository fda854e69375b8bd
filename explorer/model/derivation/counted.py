"""What an algorithm costs, as a step and as JSON."""

from __future__ import annotations

from typing import Any

from explorer.model.derivation.derivation import Line, Step
from explorer.model.derivation.expression import Sentence, Table, Term, Words, number, sentence
from kernels.algebra.counting import Counts, Transform

__all__ = ["count_step", "counts_json", "counts_table"]


def count_step(counts: Counts, direct: int, why_least: Sentence, follows: tuple[str, ...]) -> Step:
    """Multiplications against those of the definition, and the additions paid for them."""
    table = counts_table(counts)
    lines = (
        Line(
            sentence(
                "{count} general multiplications in place of {direct}. {least}",
                count=counts.multiplications,
                direct=direct,
                least=Words(why_least),
            ),
            (),
        ),
        Line(
            sentence("They are paid for with {count} additions for every input.", count=counts.additions),
            (table,),
        ),
        Line(
            sentence(
                "Common sums are formed once; row by row it would be {naive}. The taps are transformed once for all "
                "inputs and are not counted in.",
                naive=counts.naive_additions,
            ),
            (table,),
        ),
    )
    return Step(
        "count",
        sentence("Count the operations"),
        lines,
        why=sentence("A multiplication saved must be worth more than the additions that it costs."),
        follows=follows,
        facts=counts_json(counts),
    )


def counts_table(counts: Counts) -> Table:
    """A row for each transform: additions row by row and shared, constants, and those that are powers of two."""
    head = (
        sentence("transform"),
        sentence("additions row by row"),
        sentence("additions"),
        sentence("constants"),
        sentence("powers of two"),
    )
    return Table(
        head,
        (
            _row(sentence("of the data"), counts.data),
            _row(sentence("to the outputs"), counts.outputs),
            _row(sentence("of the taps, once"), counts.taps),
        ),
    )


def counts_json(counts: Counts) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "multiplications": counts.multiplications,
        "additions": counts.additions,
        "additions_row_by_row": counts.naive_additions,
        "constants": counts.constants,
        "data": _json(counts.data),
        "outputs": _json(counts.outputs),
        "taps": _json(counts.taps),
    }


def _row(name: Sentence, each: Transform) -> tuple[Term, ...]:
    figures = each.naive_additions, each.additions, each.constants, each.powers_of_two
    return (Words(name), *(number(value) for value in figures))


def _json(each: Transform) -> dict[str, int]:
    return {
        "additions": each.additions,
        "additions_row_by_row": each.naive_additions,
        "constants": each.constants,
        "powers_of_two": each.powers_of_two,
    }
