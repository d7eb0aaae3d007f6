"""compose.yaml as far as it can be held without Docker: real commands, known settings, no secret in
it, and roles that a migration and the service are content with."""

import re
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import typer
import yaml  # type: ignore[import-untyped]

from gateway.cli import app
from gateway.settings import KNOWN
from storage.catalogue import own_faults
from storage.database import Database
from storage.migrate import upgrade
from tests.conftest import PATIENCE_S, Cluster
from tests.test_house import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("image") == "maita"}


def test_our_services_run_commands_that_there_are() -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert {service["command"][0] for service in OURS.values()} <= known
    assert {"serve", "worker", "migrate"} <= {each["command"][0] for each in OURS.values()}
    assert sum(each["command"] == ["serve"] for each in OURS.values()) >= 2


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_known_and_every_file_is_a_secret_of_the_service(name: str) -> None:
    service = OURS[name]
    assert set(service["environment"]) <= KNOWN
    files = [value for key, value in service["environment"].items() if key.endswith("_FILE")]
    assert {f"/run/secrets/{secret}" for secret in service["secrets"]} == set(files)


def test_every_gateway_has_the_console_and_nobody_else_its_key() -> None:
    for name, service in OURS.items():
        opens = "MAITA_OPERATOR_KEY_FILE" in service["environment"]
        assert opens == (service["command"] == ["serve"]), name


def test_every_process_reads_the_same_carriers_and_writes_none() -> None:
    for name, service in OURS.items():
        folder = service["environment"]["MAITA_CARRIERS_DIR"]
        assert service["volumes"] == [f"${{CARRIERS:-./carriers}}:{folder}:ro"], name


def test_secrets_are_in_files_alone() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert not re.search(r"(?i)password: *[^ {]|://[^ \n]*:[^ \n]*@(?!\.)", text)
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f".secrets/{name}"}
    assert ".secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])


def test_everything_that_stays_is_looked_after() -> None:
    for name, service in SERVICES.items():
        if service.get("restart") == "unless-stopped":
            # A worker answers nobody: its jobs are what `/ready` and `verify` look at.
            assert "healthcheck" in service or name == "worker", name
        assert not service["image"].endswith(":latest")
        assert set(service.get("depends_on", ())) <= set(SERVICES)
        for network in service.get("networks", ()):
            assert network in COMPOSE["networks"]


def test_the_edge_passes_on_to_all_gateways_and_is_trusted() -> None:
    edge = SERVICES["edge"]
    gateways = [name for name, each in OURS.items() if each["command"] == ["serve"]]
    assert edge["environment"]["EDGE_UPSTREAMS"].split() == [f"{name}:8000" for name in gateways]
    told = set(re.findall(r"\{\$([A-Z_]+)", (ROOT / "Caddyfile").read_text()))
    assert set(edge["environment"]) <= told
    address = edge["networks"]["inside"]["ipv4_address"]
    assert {each["environment"]["MAITA_TRUSTED_PROXIES"] for each in OURS.values()} == {address}


def test_the_image_holds_what_it_runs() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for copied in re.findall(r"^COPY (\S+) ", dockerfile, re.MULTILINE):
        if not copied.startswith("--"):
            assert (ROOT / copied).exists()
            assert f"!{copied}" in ignored
    assert {"core", "dialogs", "gateway", "storage"} <= set(re.findall(r"COPY (\w+) ", dockerfile))
    assert "USER maita" in dockerfile


async def test_the_roles_it_makes_are_those_that_the_service_asks_for(cluster: Cluster) -> None:
    """Its own SQL on a real server, under other names, since the tests have such roles already."""
    script = COMPOSE["configs"]["roles"]["content"].replace("$$", "$")
    sql = script.partition("<<SQL\n")[2].partition("\nSQL")[0]
    mine = f"composed_{uuid4().hex[:8]}"
    password = "0123456789abcdef" * 2
    for variable in ("$owner", "$app", "$verify"):
        assert f"password '{variable}'" in sql
        sql = sql.replace(variable, password)
    sql = re.sub(r"(?m)^create role maita_reports.*\n", "", sql)
    with psycopg.connect(cluster.superuser) as connection:
        if connection.info.server_version < 160000:
            # Older servers know no such options (docs/operations.md); the image is of 16.
            sql = sql.replace(" with inherit false, set true", "")
    sql = re.sub(r"maita(?=_(owner|app|verify)|\b)(?!_reports)", mine, sql)
    before, _, after = sql.partition(f"\\connect {mine}")
    try:
        for url, part in (
            (cluster.superuser, before),
            (cluster.superuser.replace("/postgres?", f"/{mine}?"), after),
        ):
            with psycopg.connect(url, autocommit=True) as connection:
                for statement in filter(str.strip, part.split(";")):
                    connection.execute(statement.encode())
        owner, service = (
            cluster.superuser.replace("postgres:", f"{mine}_{role}:", 1).replace(
                "/postgres?", f"/{mine}?"
            )
            for role in ("owner", "app")
        )
        owner, service = (re.sub(r":[^:@/]*@", f":{password}@", url) for url in (owner, service))
        upgrade(owner, f"{mine}_app", f"{mine}_verify")
        db = await Database.open(service, timeout_s=PATIENCE_S)
        assert await own_faults(db) == []
        await db.close()
    finally:
        with psycopg.connect(cluster.superuser, autocommit=True) as connection:
            connection.execute(f"drop database if exists {mine} with (force)".encode())
