"""What may be entered for a channel: every kind has its row, and mistakes are told at once."""

from pathlib import Path

import pytest

from gateway.commands.entering import KINDS, RULES, check_values, missing, row_of
from gateway.commands.failing import Wrong
from gateway.declared.carrier import Declared
from gateway.kinds import discover
from tests.gateway.conftest import Maita

ADAPTERS = discover()
ADDRESSES = {
    "africastalking_sms": "CAFE",
    "africastalking_ussd": "*384*123#",
    "econet_ussd": "*440#",
    "kannel_sms": "440",
    "meta_whatsapp": "104520000000001",
    "twilio_whatsapp": "+263772660199",
    "twilio_sms": "+263772660199",
}


def test_every_kind_has_a_row() -> None:
    assert KINDS.keys() == ADDRESSES.keys()
    declared = {kind for kind, adapter in ADAPTERS.items() if isinstance(adapter, Declared)}
    assert ADAPTERS.keys() == KINDS.keys() | declared
    for kind in ADAPTERS:
        row = row_of(kind, ADAPTERS)
        assert row.settings <= RULES.keys() | row.rules.keys()
        assert set(row.needed) <= row.secrets
        check_values(kind, {"address": ADDRESSES.get(kind, "*713#")}, ADAPTERS, dev=False)


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("africastalking_ussd", "address", "384"),
        ("africastalking_ussd", "settings.session_ttl_s", "29"),
        ("africastalking_ussd", "settings.session_ttl_s", "soon"),
        ("africastalking_ussd", "settings.allow", "192.0.2.1/24"),
        ("africastalking_ussd", "settings.allow", "anybody"),
        ("africastalking_ussd", "settings.api_version", "v25.0"),
        ("africastalking_ussd", "secrets.app_secret", "x"),
        ("meta_whatsapp", "address", "+263772660199"),
        ("meta_whatsapp", "settings.base_url", "http://graph.example"),
        ("meta_whatsapp", "settings.base_url", "ftp://graph.example"),
        ("meta_whatsapp", "settings.base_url", "https://"),
        ("meta_whatsapp", "settings.base_url", "https://x:port"),
        ("meta_whatsapp", "settings.base_url", "https://a.example/?q=1"),
        ("meta_whatsapp", "settings.api_version", "25"),
        ("meta_whatsapp", "settings.colour", "red"),
        ("twilio_sms", "address", "772660199"),
        ("twilio_sms", "settings.messaging_service_sid", "AC1"),
        ("pigeon", "settings.colour", "red"),
        ("hubtel_ussd", "address", "hubtel"),
        ("hubtel_ussd", "settings.colour", "red"),
        ("hubtel_ussd", "settings.field_type", "colour"),
        ("hubtel_ussd", "settings.label", "{nothing}"),
        ("econet_ussd", "settings.number_form", "roman"),
        ("econet_ussd", "settings.numbers", "twice"),
        ("hubtel_ussd", "settings.request_time", "never"),
        ("hubtel_ussd", "settings.retry_window_s", "0"),
        ("hubtel_ussd", "secrets.api_key", "x"),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, key: str, value: str) -> None:
    with pytest.raises(Wrong):
        check_values(kind, {key: value}, ADAPTERS, dev=False)


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("africastalking_ussd", "settings.session_ttl_s", "600"),
        ("africastalking_ussd", "settings.allow", "192.0.2.0/24 2001:db8::/32 198.51.100.7"),
        ("meta_whatsapp", "settings.base_url", "https://graph.example:8443/x"),
        ("meta_whatsapp", "settings.base_url", "http://127.0.0.1:9/x"),
        ("meta_whatsapp", "settings.base_url", ""),
        ("meta_whatsapp", "secrets.app_secret_old", "x"),
        ("hubtel_ussd", "settings.field_type", "number"),
        ("hubtel_ussd", "settings.label", "Our menu"),
        ("hubtel_ussd", "settings.request_time", "session"),
        ("hubtel_ussd", "secrets.shared_secret_old", "x"),
        ("pigeon", "secrets.whatever", "x"),
        ("pigeon", "address", "the third window"),
    ],
)
def test_what_fits_is_taken(kind: str, key: str, value: str) -> None:
    check_values(kind, {key: value}, ADAPTERS, dev=False)


def test_dev_may_talk_plainly() -> None:
    check_values("twilio_sms", {"settings.base_url": "http://fake.example"}, ADAPTERS, dev=True)


def test_what_is_missing_is_named() -> None:
    assert missing("meta_whatsapp", {}, {"verify_token": "v"}, ADAPTERS) == [
        "app_secret=…",
        "access_token=…",
    ]
    assert missing("africastalking_ussd", {}, {}, ADAPTERS) == ["shared_secret=…"]
    assert missing("africastalking_ussd", {"allow": "192.0.2.1"}, {}, ADAPTERS) == []
    assert missing("twilio_sms", {}, {"account_sid": "AC1", "auth_token": "t"}, ADAPTERS) == []


def test_the_commands_tell_it(maita: Maita, tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(
        '[tenant]\nslug = "kiosk"\nname = "Kiosk"\nregion = "ZW"\ncurrency = "USD"\n'
        'timezone = "Africa/Harare"\n'
    )
    assert maita("tenant", "create", "--from", str(file)).code == 0
    added = maita("channel", "add", "kiosk", "meta_whatsapp", "104520000000099", "app_secret=shh")
    token = added.out.split()[-1].rpartition("/")[2]
    assert added.code == 0
    assert f"channel set {token} verify_token=… access_token=…" in added.err
    assert maita("channel", "set", token, "verify_token=v", "access_token=a").err == ""
    shared = maita("channel", "add", "platform", "africastalking_ussd", "*123#")
    assert (shared.code, shared.out.split()[:3]) == (
        0,
        ["platform", "africastalking_ussd", "*123#"],
    )
    for words in (
        ("add", "kiosk", "meta_whatsapp", "12"),
        ("add", "kiosk", "meta_whatsapp", "104520000000098", "colour=red"),
        ("set", token, "base_url=graph.example"),
        ("set", token, "acces_token=geheim"),
    ):
        ended = maita("channel", *words)
        assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
        assert "geheim" not in ended.err
    file.write_text(file.read_text() + '[[channels]]\nkind = "twilio_sms"\naddress = "12"\n')
    assert "does not fit twilio_sms" in maita("tenant", "create", "--from", str(file)).err
