"""Where the settings are found, and the commented default."""

import codecs
import os
from importlib.resources import files
from pathlib import Path

import msgspec
import platformdirs

from pos_app.settings import Programmes, Settings, load_settings, refused

_APP = "pos-app"
FILE_NAME = "settings.toml"
VARIABLE = "POS_APP_SETTINGS"


def settings_template() -> str:
    """The commented default settings; reading them gives the defaults."""
    return (files("pos_app") / "settings_template.toml").read_text(encoding="utf-8")


def find_settings(path: Path | None) -> Settings:
    """The settings in ``path``, else in the file that POS_APP_SETTINGS names, else in the user's configuration, else the defaults.

    A folder in the file that is not absolute starts beside the file.
    """
    if path is None and (named := os.environ.get(VARIABLE)):
        path = Path(named)
    if path is None:
        path = platformdirs.user_config_path(_APP, appauthor=False) / FILE_NAME
        if not path.exists():
            return Settings()
    settings = load_settings(path)
    _check_paper(settings, path)
    return _beside(settings, path.resolve().parent)


def _check_paper(settings: Settings, path: Path) -> None:
    """What receipts need must be right before the first sale, not found out when its receipt does not print."""
    from babel import localedata

    from receipts.words import languages

    # Only whether Babel has it: loading it would take memory that the first screen does not need.
    if not localedata.exists(settings.shop.locale):
        raise refused(path, f"shop.locale: {settings.shop.locale!r} is no locale such as en_GB")
    if settings.shop.language not in languages():
        raise refused(path, f"shop.language: receipts speak {', '.join(languages())}, not {settings.shop.language!r}")
    for page in settings.printer.code_pages:
        try:
            codecs.lookup(page)
        except LookupError as error:
            raise refused(path, f"printer.code_pages: {page!r} is no code page") from error


def _beside(settings: Settings, folder: Path) -> Settings:
    storage, mirror, programmes = settings.storage.folder, settings.storage.mirror, settings.programmes.folder
    return msgspec.structs.replace(
        settings,
        storage=msgspec.structs.replace(
            settings.storage,
            folder=str(folder / storage) if storage else "",
            mirror=str(folder / mirror) if mirror else "",
        ),
        programmes=Programmes(str(folder / programmes) if programmes else ""),
    )


def data_folder(settings: Settings) -> Path:
    """Where the till's database lives."""
    if settings.storage.folder:
        return Path(settings.storage.folder)
    return platformdirs.user_data_path(_APP, appauthor=False)
