"""Key to pixels in Derive: how long after a key the next step of a derivation is painted.

F(2, 3), F(6, 3), F(12, 12)   the fast filters
division                      of degree 40 by degree 7
congruences                   34 moduli, nearly three hundred steps

The keys come at the pace of a person who leafs through; each is measured until the step is typeset and painted.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from benchmarks.measuring import arguments, finish, load, milliseconds, private_home, table

PACE = 0.3
"""Seconds between two keys."""
PRIMES = (
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139,
)  # fmt: skip


def problems() -> dict[str, Any]:
    from explorer.ui.derive.asked import asked

    def points(count: int) -> tuple[str, ...]:
        finite = ["0", *(f"{sign}{each}" for each in range(1, count) for sign in ("", "-"))]
        return (*finite[: count - 1], "inf")

    def filter_of(m: int, r: int) -> Any:
        return asked("filter", m=str(m), r=str(r), given="points", points=points(m + r - 1), fractions="G")

    def polynomial(degree: int) -> str:
        return f"x^{degree} + " + " + ".join(f"{(7 * i + 3) % 11 + 1}x^{i}" for i in range(degree - 1, 0, -1)) + " - 5"

    return {
        "F(2, 3)": filter_of(2, 3),
        "F(6, 3)": filter_of(6, 3),
        "F(12, 12)": filter_of(12, 12),
        "division": asked("divide", a=polynomial(40), b=polynomial(7)),
        "congruences": asked("integers", congruences=tuple(f"{prime // 2} mod {prime}" for prime in PRIMES)),
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="only this derivation; may be repeated")
    parser.add_argument("--steps", type=int, default=300, help="at most so many keys for each")
    parser.add_argument("--coarse", action="store_true", help="through the outline alone")
    options = parser.parse_args()
    began = load()
    home = private_home(options)

    from PySide6.QtWidgets import QApplication

    from benchmarks.driving import Driven, document
    from explorer.ui.derive.workspace import Derive

    figures = {}
    with Driven(document()) as driven:
        driven.show()
        workspaces = driven.assembly.commands.workspaces
        workspaces.show("derive")
        derive = workspaces.get("derive")
        assert isinstance(derive, Derive)
        derive.set_deep(not options.coarse)
        for name, what in problems().items():
            if options.only and name not in options.only:
                continue
            derive.ask(what, name, anew=True)
            driven.wait(derive.settled)
            times = []
            answer = derive.answer
            assert answer is not None
            for _ in range(options.steps):
                driven.run(PACE, lambda step: None, PACE)
                place = derive.place
                pressed = perf_counter()
                derive.move(1)
                while not derive.settled():
                    QApplication.processEvents()
                QApplication.processEvents()
                times.append(perf_counter() - pressed)
                if derive.place == place:
                    break
            figures[name] = {"keys": len(times), **milliseconds(times)}
    table("From the key to the painted step", [{"derivation": name} | found for name, found in figures.items()])
    finish("stepping", options, began, figures)
    home.cleanup()


if __name__ == "__main__":
    main()
