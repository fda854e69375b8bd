"""LaTeX, Markdown, HTML and typst: every block in every format, whole, and typed text as nothing but text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from derivation_samples import BLOCKS, HOSTILE, poly

from explorer.model import typesetting
from explorer.model.derivation.derivation import Derivation, Line, Step
from explorer.model.derivation.expression import Formula, Marked, Paragraph, Sum, Symbol, Under, Words, number, sentence
from explorer.model.derivation.problem import (
    Convolution,
    Divide,
    Filter,
    Gcd,
    IntegerRemainders,
    PolynomialRemainders,
    Problem,
)
from explorer.model.derivation.subjects import derive
from explorer.model.derivation.writing import html, latex, markdown, text
from explorer.model.derivation.writing.documents import FORMATS, document
from explorer.model.derivation.writing.typst import Typst, quoted
from explorer.model.derivation.writing.writer import Writer
from kernels.algebra.polynomial import Polynomial

SAMPLES = Derivation(
    sentence("Of {x}", x=HOSTILE),
    tuple(
        Step(name, sentence("{name}: {x}", name=name, x=HOSTILE), (Line(sentence("by {y}", y=HOSTILE), (block,)),))
        for name, block in BLOCKS.items()
    ),
    {},
)

# The numbers of children that MathML Core asks for.
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2}
LEAVES = {"mn", "mi", "mo", "mtext", "mspace"}
BOXES = {"math", "mrow", "mtable", "mtr", "mtd", *CHILDREN}


def tree(page: str) -> ET.Element:
    return ET.fromstring(page.removeprefix("<!DOCTYPE html>\n"))


def mathematics(root: ET.Element) -> Iterator[ET.Element]:
    yield from root.iter("math")


def check_mathml(element: ET.Element) -> None:
    assert element.tag in BOXES | LEAVES
    if element.tag in LEAVES:
        assert len(element) == 0
        return
    assert not (element.text or "").strip()
    assert len(element) == CHILDREN.get(element.tag, len(element))
    for each in element:
        assert not (each.tail or "").strip()
        assert (each.tag == "mtr") == (element.tag == "mtable")
        assert (each.tag == "mtd") == (element.tag == "mtr")
        check_mathml(each)


@pytest.mark.parametrize("derivation", [SAMPLES, derive(Filter(2, 3))], ids=["samples", "F(2, 3)"])
def test_html_is_well_formed_mathml_and_needs_nothing_from_elsewhere(derivation: Derivation) -> None:
    page = html.writer().document(derivation)
    root = tree(page)
    found = list(mathematics(root))
    assert len(found) > 20
    for each in found:
        check_mathml(each)
    assert not {"script", "link", "img", "iframe", "object"} & {each.tag for each in root.iter()}
    assert "http" not in page
    assert "prefers-color-scheme: dark" in page
    names = [each.get("id") for each in root.iter() if each.get("id")]
    assert names == [step.key for step in derivation.steps]
    targets = {each.get("href") for each in root.iter() if each.get("href")}
    assert targets <= {f"#{name}" for name in names} | {"#x.2"}


def test_typed_text_in_html_is_text() -> None:
    block = Paragraph(sentence("{x}", x=HOSTILE))
    root = ET.fromstring(html.writer().block(block))
    assert root.text == HOSTILE
    assert len(root) == 0
    inner = ET.fromstring(html.writer().block(Formula(Words(sentence("{x}", x=HOSTILE)))))
    assert "".join(inner.itertext()).replace("\xa0", " ") == HOSTILE


ENVIRONMENT = re.compile(r"\\(begin|end)\{(\w+)\}")


def check_latex(source: str) -> None:
    """Environments, braces and \\left … \\right are balanced, and every & stands in an environment with columns."""
    bare = re.sub(r"\\[\\{}$&#%_]", "  ", source)
    open_environments: list[str] = []
    position = 0
    for match in ENVIRONMENT.finditer(bare):
        if "&" in bare[position : match.start()]:
            assert open_environments
            assert open_environments[-1] in ("array", "tabular")
        position = match.end()
        if match[1] == "begin":
            open_environments.append(match[2])
        else:
            assert open_environments.pop() == match[2]
    assert open_environments == []
    depth = 0
    for each in bare:
        depth += (each == "{") - (each == "}")
        assert depth >= 0
    assert depth == 0
    assert len(re.findall(r"\\left\b", bare)) == len(re.findall(r"\\right\b", bare))
    assert bare.count("$") % 2 == 0
    assert bare.count("\\[") == bare.count("\\]")


@pytest.mark.parametrize("derivation", [SAMPLES, derive(Filter(2, 3))], ids=["samples", "F(2, 3)"])
def test_latex_is_balanced_and_names_every_colour_that_it_uses(derivation: Derivation) -> None:
    page = latex.writer(colours=True).document(derivation)
    check_latex(page)
    used = set(re.findall(r"\\textcolor\{(\w+)\}", page))
    assert used
    assert used <= set(re.findall(r"\\definecolor\{(\w+)\}", page))
    assert set(re.findall(r"\\usepackage(?:\[.*?\])?\{(.*?)\}", page)) == {
        "iftex", "fontenc", "inputenc", "textcomp", "amsmath,amssymb,array,xcolor", "geometry",
    }  # fmt: skip


@pytest.mark.parametrize("name", BLOCKS)
def test_latex_of_one_block_needs_no_colours(name: str) -> None:
    written = latex.writer().block(BLOCKS[name])
    check_latex(written)
    assert "color" not in written


def test_typed_text_in_latex_is_text() -> None:
    written = latex.writer().block(Paragraph(sentence("{x}", x="\\input{/etc/passwd} $x$ 50% #1 a_b ~ ^ <>|")))
    assert written == (
        r"\textbackslash{}input\{/etc/passwd\} \$x\$ 50\% \#1 a\_b \textasciitilde{} \textasciicircum{} "
        r"\textless{}\textgreater{}\textbar{}"
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("formula", r"\[ x^3 - x = (x - 1)\underbrace{(x^2 + x)}_{q(x)} + \underbrace{0}_{r} \]"),
        (
            "matrix",
            (
                r"\[ A^{\mathsf{T}} = \left[\begin{array}{rr} 1 & -\frac{1}{2} \\ 0 & 3 "
                r"\\ \frac{1}{24} & -8 \end{array}\right] \]"
            ),
        ),
        ("congruence", r"\[ N_i \cdot M_i(x) \equiv 1\quad (\operatorname{mod}\,m_i) \]"),
    ],
)
def test_latex_is_what_a_person_would_write(name: str, written: str) -> None:
    assert latex.writer().block(BLOCKS[name]) == written


def test_markdown_escapes_what_is_typed_and_keeps_tables_whole() -> None:
    written = markdown.writer().block(Paragraph(sentence("{x}", x="*a* _b_ <c> [d](e) `f` | $g$")))
    assert written == r"\*a\* \_b\_ &lt;c&gt; \[d\]\(e\) \`f\` \| \$g\$"
    head, rule, *rows = markdown.writer().block(BLOCKS["table"]).splitlines()
    assert rule == "| ---: | ---: | ---: |"
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in (head, *rows)] == [4, 4, 4]


@pytest.mark.parametrize("name", BLOCKS)
def test_mathematics_in_markdown_is_balanced_and_no_markdown(name: str) -> None:
    written = markdown.writer().block(BLOCKS[name])
    for formula in re.findall(r"\$\$\n(.*?)\n\$\$", written, re.DOTALL):
        check_latex(formula)
        assert "<" not in formula
        assert "`" not in formula


@pytest.mark.parametrize(
    "typed", [HOSTILE, '"', "\\", '\\"', "#panic()", "$", "]", "*/", "//", "@a", "<b>", "`", "\\u{0}"]
)
def test_typed_text_in_typst_is_text(typed: str) -> None:
    """The picture of the text is that of typst's own string of these characters."""
    import typst

    said = sentence("{x}", x=typed)
    blocks = [Paragraph(said), Formula(Words(said)), Formula(Symbol(typed, typed, typed, typed))]
    assert typesetting.picture(blocks, typesetting.Style()).svg.count("<use") >= len(typed.replace(" ", ""))
    shown = typst.query(f"#let x = {quoted(typed)}\n#metadata(x) <x>".encode(), "<x>", field="value", one=True)
    assert json.loads(shown) == typed


def test_every_sample_is_typeset_as_a_document() -> None:
    made = typesetting.pages(SAMPLES)
    assert made.startswith(b"%PDF-")
    assert typesetting.pages(SAMPLES) == made
    assert len(typesetting.pages(SAMPLES, steps=[0])) < len(made)


def test_targets_of_links_are_numbered_from_the_first() -> None:
    markup = Typst()
    writer = Writer(markup)
    writer.block(Formula(Sum((Marked(number(1), "", "a"), Under(Marked(poly(1, 1), "hue1", "b"), Symbol("q"))))))
    assert [target.steps for target in markup.targets] == [("a",), ("b",)]


def test_a_page_has_no_links_that_lead_nowhere() -> None:
    markup = Typst(links=False)
    assert "#link" in Writer(Typst()).document(SAMPLES)
    assert "#link" not in Writer(markup).document(SAMPLES)
    assert markup.targets == []


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_has_all_steps(format: str) -> None:
    derivation = derive(Filter(2, 3))
    page = document(derivation, format)
    assert page.endswith("\n")
    if format == "json":
        assert len(json.loads(page)["steps"]) == len(derivation.steps)
    else:
        assert f"{len(derivation.steps)}. Nest to " in page


PROBLEMS: list[Problem] = [
    Divide(Polynomial([-4, 0, -2, 1]), Polynomial([-3, 1])),
    Gcd(Polynomial([-1, 0, 0, 0, 1]), Polynomial([-1, -1, 1, 1])),
    IntegerRemainders((2, 3, 2), (3, 5, 7)),
    PolynomialRemainders((Polynomial([-1]), Polynomial([2, -1])), (Polynomial([0, 1]), Polynomial([1, 0, 1]))),
    Convolution(2, 2, "modified-cook-toom"),
    Convolution(2, 3, "winograd"),
    Convolution(4, 4, "iterated"),
    Convolution(3, 3, "cyclic"),
    Convolution(2, 2, "inspection"),
    Filter(2, 3, across=(2, 3)),
]


@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_every_stroke_of_a_derivation_can_be_written_and_typeset(problem: Problem) -> None:
    derivation = derive(problem)
    blocks = dict.fromkeys(block for step in derivation.steps for line in step.lines for block in line.blocks)
    writers = [html.writer(), latex.writer(), markdown.writer()]
    for block in blocks:
        page, tex, mark = (writer.block(block) for writer in writers)
        ET.fromstring(page)
        check_latex(tex)
        assert tex.encode("latin-1")  # pdfTeX has no other characters
        assert mark
        assert text.block(block)
    picture = typesetting.picture(list(blocks), typesetting.Style())
    assert picture.height > 10 * len(blocks)
    steps = {step.key for step in derivation.steps}
    assert {step for hit in picture.hits for step in hit.steps} <= steps
    for hit in picture.hits:
        assert 0 <= hit.x <= hit.x + hit.width <= picture.width + 0.1
        assert 0 <= hit.y <= hit.y + hit.height <= picture.height + 0.1
    assert typesetting.pages(derivation).startswith(b"%PDF-")
