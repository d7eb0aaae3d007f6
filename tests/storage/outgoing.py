"""Messages out for tests of the outbox: stored as turns store them, sent, reported on."""

from uuid import UUID

from msgspec.structs import replace

from storage.outbox import NewReport, Outbox, Outcome, Reported, State
from storage.turns import OutboundRow, Turns
from tests.shops import Shop, ids
from tests.storage.world import Programmes, work


def message(shop: Shop, conversation: UUID | None = None) -> OutboundRow:
    return OutboundRow(
        id=ids.uuid7(),
        channel_id=shop.channel,
        conversation_id=conversation,
        payload=b'{"text":"482 913"}',
    )


async def store(outbox: Outbox, shop: Shop, *rows: OutboundRow) -> None:
    """Store messages as a turn does, each with the job that sends it."""
    turns = Turns(outbox._db, outbox._vault, Programmes())
    await turns.commit(replace(work(shop.id), outbound=rows))


async def sent(outbox: Outbox, shop: Shop, external_id: str = "SM1") -> UUID:
    row = message(shop)
    await store(outbox, shop, row)
    assert await outbox.settle(shop.id, row.id, "sent", external_id=external_id)
    return row.id


async def state(outbox: Outbox, shop: Shop, outbound_id: UUID) -> State:
    found = await outbox.load(shop.id, outbound_id)
    assert found
    return found.state


async def told(
    outbox: Outbox,
    owner: UUID,
    channel: UUID,
    external_id: str,
    reported: Reported,
    error: str = "",
    outbound_id: UUID | None = None,
) -> Outcome:
    """One report; what came of it."""
    report = NewReport(
        external_id=external_id, state=reported, error=error, outbound_id=outbound_id
    )
    (outcome,) = (await outbox.report(owner, channel, [report])).values()
    return outcome
