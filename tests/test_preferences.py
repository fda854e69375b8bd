"""Settings that survive, whatever their file holds, and the dialog that changes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QSlider
from pytestqt.qtbot import QtBot

from explorer import limits
from explorer.limits import MEBI, Limits
from explorer.ui.dialogs.preferences import Preferences
from explorer.ui.dialogs.settings import RECENT, Settings, most


@pytest.fixture(autouse=True)
def limits_of_before() -> Iterator[None]:
    before = limits.current()
    yield
    limits.change(before)


@pytest.fixture
def file(tmp_path: Path, qapp: object) -> Path:
    return tmp_path / "settings.ini"


def again(file: Path) -> Settings:
    """What another run of the program reads."""
    return Settings(file)


# Settings -----------------------------------------------------------------------------------------------------------


def test_everything_that_is_set_is_there_in_the_next_run(file: Path, tmp_path: Path) -> None:
    first = Settings(file)
    first.set_theme("dark")
    first.set_scale(1.5)
    first.set_language("de")
    first.set_folder("open", str(tmp_path))
    first.add_recent(str(tmp_path / "a, b; c=ü.png"))
    first.set_place(QByteArray(b"\x00\xff=,;geometry"), QByteArray(b"docks"))
    first.set_limits(replace(Limits(), pixels=7, file_bytes=5 * MEBI))
    first.keep()
    second = again(file)
    assert (second.theme(), second.theme_shown(), second.scale(), second.language()) == ("dark", "dark", 1.5, "de")
    assert second.folder("open") == str(tmp_path)
    assert second.recent() == (str(tmp_path / "a, b; c=ü.png"),)
    assert [bytes(each.data()) for each in second.place()] == [b"\x00\xff=,;geometry", b"docks"]
    assert second.limits() == replace(Limits(), pixels=7, file_bytes=5 * MEBI)


def test_an_empty_file_means_the_defaults(file: Path) -> None:
    fresh = Settings(file)
    assert (fresh.theme(), fresh.scale(), fresh.language(), fresh.recent()) == ("system", 1.0, "", ())
    assert fresh.theme_shown() in ("light", "dark")
    assert fresh.limits() == Limits()
    assert all(each.isEmpty() for each in fresh.place())
    assert Path(fresh.folder("open")).is_dir()


def read_everything(each: Settings) -> None:
    assert each.theme() in ("light", "dark", "system")
    assert 1.0 <= each.scale() <= 2.0
    assert isinstance(each.language(), str)
    assert all(isinstance(name, str) for name in each.recent())
    assert Path(each.folder("open")).exists()
    assert all(isinstance(part, QByteArray) for part in each.place())
    each.apply_limits()


_NAMES = ["theme", "scale", "language", "recent", "folders/open", "limits/pixels", "limits/json_depth",
          "window/geometry"]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(values=st.lists(st.text(max_size=12), min_size=8, max_size=8))
def test_whatever_text_the_file_holds_is_a_setting_or_the_default(file: Path, values: list[str]) -> None:
    damaged = Settings(file)
    for name, value in zip(_NAMES, values, strict=True):
        damaged._file.setValue(name, value)
    read_everything(damaged)


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00\x80[[[\n=%", b"[General]\ntheme=dark, light\nscale=nan\nrecent=[[[[", b"[limits]\npixels=0\n",
     b"[limits]\npixels=99999999999999999999999999\nlayers=-3\nundo_steps=1e9\n", b"[General]\nscale=inf\nrecent=7",
     b"[General]\nlanguage=@ByteArray(x)\nrecent={}\n", b"[window]\ngeometry=!!\n", b"\x00" * 4096],
)  # fmt: skip
def test_a_damaged_file_means_defaults_and_can_be_written_again(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    damaged = Settings(file)
    read_everything(damaged)
    assert damaged.scale() == 1.0
    assert damaged.limits() == Limits()
    damaged.set_theme("light")
    damaged.keep()
    assert again(file).theme() == "light"


def test_settings_that_cannot_be_kept_last_as_long_as_the_program(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    lost = Settings(tmp_path / "folder" / "settings.ini")
    lost.set_theme("dark")
    lost.keep()
    assert lost.theme() == "dark"


def test_files_that_are_there_come_first_and_the_latest_of_them_before_the_others(file: Path, tmp_path: Path) -> None:
    kept = Settings(file)
    for name in ("a", "gone", "b"):
        kept.add_recent(str(tmp_path / name))
        if name != "gone":
            (tmp_path / name).touch()
    assert [Path(name).name for name in kept.recent()] == ["b", "a", "gone"]


def test_a_file_opened_again_moves_to_the_front_and_the_oldest_is_forgotten(file: Path) -> None:
    kept = Settings(file)
    for number in [*range(RECENT + 2), 5]:
        kept.add_recent(f"/nowhere/{number}")
    names = [Path(name).name for name in kept.recent()]
    assert names[:2] == ["5", str(RECENT + 1)]
    assert len(names) == len(set(names)) == RECENT


def test_a_folder_that_is_gone_gives_way_to_the_home_folder(file: Path, tmp_path: Path) -> None:
    kept = Settings(file)
    kept.set_folder("open", str(tmp_path / "gone"))
    assert Path(kept.folder("open")).is_dir()


def test_only_limits_that_differ_from_the_defaults_are_kept(file: Path) -> None:
    kept = Settings(file)
    kept.set_limits(replace(Limits(), layers=7))
    kept.set_limits(replace(Limits(), pixels=9))
    kept.keep()
    text = file.read_text()
    assert "pixels=9" in text
    assert "layers" not in text


def test_paths_are_kept_as_plain_text(file: Path) -> None:
    kept = Settings(file)
    kept.add_recent("/nowhere/@Variant(x)\udce9.png")
    kept.keep()
    assert again(file).recent() == ("/nowhere/@Variant(x)\udce9.png",)
    assert json.loads(kept._text("recent", "")) == list(kept.recent())


# The dialog ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def kept(file: Path) -> Settings:
    made = Settings(file)
    made.set_theme("light")
    return made


@pytest.fixture
def dialog(qtbot: QtBot, kept: Settings) -> Preferences:
    made = Preferences(kept)
    assert made.testAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    return made


def field(dialog: Preferences, name: str) -> QLineEdit:
    return dialog.findChild(QLineEdit, f"preferences.{name}")


def press(qtbot: QtBot, dialog: Preferences, name: str) -> None:
    qtbot.mouseClick(dialog.findChild(QPushButton, f"preferences.{name}"), Qt.MouseButton.LeftButton)


def enter(qtbot: QtBot, dialog: Preferences, name: str, text: str) -> None:
    edit = field(dialog, name)
    edit.setFocus()
    edit.selectAll()
    QGuiApplication.clipboard().setText(text)
    edit.paste()
    qtbot.keyClick(edit, Qt.Key.Key_Return)


def test_every_limit_has_a_field_with_its_label_its_unit_and_its_default(dialog: Preferences) -> None:
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    for each in fields(Limits):
        edit = field(dialog, each.name)
        assert each.metadata["label"] in texts
        assert edit.accessibleName().startswith(each.metadata["label"])
        assert "the default is" in edit.toolTip()


def test_a_limit_that_is_typed_is_in_force_at_once(dialog: Preferences, kept: Settings, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.applied):
        enter(qtbot, dialog, "layers", "321")
    assert limits.current().layers == kept.limits().layers == 321
    assert dialog.isVisible()


def test_sizes_are_shown_and_typed_in_megabytes(dialog: Preferences, kept: Settings, qtbot: QtBot) -> None:
    assert field(dialog, "file_bytes").text() == "256"
    enter(qtbot, dialog, "file_bytes", "1.5")
    assert kept.limits().file_bytes == 3 * MEBI // 2
    assert field(dialog, "file_bytes").text() == "1.5"


def test_a_number_can_be_typed_as_it_is_shown(dialog: Preferences, kept: Settings, qtbot: QtBot) -> None:
    enter(qtbot, dialog, "pixels", "70 000 000")
    assert kept.limits().pixels == 70_000_000
    shown = field(dialog, "pixels").text()
    enter(qtbot, dialog, "pixels", shown)
    assert kept.limits().pixels == 70_000_000


@pytest.mark.parametrize(("name", "text"), [("layers", "0"), ("layers", "-1"), ("layers", "2.5"), ("layers", "many"),
                                            ("free_memory_percent", "101"), ("layers", "1e30"), ("scale", "99"),
                                            ("scale", "201"), ("file_bytes", "1,5")])  # fmt: skip
def test_what_is_no_such_value_is_refused_in_red_and_nothing_changes(
    dialog: Preferences, kept: Settings, qtbot: QtBot, name: str, text: str
) -> None:
    enter(qtbot, dialog, name, text)
    assert field(dialog, name).property("refused")
    assert kept.limits() == Limits()
    assert kept.scale() == 1.0


def test_a_limit_goes_back_to_its_default(dialog: Preferences, kept: Settings, qtbot: QtBot) -> None:
    reset = dialog.findChild(QPushButton, "preferences.layers.reset")
    assert not reset.isVisible()
    enter(qtbot, dialog, "layers", "5")
    assert reset.isVisible()
    press(qtbot, dialog, "layers.reset")
    assert kept.limits() == Limits()
    assert not reset.isVisible()


def test_all_limits_go_back_together(dialog: Preferences, kept: Settings, qtbot: QtBot) -> None:
    enter(qtbot, dialog, "layers", "5")
    enter(qtbot, dialog, "pixels", "5000")
    press(qtbot, dialog, "reset")
    assert kept.limits() == limits.current() == Limits()


def test_up_and_down_step_a_limit_and_stop_at_its_ends(dialog: Preferences, kept: Settings, qtbot: QtBot) -> None:
    qtbot.keyClick(field(dialog, "file_bytes"), Qt.Key.Key_Up)
    assert kept.limits().file_bytes == 257 * MEBI
    kept.set_limits(replace(Limits(), free_memory_percent=most("percent")))
    dialog._show()
    qtbot.keyClick(field(dialog, "free_memory_percent"), Qt.Key.Key_Up)
    assert kept.limits().free_memory_percent == 100


def test_a_theme_that_is_chosen_holds_at_once(dialog: Preferences, kept: Settings, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.applied):
        press(qtbot, dialog, "theme.dark")
    assert kept.theme_shown() == "dark"


def test_the_size_of_type_follows_slider_keys_and_number(dialog: Preferences, kept: Settings, qtbot: QtBot) -> None:
    slider = dialog.findChild(QSlider, "preferences.scale.slider")
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert kept.scale() == 1.1
    enter(qtbot, dialog, "scale", "150 %")
    assert kept.scale() == 1.5
    assert slider.value() == 5
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().topRight())
    assert kept.scale() == 2.0
    assert field(dialog, "scale").text() == "200"


def test_cancel_takes_every_change_back(dialog: Preferences, kept: Settings, qtbot: QtBot) -> None:
    enter(qtbot, dialog, "layers", "5")
    enter(qtbot, dialog, "scale", "180")
    press(qtbot, dialog, "theme.dark")
    with qtbot.waitSignal(dialog.applied):
        press(qtbot, dialog, "cancel")
    assert (kept.theme(), kept.scale(), kept.limits()) == ("light", 1.0, Limits())
    assert limits.current() == Limits()


def test_cancel_without_a_change_tells_nobody(dialog: Preferences, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(dialog.applied):
        press(qtbot, dialog, "cancel")


def test_ok_keeps_the_changes_for_the_next_run(dialog: Preferences, file: Path, qtbot: QtBot) -> None:
    enter(qtbot, dialog, "layers", "5")
    press(qtbot, dialog, "ok")
    assert not dialog.isVisible()
    assert again(file).limits().layers == 5
