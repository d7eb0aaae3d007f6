"""Flights move accounts, lots and till codes set by set. Called by Alembic; text in sql/v2_sets.

Only bodies and indexes change, so that processes of the revision before go on beside; their writes
of issuances wait while indexes are built.
"""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FILES = ("ledger", "rewards", "indexes")


def upgrade() -> None:
    """Run each file whole; several statements in one need a call without parameters."""
    folder = Path(__file__).parent.parent / "sql" / "v2_sets"
    plain = op.get_bind().execution_options(no_parameters=True)
    for name in FILES:
        plain.exec_driver_sql((folder / f"{name}.sql").read_text())
