"""Brings a database to the newest revision, as its owner; called by `maita migrate` and tests.

The roles exist before: an owner who logs in here, an application role that owns nothing, a role
that reads the schema `verify`, and `maita_reports`, which nobody is and which owns those views.
"""

from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import Connection

_FOLDER: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x6D61697461  # "maita": two upgrades at once wait for each other.


def upgrade(
    owner_url: str, app_role: str = "maita_app", verify_role: str | None = "maita_verify"
) -> None:
    """Run what is missing and set every privilege anew, in one transaction.

    Raises psycopg.Error (or SQLAlchemy's wrapping of it) when the roles or the rights are not
    there; then nothing has changed.
    """
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(owner_url, options="-c search_path=public,pg_temp"),
        poolclass=NullPool,
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({_LOCK})")
        command.upgrade(_config(connection), "head")
        _grant(connection, "grants.sql", app=app_role)
        if verify_role:
            connection.exec_driver_sql("set local role maita_reports")
            _grant(connection, "verify_grants.sql", verify=verify_role)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _grant(connection: Connection, name: str, **roles: str) -> None:
    """Run a file of grants; role names are quoted as identifiers."""
    text = (_FOLDER / name).read_text()
    for placeholder, role in roles.items():
        text = text.replace(f"{{{placeholder}}}", sql.Identifier(role).as_string())
    connection.execution_options(no_parameters=True).exec_driver_sql(text)
