"""Links of phones by code: merged members, linked transfers, lots with their origin.

Runs the frozen text of sql/v2_merge; called by Alembic.
"""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FILES = ("tables", "commit_ledger", "commit_links", "commit", "verify")


def upgrade() -> None:
    """Run each file whole; several statements in one need a call without parameters."""
    folder = Path(__file__).parent.parent / "sql" / "v2_merge"
    plain = op.get_bind().execution_options(no_parameters=True)
    for name in FILES:
        plain.exec_driver_sql((folder / f"{name}.sql").read_text())
