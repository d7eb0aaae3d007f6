"""Turns that began from memory are looked at before they are written. Called by Alembic; text in
sql/v2_memory.

Only bodies change, so that processes of the revision before go on beside.
"""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FILES = ("commit",)


def upgrade() -> None:
    """Run each file whole; several statements in one need a call without parameters."""
    folder = Path(__file__).parent.parent / "sql" / "v2_memory"
    plain = op.get_bind().execution_options(no_parameters=True)
    for name in FILES:
        plain.exec_driver_sql((folder / f"{name}.sql").read_text())
