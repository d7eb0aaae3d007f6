"""What a member has: points, those held, the tier and how far the next one is, what expires."""

from collections.abc import Generator
from typing import Any

from core.ledger.commands import Balance, ShowBalance
from core.ports import Command
from dialogs.dialog import Call, Dialog, Outcome, View, do
from dialogs.menus import menu
from dialogs.messages import Choice, Reply
from dialogs.texts import Texts, mark

dialog = Dialog("balance", title=mark("Balance"), start="shown", transitions=[])


@dialog.ask("shown")
def ask_shown(view: View) -> Generator[Command[Any], Any, Reply]:
    balance = yield from do(ShowBalance())
    return Reply(
        text="\n".join(_lines(view, balance)),
        choices=_choices(view),
    )


@menu
def _choices(words: Texts) -> tuple[Choice, ...]:
    return (
        Choice(id="rewards", label=words.t("Rewards")),
        Choice(id="history", label=words.t("History")),
    )


def _lines(view: View, balance: Balance) -> list[str]:
    lines = [view.n("You have {count} pt.", "You have {count} pts.", balance.available)]
    if balance.held:
        lines.append(view.t("{points} held for rewards.", points=view.points(balance.held)))
    if balance.pending:
        lines.append(view.t("{points} on their way.", points=view.points(balance.pending)))
    lines += _standing(view, balance)
    if balance.next_expiry:
        lines.append(
            view.t(
                "{points} pts expire {date}.",
                points=view.points(balance.next_expiry.points),
                date=view.date(balance.next_expiry.at),
            )
        )
    return lines


def _standing(view: View, balance: Balance) -> list[str]:
    """The tier, where the programme has tiers."""
    if not balance.tier:
        return []
    if not balance.next_tier:
        return [balance.tier]
    missing = view.points(balance.to_next)
    more = view.t("{points} more for {tier}", points=missing, tier=balance.next_tier)
    return [f"{balance.tier}. {more}."]


@dialog.hear("shown")
def hear_shown(view: View) -> Outcome:
    return Call(view.picked)
