"""The Caddyfile in Debian's own Caddy, before two gateways: headers, limits, who is asked when one
is gone, and what the log says (docs/security.md 25, 27, 30)."""

import asyncio
import os
import re
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.edge import CADDY, CADDYFILE, WITHOUT, Edge, running_edge
from tests.e2e.process import PATIENCE_S, ROOT

TOKEN = "0123456789abcdef0123456789abcdef"
SECRET = f"/public/ussd/callback/{TOKEN}?phoneNumber=%2B263771234567&text=9173915739157"


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Edge | None]:
    async with running_edge(tmp_path_factory.mktemp("edge")) as opened:
        yield opened


@pytest.fixture
async def edge(running: Edge | None) -> AsyncIterator[Edge | None]:
    """Both gateways as if new, and asked by turns."""
    if running is None:
        yield None
        return
    for each in (running.first, running.second):
        each.ready, each.dies, each.headers = True, False, ()
        if each.server is None:
            await each.listen()
    await running.says("first", "other")
    for each in (running.first, running.second):
        each.asked.clear()
    yield running


def test_caddy_accepts_the_caddyfile(tmp_path: Path) -> None:
    if CADDY is None:
        print(WITHOUT)
        return
    checked = subprocess.run(
        [CADDY, "validate", "--config", str(CADDYFILE), "--adapter", "caddyfile"],
        env={**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "Valid configuration" in checked.stdout + checked.stderr


def promised() -> str:
    found = re.search(r"CSP `([^`]+)`", (ROOT / "docs/security.md").read_text())
    assert found is not None
    return found[1]


def test_caddy_sends_the_promised_content_security_policy() -> None:
    assert f'"{promised()}"' in CADDYFILE.read_text()


async def test_headers_of_every_answer(edge: Edge | None) -> None:
    if edge is None:
        return
    strict = promised()
    styled = strict.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
    for path, policy in {
        "/": strict,
        "/docs": styled,
        "/simulator": styled,
        "/docsx": strict,
    }.items():
        answer = await edge.http.get(f"{edge.url}{path}")
        assert answer.headers["content-security-policy"] == policy, path
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "permissions-policy" in answer.headers
        assert "server" not in answer.headers
        assert "x-xss-protection" not in answer.headers
        assert answer.headers["content-encoding"] == "gzip"


async def test_a_gateways_own_header_wins(edge: Edge | None) -> None:
    if edge is None:
        return
    own = "content-security-policy: default-src 'none'", "cache-control: no-store"
    edge.first.headers = edge.second.headers = own
    answer = await edge.http.get(edge.url)
    assert answer.headers.get_list("content-security-policy") == ["default-src 'none'"]
    style = await edge.http.get(f"{edge.url}/console/page/style.css")
    assert style.headers.get_list("cache-control") == ["public, max-age=600"]


async def test_what_is_private_is_not_there(edge: Edge | None) -> None:
    if edge is None:
        return
    for path in ("/metrics", "/metrics/x"):
        answer = await edge.http.get(f"{edge.url}{path}")
        assert answer.status_code == 404
        assert "server" not in answer.headers
    assert not [line for line, _, _ in edge.first.asked + edge.second.asked if "metrics" in line]


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        (f"/public/ussd/callback/{TOKEN}", 262_144, 200),
        (f"/public/ussd/callback/{TOKEN}", 262_145, 413),
        ("/v1/tenants", 262_145, 413),
        (f"/public/wa/webhook/{TOKEN}", 3 * 1024 * 1024, 200),
        (f"/public/wa/webhook/{TOKEN}", 3 * 1024 * 1024 + 1, 413),
    ],
)
async def test_bodies_have_a_limit(edge: Edge | None, path: str, size: int, status: int) -> None:
    if edge is None:
        return

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, size, 65_536):
            yield b"x" * min(65_536, size - start)

    whole = await edge.post(path, b"x" * size)
    chunked = await edge.http.post(f"{edge.url}{path}", content=in_pieces())
    assert [whole.status_code, chunked.status_code] == [status, status]
    taken = [len(body) for _, _, body in edge.first.asked + edge.second.asked]
    assert taken == ([size, size] if status == 200 else [])
    if status == 413:
        for answer in (whole, chunked):
            assert answer.headers["content-security-policy"] == promised()


async def test_a_gateway_that_is_gone_is_passed_over(edge: Edge | None) -> None:
    if edge is None:
        return
    await edge.first.go()
    for method in ("GET", "POST", "PATCH"):
        for _ in range(4):
            answer = await edge.http.request(method, f"{edge.url}/v1/x")
            assert (answer.status_code, answer.text[:5]) == (200, "other")


async def test_a_gateway_that_drains_gets_nothing_new(edge: Edge | None) -> None:
    if edge is None:
        return
    edge.second.ready = False
    await edge.says("first")
    edge.second.ready = True
    await edge.says("first", "other")


@pytest.mark.parametrize(
    ("method", "path", "again"),
    [
        ("GET", f"/public/ussd/callback/{TOKEN}?text=1", True),
        ("GET", "/v1/tenants", True),
        ("POST", f"/public/ussd/callback/{TOKEN}", False),
        ("POST", "/v1/x/issuances", False),
        ("POST", "/public/auth/login", False),
    ],
)
async def test_only_what_has_one_effect_is_asked_again(
    edge: Edge | None, method: str, path: str, again: bool
) -> None:
    """A gateway dies under a request: nobody knows whether it did what was asked."""
    if edge is None:
        return
    edge.first.dies = True
    while not edge.first.asked:
        content = b"sessionId=1&text=1" if method == "POST" else b""
        answer = await edge.http.request(method, f"{edge.url}{path}", content=content)
    assert answer.status_code == (200 if again else 502)
    if again:
        assert edge.second.asked[-1][0] == edge.first.asked[0][0]
    else:
        assert len(edge.first.asked) == 1
        assert answer.headers["retry-after"] == "5"
        assert answer.headers["content-security-policy"] == promised()


async def test_who_calls_is_what_the_socket_says(edge: Edge | None) -> None:
    """U45, T8: nobody tells the gateway another address than theirs."""
    if edge is None:
        return
    lie = {"x-forwarded-for": "196.201.214.1"}
    await edge.http.post(f"{edge.url}/public/ussd/callback", content=b"x", headers=lie)
    (asked,) = edge.first.asked + edge.second.asked
    assert asked[1]["x-forwarded-for"] == "127.0.0.1"


async def test_the_log_holds_no_number_token_text_or_header(edge: Edge | None) -> None:
    if edge is None:
        return
    await edge.http.get(f"{edge.url}{SECRET}", headers={"authorization": "Bearer hush"})
    await edge.http.get(f"{edge.url}/m/i/SIGNED.png?x=263771234567")
    edge.first.dies = edge.second.dies = True
    await edge.http.get(f"{edge.url}{SECRET}", headers={"authorization": "Bearer hush"})
    await edge.post("/v1/customers?phone=%2B263771234567", b"hush")
    log = edge.log.read_text()
    assert '"uri":"/public/ussd/callback"' in log
    assert '"uri":"/v1/customers"' in log
    for personal in (TOKEN, "263771234567", "9173915739157", "hush", "SIGNED"):
        assert personal not in log, personal


async def test_tls_speaks_http_2_and_offers_3(edge: Edge | None) -> None:
    if edge is None:
        return
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    _, writer = await asyncio.open_connection(
        "127.0.0.1", edge.tls_port, ssl=context, server_hostname="localhost"
    )
    assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
    assert writer.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")
    writer.close()
    async with httpx.AsyncClient(verify=False, timeout=PATIENCE_S, trust_env=False) as http:  # noqa: S501
        answer = await http.get(f"https://localhost:{edge.tls_port}/")
    assert "h3=" in answer.headers["alt-svc"]
