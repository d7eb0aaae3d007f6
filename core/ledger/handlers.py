"""Which handler answers which command of the ledger. Merged by core.service."""

from typing import Any, Final

from core.ledger import expiry, queries
from core.ledger.commands import ExpirePoints, ShowBalance, ShowHistory
from core.ports import Command, Handler

HANDLERS: Final[dict[type[Command[Any]], Handler]] = {
    ShowBalance: queries.show_balance,
    ShowHistory: queries.show_history,
    ExpirePoints: expiry.expire_points,
}
