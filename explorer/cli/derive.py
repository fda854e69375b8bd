"""`derive`: exact algebra without a window, as text, LaTeX, Markdown, HTML or JSON; see docs/command-line.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from explorer.cli.parsing import Parser
from explorer.model.derivation import problem as ask
from explorer.model.derivation import reading
from explorer.model.derivation.subjects import derive
from explorer.model.derivation.writing.documents import FORMATS, document
from explorer.refusal import Refusal

if TYPE_CHECKING:
    from fractions import Fraction

    from kernels.algebra.polynomial import Polynomial

KINDS = ("divide", "gcd", "crt", "filter", "convolution")
_OPTIONS = ("-h", "--help", "-o", "--output", "--format", "--points", "--moduli", "--method", "--fractions")


def run(argv: Sequence[str]) -> None:
    """Answer `derive KIND …`; Refusal where there is no answer. SystemExit once help is printed."""
    if not argv or argv[0] not in KINDS:
        _overview().parse_args(argv[:1])
    asked = _parser(argv[0]).parse_intermixed_args([_kept(each) for each in argv[1:]])
    if asked.format not in FORMATS:
        raise Refusal("The format {format} is none of {known}.", format=asked.format, known=", ".join(FORMATS))
    derivation = derive(_problem(argv[0], asked))
    text = document(derivation, asked.format)
    if asked.output is None:
        sys.stdout.write(text)
    else:
        from explorer.model.writing import write

        write(Path(asked.output.removeprefix(" ")), text.encode())


def _kept(argument: str) -> str:
    """The argument as it is, or such that argparse takes -x+1 and −1 for values and not for options."""
    name = argument.partition("=")[0]
    # A word after two dashes is an option that there is not, and is to be refused as one.
    is_option = name in _OPTIONS or argument == "--" or (name[:2] == "--" and name[2:].replace("-", "").isalpha())
    return f" {argument}" if argument.startswith("-") and not is_option else argument


# What is asked --------------------------------------------------------------------------------------------------------


def _problem(kind: str, asked: argparse.Namespace) -> ask.Problem:
    match kind:
        case "divide" | "gcd":
            (a, b), variable = reading.polynomials([asked.a, asked.b])
            return ask.Divide(a, b, variable) if kind == "divide" else ask.Gcd(a, b, variable)
        case "crt":
            return reading.remainders(asked.values)
    points, moduli = reading.points(asked.points or ""), reading.moduli(asked.moduli or "")
    if points and moduli:
        raise Refusal("Points and moduli are both given; an algorithm is made from the ones or the others.")
    if kind == "filter":
        return _filter(asked, points, moduli)
    method = _known("method", asked.method, ask.LinearMethod)
    if method == "modified-cook-toom":  # its point at infinity goes without saying
        points = tuple(point for point in points if point != "inf")
    return ask.Convolution(
        reading.integer(asked.n), reading.integer(asked.l), method, _finite(points, method), moduli
    )  # fmt: skip


def _filter(
    asked: argparse.Namespace, points: tuple[ask.Point, ...], moduli: tuple[Polynomial, ...]
) -> ask.Filter:  # fmt: skip
    """The filter; a method says from which convolution it comes and what is taken where no points are given."""
    from explorer.model.derivation.convolving import usual_moduli
    from explorer.ops.exact.fitting import check_inputs, check_moduli_fit, check_size
    from kernels.algebra.points import usual_points

    m, r = reading.integer(asked.m), reading.integer(asked.r)
    fractions = _known("fractions", asked.fractions, ask.Fractions)
    if asked.method is None:
        return ask.Filter(m, r, points, moduli, fractions)
    method = _known("method", asked.method, ask.LinearMethod)
    if not method.endswith(("cook-toom", "winograd")):
        raise Refusal("The method {method} makes convolutions, and no filter F(m, r).", method=method)
    check_size("m", m)
    check_size("r", r)
    check_inputs("m + r − 1", m, r)
    size = m + r - 1 - method.startswith("modified")
    if method.endswith("winograd"):
        _without("points", points, method)
        if moduli:
            check_moduli_fit(moduli, size, size, f"{method} needs {size}")
        return ask.Filter(m, r, (), moduli or usual_moduli(max(size, 1)), fractions)
    _without("moduli", moduli, method)
    if method == "cook-toom":
        return ask.Filter(m, r, _finite(points, method) or usual_points(size), (), fractions)
    if len(points) > size and "inf" not in points:
        raise Refusal("The method {method} takes {count} finite points and inf.", method=method, count=size)
    if points and "inf" not in points:
        points = (*points, "inf")
    return ask.Filter(m, r, points, (), fractions)


def _without(what: str, given: Sequence[object], method: str) -> None:
    if given:
        raise Refusal(
            "The method {method} takes no {what}; {count} are given.", method=method, what=what, count=len(given)
        )


def _finite(points: tuple[ask.Point, ...], method: str) -> tuple[Fraction, ...]:
    found = tuple(point for point in points if not isinstance(point, str))
    if len(found) < len(points):
        raise Refusal("The method {method} takes finite points only, and no inf.", method=method)
    return found


def _known(name: str, value: str, kind: Any) -> Any:
    if value not in get_args(kind):
        raise Refusal("The {name} {value} is none of {known}.", name=name, value=value, known=", ".join(get_args(kind)))
    return value


# Arguments ------------------------------------------------------------------------------------------------------------


def _overview() -> Parser:
    parser = Parser(
        prog="kernelscope derive",
        usage="\n       ".join(_parser(kind).format_usage().removeprefix("usage: ").strip() for kind in KINDS),
        description="Exact algebra step by step, in fractions of whole numbers: every line of the derivation, and the "
        "answer with a check that could fail.",
    )
    parser.add_argument("kind", choices=KINDS, metavar="|".join(KINDS))
    return parser


def _divide(add: Callable[..., Any]) -> None:
    add("a", metavar="A", help='a polynomial such as "x^3 - 2x^2 - 4"')
    add("b", metavar="B", help='another one, such as "1/2 x + 3"')


def _crt(add: Callable[..., Any]) -> None:
    add("values", metavar="R M", nargs="+", help="residue and modulus in turn; integers if all of them are")


def _filter_arguments(add: Callable[..., Any]) -> None:
    add("m", metavar="M", help="outputs")
    add("r", metavar="R", help="taps")
    add("--method", metavar="NAME", help="cook-toom, modified-cook-toom (as without), winograd or modified-winograd")
    add(
        "--fractions", metavar="G|A|B|F", default="G", help="the matrix that holds them; F for a vector f; G by default"
    )
    _points(add)


def _convolution(add: Callable[..., Any]) -> None:
    add("n", metavar="N", help="taps")
    add("l", metavar="L", help="samples")
    add("--method", metavar="NAME", required=True, help=", ".join(get_args(ask.LinearMethod)))
    _points(add)


def _points(add: Callable[..., Any]) -> None:
    add("--points", metavar="P,...", help="such as 0,1,-1,1/2,inf; the usual ones without")
    add("--moduli", metavar="M,...", help='such as "x, x-1, x^2+1", in place of points')


_ARGUMENTS: dict[str, tuple[Callable[[Callable[..., Any]], None], str]] = {
    "divide": (_divide, "Divide A by B: quotient and remainder."),
    "gcd": (_divide, "The greatest common divisor of A and B, and s, t with s A + t B = gcd."),
    "crt": (_crt, "Integers or polynomials by their remainders (Chinese remainder theorem)."),
    "filter": (_filter_arguments, "F(M, R): M outputs of a filter with R taps from few multiplications."),
    "convolution": (_convolution, "The linear or cyclic convolution of N taps and L samples from few multiplications."),
}


def _parser(kind: str) -> Parser:
    arguments, description = _ARGUMENTS[kind]
    parser = Parser(prog=f"kernelscope derive {kind}", allow_abbrev=False, description=description)
    arguments(parser.add_argument)
    parser.add_argument("--format", metavar="NAME", default="text", help=f"{', '.join(FORMATS)}; text by default")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to FILE, whole or not at all")
    return parser
