"""Texts that a shop says in its own words.

Runs the frozen text of sql/v2_texts; called by Alembic.
"""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FILES = ("tables",)


def upgrade() -> None:
    """Run each file whole; several statements in one need a call without parameters."""
    folder = Path(__file__).parent.parent / "sql" / "v2_texts"
    plain = op.get_bind().execution_options(no_parameters=True)
    for name in FILES:
        plain.exec_driver_sql((folder / f"{name}.sql").read_text())
