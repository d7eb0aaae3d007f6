"""What a carrier's request adds to what was heard before. Pure; called by `conversation`.

Carriers that accumulate send all input of the session in every request (wire-formats.md 1). We
keep only the length and a keyed hash of what was heard, since the text may hold a PIN, and take
what follows it (security.md, U35–U42). Never `split("*")[-1]`: an input may itself contain `*`.
Others send the latest input only (wire-formats.md 2): it is the step, whatever it contains.
"""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

import msgspec

from gateway.inbound import Inbound
from storage.turns import Conversation, Snapshot

Mac = Callable[[str], bytes]
WALK_MAX = 12


class NotHeard(Enum):
    """Why a request is no step of a session: it is answered with an end, and counted."""

    FOREIGN = "session_of_another_phone"
    CLOSED = "step_after_end"
    EXPIRED = "session_expired"
    UNSENT = "text_never_sent"
    OVERLONG = "too_many_steps"


class Heard(msgspec.Struct, frozen=True):
    """A step of a session: the inputs to hear, one by one; `opens` when the session is new."""

    inputs: tuple[str, ...]
    opens: bool


def hear_session(
    snapshot: Snapshot, inbound: Inbound, conversation_id: UUID, ttl_s: int, mac: Mac
) -> Heard | NotHeard:
    """What this USSD request adds, or why it is refused."""
    known, text = snapshot.conversation, inbound.accumulated
    if snapshot.claimed_by and snapshot.claimed_by[1] != conversation_id:
        return NotHeard.FOREIGN
    if known is None or known.carrier_session != inbound.conversation:
        dialled = _dialled(inbound)
        if dialled is None:
            return NotHeard.CLOSED
        return _first(dialled, claimed=snapshot.claimed_by is not None)
    if inbound.opens and not inbound.conversation:
        # The caller's call is the session where the carrier names none: dialling is a new one.
        return _latest(inbound)
    if over := _over(known, snapshot.now, ttl_s):
        return over
    return _latest(inbound) if text is None else _next(known, text, mac)


def is_retry(known: Conversation, mark: bytes, now: datetime, window_s: float) -> bool:
    """Whether a body equal to an earlier one repeats the last request of the conversation, where
    the carrier's time field does not tell: so it does when it comes soon after its answer."""
    same = hmac.compare_digest(mark, known.heard_mac or b"")
    return same and now - known.last_at <= timedelta(seconds=window_s)


def _dialled(inbound: Inbound) -> str | None:
    """What was dialled past the code, if this request may begin a session."""
    if inbound.accumulated is not None:
        return inbound.accumulated
    return inbound.input.text if inbound.opens else inbound.dialled


def _first(text: str, *, claimed: bool) -> Heard | NotHeard:
    """A session begins, perhaps with digits dialled past the code; an older one of ours is over."""
    if claimed:
        return NotHeard.CLOSED
    inputs = tuple(text.split("*")) if text else ()
    return NotHeard.OVERLONG if len(inputs) > WALK_MAX else Heard(inputs, opens=True)


def _over(known: Conversation, now: datetime, ttl_s: int) -> NotHeard | None:
    if not known.open:
        return NotHeard.CLOSED
    return NotHeard.EXPIRED if now - known.opened_at > timedelta(seconds=ttl_s) else None


def _latest(inbound: Inbound) -> Heard | NotHeard:
    """A first request that comes again under another time opens again."""
    text = inbound.input.text
    return _first(text, claimed=False) if inbound.opens else Heard((text,), opens=False)


def _next(known: Conversation, text: str, mac: Mac) -> Heard | NotHeard:
    before = text[: known.heard_len]
    if not hmac.compare_digest(mac(before), known.heard_mac or b""):
        return NotHeard.UNSENT
    if not known.heard_len:
        return Heard((text,), opens=False) if text else NotHeard.UNSENT
    if text[known.heard_len : known.heard_len + 1] != "*":
        return NotHeard.UNSENT
    return Heard((text[known.heard_len + 1 :],), opens=False)
