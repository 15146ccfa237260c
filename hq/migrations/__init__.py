"""HQ's migrations, run by Alembic inside the caller's transaction."""

from pathlib import Path

from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest revision; another HQ that starts at the same moment waits."""
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        # Another HQ may be upgrading a large database.
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305804402)")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
