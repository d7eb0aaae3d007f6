"""What a process remembers of USSD sessions: only what it may, not too much, and not for long."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from core.changes import NoticeMoved
from core.facts import Caller, Expiry, Notice, Staff
from core.values import Address
from gateway import sessions
from gateway.sessions import Sessions
from storage.turns import PLATFORM, Assumed, Conversation, Snapshot, Work
from tests.dialogs.world import PROGRAMME
from tests.shops import ids

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SENDER = Address("msisdn", "+263773000001")


def snapshot(**caller: Any) -> Snapshot:
    return Snapshot(
        now=NOW,
        tenant=PROGRAMME.tenant_id,
        config_version=7,
        owner_version=7,
        caller=Caller(programme=PROGRAMME, address=SENDER, **caller),
        conversation=None,
        answer=None,
        claimed_by=None,
    )


def committed(**changed: Any) -> Work:
    talk = Conversation(
        id=ids.uuid7(),
        version=4,
        channel_id=ids.uuid7(),
        sender=SENDER,
        at_tenant=None,
        session=b"{}",
        carrier_session="one",
        heard_len=0,
        heard_mac=None,
        open=True,
        opened_at=NOW,
        last_at=NOW,
        last_in_at=NOW,
    )
    tenant = PROGRAMME.tenant_id
    work = Work(owner=tenant, tenant=tenant, key="k", command="", input_hash=b"", conversation=talk)
    return replace(work, **changed)


def take(of: Sessions, work: Work, session: str = "one", now: datetime = NOW) -> Snapshot | None:
    assert work.conversation is not None
    return of.take(work.conversation.id, session, lambda: now)


async def test_what_is_remembered_is_the_session_as_committed() -> None:
    of, work = Sessions(), committed()
    of.keep(snapshot(open_issuances=2), work, b"c")
    later = NOW + timedelta(seconds=9)
    found = take(of, work, now=later)
    assert found is not None
    assert found.conversation is not None
    assert (found.now, found.conversation.version) == (later, 5)
    assert found.assumed == Assumed(
        config_version=7,
        member=None,
        member_version=None,
        account_version=None,
        open_issuances=2,
        claim=r"\x63",
    )
    assert take(of, work) is None, "each is taken once"


async def test_the_clock_never_goes_back_before_the_last_step() -> None:
    of, work = Sessions(), committed()
    of.keep(snapshot(), work, b"c")
    found = take(of, work, now=NOW - timedelta(seconds=1))
    assert found is not None
    assert found.now == NOW


async def test_another_session_of_the_phone_begins() -> None:
    of, work = Sessions(), committed()
    of.keep(snapshot(), work, b"c")
    assert take(of, work, session="two") is None


async def test_points_that_ended_meanwhile_are_asked_for() -> None:
    of, work = Sessions(), committed()
    ends = Expiry(points=5, at=NOW + timedelta(seconds=5))
    of.keep(snapshot(next_expiry=ends), work, b"c")
    assert take(of, work, now=ends.at) is None
    of.keep(snapshot(next_expiry=ends), work, b"c")
    assert take(of, work, now=ends.at - timedelta(seconds=1)) is not None


@pytest.mark.parametrize(
    "caller",
    [
        {"stopped": True},
        {"expired_unbooked": 3},
        {"unseen": (Notice(id=ids.uuid7(), member_id=ids.uuid7(), kind="earned", params={}),)},
        {
            "staff": Staff(
                id=ids.uuid7(),
                version=1,
                number=1,
                name="Sami",
                role="cashier",
                phone=SENDER.value,
            )
        },
    ],
    ids=lambda caller: next(iter(caller)),
)
async def test_of_some_callers_nothing_is_remembered(caller: dict[str, Any]) -> None:
    of, work = Sessions(), committed()
    of.keep(snapshot(**caller), work, b"c")
    assert take(of, work) is None


async def test_after_some_turns_nothing_is_remembered() -> None:
    of, work = Sessions(), committed()
    moved = NoticeMoved(id=ids.uuid7(), was="waiting", state="seen", at=NOW)
    assert work.conversation is not None
    over = replace(work.conversation, open=False)
    for other in (
        {"changes": (moved,)},
        {"owner": PLATFORM},
        {"owner": PLATFORM, "tenant": PLATFORM},
        {"conversation": over},
    ):
        of.keep(snapshot(), replace(work, **other), b"c")
        assert take(of, work) is None


async def test_there_is_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes; one that goes on is young again."""
    monkeypatch.setattr(sessions, "KEPT_MAX", 2)
    of = Sessions()
    first, second, third = works = [committed() for _ in range(3)]
    of.keep(snapshot(), first, b"c")
    of.keep(snapshot(), second, b"c")
    assert take(of, first) is not None
    of.keep(snapshot(), first, b"c")
    of.keep(snapshot(), third, b"c")
    assert [take(of, each) is None for each in works] == [False, True, False]


async def test_all_is_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though nobody asks; the timer comes back for those that were younger."""
    monkeypatch.setattr(sessions, "KEPT_S", 0.05)
    of = Sessions()
    for _ in range(3):
        of.keep(snapshot(), committed(), b"c")
        await asyncio.sleep(0.03)
    assert of._kept
    await asyncio.sleep(0.2)
    assert not of._kept
    of.keep(snapshot(), committed(), b"c")
    await asyncio.sleep(0.2)
    assert not of._kept
