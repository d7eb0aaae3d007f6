"""Every refusal and every notice has its words, and they are short."""

import pytest
import smsutil

from core.errors import LoyaltyError
from core.members.notices import WANTED_AS
from core.values import Money
from dialogs.notices import NOTICES, notice_text, say
from dialogs.reasons import REASONS
from dialogs.texts import Texts
from dialogs.wording import FILLED_REFUSALS, PLAIN_REFUSALS, refusal
from tests.dialogs import world

WORDS = Texts(language="en", timezone="Asia/Amman", now=world.NOW)
WORDS_MAX = 8
KINDS = {kind.code: kind for kind in world.refusals().values()}
PARAMS: dict[str, object] = {
    "left": 2, "until": world.NOW, "limit": Money(1_000_000, "JOD"), "minutes": 3, "missing": 50,
    "required": 300, "available": 250, "tier": "Gold", "state": "redeemed", "at": world.NOW,
    "points": 750,
}  # fmt: skip
NOTICE: dict[str, object] = {
    "points": 750, "available": 1250, "amount": "50.000 JOD", "to_next": 250, "next_tier": "Gold",
    "ref": "K7F3QD2", "tier": "Gold", "multiplier_pct": 150, "reward": "Free Coffee",
    "issuance_id": "x", "until": "2026-12-20T20:59:59+00:00", "reason": "not_available",
}  # fmt: skip


def test_every_code_has_its_text() -> None:
    assert set(KINDS) == {*PLAIN_REFUSALS, *FILLED_REFUSALS}


@pytest.mark.parametrize("code", sorted(KINDS))
@pytest.mark.parametrize("params", [PARAMS, {}], ids=["filled", "bare"])
def test_a_refusal_is_one_short_sentence_and_what_to_do(
    code: str, params: dict[str, object]
) -> None:
    said = refusal(KINDS[code](**params), WORDS)
    first = said.partition(". ")[0]
    assert len(first.split()) <= WORDS_MAX, said
    assert "{" not in said
    assert said[0].isupper() or said[0].isdigit()


def test_a_refusal_fills_in_what_it_knows() -> None:
    assert refusal(KINDS["pin_wrong"](left=1), WORDS) == "That PIN is wrong. 1 try left."
    assert refusal(KINDS["not_enough_points"](missing=1250), WORDS) == "1 250 points are missing."
    assert refusal(KINDS["pin_locked"](until=world.NOW), WORDS).endswith("Try after 18:00.")
    too_large = KINDS["amount_too_large"](limit=Money(5_000, "JOD"))
    assert refusal(too_large, WORDS) == "At most 5.000 JOD at a time."
    assert refusal(LoyaltyError(), WORDS) == "That could not be done. Nothing was changed."


def test_every_kind_of_notice_has_its_text() -> None:
    assert set(NOTICES) == set(WANTED_AS)


@pytest.mark.parametrize("kind", sorted(NOTICES))
def test_a_notice_fits_one_message(kind: str) -> None:
    said = notice_text(world.notice(kind, **NOTICE), WORDS)
    assert "{" not in said
    assert len(smsutil.encode(f"Cafe Aroma\n{said}")) <= 160


def test_notices_say_what_conversation_md_says() -> None:
    earned = notice_text(world.notice("earned", **NOTICE), WORDS)
    assert earned == "You earned 750 pts. You have 1 250. 250 more for Gold."
    upgraded = notice_text(world.notice("upgraded", tier="Gold", multiplier_pct=200), WORDS)
    assert upgraded == "You are Gold now! Purchases earn 2 times the points."
    rejected = notice_text(world.notice("rejected", **NOTICE), WORDS)
    assert REASONS["not_available"] in rejected


def test_a_message_of_its_own_says_whose_it_is_and_shows_the_code() -> None:
    ready = world.notice("ready", **NOTICE)
    reply = say(ready, "en", world.PROGRAMME, world.issuance())
    assert reply.text == (
        "Cafe Aroma\nYour Free Coffee is ready, until 20 Dec. Ref K7F3QD2\n"
        "Show this code at the till: 482 913."
    )
    assert reply.media
    assert "482913" not in str(ready.params)
    bare = say(ready, "", world.PROGRAMME, None)
    assert bare.text.endswith("Dial *123*1# for its code.")
    assert bare.media is None
