"""Questions whose answer moves value stand on one page with their Yes, whatever the names."""

from dataclasses import replace
from typing import Any

import pytest

from core.errors import QuoteChanged, RepeatedPurchase
from core.facts import Caller
from dialogs.registry import discover
from dialogs.screen import SCREEN
from gateway.outgoing import hints
from gateway.render import Profile, fit
from tests.dialogs import world
from tests.dialogs.shelves import reward
from tests.dialogs.talking import Talk

ARABIC = "عبد الرحمن بن محمد آل الشيخ الكبير الحسني"[:40]
SHOP = "مقهى الأصدقاء الكبير"
TERMS = "لا يشمل أيام العطل الرسمية ولا يجمع مع أي عرض آخر في نفس اليوم " * 2
REWARD = replace(reward(ARABIC, 1000, slug="arabic"), terms=TERMS)
USSD = Profile(surface="ussd")
GUARDING = {
    (dialog.name, state.name)
    for dialog in discover().values()
    for state in dialog.states.values()
    if state.guards
}


def someone(shop: str, **options: Any) -> Caller:
    kept = world.caller(**{"points": 11_150, "name": ARABIC, "staff": "manager", **options})
    if "language" in options:
        kept = replace(kept, programme=world.programme(languages=(options["language"],)))
    return replace(kept, programme=replace(kept.programme, name=shop, rewards=(REWARD,)))


def answers(place: tuple[str, str]) -> dict[str, Any]:
    """What core answers on the way to a guarding state."""
    told = _answers()
    if place[0] == "cancel_reward":
        told["ListIssuances"] = told["ListReserved"]
    if place[0] == "link" and place[1] != "confirm":
        pins = {"pin": True, "own_pin": place[1] == "pins"}
        told["LookUpLink"] = replace(told["LookUpLink"], **pins)
    return told


def _answers() -> dict[str, Any]:
    mine = world.issuance(name=ARABIC, member=ARABIC)
    waiting = world.issuance("reserved", code=None, name=ARABIC, member=ARABIC)
    today = world.today()
    return {
        "ListRewards": (world.offer(REWARD, 11_150),),
        "FindCustomer": world.found(name=ARABIC, linked=True),
        "QuotePurchase": world.quote(100_000),
        "RecordPurchase": RepeatedPurchase(minutes=15),
        "ListReserved": (waiting,),
        "ListIssuances": (mine,),
        "LookUpCode": mine,
        "LookUpLink": world.link_preview("عب***", merges=True, points=11_150),
        "ShowLastLink": world.last_link(name=ARABIC, points=11_150, back=10_000),
        "ShowToday": replace(
            today, mine=tuple(replace(p, member_name=ARABIC, points=100_000) for p in today.mine)
        ),
    }


STAFF = ("staff", "7193")
CASES: dict[tuple[str, str], tuple[str, ...]] = {
    ("award", "confirm"): (*STAFF, "1", "0791234567", "10000.005"),
    ("award", "again"): (*STAFF, "1", "0791234567", "10000.005", "1"),
    ("approve", "one"): (*STAFF, "2", "1"),
    ("approve", "reason"): (*STAFF, "2", "1", "2"),
    ("use_code", "confirm"): (*STAFF, "3", "482913"),
    ("find_customer", "confirm"): (*STAFF, "4", "0791234567", "2"),
    ("find_customer", "link"): (*STAFF, "4", "0791234567", "3"),
    ("link", "confirm"): ("link 482913",),
    ("link", "pin"): ("link 482913", "1"),
    ("link", "pins"): ("link 482913", "1"),
    ("today", "confirm"): (*STAFF, "5", "1"),
    ("reward", "confirm"): ("redeem 1",),
    ("reward", "pin"): ("redeem 1", "1"),
    ("use_reward", "pin"): ("my rewards", "1", "1", "12"),
    ("cancel_reward", "confirm"): ("my rewards", "1", "1"),
    ("leave", "confirm"): ("leave",),
    ("stop", "confirm"): ("settings", "3", "4"),
    ("start", "confirm"): ("settings", "3", "4"),
    ("join", "consent_again"): ("join",),
}


def test_every_guarding_state_is_tried() -> None:
    assert set(CASES) == GUARDING


@pytest.mark.parametrize("again", [False, True], ids=["asked", "asked_again"])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("shop", ["Cafe Aroma", SHOP, ARABIC], ids=["latin", "arabic", "long"])
@pytest.mark.parametrize("place", sorted(CASES), ids=".".join)
def test_a_guarding_question_is_one_page(
    place: tuple[str, str], shop: str, language: str, again: bool
) -> None:
    pin = place == ("reward", "pin")
    talk = Talk(caller=someone(shop, pin=pin, language=language), answers=answers(place))
    if place[0] == "join":
        talk.caller = someone(shop, status="left", language=language)
    if place[0] == "start":
        talk.caller = someone(shop, stopped=True, language=language)
    talk.say(*CASES[place])
    assert tuple(talk.at.split(".")) == place
    if again:
        talk.say("nonsense")
    page = fit(talk.turn.reply, USSD, texts=hints(language))
    assert not page.more
    if not talk.turn.reply.secret:
        joint, shown = hints(language).joint, page.text.split("\n")
        assert f"{page.options[0].number}{joint}{page.options[0].label}" in shown
        assert len(page.options) == len(talk.turn.reply.choices)


def test_a_price_that_changed_is_still_one_page() -> None:
    talk = Talk(caller=someone(SHOP), answers=answers(("reward", "confirm")))
    talk.answers["RecordPurchase"] = QuoteChanged(points=99_000)
    talk.say(*STAFF, "1", "0791234567", "10000.005", "1")
    assert "+99 000 pts" in talk.turn.reply.text
    assert not fit(talk.turn.reply, USSD).more


def test_a_short_name_keeps_all_of_its_screen() -> None:
    talk = Talk(caller=world.caller(staff="cashier"))
    assert talk.say(*STAFF, "1", "0791234567", "50") == (
        "Cafe Aroma staff\nRudo: +750 pts for 50.000 JOD?\nSilver, +962 79 *** 4567"
    )


def test_conditions_that_have_no_room_are_a_choice() -> None:
    talk = Talk(caller=someone("Cafe Aroma"), answers=answers(("reward", "confirm")))
    talk.say("redeem 1")
    assert [(c.number, c.label) for c in talk.turn.reply.choices] == [
        (1, "Yes"), (0, "No"), (2, "Conditions"),
    ]  # fmt: skip
    assert TERMS in talk.say("2")
    talk.say("0")
    assert talk.at == "reward.confirm"


@pytest.mark.parametrize("name", ["Rudo", ARABIC, "R" * 40])
@pytest.mark.parametrize("shop", ["Cafe Aroma", SHOP])
@pytest.mark.parametrize("kind", ["", "rejected", "ready"])
def test_home_offers_something_on_its_first_page(name: str, shop: str, kind: str) -> None:
    caller = someone(shop, name=name, staff="")
    if kind:
        told = world.notice(
            kind, reward=ARABIC, reason="mistake", points=1000, ref="K7F3QD2",
            until="2026-12-20T20:59:59+00:00",
        )  # fmt: skip
        caller = replace(caller, unseen=(told,))
    talk = Talk(caller=caller)
    talk.say("")
    page = fit(talk.turn.reply, USSD)
    assert [option.label for option in page.options][:3] == ["Balance", "Rewards", "My rewards"]


def test_room_is_counted_as_carriers_count_it() -> None:
    assert SCREEN.holds(["x" * 182])
    assert not SCREEN.holds(["x" * 183])
    assert not SCREEN.holds(["x" * 181 + "["])
    assert SCREEN.holds(["م" * 80])
    assert not SCREEN.holds(["م" * 81])
    assert not SCREEN.holds(["😀" * 41])


def test_rows_of_what_waits_name_the_customer() -> None:
    for count in (1, 3, 5):
        waiting = tuple(
            world.issuance("reserved", code=None, id=f"i{n}", member=f"Rudo {n}")
            for n in range(count)
        )
        talk = Talk(caller=world.caller(staff="cashier"), surface="chat")
        talk.answers["ListReserved"] = waiting
        talk.say(*STAFF, "2")
        rows = fit(talk.turn.reply, Profile(surface="chat")).options
        assert len(rows) == count
        for n, row in enumerate(rows):
            assert f"Rudo {n}" in row.detail
            assert "17:40" in row.detail
            assert "Free Coffee" in row.short


def test_the_same_word_again_asks_again() -> None:
    talk = Talk(caller=world.caller(staff="cashier"), surface="chat")
    asked = talk.say(*STAFF, "approve")
    assert talk.say("Approve") == asked
    assert talk.turn.understood


def test_a_purchase_that_earns_nothing_says_so() -> None:
    talk = Talk(caller=world.caller(staff="cashier"), answers={"QuotePurchase": world.quote(0)})
    assert "Rudo: +0 pts for 0.050 JOD?\nThat earns no points." in talk.say(
        *STAFF, "1", "0791234567", ".05"
    )
