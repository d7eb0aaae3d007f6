"""Short names for what core answers about links; read through tests.dialogs.world."""

from datetime import timedelta

from core.facts import TillCode
from core.members.link_commands import LastLink, LinkPreview, LinkUndoneRef, PhoneLinked
from dialogs.written import id_of
from tests.dialogs.naming import NOW, REF


def link_code(code: str = "482913") -> TillCode:
    return TillCode(
        id=id_of("link code"), kind="link", member_id=id_of("rudo"), issuance_id=None, code=code,
        expires_at=NOW + timedelta(minutes=10),
    )  # fmt: skip


def link_preview(
    name: str = "Ru***", phone: str | None = "+962791234567", merges: bool = False,
    points: int = 0, pin: bool = False, own_pin: bool = False,
) -> LinkPreview:  # fmt: skip
    return LinkPreview(id_of("link code"), name, phone, merges, points, pin, own_pin)


def phone_linked(points: int = 0, available: int = 1250) -> PhoneLinked:
    return PhoneLinked("Ru***", points, available, REF)


def last_link(
    name: str = "Tino", phone: str | None = "+962792345678", merged: bool = True,
    points: int = 300, back: int = 100,
) -> LastLink:  # fmt: skip
    at = NOW - timedelta(days=3)
    return LastLink(id_of("link"), name, phone, at, merged, points, back)


def link_undone(back: int = 100) -> LinkUndoneRef:
    return LinkUndoneRef(back, REF)
