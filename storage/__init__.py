"""The till's memory: SQLAlchemy tables, queries, migrations and the outbox, over SQLite."""
