"""Runs migrations on the connection that `lionrock.store.database.migrate` gives."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None, version_table="schema_migrations")
with context.begin_transaction():
    context.run_migrations()
