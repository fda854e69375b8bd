"""The samples that the program starts with, and the folders that it knows."""

from __future__ import annotations

import os
import stat
import sys

import numpy as np
import pytest

from explorer import places
from explorer.model.pictures import sample, samples
from explorer.refusal import Refusal


@pytest.mark.parametrize("name", [name for name, _ in samples()])
def test_every_sample_opens(name: str) -> None:
    picture = sample(name)
    assert picture.name == name
    assert picture.kind == "image"
    assert picture.pixels.max() > picture.pixels.min()
    assert picture.notes == ()


def test_the_default_sample_is_the_astronaut_in_colours() -> None:
    picture = sample()
    assert (picture.name, picture.pixels.shape, picture.pixels.dtype) == ("astronaut", (512, 512, 3), np.uint8)
    assert (picture.channels, picture.white) == ("rgb", 255)


def test_the_noise_follows_its_seed() -> None:
    assert sample("noise", 3) == sample("noise", 3)
    assert sample("noise", 3) != sample("noise", 4)


def test_patterns_are_what_their_names_say() -> None:
    impulse = sample("impulse").pixels[..., 0]
    assert np.argwhere(impulse).tolist() == [[16, 16]]
    gradient = sample("gradient").pixels[..., 0]
    assert (gradient == np.arange(256)).all()
    checkerboard = sample("checkerboard").pixels[..., 0].astype(int)
    assert (checkerboard[:, 16:] + checkerboard[:, :-16] == 255).all()
    plate = sample("zone plate").pixels[..., 0]
    assert plate[128, 128] == 255
    np.testing.assert_array_equal(plate[1:, 1:], plate[1:, 1:][::-1, ::-1])


def test_an_unknown_sample_is_refused_with_those_that_exist() -> None:
    with pytest.raises(Refusal, match="There is no sample 'lena'; there are astronaut"):
        sample("lena")


def test_samples_stay_small_and_their_origin_is_told() -> None:
    folder = places.assets_folder() / "samples"
    files = [each for each in folder.iterdir() if each.suffix != ".md"]
    assert len(files) == 9
    assert sum(each.stat().st_size for each in files) < 2_500_000
    told = (folder / "README.md").read_text(encoding="utf-8")
    assert all(each.name in told for each in files)


@pytest.mark.parametrize("folder", [places.config_folder, places.state_folder])
def test_folders_are_made_on_demand_and_closed_to_others(folder, tmp_path, monkeypatch) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    made = folder()
    assert made.is_dir()
    if os.name == "posix":
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert folder() == made


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the variable is not read there")
def test_a_folder_that_cannot_be_made_is_refused_by_name(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    with pytest.raises(Refusal, match=r"The folder .*file.* cannot be made"):
        places.config_folder()
