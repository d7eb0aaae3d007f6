"""Which handler answers which command of earning. Merged by core.service."""

from typing import Any, Final

from core.earning import commands, purchases, reversal, today
from core.ports import Command, Handler

HANDLERS: Final[dict[type[Command[Any]], Handler]] = {
    commands.QuotePurchase: purchases.quote_purchase,
    commands.RecordPurchase: purchases.record_purchase,
    commands.UndoPurchase: reversal.undo_purchase,
    commands.ShowToday: today.show_today,
}
