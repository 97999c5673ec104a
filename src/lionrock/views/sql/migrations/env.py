"""Runs migrations on the connection that `lionrock.views.sql.database` gives."""

from alembic import context

from lionrock.views.sql.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, version_table="schema_migrations")
with context.begin_transaction():
    context.run_migrations()
