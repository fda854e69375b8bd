"""Typesetting: every block as a picture whose parts can be pointed at."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import get_args
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from explorer.model import typesetting
from explorer.model.derivation.expression import Formula, Grid, Marked, Role, Symbol, equation, grid, number
from explorer.model.typesetting import Style
from tests.derivation_samples import BLOCKS, division


def drawn(picture: typesetting.Picture, ground: str) -> QImage:
    """The picture as Qt draws it, two pixels for each point."""
    renderer = QSvgRenderer(QByteArray(picture.svg.encode()))
    assert renderer.isValid()
    image = QImage(round(picture.width * 2), round(picture.height * 2), QImage.Format.Format_RGB32)
    image.fill(QColor(ground))
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image


def pixels(image: QImage) -> npt.NDArray[np.uint8]:
    """Rows of pixels as blue, green, red and nothing."""
    return np.frombuffer(bytes(image.constBits()), np.uint8).reshape(image.height(), image.width(), 4)


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize(("text", "ground"), [("#101828", "#ffffff"), ("#e6e8ee", "#14161c")])
def test_every_block_is_drawn_by_qt_in_light_and_dark(name: str, text: str, ground: str) -> None:
    picture = typesetting.picture([BLOCKS[name]], Style(text=text, width=400))
    color = QColor(ground)
    inked = (pixels(drawn(picture, ground))[..., :3] != [color.blue(), color.green(), color.red()]).any(2)
    assert 0.005 < inked.mean() < 0.35  # something is there, and no black box
    assert not inked[[0, -1]].any()  # nothing is cut off
    assert not inked[:, [0, -1]].any()


def test_a_colour_with_opacity_is_drawn_as_such() -> None:
    block = Formula(Marked(number(1), "hue1"))
    picture = typesetting.picture([block], Style(colours={"hue1": "#ff000080"}))
    assert "#ff000080" not in picture.svg
    seen = pixels(drawn(picture, "#ffffff"))
    assert seen[..., 2].min() > 250  # half of red over white keeps all of the red; black would not
    assert 120 < seen[..., 1].min() < 135


@pytest.mark.parametrize("role", [role for role in get_args(Role) if role])
def test_a_role_has_the_colour_of_the_palette(role: Role) -> None:
    block = Formula(Marked(number(7), role))
    picture = typesetting.picture([block], Style(colours={role: "#12ab34"}))
    assert 'fill="#12ab34"' in picture.svg


def test_a_marked_part_can_be_pointed_at_and_leads_to_its_step() -> None:
    block = Formula(equation(number(12), Marked(number(3456), "hue2", 'in"verse.2')))
    picture = typesetting.picture([block], Style())
    (hit,) = picture.hits
    assert (hit.steps, hit.row) == (('in"verse.2',), None)
    plain = typesetting.picture([Formula(equation(number(12), number(3456)))], Style())
    assert 0 < hit.x < hit.x + hit.width <= plain.width + 0.01
    assert hit.width == pytest.approx(4 * 7, abs=1)
    assert "<a " not in picture.svg


def test_rows_of_a_matrix_are_apart_and_say_what_they_belong_to() -> None:
    rows = grid(
        ((Fraction(1), Fraction(-1, 2)), (Fraction(0), Fraction(3)), (Fraction(8), Fraction(9))),
        (("a",), ("b", "c")),
        (number(0), number(Fraction(-1, 2))),
    )
    first, second = typesetting.picture([Formula(rows)], Style()).hits
    assert (first.steps, first.row, first.label) == (("a",), 0, "0")
    assert (second.steps, second.row, second.label) == (("b", "c"), 1, "−1/2")
    assert first.y + first.height <= second.y
    assert first.x < second.x + second.width
    assert second.x < first.x + first.width


def test_the_strokes_of_a_division_all_have_one_size_and_place() -> None:
    whole = division([-4, 0, -2, 1], [-3, 1])
    sizes, inks = set(), []
    for rows in range(len(whole.body) + 1):
        terms = (rows + 1) // 2
        picture = typesetting.picture([division([-4, 0, -2, 1], [-3, 1], terms, rows)], Style())
        sizes.add((picture.width, picture.height))
        inks.append(picture.svg.count("<use"))
    assert len(sizes) == 1
    assert inks == sorted(set(inks))


def test_the_same_blocks_give_the_same_picture() -> None:
    blocks = list(BLOCKS.values())
    first = typesetting.picture(blocks, Style())
    typesetting._svg.cache_clear()
    assert typesetting.picture(blocks, Style()) == first
    ET.fromstring(first.svg)


def test_a_colour_that_is_none_is_a_defect() -> None:
    with pytest.raises(ValueError, match="not a colour"):
        typesetting.picture([], Style(text='red"); #panic("x'))


def test_an_image_has_the_pixels_asked_for() -> None:
    blocks = [BLOCKS["formula"]]
    picture = typesetting.picture(blocks, Style())
    image = QImage.fromData(typesetting.image(blocks, Style(), scale=3))
    assert image.width() == pytest.approx(picture.width * 3, abs=2)
    assert image.height() == pytest.approx(picture.height * 3, abs=2)


def test_columns_of_a_matrix_are_places_of_their_own_and_rows_stay_so() -> None:
    rows = ((number(1), number(22)), (number(3), number(4)))
    both = Grid(rows, (("a",), ()), (), (("c",), ("d",)), (number(7), Symbol("∞")))
    row, left, right = typesetting.picture([Formula(both)], Style()).hits
    assert (row.row, row.column, row.steps) == (0, None, ("a",))
    assert [(x.row, x.column, x.steps, x.label) for x in (left, right)] == [
        (None, 0, ("c",), "7"),
        (None, 1, ("d",), "∞"),
    ]
    assert left.x + left.width <= right.x
    assert left.height > row.height
    assert row.x == left.x


def test_pictures_made_on_several_threads_are_those_made_on_one() -> None:
    blocks = list(BLOCKS.values())
    alone = [typesetting.picture([block], Style()) for block in blocks]
    typesetting._svg.cache_clear()
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda block: typesetting.picture([block], Style()), blocks)) == alone
