"""Where the settings are found, and the commented default."""

from importlib.resources import files
from pathlib import Path

import platformdirs

from pos_app.settings import Settings, load_settings

_APP = "pos-app"
FILE_NAME = "settings.toml"


def settings_template() -> str:
    """The commented default settings; reading them gives the defaults."""
    return (files("pos_app") / "settings_template.toml").read_text(encoding="utf-8")


def find_settings(path: Path | None) -> Settings:
    """The settings in ``path``, else those in the user's configuration folder, else the defaults."""
    if path is not None:
        return load_settings(path)
    usual = platformdirs.user_config_path(_APP, appauthor=False) / FILE_NAME
    return load_settings(usual) if usual.exists() else Settings()


def data_folder(settings: Settings) -> Path:
    """Where the till's database lives."""
    if settings.storage.folder:
        return Path(settings.storage.folder)
    return platformdirs.user_data_path(_APP, appauthor=False)
