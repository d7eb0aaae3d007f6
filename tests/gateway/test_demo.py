"""The demo shops, and the promises that `maita verify` checks, by the command line."""

import json
from typing import Any

import pytest

from gateway.demo.shops import SLUGS
from tests.gateway.conftest import Ended, Maita


def broken(ended: Ended) -> set[str]:
    """The promises that `verify --json` found broken, but for the one that a throw-away cluster
    of tests breaks on purpose."""
    checks = json.loads(ended.out)["checks"]
    return {check["id"] for check in checks if not check["ok"]} - {"durability_settings"}


def test_the_demo_is_what_the_contract_says(demo: dict[str, Any]) -> None:
    assert set(demo) == {"url", "tenants", "channels"}
    assert demo["url"] == "http://127.0.0.1:9"
    assert [tenant["slug"] for tenant in demo["tenants"]] == list(SLUGS)
    for tenant in demo["tenants"]:
        assert {"id", "country", "currency", "api_key", "hmac"} < set(tenant)
        kinds = [channel["kind"] for channel in tenant["channels"]]
        assert kinds == ["africastalking_ussd", "meta_whatsapp", "twilio_sms"]
        for channel in tenant["channels"]:
            assert set(channel) == {"kind", "address", "token", "url", "secrets"}
            assert channel["url"].endswith(channel["token"])
        for person in tenant["staff"]:
            assert set(person) >= {"name", "role", "phone", "pin", "email", "password"}
        assert {person["role"] for person in tenant["staff"]} == {"cashier", "manager"}
        assert all(set(member) == {"name", "phone"} for member in tenant["members"])
        assert all(set(reward) == {"name", "points", "stock"} for reward in tenant["rewards"])
        assert 5 in [reward["stock"] for reward in tenant["rewards"]]
    cafe = demo["tenants"][0]
    assert (cafe["country"], cafe["currency"]) == ("JO", "JOD")
    assert {"name": "Free Coffee", "points": 100, "stock": None} in cafe["rewards"]
    codes = [tenant["channels"][0]["address"] for tenant in demo["tenants"]]
    assert codes == ["*123*1#", "*123*2#", "*123*3#"]
    shared = [(channel["kind"], channel["address"]) for channel in demo["channels"]]
    assert shared[0] == ("africastalking_ussd", "*123#")
    assert [kind for kind, _ in shared] == kinds
    for channel in demo["channels"]:
        assert set(channel) == {"kind", "address", "token", "url", "secrets"}
        assert channel["url"].endswith(channel["token"])


def test_loading_the_demo_again_changes_nothing(maita: Maita, demo: dict[str, Any]) -> None:
    digest = json.loads(maita("verify", "--json").out)["ledger_digest"]
    assert json.loads(maita("demo", "--json").out) == demo
    assert json.loads(maita("verify", "--json").out)["ledger_digest"] == digest


@pytest.mark.usefixtures("demo")
def test_the_people_of_the_demo_have_lived(maita: Maita, superuser: Any) -> None:
    """Rudo: 10 for joining, 490 as Bronze, 750 for 50 JOD as Silver."""
    rows = superuser.execute(
        "select m.name, a.posted, a.held, t.name from member m"
        " join account a on a.member_id = m.id join tier t on t.id = m.tier_id"
    ).fetchall()
    assert ("Rudo", 1250, 0, "Silver") in rows
    assert ("Lina", 1938, 100, "Gold") in rows
    assert len(rows) == 8
    assert broken(maita("verify", "--json")) == set()


@pytest.mark.usefixtures("demo")
def test_the_demo_follows_a_new_url_but_not_over_what_somebody_set(
    maita: Maita, demo: dict[str, Any]
) -> None:
    tokens = {each["kind"]: each["token"] for each in demo["tenants"][0]["channels"]}
    maita("channel", "set", tokens["twilio_sms"], "base_url=https://other.example")
    maita("demo", MAITA_PUBLIC_URL="http://127.0.0.1:10")
    toml = maita("tenant", "show", "cafe-aroma", "--toml").out
    assert '"base_url" = "https://other.example"' in toml
    assert '"base_url" = "http://127.0.0.1:10/simulator/carrier/meta_whatsapp"' in toml


def test_demo_shops_are_not_for_prod(maita: Maita) -> None:
    ended = maita(
        "demo",
        MAITA_ENV="prod",
        MAITA_PUBLIC_URL="https://maita.example",
        MAITA_SECRET_KEY="0123456789abcdef0123456789abcdef",
    )
    assert ended.code == 2
    assert "MAITA_ENV=dev" in ended.err


def test_verify_says_when_a_promise_is_broken(
    maita: Maita, demo: dict[str, Any], superuser: Any
) -> None:
    assert "ok      balance_match" in maita("verify").out
    superuser.execute("update account set posted = posted + 1")
    ended = maita("verify", "--json")
    superuser.execute("update account set posted = posted - 1")
    assert ended.code == 1
    assert json.loads(ended.out)["ok"] is False
    assert "balance_match" in broken(ended)


def test_verify_works_with_the_owners_url_alone(maita: Maita) -> None:
    assert broken(maita("verify", "--json", MAITA_DATABASE_VERIFY_URL=None)) == set()
    refused = maita("verify", MAITA_DATABASE_VERIFY_URL=None, MAITA_DATABASE_OWNER_URL=None)
    assert refused.code == 2
