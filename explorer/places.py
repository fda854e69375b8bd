"""Folders of the program: its own data, the person's settings, and what it keeps between two runs."""

from __future__ import annotations

from pathlib import Path

from explorer.refusal import Refusal

_NAME = "kernelscope"


def assets_folder() -> Path:
    """Samples, icons and lessons: inside of an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "assets"
    return installed if installed.is_dir() else package.parent / "assets"


def _private(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(
            "The folder {folder} cannot be made: {reason}.", folder=folder, reason=error.strerror or error
        ) from error
    return folder


def config_folder() -> Path:
    """Settings. Made on demand, closed to others; a Refusal where it cannot be made."""
    from platformdirs import user_config_path

    return _private(user_config_path(_NAME, appauthor=False))


def data_folder() -> Path:
    """What the person made and keeps. Made on demand, closed to others; a Refusal where it cannot be made."""
    from platformdirs import user_data_path

    return _private(user_data_path(_NAME, appauthor=False))


def state_folder() -> Path:
    """Logs and what is saved unasked. Made on demand, closed to others; a Refusal where it cannot be made."""
    from platformdirs import user_state_path

    return _private(user_state_path(_NAME, appauthor=False))
