"""The part of core.ports.Loads about links, over tables in memory."""

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from core.facts import Link, TillCode
from core.ports import Counted, Linked, Linking

if TYPE_CHECKING:
    from tests.core.loads import MemoryLoads


class MemoryLinks:
    """Reads as storage.loads.links does."""

    def __init__(self, loads: "MemoryLoads") -> None:
        self.loads, self.tables, self.caller = loads, loads.tables, loads.caller

    def typed(self, code: TillCode | None) -> Counted[Linking]:
        """Whose code it is, and the wrong ones of who types it."""
        own, loads = self.caller.member, self.loads
        pseudonym = sha256(str(self.caller.address).encode()).hexdigest()
        tries = loads.counted("link", str(own.id) if own else pseudonym)
        shown = loads.person(code.member_id) if code else None
        if code is None or shown is None:
            return Counted(found=None, tries=tries)
        theirs, mine = str(shown.member.id), str(own.id) if own else ""
        held = [i for i in self.tables.issuances.values() if own and i.member_id == own.id]
        found = Linking(
            code=code,
            shown=shown,
            pin=loads.counted("pin", theirs),
            use_here=loads.counted("use_here", theirs),
            own_pin=loads.counted("pin", mine),
            own_use_here=loads.counted("use_here", mine),
            wallet=self.caller.wallet,
            lots=loads.lots_of(self.caller.wallet.id) if self.caller.wallet else (),
            addresses=tuple(a for a, m in self.tables.addresses.items() if own and m == own.id),
            waiting=any(issuance.state == "reserved" for issuance in held),
            withdrawn=self._withdrawn(own.id, shown.member.id) if own else (),
        )
        return Counted(found=found, tries=tries)

    def newest(self, member_id: UUID) -> Linked | None:
        """The newest link that is not undone."""
        tables, loads = self.tables, self.loads
        mine = [link for link in tables.links.values() if link.member_id == member_id]
        link = max((one for one in mine if one.id not in tables.undone), key=_when, default=None)
        customer = loads.person(member_id)
        if link is None or customer is None:
            return None
        other = loads.person(link.other_id) if link.other_id else None
        own = [lot for lot in tables.lots.values() if lot.account_id == customer.wallet.id]
        came = {t.id for t in tables.transfers.values() if t.linked_id == link.id}
        by = {lot: t for t, lots in tables.lots_of.items() for lot in lots}
        credit = other.wallet.id if other else None
        taken = {
            t.reverses
            for t in tables.transfers.values()
            if t.debit == customer.wallet.id and t.id > link.id
        }
        undone = [
            purchase
            for purchase in tables.purchases.values()
            if purchase.member_id == member_id
            and self._paid(purchase.id) == credit
            and tables.earned_by[purchase.id].transfer_id in taken
        ]
        return Linked(
            link=link,
            customer=customer,
            other=other,
            moved=tuple(lot for lot in own if by[lot.id] in came),
            others=tuple(lot for lot in own if by[lot.id] not in came and lot.remaining),
            addresses=tuple(a for a in link.addresses if tables.addresses.get(a) == member_id),
            reversed_points=sum(purchase.points for purchase in undone),
            reversed_visits=len(undone),
        )

    def _paid(self, purchase_id: UUID) -> object:
        transfer_id = self.tables.earned_by[purchase_id].transfer_id
        return self.tables.transfers[transfer_id].credit if transfer_id else "nobody"

    def _withdrawn(self, own: UUID, shown: UUID) -> tuple[str, ...]:
        last: dict[tuple[UUID, str], bool] = {}
        for said in self.tables.consents.values():
            last[said.member_id, said.purpose] = said.granted
        mine = [purpose for (who, purpose), granted in last.items() if who == own and not granted]
        return tuple(purpose for purpose in mine if last.get((shown, purpose), True))


def _when(link: Link) -> tuple[datetime, UUID]:
    return link.at, link.id
