"""What the environment says (docs/contract.md, Settings). Read once, at start; wrong values stop
the process with one sentence that names the setting and says what to do.
"""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final, Literal

SECRET_BYTES_MIN: Final = 32
OPERATOR_KEY_FILE: Final = "operator.key"
"""Where a developer finds the console's key, in the data folder."""

LATER: Final = frozenset(
    {
        "MAITA_REDIS_URL", "MAITA_BASE_DOMAIN", "MAITA_SPOOL_DIR", "MAITA_ANCHOR_FILE",
        "MAITA_WEBHOOK_ALLOW",
    }
)  # fmt: skip
"""Settings of the contract whose parts have not landed: accepted, without effect."""

FROM_FILES: Final = (
    "MAITA_SECRET_KEY", "MAITA_OPERATOR_KEY", "MAITA_DATABASE_URL", "MAITA_DATABASE_OWNER_URL",
    "MAITA_DATABASE_VERIFY_URL",
)  # fmt: skip
"""Secrets, which may be in the file that `<name>_FILE` names instead."""

KNOWN: Final = LATER | {f"{name}_FILE" for name in FROM_FILES} | {
    "MAITA_ENV", "MAITA_DATABASE_URL", "MAITA_DATABASE_OWNER_URL", "MAITA_DATABASE_VERIFY_URL",
    "MAITA_DATA_DIR", "MAITA_PUBLIC_URL", "MAITA_TRUSTED_PROXIES", "MAITA_SECRET_KEY",
    "MAITA_BIND", "MAITA_PORT", "MAITA_WORKERS", "MAITA_PRIVATE_BIND",
    "MAITA_CLOCK_OFFSET_S", "MAITA_LOG_LEVEL", "MAITA_TURN_TIMEOUT_S", "MAITA_SEND_TIMEOUT_S",
    "MAITA_DATABASE_TIMEOUT_S", "MAITA_OPERATOR_KEY",
    "MAITA_CARRIERS_DIR",
}  # fmt: skip


class SettingsError(Exception):
    """A setting is wrong; the message is one sentence that says which and what to do (exit 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The process's configuration. URLs have no trailing slash; times are in seconds. Without an
    `operator_key` there is no console. `carriers_dir`: a folder with tables of further carriers
    (docs/carriers/declaring.md). `trusted_proxies`: networks, as words (gateway/peers.py)."""

    env: Literal["prod", "dev"]
    data_dir: Path
    database_url: str | None = field(default=None, repr=False)
    database_owner_url: str | None = field(default=None, repr=False)
    database_verify_url: str | None = field(default=None, repr=False)
    secret_key: bytes = field(default=b"", repr=False)
    operator_key: bytes = field(default=b"", repr=False)
    bind: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    private_bind: str = "127.0.0.1"
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: str = ""
    clock_offset_s: int = 0
    log_level: str = "info"
    turn_timeout_s: float = 3.5
    send_timeout_s: float = 15.0
    database_timeout_s: float = 1.0
    carriers_dir: Path | None = None

    @property
    def dev(self) -> bool:
        """True under MAITA_ENV=dev, as `make run` sets it."""
        return self.env == "dev"


def read(environ: Mapping[str, str], *, default_env: str = "prod") -> Settings:
    """Settings from an environment, or SettingsError."""
    unknown = sorted(n for n in environ if n.startswith("MAITA_") and n not in KNOWN)
    if unknown:
        raise SettingsError(
            f"{unknown[0]} is not a setting of Maita: remove it or correct its name."
        )
    env = environ.get("MAITA_ENV") or default_env
    if env not in ("prod", "dev"):
        raise SettingsError("MAITA_ENV must be prod or dev.")
    if env == "prod" and not _given(environ, "MAITA_DATABASE_URL"):
        raise SettingsError("MAITA_DATABASE_URL is not set: give the application role's URL.")
    data_dir = Path(environ.get("MAITA_DATA_DIR") or ".maita").absolute()
    port = _number(environ, "MAITA_PORT", 8000, 0, 65535)
    return Settings(
        env="dev" if env == "dev" else "prod",
        data_dir=data_dir,
        database_url=_given(environ, "MAITA_DATABASE_URL") or None,
        database_owner_url=_given(environ, "MAITA_DATABASE_OWNER_URL") or None,
        database_verify_url=_given(environ, "MAITA_DATABASE_VERIFY_URL") or None,
        secret_key=_secret_key(environ, env, data_dir),
        operator_key=_operator_key(environ, env, data_dir),
        bind=environ.get("MAITA_BIND") or "127.0.0.1",
        port=port,
        workers=_number(environ, "MAITA_WORKERS", 1, 1, 64),
        private_bind=_private_bind(environ),
        public_url=_public_url(environ, env, port),
        trusted_proxies=_networks(environ),
        clock_offset_s=_clock_offset(environ, env),
        log_level=_log_level(environ),
        turn_timeout_s=_number(environ, "MAITA_TURN_TIMEOUT_S", 3, 1, 30) + 0.5,
        send_timeout_s=_number(environ, "MAITA_SEND_TIMEOUT_S", 15, 1, 60),
        database_timeout_s=_number(environ, "MAITA_DATABASE_TIMEOUT_S", 1, 1, 30),
        carriers_dir=_carriers_dir(environ),
    )


def _number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise SettingsError(f"{name} must be a whole number from {low} to {high}.")
    return int(text)


def _clock_offset(environ: Mapping[str, str], env: str) -> int:
    text = environ.get("MAITA_CLOCK_OFFSET_S") or "0"
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise SettingsError("MAITA_CLOCK_OFFSET_S must be a whole number of seconds.")
    if int(text) and env == "prod":
        raise SettingsError("MAITA_CLOCK_OFFSET_S is for MAITA_ENV=dev only: remove it.")
    return int(text)


def _private_bind(environ: Mapping[str, str]) -> str:
    text = environ.get("MAITA_PRIVATE_BIND") or "127.0.0.1"
    try:
        return str(ip_address(text))
    except ValueError:
        raise SettingsError("MAITA_PRIVATE_BIND must be an address of this machine.") from None


def _log_level(environ: Mapping[str, str]) -> str:
    level = (environ.get("MAITA_LOG_LEVEL") or "info").lower()
    if level not in ("debug", "info", "warning", "error"):
        raise SettingsError("MAITA_LOG_LEVEL must be debug, info, warning or error.")
    return level


def _public_url(environ: Mapping[str, str], env: str, port: int) -> str:
    url = environ.get("MAITA_PUBLIC_URL", "").rstrip("/")
    if not url and env == "dev":
        return f"http://127.0.0.1:{port}"
    if not url.startswith("https://" if env == "prod" else ("http://", "https://")):
        raise SettingsError("MAITA_PUBLIC_URL must be the https URL that carriers call.")
    return url


def _networks(environ: Mapping[str, str]) -> str:
    words = environ.get("MAITA_TRUSTED_PROXIES", "").replace(",", " ").split()
    try:
        return " ".join(str(ip_network(word)) for word in words)
    except ValueError as error:
        raise SettingsError("MAITA_TRUSTED_PROXIES must be addresses like 10.0.0.0/8.") from error


def _carriers_dir(environ: Mapping[str, str]) -> Path | None:
    text = environ.get("MAITA_CARRIERS_DIR")
    if text and not Path(text).is_dir():
        raise SettingsError("MAITA_CARRIERS_DIR must be a folder of tables such as x_ussd.toml.")
    return Path(text).absolute() if text else None


def _secret_key(environ: Mapping[str, str], env: str, data_dir: Path) -> bytes:
    """The key of all keys: given, read from a file, or (dev only) made once in the data folder."""
    text = _given(environ, "MAITA_SECRET_KEY")
    if not text and env == "dev":
        text = _dev_secret(data_dir / "secret.key")
    return _strong("MAITA_SECRET_KEY", text)


def _operator_key(environ: Mapping[str, str], env: str, data_dir: Path) -> bytes:
    """The key to the console; in prod there is none unless it is given."""
    text = _given(environ, "MAITA_OPERATOR_KEY")
    if not text and env == "dev":
        text = _dev_secret(data_dir / OPERATOR_KEY_FILE)
    return _strong("MAITA_OPERATOR_KEY", text) if text else b""


def _given(environ: Mapping[str, str], name: str) -> str:
    """A secret as the environment gives it, by itself or in a file."""
    file = environ.get(f"{name}_FILE")
    if not file:
        return environ.get(name, "")
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{name}_FILE names no readable file.") from None


def _strong(name: str, text: str) -> bytes:
    if len(text.encode()) < SECRET_BYTES_MIN or len(set(text)) < 10:
        raise SettingsError(f"{name} needs 32 random bytes: try `openssl rand -hex 32`.")
    return text.encode()


def _dev_secret(path: Path) -> str:
    """The key of this data folder. Of two processes that make it at once, the first one wins."""
    try:
        # The account that runs PostgreSQL for root must pass through, and can only pass.
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if os.geteuid() else 0o711)
        if not path.exists():
            new = path.with_name(f"{path.name}.{os.getpid()}")
            new.touch(mode=0o600)
            new.write_text(secrets.token_hex(32))
            with suppress(FileExistsError):
                os.link(new, path)
            new.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise SettingsError(
            f"MAITA_DATA_DIR {path.parent} cannot be used ({error.strerror}): choose another."
        ) from None
