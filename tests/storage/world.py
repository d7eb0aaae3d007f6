"""A member with everything a change can touch, made afresh for each test, and a stand-in for the
cache of programmes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from core.changes import Change
from core.facts import Programme
from core.values import Address
from storage.crypto import CODE_PLACE, Vault, address_hash, code_hash, place
from storage.turns import BeginAsk, Conversation, Work
from tests.shops import Shop, ids, own_digits, put

NOW = datetime.now(UTC).replace(microsecond=123456) - timedelta(hours=1)
LATER = NOW + timedelta(days=30)


class Programmes:
    """Every tenant has the same programme here."""

    async def get(self, tenant_id: UUID, config_version: int) -> Programme:
        return Programme(
            tenant_id=tenant_id,
            slug="cafe-aroma",
            name="Cafe Aroma",
            config_version=config_version,
            region="ZW",
            currency="USD",
            timezone="Africa/Harare",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ids of one member's rows: 100 points in a lot, of which an open hold took 40. `guest`
    is a member without an account, `phone` the member's own address, which came by `link`;
    `address` is nobody's."""

    tenant: UUID
    reward: UUID
    staff: UUID
    member: UUID
    guest: UUID
    account: UUID
    transfer: UUID
    lot: UUID
    hold: UUID
    use: UUID
    purchase: UUID
    issuance: UUID
    code: UUID
    notice: UUID
    link: UUID
    address: Address
    phone: Address
    ref: str


def new_world(connection: psycopg.Connection, vault: Vault, shop: Shop) -> World:
    """Write a member's rows as commits would have left them."""
    world = World(
        tenant=shop.id,
        reward=shop.mug,
        staff=shop.staff,
        member=ids.uuid7(),
        guest=ids.uuid7(),
        account=ids.uuid7(),
        transfer=ids.uuid7(),
        lot=ids.uuid7(),
        hold=ids.uuid7(),
        use=ids.uuid7(),
        purchase=ids.uuid7(),
        issuance=ids.uuid7(),
        code=ids.uuid7(),
        notice=ids.uuid7(),
        link=ids.uuid7(),
        address=Address("msisdn", f"+26378{own_digits(7)}"),
        phone=Address("msisdn", f"+26377{own_digits(7)}"),
        ref=ids.ref(),
    )
    with connection.transaction():
        _member(connection, world)
        _link(connection, vault, world)
        _points(connection, world)
        _reward(connection, vault, world)
    return world


def work(at: World | UUID, *changes: Change, conversation: Conversation | None = None) -> Work:
    """A turn that makes these changes, at a tenant."""
    tenant = at.tenant if isinstance(at, World) else at
    return Work(
        owner=tenant,
        tenant=tenant,
        key=str(ids.uuid7()),
        command="test",
        input_hash=b"\0" * 32,
        conversation=conversation,
        changes=changes,
    )


def _member(connection: psycopg.Connection, w: World) -> None:
    row = {"name": "Rudo", "language": "en", "joined_at": NOW}
    put(connection, "member", tenant_id=w.tenant, id=w.member, **row)
    put(connection, "member", tenant_id=w.tenant, id=w.guest, **row)
    put(connection, "notice", tenant_id=w.tenant, id=w.notice, **_said(w))
    put(connection, "counter", tenant_id=w.tenant, scope="pin", subject=str(w.member), n=1)
    put(
        connection,
        "account",
        tenant_id=w.tenant,
        id=w.account,
        member_id=w.member,
        posted=100,
        held=40,
        lifetime_earned=100,
    )


def _link(connection: psycopg.Connection, vault: Vault, w: World) -> None:
    kind, value = w.phone.kind, w.phone.value
    address = {"kind": kind, "value": value, "member_id": w.member, "at": NOW}
    put(connection, "member_address", tenant_id=w.tenant, **address)
    listed = {"subject_kind": "member", "subject_id": w.member}
    hashed = address_hash(vault, w.phone)
    put(connection, "directory", tenant_id=w.tenant, address_hash=hashed, **listed)
    counts = {"points": 0, "lifetime_earned": 0, "lifetime_spent": 0, "visits": 0}
    row = {"member_id": w.member, "ref": w.ref, "joined_at": NOW, "addresses": "[]", "at": NOW}
    put(connection, "member_link", tenant_id=w.tenant, id=w.link, **row, **counts)


def _said(w: World) -> dict[str, object]:
    return {"member_id": w.member, "kind": "earned", "params": "{}", "at": NOW}


def _points(connection: psycopg.Connection, w: World) -> None:
    transfer = {"code": "earn", "debit": "issuance", "credit": str(w.account), "amount": 100}
    after = {"balance_after": 100, "account_version": 1}
    put(
        connection,
        "transfer",
        tenant_id=w.tenant,
        id=w.transfer,
        ref=w.ref,
        at=NOW,
        **transfer,
        **after,
    )
    entry = {"tenant_id": w.tenant, "transfer_id": w.transfer, "at": NOW}
    put(connection, "entry", side="debit", system="issuance", amount=-100, **entry)
    put(connection, "entry", side="credit", account_id=w.account, amount=100, **after, **entry)
    lot = {"account_id": w.account, "transfer_id": w.transfer, "created_at": NOW}
    put(connection, "lot", tenant_id=w.tenant, id=w.lot, amount=100, remaining=60, **lot)
    hold = {"account_id": w.account, "amount": 40, "expires_at": LATER, "at": NOW}
    put(connection, "hold", tenant_id=w.tenant, id=w.hold, **hold)
    put(
        connection,
        "lot_use",
        tenant_id=w.tenant,
        id=w.use,
        lot_id=w.lot,
        hold_id=w.hold,
        amount=40,
    )
    purchase = {"amount_minor": 1000, "currency": "USD", "points": 100, "source": "staff"}
    put(
        connection,
        "purchase",
        tenant_id=w.tenant,
        id=w.purchase,
        member_id=w.member,
        ref=w.ref,
        at=NOW,
        **purchase,
    )


def _reward(connection: psycopg.Connection, vault: Vault, w: World) -> None:
    put(
        connection,
        "issuance",
        tenant_id=w.tenant,
        id=w.issuance,
        ref=w.ref,
        member_id=w.member,
        reward_id=w.reward,
        reward_name="Mug",
        points=40,
        state="reserved",
        hold_id=w.hold,
        stocked=False,
        reserved_at=NOW,
        expires_at=LATER,
    )
    code = own_digits(6)
    put(
        connection,
        "till_code",
        tenant_id=w.tenant,
        id=w.code,
        kind="issuance",
        member_id=w.member,
        issuance_id=w.issuance,
        code_hash=code_hash(vault, w.tenant, code),
        code_enc=vault.seal(place(w.tenant, CODE_PLACE), code.encode()),
        at=NOW,
        expires_at=LATER,
    )


def asks(shop: Shop, conversation_id: UUID, key: str = "k") -> BeginAsk:
    """The first question of a turn of the shop's member, on the shop's own channel."""
    return BeginAsk(
        owner=shop.id,
        tenant=shop.id,
        conversation_id=conversation_id,
        sender=shop.address,
        key=key,
    )


def talk(shop: Shop, sender: Address | None = None) -> Conversation:
    """A new conversation of the shop's member on its channel."""
    return Conversation(
        id=ids.uuid7(),
        version=0,
        channel_id=shop.channel,
        sender=sender or shop.address,
        at_tenant=None,
        session=bytes(range(256)),
        carrier_session="ATUid_1",
        heard_len=3,
        heard_mac=b"\xfe" * 32,
        open=True,
        opened_at=NOW,
        last_at=LATER,
        last_in_at=None,
    )
