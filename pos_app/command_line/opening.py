"""Opening a till for a command: settings, programmes, database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pos_app.settings import Settings
from pos_app.use_cases.programmes import read_folder
from pos_app.use_cases.settings_files import data_folder, find_settings
from pos_app.use_cases.till import Till, open_till


def till_of(settings: Settings, *, accepts_loss: bool = False) -> Till:
    """The till of these settings, with the programmes of its folder; ``accepts_loss`` as of ``open_till``."""
    folder = settings.programmes.folder
    programmes = read_folder(Path(folder)) if folder else ()
    return open_till(settings, data_folder(settings), programmes_in_force=programmes, accepts_loss=accepts_loss)


@contextmanager
def opened(settings_path: Path | None, *, accepts_loss: bool = False) -> Iterator[Till]:
    """The till of a settings file, closed at the end."""
    till = till_of(find_settings(settings_path), accepts_loss=accepts_loss)
    try:
        yield till
    finally:
        till.close()
