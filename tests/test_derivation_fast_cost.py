"""Costs of filters by the definition, by F(m, r) and by the FFT, against the published tables."""

from __future__ import annotations

from fractions import Fraction

import pytest

from explorer.model.derivation.cost import beside, by_fft, by_filter, direct, over_tiles, products_per_output
from explorer.model.derivation.filtering import derive_filter
from explorer.model.derivation.problem import Filter
from kernels.algebra.bilinear import FilterAlgorithm


def derived(m: int, r: int) -> FilterAlgorithm:
    algorithm = derive_filter(Filter(m, r)).outcome
    assert isinstance(algorithm, FilterAlgorithm)
    return algorithm


@pytest.mark.parametrize(("tile", "printed"), [(4, "4.00"), (5, "2.78"), (6, "2.25"), (8, "1.78")])
def test_products_of_nested_filters_are_those_of_lavin_and_gray(tile: int, printed: str) -> None:
    assert f"{float(by_filter(derived(tile - 2, 3), 2).multiplications):.2f}" == printed
    assert f"{float(products_per_output(tile - 2, 3, 2)):.2f}" == printed


@pytest.mark.parametrize(("tile", "four", "three"), [(8, "4.44", "3.33"), (16, "2.94", "2.20"), (32, "2.42", "1.81")])
def test_products_of_the_fft_are_those_of_lavin_and_gray(tile: int, four: str, three: str) -> None:
    assert f"{float(by_fft(tile, 3).multiplications):.2f}" == four
    assert f"{float(by_fft(tile, 3, 3).multiplications):.2f}" == three


def test_the_transforms_of_the_paper_stand_in_the_table() -> None:
    _, line, _, plane = beside(derived(2, 3))
    assert (line.data * 2, line.outputs * 2, line.taps) == (4, 4, 5)
    assert (plane.data * 4, plane.outputs * 4) == (32, 24)
    assert plane.memory == 4


def test_channels_share_the_transforms() -> None:
    plane = by_filter(derived(2, 3), 2)
    assert plane.operations() == 4 + 8 + 6 + Fraction(35, 4)
    assert plane.operations(inputs=8, outputs=16, tiles=100) == 4 + Fraction(8, 16) + Fraction(6, 8) + Fraction(35, 400)
    assert direct(3, 2).operations(64, 64, 64) == 17


def test_the_plot_has_every_way_and_sizes_that_fit() -> None:
    made = over_tiles(3, 64)
    assert {each.way for each in made} == {"direct", "nested", "fft", "fft-3"}
    assert [each.tile for each in made if each.way == "fft"] == [4, 8, 16, 32, 64]
    falling = [each.multiplications for each in made if each.way == "nested"]
    assert falling == sorted(falling, reverse=True)


@pytest.mark.parametrize(("tile", "r"), [(12, 3), (4, 5), (2, 1)])
def test_a_tile_that_is_no_power_of_two_or_too_small_is_refused(tile: int, r: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        by_fft(tile, r)
