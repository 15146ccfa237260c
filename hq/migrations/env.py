"""Alembic's entry point; the connection and its transaction come from ``hq.migrations.upgrade``."""

from alembic import context

from hq.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
