"""What a member is told unasked, in words.

Called by the engine (`notice_text`: first lines of the next visit) and by delivery (`say`: a
message of its own). Kinds and params: core/members/notices.py.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from core.facts import Issuance, Notice, Programme
from dialogs.messages import Media, Reply
from dialogs.reasons import reason_text
from dialogs.texts import EPOCH, Texts, speaking


def say(notice: Notice, language: str, programme: Programme, issuance: Issuance | None) -> Reply:
    """The message that tells a member. `issuance`: the reward it speaks of, with its till code,
    which the notice itself never holds."""
    # Dates of a notice are near, whenever it is read: no year behind them.
    now = issuance.expires_at if issuance else EPOCH
    words = speaking(programme, language or programme.languages[0], now)
    lines = [programme.name, notice_text(notice, words)]
    code = issuance.code if issuance else None
    if code:
        lines.append(words.t("Show this code at the till: {code}.", code=words.code(code)))
    elif notice.kind == "ready" and programme.dial:
        lines.append(words.t("Dial {dial} for its code.", dial=programme.dial))
    return Reply(text="\n".join(lines), media=Media(kind="qr", code=code) if code else None)


def notice_text(notice: Notice, words: Texts) -> str:
    """The notice in one or two sentences, without the shop's name."""
    return NOTICES[notice.kind](notice.params, words)


def _earned(params: Any, words: Texts) -> str:
    earned = words.n("You earned {count} pt.", "You earned {count} pts.", params["points"])
    have = words.t("You have {points}.", points=words.points(params["available"]))
    if not params.get("next_tier"):
        return f"{earned} {have}"
    missing, tier = words.points(params["to_next"]), params["next_tier"]
    more = words.t("{points} more for {tier}", points=missing, tier=tier)
    return f"{earned} {have} {more}."


def _upgraded(params: Any, words: Texts) -> str:
    times, rest = divmod(params["multiplier_pct"], 100)
    factor = f"{times}.{rest:02d}".rstrip("0") if rest else str(times)
    reached = words.t("You are {tier} now!", tier=params["tier"])
    if params["multiplier_pct"] == 100:
        return reached
    return f"{reached} {words.t('Purchases earn {factor} times the points.', factor=factor)}"


def _undone(params: Any, words: Texts) -> str:
    return words.t(
        "An award of {points} pts ({amount}) was taken back. You have {available}. Ref {ref}",
        points=words.points(params["points"]),
        amount=words.amount(params["amount"]),
        available=words.points(params["available"]),
        ref=params["ref"],
    )


def _ready(params: Any, words: Texts) -> str:
    until = words.date(datetime.fromisoformat(params["until"]))
    return words.t(
        "Your {reward} is ready, until {date}. Ref {ref}",
        reward=params["reward"],
        date=until,
        ref=params["ref"],
    )


def _rejected(params: Any, words: Texts) -> str:
    return words.t(
        "Your {reward} was not approved: {reason}. {points} pts are back. Ref {ref}",
        reward=params["reward"],
        reason=reason_text(params["reason"], words),
        points=words.points(params["points"]),
        ref=params["ref"],
    )


def _lapsed(params: Any, words: Texts) -> str:
    lapsed = words.t("Your {reward} has expired.", reward=params["reward"])
    if not params["points"]:
        return lapsed
    points = words.points(params["points"])
    return f"{lapsed} {words.t('{points} pts are back.', points=points)}"


def _used(params: Any, words: Texts) -> str:
    return words.t("Enjoy your {reward}. Ref {ref}", reward=params["reward"], ref=params["ref"])


def _points_expired(params: Any, words: Texts) -> str:
    expired = words.n("{count} pt has expired.", "{count} pts have expired.", params["points"])
    have = words.t("You have {points}.", points=words.points(params["available"]))
    return f"{expired} {have}"


def _pin_reset(params: Any, words: Texts) -> str:
    return words.t("Your PIN was reset. Set a new one. Ref {ref}", ref=params["ref"])


def _linked(params: Any, words: Texts) -> str:
    return words.t(
        "A phone was linked to you. Was it not you? Tell the shop: Ref {ref}", ref=params["ref"]
    )


def _unlinked(params: Any, words: Texts) -> str:
    undone = words.t("Staff undid the link of your phones. Ref {ref}", ref=params["ref"])
    if not params["points"]:
        return undone
    moved = words.n("{count} pt went back.", "{count} pts went back.", params["points"])
    return f"{undone} {moved}"


NOTICES: Final[dict[str, Callable[[Any, Texts], str]]] = {
    "earned": _earned,
    "upgraded": _upgraded,
    "undone": _undone,
    "ready": _ready,
    "rejected": _rejected,
    "lapsed": _lapsed,
    "used": _used,
    "points_expired": _points_expired,
    "pin_reset": _pin_reset,
    "linked": _linked,
    "unlinked": _unlinked,
}
"""How each kind of notice is said."""
