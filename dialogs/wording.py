"""Refusals in words: what is wrong in eight words (docs/conversation.md, rule 6).

Every code of `core.errors` has its text here; a test fails when one has none. Called by the
engine for refusals that a step lets pass, and by steps that go elsewhere with them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from core.errors import LoyaltyError
from core.values import Money
from dialogs.texts import mark


class Words(Protocol):
    """What a text needs of a view or of Texts."""

    def t(self, message: str, **params: object) -> str: ...
    def n(self, one: str, many: str, count: int, **params: object) -> str: ...
    def points(self, count: int) -> str: ...
    def money(self, amount: Money) -> str: ...
    def until(self, at: datetime) -> str: ...


MISHEARD: Final = frozenset(
    {"amount_not_understood", "phone_not_understood", "code_not_understood", "code_unknown",
     "customer_not_found", "pin_weak", "own_link_code"}
)  # fmt: skip
"""Refusals that say we did not understand: three in a row end politely, like any wrong answer."""

PLAIN_REFUSALS: Final[dict[str, str]] = {
    "refused": mark("That could not be done. Nothing was changed."),
    "amount_not_understood": mark("Enter an amount like 5 or 5.50."),
    "phone_not_understood": mark("That is not a phone number."),
    "code_not_understood": mark("That is not a code."),
    "message_too_late": mark(
        "Your message reached us late. Nothing was changed. Please send it again."
    ),
    "not_a_member": mark("Join first."),
    "already_a_member": mark("You are a member already."),
    "not_staff": mark("Only staff can do that."),
    "not_allowed": mark("Only a manager can do that."),
    "customer_not_found": mark("No customer has that number or code."),
    "self_award": mark("Nobody serves themselves. Ask a colleague."),
    "pin_required": mark("A PIN is needed."),
    "pin_weak": mark("Choose a PIN that is harder to guess."),
    "pin_not_set": mark("No PIN is set. Ask a manager."),
    "too_many_tries": mark("Too many wrong codes. Try in an hour."),
    "duplicate_receipt": mark("That receipt was awarded before."),
    "undo_too_late": mark("Too late. Awards can be undone for 15 minutes."),
    "reward_unknown": mark("There is no such reward."),
    "reward_inactive": mark("That reward is not offered now."),
    "sold_out": mark("Sold out."),
    "issuance_unknown": mark("There is no such reward of yours."),
    "hold_closed": mark("That was settled before."),
    "own_link_code": mark("That is your own code. Type it on your other phone."),
    "reward_waiting": mark("A reward waits for staff. Link when that is settled."),
    "link_changed": mark("That changed a moment ago. Please look again."),
}


def refusal(error: LoyaltyError, words: Words) -> str:
    """The refusal as one or two short sentences in the person's language."""
    if error.code in PLAIN_REFUSALS:
        return words.t(PLAIN_REFUSALS[error.code])
    return FILLED_REFUSALS[error.code](error.params, words)


def _pin_wrong(params: dict[str, object], words: Words) -> str:
    left = params.get("left")
    if not isinstance(left, int) or left < 1:
        return words.t("That PIN is wrong.")
    return words.n(
        "That PIN is wrong. {count} try left.", "That PIN is wrong. {count} tries left.", left
    )


def _signing_wrong(params: dict[str, object], words: Words) -> str:
    left = params.get("left")
    if not isinstance(left, int) or left < 1:
        return words.t("That number or PIN is wrong.")
    return words.n(
        "That number or PIN is wrong. {count} try left.",
        "That number or PIN is wrong. {count} tries left.",
        left,
    )


def _pin_locked(params: dict[str, object], words: Words) -> str:
    until = params.get("until")
    if not isinstance(until, datetime):
        return words.t("Too many wrong PINs. Only a reset helps.")
    return words.t("Too many wrong PINs. Try after {time}.", time=words.until(until))


def _amount_too_large(params: dict[str, object], words: Words) -> str:
    limit = params.get("limit")
    if not isinstance(limit, Money):
        return words.t("That amount is too large.")
    return words.t("At most {amount} at a time.", amount=words.money(limit))


def _repeated_purchase(params: dict[str, object], words: Words) -> str:
    return words.t("The same amount was awarded a moment ago.")


def _not_enough_points(params: dict[str, object], words: Words) -> str:
    missing = params.get("missing")
    if not isinstance(missing, int):
        return words.t("Not enough points.")
    return words.n("{count} point is missing.", "{count} points are missing.", missing)


def _price_changed(params: dict[str, object], words: Words) -> str:
    points = params.get("points")
    if not isinstance(points, int):
        return words.t("The price has changed.")
    return words.n(
        "The price has changed: {count} pt now.", "The price has changed: {count} pts now.", points
    )


def _quote_changed(params: dict[str, object], words: Words) -> str:
    points = params.get("points")
    if not isinstance(points, int):
        return words.t("That earns other points now.")
    return words.n("That earns {count} pt now.", "That earns {count} pts now.", points)


def _tier_too_low(params: dict[str, object], words: Words) -> str:
    return words.t("That reward is for {tier}.", tier=params.get("tier", ""))


def _issuance_closed(params: dict[str, object], words: Words) -> str:
    states = {
        "issued": mark("That was approved before."),
        "redeemed": mark("That was used before."),
        "rejected": mark("That was rejected before."),
        "cancelled": mark("That was cancelled before."),
        "expired": mark("That has expired."),
    }
    return words.t(states.get(str(params.get("state")), PLAIN_REFUSALS["hold_closed"]))


def _code_unknown(params: dict[str, object], words: Words) -> str:
    left = params.get("left")
    if not isinstance(left, int) or left < 1:
        return words.t("There is no such code.")
    return words.n(
        "There is no such code. {count} try left.",
        "There is no such code. {count} tries left.",
        left,
    )


def _code_already_used(params: dict[str, object], words: Words) -> str:
    at = params.get("at")
    if not isinstance(at, datetime):
        return words.t("That code was used before.")
    return words.t("That code was used: {when}.", when=words.until(at))


def _link_undo_impossible(params: dict[str, object], words: Words) -> str:
    reasons = {
        "late": mark("Too late. A link can be undone for 30 days."),
        "gone": mark("The linked number is gone. It cannot be undone."),
    }
    none = mark("No phone is linked.")
    return words.t(reasons.get(str(params.get("reason")), none))


FILLED_REFUSALS: Final[dict[str, Callable[[dict[str, object], Words], str]]] = {
    "pin_wrong": _pin_wrong,
    "pin_locked": _pin_locked,
    "signing_wrong": _signing_wrong,
    "amount_too_large": _amount_too_large,
    "repeated_purchase": _repeated_purchase,
    "not_enough_points": _not_enough_points,
    "price_changed": _price_changed,
    "quote_changed": _quote_changed,
    "tier_too_low": _tier_too_low,
    "issuance_closed": _issuance_closed,
    "code_unknown": _code_unknown,
    "code_already_used": _code_already_used,
    "link_undo_impossible": _link_undo_impossible,
}
