"""The functions that carry many turns in one call. Called by Alembic; text in sql/v2_flights."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FILES = ("policies", "begin", "redemptions", "commit")


def upgrade() -> None:
    """Run each file whole; several statements in one need a call without parameters."""
    folder = Path(__file__).parent.parent / "sql" / "v2_flights"
    plain = op.get_bind().execution_options(no_parameters=True)
    for name in FILES:
        plain.exec_driver_sql((folder / f"{name}.sql").read_text())
