"""Alembic's revisions and the SQL they run; called by storage.migrate."""
