"""The processes that stay: what they print, what they leave behind, how they end."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from storage.embedded import choose_folder
from tests.e2e.process import PATIENCE_S, ROOT, Gateway, free_port, maita
from tests.storage.embedded_server import processes_of


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder of this module's own, used by one process after another."""
    with tempfile.TemporaryDirectory(prefix="maita-run-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """What a shell has that knows nothing of Maita, and where the data is."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAITA_")}
    return env | {"MAITA_DATA_DIR": str(folder / "data")} | settings


def launch(*words: str, env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", *words],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ready(process: subprocess.Popen[str]) -> dict[str, object]:
    """The document of the READY line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("READY "), (line, process.stderr and process.stderr.read())
    document: dict[str, object] = json.loads(line.removeprefix("READY "))
    return document


def wait_until_gone(pids: set[int]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children_of(pid: int) -> set[int]:
    """The processes that this one started."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return {int(word) for word in told.split()}


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def test_run_serves_and_ctrl_c_leaves_nothing(folder: Path) -> None:
    """The first start of a newcomer, without a single setting but the folder and the port."""
    env = environment(folder)
    process = launch("run", "--port", "0", env=env)
    document = ready(process)
    assert document["pid"] == process.pid
    url = str(document["url"])
    assert httpx.get(f"{url}/ready", timeout=PATIENCE_S, trust_env=False).status_code == 200

    # Beside the running server, without being told where it is:
    demo = json.loads(maita("demo", "--json", env=env))
    assert demo["url"] == url
    assert json.loads(maita("verify", "--json", env=env))["ok"] is True
    token = demo["tenants"][0]["channels"][0]["token"]
    sample = maita("channel", "test", token, env=env)
    assert "< 200 OK" in sample
    assert "< CON Cafe Aroma" in sample
    assert token not in sample
    added = maita("channel", "add", "cafe-aroma", "hubtel_ussd", "*713#", env=env)
    declared = added.split()[-1].rpartition("/")[2]
    sample = maita("channel", "test", declared, "--say", "1", env=env)
    assert sample.count("< 200 OK") == 2
    assert '< "Type": "response"' in sample.replace("<   ", "< ")
    assert "Cafe Aroma" in sample
    assert declared not in sample

    database = set(processes_of(choose_folder(folder / "data")))
    assert database
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert out == "", "one line on stdout and no more"
    assert all(json.loads(line) for line in err.splitlines())
    wait_until_gone(database)


def test_commands_find_the_database_when_nothing_runs(folder: Path) -> None:
    env = environment(folder)
    assert json.loads(maita("verify", "--json", env=env))["ok"] is True
    assert json.loads(maita("demo", "--json", env=env))["url"].startswith("http://127.0.0.1:")
    assert processes_of(choose_folder(folder / "data")) == []


def test_a_second_start_is_ready_soon_and_keeps_what_was(folder: Path) -> None:
    env = environment(folder)
    before = json.loads(maita("verify", "--json", env=env))["ledger_digest"]
    process = launch("run", "--port", "0", env=env)
    ready(process)
    after = json.loads(maita("verify", "--json", env=env))["ledger_digest"]
    process.terminate()
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert after == before


def test_a_port_that_is_taken_is_said_in_one_sentence(gateway: Gateway) -> None:
    process = launch("run", env=dict(gateway.env))
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("maita: Port ")
    assert "MAITA_PORT" in err
    assert err.count("\n") == 1


async def test_sigterm_says_not_ready_and_lets_requests_end(
    http: httpx.AsyncClient, gateway: Gateway
) -> None:
    """A request that was under way when the signal came is answered, and then we exit 0."""
    port = free_port()
    process = launch("serve", env={**gateway.env, "MAITA_PORT": str(port)})
    url = ready(process)["url"]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /public/ussd/callback HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n")
    await writer.drain()
    assert (await http.get(f"{url}/ready")).status_code == 200
    process.terminate()
    ready_still = True
    while ready_still:
        # At once: soon after the notice nothing new is accepted.
        asked = (http.get(f"{url}/{what}") for what in ("ready", "health"))
        told, well = await asyncio.gather(*asked)
        assert well.status_code == 200
        ready_still = told.status_code == 200
    writer.write(b"text=1234")
    await writer.drain()
    assert (await reader.readline()).startswith(b"HTTP/1.1 4")
    writer.close()
    _, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert (await http.get(f"{gateway.url}/ready")).status_code == 200


async def test_several_processes_share_a_port_and_end_together(
    http: httpx.AsyncClient, gateway: Gateway
) -> None:
    env = {**gateway.env, "MAITA_PORT": str(free_port()), "MAITA_WORKERS": "2"}
    process = launch("serve", env=env)
    url = ready(process)["url"]
    workers = children_of(process.pid)
    assert len(workers) >= 2
    for _ in range(20):
        assert (await http.get(f"{url}/health", headers={"connection": "close"})).status_code == 200
    assert "process_cpu" not in (await http.get(f"{url}/metrics")).text

    victim = next(pid for pid in workers if "spawn_main" in command_of(pid))
    os.kill(victim, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while len(children_of(process.pid) - {victim}) < len(workers):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert (await http.get(f"{url}/health")).status_code == 200

    everybody = children_of(process.pid)
    process.terminate()
    _, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE_S)
    assert process.returncode == 0, err
    wait_until_gone(everybody)


def test_processes_end_when_the_one_that_started_them_is_killed(gateway: Gateway) -> None:
    env = {**gateway.env, "MAITA_PORT": str(free_port()), "MAITA_WORKERS": "2"}
    process = launch("serve", env=env)
    ready(process)
    everybody = children_of(process.pid)
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    wait_until_gone(everybody)


def test_a_worker_alone_says_ready_and_ends_with_0(gateway: Gateway) -> None:
    process = launch("worker", env=dict(gateway.env))
    assert ready(process) == {"url": None, "pid": process.pid}
    process.terminate()
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
