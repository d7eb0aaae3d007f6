"""Notices: what members are told later, and whether they want to be. Called by decisions.

`params` are JSON. Points are integers; `amount` is text such as `50.000 JOD`; `until` is an ISO
8601 instant in UTC. No code is ever in a notice: the text of `ready` is made from the issuance.

| kind | said when | params |
|---|---|---|
| earned | a purchase was awarded | points, available, amount, to_next, next_tier (or None), ref |
| upgraded | a purchase reached a tier | tier, multiplier_pct |
| undone | an award was taken back | points, available, amount, ref |
| ready | staff approved | reward, issuance_id, until, ref |
| rejected | staff refused; points are back | reward, reason, points, available, ref |
| lapsed | a reward's time is over | reward, points (returned), available, ref |
| used | staff handed it over | reward, ref |
| points_expired | points are over | points, available, ref |
| pin_reset | a manager took a PIN away | ref |
| linked | a phone was linked by code | ref |
| unlinked | staff undid that | points (that went back), ref |
"""

from typing import Final, Literal

from core.changes import NoticeAdded
from core.facts import Member
from core.ports import Stamp

Kind = Literal[
    "earned", "upgraded", "undone", "ready", "rejected", "lapsed", "used", "points_expired",
    "pin_reset", "linked", "unlinked",
]  # fmt: skip

WANTED_AS: Final[dict[Kind, str | None]] = {
    "earned": "earn",
    "upgraded": "earn",
    "undone": "earn",
    "ready": "reward",
    "rejected": "reward",
    "lapsed": "reward",
    "used": "reward",
    "points_expired": "expiry",
    "pin_reset": None,
    "linked": None,
    "unlinked": None,
}
"""What a member must want (Member.notices) to be told; None: this is always told."""


def tell(stamp: Stamp, member: Member, kind: Kind, **params: object) -> tuple[NoticeAdded, ...]:
    """One notice, or none when the member does not want its kind."""
    wanted = WANTED_AS[kind]
    if wanted is not None and wanted not in member.notices:
        return ()
    notice = NoticeAdded(
        id=stamp.new_id(), member_id=member.id, kind=kind, params=params, at=stamp.now
    )
    return (notice,)
