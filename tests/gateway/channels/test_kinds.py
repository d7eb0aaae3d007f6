"""Which kinds of channels there are: found as modules and as tables, each with its fixtures."""

import re
import shutil
from pathlib import Path

import pytest

from dialogs.messages import Reply
from gateway.adapter import Adapter, Outgoing
from gateway.declared.carrier import Declared
from gateway.kinds import WrongTable, discover
from gateway.render import fit
from tests.gateway.channels.cases import HERE, ID, Case, Kind, kinds

KINDS = kinds()
CASES = [case for kind in KINDS for case in kind.cases]
REASONS = {"forged", "malformed", "busy", "ended"}
MADE_UP = "tests.gateway.channels.made_up"
TWELVE = {
    *("airtel_ussd", "arkesel_ussd", "cellulant_ussd", "dmark_ussd", "hollatags_ussd"),
    *("hubtel_ussd", "infobip_ussd", "madapi_ussd", "nalo_ussd", "safaricom_ussd"),
    *("vodacom_ussd", "wigal_ussd"),
}


def missing(adapter: Adapter, cases: tuple[Case, ...]) -> list[str]:
    """What an adapter's fixtures do not show yet."""
    page = fit(Reply(text="Hi"), adapter.PROFILE)
    shown = {case.question for case in cases}
    wanted = {"request", "refuse"}
    if adapter.PROFILE.reply_in_response:
        wanted.add("reply")
    elif adapter.compose(Outgoing(id=ID, recipient="+263771234567", page=page), cases[0].channel):
        wanted |= {"outgoing", "answer", "report"}
    told = {"forged", "malformed"} - {case.spec.get("refused") for case in cases}
    benign = [case for case in cases if case.name.startswith("benign_")]
    return sorted(wanted - shown) + sorted(told) + ["benign"] * (len(benign) < 5)


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_every_adapter_has_fixtures(kind: Kind) -> None:
    assert kind.cases, f"{kind.name} has no fixtures"
    assert missing(kind.adapter, kind.cases) == []
    assert {c.spec["refuse"] for c in kind.cases if c.question == "refuse"} == REASONS


def test_an_adapter_without_fixtures_is_noticed() -> None:
    pigeon = next(kind for kind in KINDS if kind.name == "pigeon_ussd")
    assert missing(pigeon.adapter, pigeon.cases[:1]) != []


def test_every_kind_has_its_page() -> None:
    pages = {page.stem for page in Path("docs/carriers").glob("*.md")}
    assert pages - {"declaring"} == discover().keys()


def test_the_made_up_carriers_are_a_module_and_a_table() -> None:
    found = discover(MADE_UP)
    assert list(found) == ["kestrel_ussd", "pigeon_ussd"]
    assert isinstance(found["kestrel_ussd"], Declared)
    assert not found.keys() & discover().keys()


def test_twelve_carriers_are_tables() -> None:
    tables = {kind for kind, adapter in discover().items() if isinstance(adapter, Declared)}
    assert tables == TWELVE


def test_an_operators_folder_adds_kinds_and_replaces_none(tmp_path: Path) -> None:
    shutil.copy(HERE / "made_up" / "kestrel_ussd.toml", tmp_path / "netone_ussd.toml")
    assert discover(folder=tmp_path).keys() == discover().keys() | {"netone_ussd"}
    shutil.copy(HERE / "made_up" / "kestrel_ussd.toml", tmp_path / "hubtel_ussd.toml")
    with pytest.raises(WrongTable, match=r"^hubtel_ussd\.toml: there is a kind of this name"):
        discover(folder=tmp_path)


def test_a_module_that_is_no_adapter_is_named() -> None:
    with pytest.raises(AssertionError, match="is no adapter"):
        discover("tests.gateway.channels")


@pytest.mark.parametrize(
    ("kind", "letter", "last"),
    [
        *(("africastalking_ussd", "u", 45), ("econet_ussd", "x", 20)),
        *(("meta_whatsapp", "w", 36), ("twilio_sms", "t", 14), ("twilio_whatsapp", "t", 14)),
    ],
)
def test_every_bad_input_of_the_catalogue_is_a_case(kind: str, letter: str, last: int) -> None:
    names = [case.name for case in CASES if case.kind.name == kind]
    found = {int(m[1]) for name in names if (m := re.match(rf"{letter}(\d+)[a-z]?_", name))}
    assert found == set(range(1, last + 1))
