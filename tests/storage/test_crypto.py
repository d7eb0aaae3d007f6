"""What a stolen table tells: nothing. What a moved or changed value opens as: nothing."""

import hmac

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from core.values import Address
from storage.crypto import NotOurs, Vault, address_hash, code_hash, place
from tests.shops import ids

SECRET = b"0123456789abcdef0123456789abcdef"
OTHER = b"fedcba9876543210fedcba9876543210"


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens_in_its_place_only(data: bytes, aad: str) -> None:
    vault = Vault(SECRET)
    sealed = vault.seal(aad, data)
    assert vault.open(aad, sealed) == data
    assert data not in sealed or len(data) < 8
    with pytest.raises(NotOurs):
        vault.open(aad + "x", sealed)
    with pytest.raises(NotOurs):
        Vault(OTHER).open(aad, sealed)


def test_every_changed_byte_is_noticed() -> None:
    vault = Vault(SECRET)
    sealed = vault.seal("t|a.b", b"4829")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(NotOurs):
            vault.open("t|a.b", changed)
        with pytest.raises(NotOurs):
            vault.open("t|a.b", sealed[:at])


def test_sealing_twice_looks_different() -> None:
    vault = Vault(SECRET)
    assert vault.seal("a", b"same") != vault.seal("a", b"same")


def test_a_previous_secret_opens_and_never_seals() -> None:
    old, new = Vault(OTHER), Vault(SECRET, OTHER)
    assert new.open("a", old.seal("a", b"data")) == b"data"
    with pytest.raises(NotOurs):
        old.open("a", new.seal("a", b"data"))
    assert new.mac("p", "x") == Vault(SECRET).mac("p", "x") != old.mac("p", "x")


def test_a_secret_is_long_enough() -> None:
    for secrets in ((SECRET[1:],), (SECRET, b"short")):
        with pytest.raises(ValueError, match="32 bytes"):
            Vault(*secrets)


def test_a_vault_shows_nothing() -> None:
    assert "0123" not in repr(Vault(SECRET))


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_two_lists_of_parts_have_two_hashes(one: list[str], two: list[str]) -> None:
    """Also ("ab", "c") and ("a", "bc"), which a plain joining would mix up."""
    vault = Vault(SECRET)
    assert (vault.mac("p", *one) == vault.mac("p", *two)) == (one == two)
    assert vault.mac("p", *one) != vault.mac("q", *one)
    assert len(vault.mac("p", *one)) == 32


@given(st.binary(max_size=300))
def test_a_hash_is_hmac_so_that_what_is_stored_is_found_again(data: bytes) -> None:
    key = HKDF(SHA256(), 32, salt=b"maita", info=b"mac").derive(SECRET)
    framed = b"\0\0\0\1p" + len(data).to_bytes(4) + data
    assert Vault(SECRET).mac("p", data) == hmac.digest(key, framed, "sha256")


def test_the_hash_of_an_address_is_one_for_all_tenants_and_of_a_code_is_not() -> None:
    vault = Vault(SECRET)
    phone = Address("msisdn", "+263771234567")
    assert address_hash(vault, phone) == address_hash(Vault(SECRET), phone)
    assert address_hash(vault, phone) != address_hash(vault, Address("bsuid", phone.value))
    assert address_hash(vault, phone) != address_hash(Vault(OTHER), phone)
    one, two = ids.uuid7(), ids.uuid7()
    assert code_hash(vault, one, "482913") != code_hash(vault, two, "482913")
    assert place(one, "a.b") != place(two, "a.b")
