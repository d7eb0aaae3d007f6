"""The part of core.ports.Loads about links, over tables in memory."""

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from core.facts import TillCode
from core.links import Link, Linked, Linking
from core.ports import Counted
from tests.core.belongings import payer
from tests.core.settlements import spent_by

if TYPE_CHECKING:
    from tests.core.loads import MemoryLoads
    from tests.core.tables import Tables


def typed(loads: "MemoryLoads", code: TillCode | None) -> Counted[Linking]:
    """As storage.loads.links reads it: whose code it is, and the wrong ones of who types it."""
    own, tables = loads.caller.member, loads.tables
    pseudonym = sha256(str(loads.caller.address).encode()).hexdigest()
    tries = loads.counted("link", str(own.id) if own else pseudonym)
    shown = loads.person(code.member_id) if code else None
    if code is None or shown is None:
        return Counted(found=None, tries=tries)
    theirs, mine = str(shown.member.id), str(own.id) if own else ""
    held = [i for i in tables.issuances.values() if own and i.member_id == own.id]
    found = Linking(
        code=code,
        shown=shown,
        pin=loads.counted("pin", theirs),
        use_here=loads.counted("use_here", theirs),
        own_pin=loads.counted("pin", mine),
        own_use_here=loads.counted("use_here", mine),
        wallet=loads.caller.wallet,
        lots=loads.lots_of(loads.caller.wallet.id) if loads.caller.wallet else (),
        addresses=tuple(a for a, m in tables.addresses.items() if own and m == own.id),
        waiting=any(issuance.state == "reserved" for issuance in held),
        withdrawn=_withdrawn(tables, own.id, shown.member.id) if own else (),
    )
    return Counted(found=found, tries=tries)


def newest(loads: "MemoryLoads", member_id: UUID) -> Linked | None:
    """The newest link that is not undone."""
    tables = loads.tables
    mine = [link for link in tables.links.values() if link.member_id == member_id]
    link = max((one for one in mine if one.id not in tables.undone), key=_when, default=None)
    customer = loads.person(member_id)
    if link is None or customer is None:
        return None
    other = loads.person(link.other_id) if link.other_id else None
    own = [lot for lot in tables.lots.values() if lot.account_id == customer.wallet.id]
    came = {t.id for t in tables.transfers.values() if t.linked_id == link.id}
    accounts = _accounts(tables, other.member.id) if other else ()
    since = [t for t in tables.transfers.values() if (t.at, t.id) > (link.at, link.id)]
    reverses = {t.reverses: t.id for t in since if t.reverses}
    undone = [
        purchase
        for purchase in tables.purchases.values()
        if purchase.member_id == member_id
        and _paid(tables, purchase.id) in accounts
        and tables.earned_by[purchase.id].transfer_id in reverses
    ]
    lapsed = [
        spent_by(tables, issuance)
        for issuance in tables.issuances.values()
        if issuance.member_id == member_id and payer(tables, issuance) in accounts
    ]
    refunds = {reverses[spent] for spent in lapsed if spent in reverses}
    return Linked(
        link=link,
        customer=customer,
        other=other,
        moved=tuple(lot for lot in own if tables.made_by[lot.id] in came),
        others=tuple(lot for lot in own if tables.made_by[lot.id] not in came and lot.remaining),
        addresses=tuple(a for a in link.addresses if tables.addresses.get(a) == member_id),
        accounts=accounts,
        refunded=tuple(lot for lot in tables.lots.values() if tables.made_by[lot.id] in refunds),
        reversed_points=sum(purchase.points for purchase in undone),
        reversed_visits=len(undone),
    )


def _accounts(tables: "Tables", member_id: UUID) -> tuple[UUID, ...]:
    """The member's, and those of whoever was merged into them."""
    merged = [m.id for m in tables.members.values() if m.merged_into == member_id]
    own = [w.id for w in tables.wallets.values() if w.member_id == member_id]
    return (*own, *(account for one in merged for account in _accounts(tables, one)))


def _paid(tables: "Tables", purchase_id: UUID) -> object:
    transfer_id = tables.earned_by[purchase_id].transfer_id
    return tables.transfers[transfer_id].credit if transfer_id else "nobody"


def _withdrawn(tables: "Tables", own: UUID, shown: UUID) -> tuple[str, ...]:
    last: dict[tuple[UUID, str], bool] = {}
    for said in tables.consents.values():
        last[said.member_id, said.purpose] = said.granted
    mine = [purpose for (who, purpose), granted in last.items() if who == own and not granted]
    return tuple(purpose for purpose in mine if last.get((shown, purpose), True))


def _when(link: Link) -> tuple[datetime, UUID]:
    return link.at, link.id


def is_linked(tables: "Tables", member_id: UUID) -> bool:
    """Some link of the member's is not undone."""
    mine = [link for link in tables.links.values() if link.member_id == member_id]
    return any(link.id not in tables.undone for link in mine)
