"""`maita verify` is content with what commits write, and finds every way to falsify it."""

import dataclasses

import psycopg
import pytest
from msgspec.structs import replace

from core.changes import (
    AccountMoved,
    CodeAdded,
    CodeUsed,
    HoldAdded,
    IssuanceAdded,
    IssuanceMoved,
    LotAdded,
    LotMoved,
    LotUsed,
    PurchaseAdded,
    StockMoved,
    TransferAdded,
)
from storage.crypto import Vault
from storage.database import Database
from storage.embedded import EmbeddedPostgres
from storage.migrate import upgrade
from storage.turns import OutboundRow, Turns
from storage.verify import PROMISES, run_checks
from tests.conftest import PATIENCE_S, new_folder
from tests.shops import Shop, ids
from tests.storage.test_links import TAMPER as LINKS
from tests.storage.world import LATER, NOW, Programmes, talk, work


@pytest.fixture(scope="module")
async def books(db: Database, vault: Vault, tenants: tuple[Shop, Shop]) -> None:
    """Each shop's member earned 100 points, spent 50 on a mug that was used, and holds 40 for a
    coffee; a message to them waits."""
    turns = Turns(db, vault, Programmes())
    for shop in tenants:
        await _earn_and_spend(turns, shop)


async def _earn_and_spend(turns: Turns, shop: Shop) -> None:
    refs = iter([ids.ref(), ids.ref(), ids.ref(), ids.ref()])
    lot, transfer, hold, mug = (ids.uuid7() for _ in range(4))
    ref = next(refs)
    earn = TransferAdded(
        id=transfer, code="earn", debit="issuance", credit=shop.account, amount=100,
        balance_after=100, account_version=2, ref=ref, at=NOW,
    )  # fmt: skip
    done = work(
        shop.id,
        earn,
        LotAdded(
            id=lot, account_id=shop.account, transfer_id=transfer, amount=100,
            created_at=NOW, expires_at=LATER,
        ),
        PurchaseAdded(
            id=ids.uuid7(), member_id=shop.member, staff_id=shop.staff, amount_minor=10_000,
            currency="USD", points=100, transfer_id=transfer, receipt_no=None, store=None,
            source="staff", ref=ref, at=NOW,
        ),
        AccountMoved(id=shop.account, version=1, posted=100, lifetime_earned=100, visits=1),
    )  # fmt: skip
    await turns.commit(replace(done, ref=ref))
    ref = next(refs)
    spent, code = ids.uuid7(), ids.uuid7()
    issued = IssuanceAdded(
        id=mug, ref=ref, member_id=shop.member, reward_id=shop.mug, reward_name="Mug", points=50,
        state="issued", hold_id=None, stocked=True, reserved_at=NOW, issued_at=NOW,
        expires_at=LATER,
    )  # fmt: skip
    done = work(
        shop.id,
        dataclasses.replace(earn, id=spent, code="redeem", debit=shop.account, credit="redeemed",
                            amount=50, balance_after=50, account_version=3, ref=ref),
        LotUsed(id=ids.uuid7(), lot_id=lot, amount=50, transfer_id=spent),
        LotMoved(id=lot, remaining=-50),
        AccountMoved(id=shop.account, version=2, posted=-50, lifetime_spent=50),
        issued,
        StockMoved(reward_id=shop.mug, available=-1),
        CodeAdded(id=code, kind="issuance", member_id=shop.member, issuance_id=mug,
                  code=ids.digits(6), at=NOW, expires_at=LATER),
    )  # fmt: skip
    await turns.commit(replace(done, ref=ref))
    done = work(
        shop.id,
        CodeUsed(id=code, at=NOW),
        IssuanceMoved(id=mug, was="issued", state="redeemed", at=NOW, staff_id=shop.staff),
    )
    message = OutboundRow(
        id=ids.uuid7(), channel_id=shop.channel, conversation_id=None, payload=b"{}"
    )
    talked = replace(talk(shop), opened_at=NOW, last_at=NOW)
    await turns.commit(replace(done, ref=next(refs), outbound=(message,), conversation=talked))
    ref = next(refs)
    done = work(
        shop.id,
        HoldAdded(id=hold, account_id=shop.account, amount=40, expires_at=LATER, at=NOW),
        LotUsed(id=ids.uuid7(), lot_id=lot, amount=40, hold_id=hold),
        LotMoved(id=lot, remaining=-40),
        AccountMoved(id=shop.account, version=3, held=40),
        dataclasses.replace(issued, id=ids.uuid7(), ref=ref, reward_id=shop.coffee, points=40,
                            stocked=False, state="reserved", hold_id=hold, issued_at=None),
    )  # fmt: skip
    await turns.commit(replace(done, ref=ref))


@pytest.mark.usefixtures("books")
async def test_what_commits_wrote_keeps_every_promise(verifier: Database) -> None:
    report = await run_checks(verifier)
    broken = {check["id"]: check["detail"] for check in report["checks"] if not check["ok"]}
    # This server is a throw-away one that never waits for the disk.
    assert set(broken) == {"durability_settings"}
    assert "fsync = off" in broken["durability_settings"]
    assert not report["ok"]
    assert len(report["ledger_digest"]) == 64


@pytest.mark.usefixtures("books")
async def test_the_digest_is_of_every_entry(verifier: Database, db: Database) -> None:
    before = (await run_checks(verifier))["ledger_digest"]
    assert (await run_checks(verifier))["ledger_digest"] == before


async def test_a_durable_server_is_content() -> None:
    with new_folder() as folder, EmbeddedPostgres(folder / "data") as urls:
        upgrade(urls.owner)
        database = await Database.open(urls.verify, timeout_s=PATIENCE_S)
        report = await run_checks(database)
        await database.close()
    assert [check for check in report["checks"] if not check["ok"]] == []
    assert report["ok"]
    named = {check["id"] for check in report["checks"]}
    assert named >= {
        "ledger_zero", "balance_match", "lots_match", "holds_match", "no_negative",
        "voucher_once", "stock_match", "opkey_once", "outbox_settled", "session_sane", "rls_ok",
        "role_ok", "durability_settings",
    }  # fmt: skip


TAMPER = {
    "ledger_zero": [
        "update entry set amount = amount + 1 where side = 'debit'",
        "delete from entry where side = 'debit'",
        "update entry set amount = amount * 2",
        "update transfer set amount = amount + 1",
    ],
    "balance_match": [
        "update account set posted = posted + 1",
        "update entry set balance_after = balance_after - 1 where account_version = 2",
    ],
    "lots_match": [
        "update lot set remaining = remaining + 1",
        "update lot_use set restored = 1",
        "delete from lot_use",
        "delete from lot",
    ],
    "holds_match": [
        "update account set held = held - 1",
        "update hold set state = 'posted', posted_amount = 40",
        "update transfer set hold_id = (select id from hold limit 1) where code = 'earn'",
        "delete from lot_use where hold_id is not null",
    ],
    "no_negative": [
        "alter table account drop constraint account_available;"
        " update account set posted = held - 1",
        "alter table account drop constraint account_pending; update account set pending = -1",
        "alter table lot drop constraint lot_remaining; update lot set remaining = amount + 1",
        "alter table stock drop constraint stock_available; update stock set available = -1",
        "alter table hold drop constraint hold_posted_amount; update hold set posted_amount = 41",
    ],
    "liability": [
        "update account set posted = posted + 1",
        "delete from entry where system = 'redeemed'",
    ],
    "voucher_once": [
        "insert into till_code select tenant_id, gen_random_uuid(), kind, member_id, issuance_id,"
        " 'other', code_enc, at, expires_at, now() from till_code",
        "update issuance set state = 'issued', redeemed_at = null where state = 'redeemed'",
        "update till_code set used_at = null, issuance_id ="
        " (select id from issuance i where i.state = 'reserved'"
        " and i.tenant_id = till_code.tenant_id)",
    ],
    "issuance_match": [
        "update issuance set redeemed_at = now() where state = 'reserved'",
        "update issuance set issued_at = null",
        "update issuance set state = 'cancelled' where state = 'reserved'",
        "update issuance set state = 'cancelled', closed_at = now() where state = 'reserved'",
        "update hold set state = 'voided'",
    ],
    "stock_match": [
        "update stock set available = available + 1",
        "update issuance set stocked = false",
        "update issuance set state = 'expired' where stocked",
    ],
    "opkey_once": [
        "delete from command_log where ref in (select ref from transfer)",
        "update purchase set ref = 'OTHER'",
        "drop index command_log_ref_key; insert into command_log (tenant_id, key, command,"
        " input_hash, ref) select tenant_id, key || '2', command, input_hash, ref from command_log",
    ],
    "holds_ended": ["update hold set expires_at = now() - interval '61 minutes'"],
    "outbox_settled": [
        "update outbound set created_at = now() - interval '6 minutes'; delete from job",
        "update outbound set state = 'unknown', updated_at = now() - interval '25 hours';"
        " update job set state = 'done'",
    ],
    "session_sane": [
        "update conversation set version = 0",
        "update conversation set session = decode(repeat('00', 65537), 'hex')",
        "update conversation set heard_mac = null",
        "update conversation set opened_at = last_at + interval '1 second'",
        "update conversation set last_at = now() + interval '6 minutes'",
        "update conversation set at_tenant = gen_random_uuid()",
        "update conversation set at_tenant = '00000000-0000-7000-8000-000000000000'",
    ],
    "at_tenant_shared": ["update conversation set at_tenant = tenant_id"],
    "platform_bare": [
        "alter table account drop constraint account_of_a_shop; insert into account"
        " (tenant_id, id, member_id) values ('00000000-0000-7000-8000-000000000000',"
        " gen_random_uuid(), gen_random_uuid())",
        "alter table issuance drop constraint issuance_of_a_shop; update issuance set"
        " tenant_id = '00000000-0000-7000-8000-000000000000'",
    ],
    "directory_match": [
        "delete from directory where subject_kind = 'member'",
        "update member set status = 'left', left_at = now()",
        "update staff set active = false",
        "insert into directory select address_hash, tenant_id, 'member', gen_random_uuid()"
        " from directory where subject_kind = 'staff'",
    ],
    "texts_dropped": [
        "insert into inbound (tenant_id, id, channel_id, external_id, sender_kind, body_enc,"
        " body_mac, handled_at) select id, gen_random_uuid(), id, 'x', 'msisdn', 'x', 'x', now()"
        " from tenant",
    ],
    "durability_settings": ["alter role maita_app set synchronous_commit = off"],
}
CASES = [(id, tampering) for id, statements in TAMPER.items() for tampering in statements]


def test_every_promise_is_tampered_with() -> None:
    assert {*TAMPER, *LINKS} == {rule.id for rule in PROMISES}


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(("id", "tampering"), CASES)
def test_tampering_is_found(id: str, tampering: str, superuser: psycopg.Connection) -> None:
    """By a superuser who went round every trigger; undone afterwards."""
    (rule,) = (rule for rule in PROMISES if rule.id == id)
    before = superuser.execute(rule.sql.encode()).fetchall()
    with superuser.transaction(force_rollback=True):
        superuser.execute("set local session_replication_role = replica")
        superuser.execute(tampering.encode())
        assert len(superuser.execute(rule.sql.encode()).fetchall()) > len(before)


@pytest.mark.usefixtures("books")
async def test_a_report_names_what_is_broken(
    verifier: Database, superuser: psycopg.Connection, tenants: tuple[Shop, Shop]
) -> None:
    before = await run_checks(verifier)
    superuser.execute("update account set visits = 1, posted = posted + 1")
    superuser.execute("alter table member no force row level security")
    superuser.execute("grant truncate on member to maita_app")
    report = await run_checks(verifier)
    found = {check["id"]: check["detail"] for check in report["checks"] if not check["ok"]}
    assert {"balance_match", "lots_match", "liability", "rls_ok", "role_ok"} <= set(found)
    assert found["balance_match"].startswith("2 broken: ")
    assert str(tenants[0].account) in found["balance_match"]
    assert found["rls_ok"] == "1 broken: row_security: member"
    assert found["role_ok"] == "1 broken: app_tables: member"
    assert report["ledger_digest"] == before["ledger_digest"]
    superuser.execute("update account set posted = posted - 1")
    superuser.execute("alter table member force row level security")
    superuser.execute("revoke truncate on member from maita_app")


async def test_the_verifying_role_sees_no_table(
    verifier: Database, superuser: psycopg.Connection
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await verifier.call("select count(*) from public.member")
    personal = superuser.execute(
        "select table_name || '.' || column_name from information_schema.columns"
        " where table_schema = 'verify' and column_name in ('name', 'phone', 'value', 'sender',"
        " 'session', 'payload_enc', 'body_enc', 'code_enc', 'pin_hash', 'key', 'detail', 'params')"
        " and table_name not in ('settings', 'rls')"
    )
    assert personal.fetchall() == [("operations.key",)]
