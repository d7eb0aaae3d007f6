"""Runs the revisions on the connection that storage.migrate opened; called by Alembic."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
