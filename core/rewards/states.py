"""Which state an issuance is in, for whoever wants to move it on (domain.md C2)."""

from datetime import datetime

from core.errors import IssuanceClosed, IssuanceUnknown
from core.facts import IssuanceState
from core.ports import Settlement


def require_state(settlement: Settlement | None, state: IssuanceState, now: datetime) -> Settlement:
    """The settlement, when its issuance is in this state and its end has not passed.

    Raises IssuanceUnknown, and IssuanceClosed with the state it is in: one past its end counts as
    expired, though the sweep has not moved it yet (domain.md, pitfall 12).
    """
    if settlement is None:
        raise IssuanceUnknown
    issuance = settlement.issuance
    if issuance.state != state:
        raise IssuanceClosed(state=issuance.state)
    if issuance.expires_at <= now:
        raise IssuanceClosed(state="expired")
    return settlement
