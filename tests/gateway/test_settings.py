"""The environment: what is read, and the one sentence that a wrong value is answered with."""

import stat
from pathlib import Path

import pytest

from gateway.settings import FROM_FILES, KNOWN, LATER, SettingsError, read

SECRET = "b5a1c7d9e3f20846b5a1c7d9e3f20846"
PROD = {
    "MAITA_DATABASE_URL": "postgresql://maita_app@db/maita",
    "MAITA_PUBLIC_URL": "https://maita.example",
    "MAITA_SECRET_KEY": SECRET,
}


def dev(folder: Path, **more: str) -> dict[str, str]:
    return {"MAITA_ENV": "dev", "MAITA_DATA_DIR": str(folder), **more}


def test_prod_is_the_default_and_takes_nothing_for_granted() -> None:
    settings = read(PROD)
    assert not settings.dev
    assert settings.public_url == "https://maita.example"
    for missing in PROD:
        with pytest.raises(SettingsError, match=missing):
            read({name: value for name, value in PROD.items() if name != missing})


def test_dev_needs_nothing(tmp_path: Path) -> None:
    settings = read(dev(tmp_path / "data", MAITA_PORT="8123"))
    assert settings.dev
    assert settings.database_url is None
    assert settings.public_url == "http://127.0.0.1:8123"


def test_an_empty_variable_is_one_that_is_not_set(tmp_path: Path) -> None:
    names = KNOWN - {"MAITA_DATA_DIR"}
    settings = read(dict.fromkeys(names, "") | {"MAITA_DATA_DIR": str(tmp_path)}, default_env="dev")
    assert settings == read(dev(tmp_path))


def test_the_secret_of_a_data_folder_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = read(dev(folder)).secret_key
    assert read(dev(folder)).secret_key == first
    assert read(dev(tmp_path / "other")).secret_key != first
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["operator.key", "secret.key"]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n")
    named = {"MAITA_SECRET_KEY": "", "MAITA_SECRET_KEY_FILE": str(file)}
    assert read(PROD | named).secret_key == SECRET.encode()
    file.unlink()
    with pytest.raises(SettingsError, match="MAITA_SECRET_KEY_FILE"):
        read(PROD | named)


def test_the_console_has_a_key_in_dev_and_in_prod_when_it_is_given(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = read(dev(folder)).operator_key
    assert read(dev(folder)).operator_key == first == (folder / "operator.key").read_bytes()
    assert first != read(dev(folder)).secret_key
    assert read(PROD).operator_key == b""
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n")
    assert read(PROD | {"MAITA_OPERATOR_KEY_FILE": str(file)}).operator_key == SECRET.encode()
    for weak in ("short", "a" * 40):
        with pytest.raises(SettingsError, match="MAITA_OPERATOR_KEY needs") as caught:
            read(PROD | {"MAITA_OPERATOR_KEY": weak})
        assert weak not in str(caught.value)
    assert SECRET not in repr(read(PROD | {"MAITA_OPERATOR_KEY": SECRET}))


def test_secrets_are_not_in_the_words_of_settings() -> None:
    shown = repr(read(PROD | {"MAITA_DATABASE_URL": "postgresql://app:open-sesame@db/maita"}))
    assert SECRET not in shown
    assert "open-sesame" not in shown


def test_an_unknown_name_stops_the_start_without_showing_its_value() -> None:
    with pytest.raises(SettingsError, match="MAITA_SECRT_KEY is not a setting") as caught:
        read(PROD | {"MAITA_SECRT_KEY": SECRET})
    assert SECRET not in str(caught.value)


def test_settings_of_parts_to_come_are_taken() -> None:
    assert read(PROD | dict.fromkeys(LATER, "x")) == read(PROD)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAITA_ENV", "production"),
        ("MAITA_PUBLIC_URL", "http://maita.example"),
        ("MAITA_SECRET_KEY", "short"),
        ("MAITA_SECRET_KEY", "a" * 64),
        ("MAITA_PORT", "65536"),
        ("MAITA_PORT", "８０００"),
        ("MAITA_WORKERS", "0"),
        ("MAITA_LOG_LEVEL", "loud"),
        ("MAITA_TRUSTED_PROXIES", "10.0.0.0/8, caddy"),
        ("MAITA_CARRIERS_DIR", "/nowhere/at/all"),
        ("MAITA_PRIVATE_BIND", "backplane"),
        ("MAITA_CLOCK_OFFSET_S", "60"),
        ("MAITA_CLOCK_OFFSET_S", "²"),
        ("MAITA_TURN_TIMEOUT_S", "-1"),
        ("MAITA_SEND_TIMEOUT_S", "15s"),
    ],
)
def test_a_wrong_value_is_answered_with_one_sentence_that_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(PROD | {name: value})
    sentence = str(caught.value)
    assert name in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_the_clock_may_be_moved_in_dev_only(tmp_path: Path) -> None:
    assert read(dev(tmp_path, MAITA_CLOCK_OFFSET_S="-3600")).clock_offset_s == -3600


def test_a_data_folder_that_cannot_be_is_answered_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(SettingsError, match="MAITA_DATA_DIR"):
        read(dev(file / "data"))


@pytest.mark.parametrize("name", FROM_FILES)
def test_a_secret_may_be_in_a_file(name: str, tmp_path: Path) -> None:
    """As containers hand them over: with a line's end, and never in the environment."""
    file = tmp_path / "secret"
    given = {"MAITA_DATABASE_URL": "postgresql://a@db/maita", "MAITA_SECRET_KEY": SECRET} | PROD
    told = given.pop(name, SECRET[::-1])
    file.write_text(f"{told}\n")
    settings = read(given | {f"{name}_FILE": str(file)})
    assert told in (
        settings.database_url, settings.database_owner_url, settings.database_verify_url,
        settings.secret_key.decode(), settings.operator_key.decode(),
    )  # fmt: skip
    with pytest.raises(SettingsError, match=f"{name}_FILE names no readable file"):
        read(given | {f"{name}_FILE": str(tmp_path / "none")})
