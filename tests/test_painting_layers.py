"""A layer in the list: as high as what it holds, and painted whatever its state."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from explorer.ui import theme
from explorer.ui.pipeline.painting_layers import LayerCard, State, card_height, paint_layer

PLAIN = LayerCard("n1", "Convolution", "conv1", "1 × 8 × 64 × 64", "1.2 ms", "", "ready", None)
THUMBNAILS = np.full((7, 16, 16), 0xFF336699, np.uint32)
FULL = replace(PLAIN, note="switches from max_pool1", thumbnails=THUMBNAILS)


@pytest.fixture(params=["light", "dark"])
def look(request: pytest.FixtureRequest, qapp: QApplication) -> theme.Theme:
    theme.load_fonts()
    theme.use(qapp, request.param)
    return theme.current()


def painted(
    card: LayerCard, look: theme.Theme, rect: QRectF, *, selected: bool = False, focused: bool = False
) -> QImage:
    image = QImage(300, 130, QImage.Format.Format_RGB32)
    image.fill(look.color("ground"))
    painter = QPainter(image)
    paint_layer(painter, rect, card, look, selected=selected, focused=focused)
    painter.end()
    return image


def usual(card: LayerCard, look: theme.Theme) -> QRectF:
    return QRectF(4, 4, 272, card_height(card, look))


def test_a_card_is_as_high_as_what_it_holds(look: theme.Theme) -> None:
    note, thumbnails = replace(PLAIN, note="a note"), replace(PLAIN, thumbnails=THUMBNAILS)
    plain, noted, small, full = (card_height(card, look) for card in (PLAIN, note, thumbnails, FULL))
    assert plain < noted < small < full
    assert full - small == pytest.approx(noted - plain, abs=1)


@pytest.mark.parametrize("shape", [(0, 4, 4), (7, 1, 1), (7, 0, 5)])
def test_nothing_to_see_takes_no_room(look: theme.Theme, shape: tuple[int, ...]) -> None:
    empty = replace(PLAIN, thumbnails=np.zeros(shape, np.uint32))
    assert card_height(empty, look) == card_height(PLAIN, look)
    assert painted(empty, look, usual(empty, look)) == painted(PLAIN, look, usual(PLAIN, look))


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("selected", [False, True])
def test_every_state_is_painted_inside_of_its_card(look: theme.Theme, state: State, selected: bool) -> None:
    card = replace(FULL, state=state)
    rect = usual(card, look)
    image = painted(card, look, rect, selected=selected, focused=selected)
    ground = QImage(image.size(), image.format())
    ground.fill(look.color("ground"))
    assert image != ground
    below = QRectF(0, rect.bottom(), 300, 130 - rect.bottom()).toRect()
    assert image.copy(below) == ground.copy(below)


@pytest.mark.parametrize("state", ["stale", "refused", "waiting", "off"])
def test_a_card_in_another_state_looks_different(look: theme.Theme, state: State) -> None:
    rect = usual(FULL, look)
    assert painted(replace(FULL, state=state), look, rect) != painted(FULL, look, rect)


def test_the_selected_card_and_the_one_with_the_focus_look_different(look: theme.Theme) -> None:
    rect = usual(FULL, look)
    plain = painted(FULL, look, rect)
    selected = painted(FULL, look, rect, selected=True)
    focused = painted(FULL, look, rect, selected=True, focused=True)
    assert plain != selected != focused


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (12, 300), (300, 5), (40, 40), (-5, -5)])
@pytest.mark.parametrize("state", get_args(State))
def test_a_tiny_card_is_painted_without_an_error(look: theme.Theme, size: tuple[int, int], state: State) -> None:
    painted(replace(FULL, state=state), look, QRectF(0, 0, *size), selected=True, focused=True)


@pytest.mark.parametrize("shape", [(3, 1, 200), (3, 200, 1), (60, 8, 8)])
def test_thumbnails_of_any_form_stay_inside_of_the_card(look: theme.Theme, shape: tuple[int, ...]) -> None:
    card = replace(FULL, thumbnails=np.full(shape, 0xFFFF0001, np.uint32))
    rect = usual(card, look)
    image = painted(card, look, rect)
    red = [x for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y).name() == "#ff0001"]
    assert red
    assert rect.left() < min(red) <= max(red) < rect.right()


def test_long_titles_give_way_to_the_shape(look: theme.Theme) -> None:
    card = replace(FULL, title="A title that is far too long for any card of this width " * 3)
    rect = usual(card, look)
    beside = QRectF(rect.right(), 0, 300 - rect.right(), 130).toRect()
    assert painted(card, look, rect).copy(beside) == painted(FULL, look, rect).copy(beside)
