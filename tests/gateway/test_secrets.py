"""A PIN that was typed is found nowhere: in no table, sealed or open, in no line and no metric.

docs/security.md 17 and 30. Africa's Talking repeats all input of a session in every request, so a
PIN of the fourth screen comes again with the fifth.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import psycopg
import pytest
from psycopg import sql

from core.rewards.commands import ListIssuances
from core.values import Address
from gateway.message import conversation_id
from storage.crypto import Vault, place
from storage.turns import ANSWER_PLACE, PAYLOAD_PLACE, SESSION_PLACE
from tests.gateway.teahouse import CASHIER, TeaHouse

PIN, WRONG, NEW = "39517", "84026", "60283"
"""The right one, a wrong one, and the one after a change: all were typed."""

_PHONES = count(776000001)


SEALED = {
    "conversation.session": SESSION_PLACE,
    "command_log.answer": ANSWER_PLACE,
    "outbound.payload_enc": PAYLOAD_PLACE,
}
"""Columns that are opened for the search, and where their seals belong."""


def values(connection: psycopg.Connection) -> Iterator[tuple[str, Any]]:
    """Every value of every table with its column; ids and times left out, since digits of
    theirs would be found by chance."""
    columns = connection.execute(
        "select table_name, column_name from information_schema.columns join information_schema"
        ".tables using (table_schema, table_name) where table_schema = 'public' and table_type ="
        " 'BASE TABLE' and data_type not in ('uuid', 'timestamp with time zone', 'bigint')"
    ).fetchall()
    for table, column in columns:
        asked = sql.SQL("select {} from {}").format(sql.Identifier(column), sql.Identifier(table))
        for (value,) in connection.execute(asked).fetchall():
            if value is not None:
                yield f"{table}.{column}", value


def shows(value: Any, secret: str) -> bool:
    """Whether a value holds a secret: as bytes, or as text that is not part of a longer number
    or hash."""
    if isinstance(value, bytes):
        return secret.encode() in value or secret.encode().hex().encode() in value
    return re.search(rf"(?<![0-9a-zA-Z]){re.escape(secret)}(?![0-9a-zA-Z])", str(value)) is not None


def places(connection: psycopg.Connection, shop: TeaHouse, secret: str) -> set[str]:
    """The columns that show a secret, as they are or with their seals opened."""
    found = set()
    for column, value in values(connection):
        within = [value]
        if column in SEALED:
            within.append(shop.rt.vault.open(place(shop.tenant, SEALED[column]), value))
        if any(shows(each, secret) for each in within):
            found.add(column)
    return found


@dataclass(frozen=True, slots=True)
class Typed:
    """A member, and the texts that Africa's Talking sent of what was typed."""

    phone: str
    texts: tuple[str, ...]


@pytest.fixture
async def typed(shop: TeaHouse, lines: Callable[[], str]) -> Typed:
    """A member sets a PIN, redeems with a wrong and the right one, changes it; staff sign in."""
    number, texts = f"+263{next(_PHONES)}", []
    await shop.join(number, 400, "Nomusa")
    phone = shop.handset(number)
    await phone.dial(shop.http)
    await phone.pick(shop.http, "Settings", "PIN", "Set a PIN")
    assert "Your PIN is set." in await phone.say(shop.http, PIN)
    await phone.say(shop.http, "00")
    await phone.pick(shop.http, "Rewards", "Scone", "Yes")
    assert "wrong" in await phone.say(shop.http, WRONG)
    texts.append(phone.text)
    assert "show this code" in await phone.say(shop.http, PIN)
    await phone.post(shop.http)
    texts.append(phone.text)
    await phone.say(shop.http, "00")
    await phone.pick(shop.http, "Settings", "PIN", "Change PIN")
    assert "Your PIN is set." in await phone.say(shop.http, f"{PIN} {NEW}")
    texts.append(phone.text)
    staff = shop.handset(CASHIER[0])
    await staff.dial(shop.http)
    await staff.start_over(shop.http)
    await staff.pick(shop.http, "Staff")
    assert "Award" in await staff.say(shop.http, CASHIER[1])
    texts.append(staff.text)
    return Typed(number, tuple(texts))


@pytest.fixture
async def chatter(shop: TeaHouse, lines: Callable[[], str]) -> str:
    """A member who chats, and was told of their points."""
    number = f"+263{next(_PHONES)}"
    await shop.join(number, 400)
    await shop.work_off()
    return number


async def test_a_pin_typed_on_a_phone_is_nowhere(
    typed: Typed, shop: TeaHouse, superuser: psycopg.Connection, lines: Callable[[], str]
) -> None:
    told, counted = lines(), shop.rt.metrics.render().decode()
    for secret in (PIN, WRONG, NEW, CASHIER[1], *typed.texts):
        assert places(superuser, shop, secret) == set(), secret
        assert not shows(told, secret)
        assert not shows(counted, secret)
    assert len(await shop.do(typed.phone, ListIssuances())) == 1


async def test_the_search_finds_what_is_there(
    typed: Typed, shop: TeaHouse, superuser: psycopg.Connection, lines: Callable[[], str]
) -> None:
    """A name where it stands, and within seals; a code within seals only; a word in a line."""
    assert places(superuser, shop, "Nomusa") == {"member.name", "command_log.answer"}
    (given,) = await shop.do(typed.phone, ListIssuances())
    assert given.code is not None
    shown = f"{given.code[:3]} {given.code[3:]}"
    assert places(superuser, shop, shown) == {"command_log.answer", "outbound.payload_enc"}
    assert places(superuser, shop, "find_customer") == {"conversation.session"}
    assert shows(lines(), "africastalking_ussd")


async def test_no_line_tells_who_or_what(
    chatter: str, shop: TeaHouse, lines: Callable[[], str]
) -> None:
    """One line a message: a masked number, an outcome; no text, no session, no token, no name."""
    phone = shop.handset(chatter)
    await phone.dial(shop.http)
    await phone.say(shop.http, "a secret wish")
    told = lines()
    assert told.count('"event":"message"') == 2
    assert f"{chatter[:6]}*****{chatter[-2:]}" in told
    for secret in (chatter, chatter[4:], "wish", phone.session, phone.url[-33:], "Rudo"):
        assert secret not in told


async def test_a_pin_written_in_a_chat_is_nowhere(
    chatter: str, shop: TeaHouse, superuser: psycopg.Connection, lines: Callable[[], str]
) -> None:
    """The words are sealed until they are answered, and gone with the answer's commit."""
    pin, wrong = "71936", "52840"
    await shop.chat(chatter, "settings", "pin", "1", pin)
    (asked,) = await shop.chat(chatter, "redeem scone", "yes")
    assert "Enter your PIN." in asked
    await shop.chat(chatter, wrong)
    await shop.whatsapp.text(shop.http, chatter, pin)
    assert places(superuser, shop, pin) == set(), "while it waits"
    (done,) = await shop.work_off()
    assert "show this code" in done
    told = lines()
    for secret in (pin, wrong):
        assert places(superuser, shop, secret) == set()
        assert not shows(told, secret)
    left = superuser.execute("select count(*) from inbound where body_enc is not null")
    assert left.fetchone() == (0,)


async def test_a_pin_where_none_was_asked_is_not_kept_either(
    chatter: str, shop: TeaHouse, superuser: psycopg.Connection, lines: Callable[[], str]
) -> None:
    pin = "95173"
    phone = shop.handset(chatter)
    await phone.dial(shop.http)
    assert "That is not a choice." in await phone.say(shop.http, pin)
    await shop.chat(chatter, f"my pin is {pin}")
    assert places(superuser, shop, pin) == set()
    assert not shows(lines(), pin)


async def test_a_conversation_is_named_by_nobodys_number(shop: TeaHouse) -> None:
    """Ids that stand in jobs are keyed: nobody can find a number by trying all of them."""
    channel = next(iter(await shop.rt.registry.of_owner(shop.tenant)))
    person = Address("msisdn", "+263776000001")
    named = conversation_id(shop.rt.vault, channel, person)
    assert named == conversation_id(shop.rt.vault, channel, person)
    assert named != conversation_id(
        Vault(b"another key than the one above, as long"), channel, person
    )
