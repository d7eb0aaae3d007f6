"""The first tables, their row security, the functions of a turn and the views of `verify`.

Runs the frozen text of sql/v1; called by Alembic.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FILES = (
    "tables",
    "tenancy",
    "ledger_rules",
    "platform",
    "begin",
    "refuse_unknown",
    "commit_conversation",
    "commit_messages",
    "commit_members",
    "commit_ledger",
    "commit_rewards",
    "commit",
    "inbox",
    "jobs",
    "verify",
)


def upgrade() -> None:
    """Run each file whole; several statements in one need a call without parameters."""
    folder = Path(__file__).parent.parent / "sql" / "v1"
    plain = op.get_bind().execution_options(no_parameters=True)
    for name in FILES:
        plain.exec_driver_sql((folder / f"{name}.sql").read_text())
