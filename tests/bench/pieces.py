"""Where Python's microseconds go: the pure pieces of one callback, each alone (the best of five
times a thousand). What is left of a callback's cost is the server, the flights and the loop.
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from core.facts import Caller, Counter, Expiry, Lot, Member, Programme, Reward, Tier, Wallet
from core.ports import Command, Redemption
from core.service import execute
from core.values import Address
from dialogs.engine import Turn, turn
from dialogs.messages import Input
from dialogs.registry import discover
from dialogs.session import Session, from_json
from gateway.adapter import Channel, Peers
from gateway.channels import africastalking_ussd as adapter
from gateway.inbound import HttpRequest, Inbound
from gateway.message import keyed, pack
from gateway.metrics import Metrics
from gateway.outgoing import hints
from gateway.render import fit
from storage.crypto import Vault
from storage.identifiers import Identifiers
from storage.unit_of_work import TurnWork
from tests.bench.world import CODE, SECRET, TOKEN

TIMES: Final = 1000
NOW: Final = datetime.now(UTC)
_ID: Final = UUID(int=1)
_CHANNEL: Final = Channel(
    id=_ID, owner=_ID, kind="africastalking_ussd", address=CODE, token=TOKEN, region="ZW"
)
_REQUEST: Final = HttpRequest(
    method="POST",
    url=f"http://127.0.0.1/public/ussd/callback/{TOKEN}",
    headers=(("content-type", "application/x-www-form-urlencoded"),),
    body=b"sessionId=ATUid_1&phoneNumber=%2B263771000005&networkCode=64804"
    b"&serviceCode=%2A123%2A77%23&text=1",
    peer="127.0.0.1",
)
_TIER: Final = Tier(id=_ID, name="Bronze", threshold=0, multiplier_pct=100)
_REWARD: Final = Reward(id=_ID, slug="free-coffee", name="Free Coffee", category="", points=1)
_CALLER: Final = Caller(
    programme=Programme(
        tenant_id=_ID,
        slug="bench-cafe",
        name="Bench Cafe",
        config_version=1,
        region="ZW",
        currency="USD",
        timezone="Africa/Harare",
        dial=CODE,
        tiers=(_TIER,),
        rewards=(_REWARD,),
    ),
    address=Address("msisdn", "+263771000005"),
    member=Member(
        id=_ID, version=1, name="Rudo", language="en", status="active", tier_id=_ID, joined_at=NOW
    ),
    wallet=Wallet(id=_ID, member_id=_ID, version=2, posted=1_000_000, lifetime_earned=1_000_000),
    next_expiry=Expiry(points=1_000_000, at=NOW + timedelta(days=900)),
)
_LOT: Final = Lot(id=_ID, account_id=_ID, amount=1_000_000, remaining=1_000_000, created_at=NOW)
_REDEMPTION: Final = Redemption(lots=(_LOT,), stock=None, pin=Counter(scope="pin", subject=""))


class _Loads:
    """What redeeming loads, as if it had come already."""

    async def redemption(self, reward_id: UUID) -> Redemption:
        return _REDEMPTION


def pieces() -> dict[str, float]:
    """Microseconds of each pure piece."""
    vault, dialogs, metrics = Vault(SECRET.encode()), discover(), Metrics()
    identifiers = Identifiers(random.Random(1), time.time)
    (heard,) = adapter.parse(_REQUEST, _CHANNEL, NOW)
    inbound = cast(Inbound, heard)

    def say(session: Session, text: str) -> Turn:
        steps = turn(dialogs, session, Input(text), now=NOW, surface="ussd")
        work = TurnWork(_CALLER, NOW, cast(Any, None), vault, identifiers, cast(Any, None))
        cast(Any, work).load = _Loads()
        try:
            command = next(steps)
            while True:
                command = steps.send(_answer(work, command))
        except StopIteration as stop:
            return cast(Turn, stop.value)

    home = say(Session(), "")
    rewards = say(home.session, "2")
    reward = say(rewards.session, "1")
    redeemed = say(reward.session, "1")
    page = fit(home.reply, adapter.PROFILE, 1, hints("en"))
    stored = home.session.to_json()
    sealed = vault.seal("place", stored)
    return {
        "prove and parse the request": _us(_heard),
        "key a further message of a session": _us(
            lambda: keyed(vault, adapter, _CHANNEL, inbound)
        ),
        "open and read the session": _us(lambda: from_json(vault.open("place", sealed))),
        "a turn: home": _us(lambda: say(Session(), "")),
        "a turn: balance": _us(lambda: say(home.session, "1")),
        "a turn: rewards": _us(lambda: say(home.session, "2")),
        "a turn: a reward": _us(lambda: say(rewards.session, "1")),
        "a turn: redeem it": _us(lambda: say(reward.session, "1")),
        "a turn: and on": _us(lambda: say(redeemed.session, "0")),
        "fit the page": _us(lambda: fit(home.reply, adapter.PROFILE, 1, hints("en"))),
        "fit a list": _us(lambda: fit(rewards.reply, adapter.PROFILE, 1, hints("en"))),
        "fit a question": _us(lambda: fit(reward.reply, adapter.PROFILE, 1, hints("en"))),
        "render the answer": _us(lambda: pack(adapter.render(page, inbound))),
        "write and seal session and answer": _us(
            lambda: (vault.seal("place", home.session.to_json()), vault.seal("place", stored))
        ),
        "metrics": _us(lambda: metrics.message("africastalking_ussd", "replied", 0.01, 2, 0)),
    }  # fmt: skip


def _heard() -> object:
    adapter.verify(_REQUEST, _CHANNEL, Peers(token=True, dev=True))
    return adapter.parse(_REQUEST, _CHANNEL, NOW)


def _answer(work: TurnWork, command: Command[Any]) -> Any:
    """What these dialogs ask is answered from what is in memory, so nothing is ever waited for."""
    try:
        execute(work, command).send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waited")


def _us(piece: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(TIMES):
            piece()
        best = min(best, time.process_time() - started)
    return best / TIMES * 1e6
