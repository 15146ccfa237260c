"""The option that every command of headquarters has."""

from typing import Annotated

import platformdirs
import typer


def default_database_url() -> str:
    """SQLite in the user's data folder, to try headquarters out."""
    folder = platformdirs.user_data_path("pos-app-hq", appauthor=False, ensure_exists=True)
    return f"sqlite:///{folder / 'hq.sqlite3'}"


DatabaseOption = Annotated[
    str,
    typer.Option(
        "--database",
        help="A SQLAlchemy address: postgresql+psycopg://user@host/name, or sqlite:///file to try it out.",
        envvar="POS_APP_HQ_DATABASE",
        default_factory=default_database_url,
        show_default="SQLite in your data folder",
    ),
]
