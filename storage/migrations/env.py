"""Alembic's entry point; the connection and its transaction come from ``storage.migrations.upgrade``."""

from alembic import context

from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
)
context.run_migrations()
