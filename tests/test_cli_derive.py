"""The command `derive`: its answers, its formats and its refusals, as docs/command-line.md promises them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from explorer import cli

ROOT = Path(__file__).parent.parent


def derived(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert cli.main(["derive", *arguments, "--format", "json"]) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    return json.loads(output)


def matrix(rows: list[list[str]]) -> list[list[Fraction]]:
    return [[Fraction(each) for each in row] for row in rows]


def bilinear(left: list[list[Fraction]], taps: list[list[Fraction]], data: list[list[Fraction]], *at: int) -> Fraction:
    j, k, i = at
    return sum((left[j][p] * taps[p][k] * data[p][i] for p in range(len(taps))), Fraction())


def check_steps(found: dict[str, Any]) -> None:
    assert found["verified"] is True
    assert found["steps"]
    for step in found["steps"]:
        assert all(isinstance(step[name], str) and step[name] for name in ("title", "text", "latex"))


def test_divide_gives_quotient_and_remainder_ascending(capsys: pytest.CaptureFixture[str]) -> None:
    found = derived(capsys, "divide", "x^3 - 2x^2 - 4", "x - 3")
    assert list(found) == ["quotient", "remainder", "verified", "steps"]
    assert (found["quotient"], found["remainder"]) == (["3", "1", "1"], ["5"])
    check_steps(found)
    assert derived(capsys, "divide", "x", "x")["remainder"] == []


def test_gcd_is_monic_with_the_pair_that_makes_it(capsys: pytest.CaptureFixture[str]) -> None:
    found = derived(capsys, "gcd", "2x^2 - 2", "x^2 + 3/2 x + 1/2")
    assert set(found) == {"gcd", "s", "t", "steps", "verified"}
    assert found["gcd"] == ["1", "1"]
    check_steps(found)


def test_crt_is_of_integers_where_all_are_integers(capsys: pytest.CaptureFixture[str]) -> None:
    found = derived(capsys, "crt", "2", "3", "3", "5", "2", "7")
    assert (found["solution"], found["modulus"]) == ("23", "105")
    assert [set(row) for row in found["table"]] == [{"m", "M", "n", "N"}] * 3
    check_steps(found)


def test_crt_is_of_polynomials_where_one_is(capsys: pytest.CaptureFixture[str]) -> None:
    found = derived(capsys, "crt", "-1", "x", "-x+2", "x^2+1")
    assert found["modulus"] == ["0", "1", "0", "1"]
    assert found["solution"][0] == "-1"
    check_steps(found)


@pytest.mark.parametrize("fractions", ["G", "A", "B", "F"])
def test_filter_gives_matrices_that_filter(capsys: pytest.CaptureFixture[str], fractions: str) -> None:
    found = derived(capsys, "filter", "4", "3", "--points", "-1,0,1,2,-2,inf", "--fractions", fractions)
    assert (found["m"], found["r"]) == (4, 3)
    assert found["points"] == ["-1", "0", "1", "2", "-2", "inf"]
    assert found["multiplications"] == 6
    assert ("f" in found) == (fractions == "F")
    AT, G, BT = (matrix(found[name]) for name in ("AT", "G", "BT"))
    if fractions == "F":
        G = [[Fraction(f) * each for each in row] for f, row in zip(found["f"], G, strict=True)]
    for j in range(4):
        for k in range(3):
            assert [bilinear(AT, G, BT, j, k, i) for i in range(6)] == [i == j + k for i in range(6)]
    check_steps(found)


@pytest.mark.parametrize(
    ("method", "products"),
    [("cook-toom", 4), ("modified-cook-toom", 4), ("winograd", 5), ("modified-winograd", 4)],
)
def test_a_filter_comes_from_the_convolution_that_is_named(
    capsys: pytest.CaptureFixture[str], method: str, products: int
) -> None:
    found = derived(capsys, "filter", "2", "3", "--method", method)
    assert found["multiplications"] == products
    if method == "cook-toom":
        assert "inf" not in found["points"]
    if method == "modified-cook-toom":
        assert found["points"][-1] == "inf"
    check_steps(found)


@pytest.mark.parametrize(
    "more",
    [
        ("cook-toom", "--points", "-2,0,1,-1"),
        ("modified-cook-toom", "--points", "0,1,-1,inf"),
        ("modified-cook-toom", "--points", "0,1,-1"),
        ("winograd", "--moduli", "x, x-1, x^2+1"),
        ("modified-winograd", "--moduli", "-x, x^2+1"),
        ("iterated",),
        ("inspection",),
    ],
)
def test_convolution_gives_matrices_that_convolve(capsys: pytest.CaptureFixture[str], more: tuple[str, ...]) -> None:
    n, samples = ("4", "4") if more[0] == "iterated" else ("2", "2") if more[0] == "inspection" else ("2", "3")
    found = derived(capsys, "convolution", n, samples, "--method", *more)
    C, H, D = (matrix(found[name]) for name in "CHD")
    for j in range(int(n) + int(samples) - 1):
        for k in range(int(n)):
            assert [bilinear(C, H, D, j, k, i) for i in range(int(samples))] == [
                i == j - k for i in range(int(samples))
            ]
    assert {"multiplications", "additions"} <= set(found)
    check_steps(found)


def test_a_cyclic_convolution_wraps(capsys: pytest.CaptureFixture[str]) -> None:
    found = derived(capsys, "convolution", "4", "4", "--method", "cyclic")
    C, H, D = (matrix(found[name]) for name in "CHD")
    for j in range(4):
        for k in range(4):
            assert [bilinear(C, H, D, j, k, i) for i in range(4)] == [i == (j - k) % 4 for i in range(4)]
    assert found["multiplications"] == 5


@pytest.mark.parametrize(
    "arguments",
    [
        ("divide", "-x+1", "-2x"),
        ("divide", "-1", "-2"),
        ("gcd", "-x", "−x^2"),
        ("divide", "--", "-x+1", "x"),
        ("divide", "-p+1", "-p"),
    ],
)
def test_a_polynomial_may_begin_with_a_minus(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    assert cli.main(["derive", *arguments]) == 0
    assert "✓" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("format", "start"),
    [
        ("text", "Divide x² by x\n══"),
        ("latex", "\\documentclass"),
        ("markdown", "# Divide $x^2$"),
        ("html", "<!DOCTYPE html>"),
    ],
)
def test_documents_go_to_the_file_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, format: str, start: str
) -> None:
    assert cli.main(["derive", "divide", "x^2", "x", "--format", format]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(start)
    target = tmp_path / "out"
    target.write_text("old", "utf-8")
    assert cli.main(["derive", "divide", "x^2", "x", "--format", format, "-o", str(target)]) == 0
    assert capsys.readouterr().out == ""
    assert target.read_text("utf-8") == printed
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "required"),
        (("frob",), "invalid choice: 'frob'"),
        (("divide", "x"), "required: B"),
        (("divide", "x", "0"), "The divisor is 0"),
        (("divide", "x", "y"), "y"),
        (("divide", "x^257", "x"), "256"),
        (("divide", "__import__('os')", "x"), "character"),
        (("divide", "x", "1", "--format", "docx"), "docx is none of text, latex, json, markdown, html"),
        (("divide", "x", "1", "--frob", "2"), "--frob"),
        (("crt", "1", "2", "3"), "pairs"),
        (("crt", "1", "4", "2", "6"), "2"),
        (("filter", "2", "x"), "no number"),
        (("filter", "0", "3"), "at least 1"),
        (("filter", "20", "20"), "34"),
        (("filter", "0", "3", "--method", "winograd"), "at least 1"),
        (("filter", "2", "3", "--points", "0,0,1,inf"), "twice"),
        (("filter", "2", "3", "--points", "0,1"), "2 points"),
        (("filter", "2", "3", "--points", "0,1,-1,inf", "--moduli", "x"), "both"),
        (("filter", "2", "3", "--method", "cyclic"), "cyclic"),
        (("filter", "2", "3", "--method", "fast"), "fast is none of"),
        (("filter", "2", "3", "--method", "cook-toom", "--points", "0,1,-1,inf"), "finite"),
        (("filter", "2", "3", "--method", "winograd", "--points", "0"), "takes no points"),
        (("filter", "2", "3", "--method", "cook-toom", "--moduli", "x"), "takes no moduli"),
        (("filter", "2", "3", "--fractions", "H"), "H is none of G, A, B, F"),
        (("convolution", "2", "2"), "--method"),
        (("convolution", "2", "2", "--method", "winograd", "--moduli", "x^2, x"), "x"),
        (("convolution", "2", "2", "--method", "cook-toom", "--points", "0,1,inf"), "finite"),
    ],
)
def test_what_cannot_be_derived_is_one_line_with_code_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], complaint: str
) -> None:
    assert cli.main(["derive", *arguments]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    (line,) = errors.splitlines()
    assert line.startswith("kernelscope: ")
    assert complaint in line


def test_a_refusal_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old", "utf-8")
    assert cli.main(["derive", "divide", "x", "0", "-o", str(target)]) == 2
    assert target.read_text("utf-8") == "old"


def test_help_is_printed_for_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", "--help"]) == 0
    overview = capsys.readouterr().out
    for kind in ("divide", "gcd", "crt", "filter", "convolution"):
        assert f"kernelscope derive {kind}" in overview
        assert cli.main(["derive", kind, "-h"]) == 0
        assert "--format" in capsys.readouterr().out


def run(*arguments: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "main.py", "derive", *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, env=environment)


def test_the_program_itself_answers_and_refuses() -> None:
    done = run("divide", "-x^2+1", "x", "--format", "json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["quotient"] == ["0", "-1"]
    refused = run("divide", "x", "0")
    assert (refused.returncode, refused.stdout, refused.stderr.count(b"\n")) == (2, b"", 1)
    assert b"Traceback" not in refused.stderr


def test_a_terminal_without_these_signs_is_no_fault() -> None:
    done = run("divide", "x^2", "x", encoding="ascii")
    assert (done.returncode, done.stderr) == (0, b"")


LOADED = """
import sys
from explorer.cli import main
main(["derive", "divide", "x^2", "x"])
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def test_nothing_heavy_is_loaded_for_a_division() -> None:
    ended = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"numpy", "numba", "PySide6", "typst", "PIL"} & set(ended.stderr.split())
