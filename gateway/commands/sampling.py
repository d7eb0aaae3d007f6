"""A sample for a channel, posted as its carrier would: `maita channel test`.

gateway/samples knows how each carrier asks and signs; here its requests go to the server that runs,
and what was said and answered is shown without secrets.
"""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote_plus

import httpx
import phonenumbers

from gateway.adapter import Channel
from gateway.commands import opening
from gateway.commands.failing import Down, Wrong
from gateway.commands.office import Office
from gateway.inbound import HttpRequest
from gateway.samples import Step, Unsampled, sample_request
from gateway.simulator.exchange import MASK, PUBLIC, pretty
from storage.admin import StoredChannel, list_channels

TIMEOUT_S: Final = 20


async def sample(office: Office, token: str, phone: str | None, text: str) -> str:
    """Post a sample and tell what was asked and answered: on USSD the dialling, then each input
    that `text` joins by `*`; else one message. Raises Wrong, Down."""
    stored = [c for _, c in await list_channels(office.db, office.vault) if c.token == token]
    if not stored:
        raise Wrong("No channel has this token: see `maita channel list`.")
    if phone is None and not office.settings.dev:
        raise Wrong("Say whose message it is with --as: they may get an answer.")
    channel = _channel(stored[0])
    requests = _requests(office, channel, phone or _somebody(channel), text)
    server = opening.running(office.settings)
    told: list[str] = []
    async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as http:
        for request in requests:
            # Signatures cover the public URL; the server itself listens closer by.
            near = (office.settings.public_url, server.url) if server else ("", "")
            answer = await _post(http, request, request.url.replace(*near, 1))
            told += _told(request, answer)
    return _without_secrets("\n".join(told), channel)


async def _post(http: httpx.AsyncClient, request: HttpRequest, url: str) -> httpx.Response:
    try:
        return await http.request(
            request.method, url, headers=list(request.headers), content=request.body
        )
    except httpx.TransportError:
        place = url.partition("/public/")[0]
        raise Down(f"Nobody answers at {place}: start `maita run`.") from None


def _channel(stored: StoredChannel) -> Channel:
    return Channel(
        id=stored.id,
        owner=stored.owner,
        kind=stored.kind,
        address=stored.address,
        token=stored.token,
        region=stored.region,
        app_id=stored.app_id,
        settings=stored.settings,
        secrets=stored.secrets,
    )


def _requests(office: Office, channel: Channel, phone: str, text: str) -> list[HttpRequest]:
    adapter = office.adapters.get(channel.kind)
    if adapter is None:
        raise Wrong(f"There is no channel kind {channel.kind!r} here: see MAITA_CARRIERS_DIR.")
    inputs: tuple[str, ...] = (text,) if text else ()
    first = 1
    if adapter.PROFILE.reply_in_response:
        inputs, first = tuple(text.split("*")) if text else (), 0
    session, now = str(secrets.randbelow(10**15)), datetime.now(UTC)
    steps = [
        Step(phone=phone, session=session, at=now + timedelta(seconds=n), inputs=inputs[:n])
        for n in range(first if inputs else 0, len(inputs) + 1)
    ]
    try:
        url = office.settings.public_url
        return [sample_request(adapter, channel, url, step) for step in steps]
    except Unsampled as error:
        raise Wrong(str(error)) from None


def _somebody(channel: Channel) -> str:
    """A mobile number of the channel's region, as the numbering plan's own example."""
    example = phonenumbers.example_number_for_type(
        channel.region, phonenumbers.PhoneNumberType.MOBILE
    )
    if example is None:
        raise Wrong(f"Say whose message it is with --as: {channel.region} has no example number.")
    return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)


def _told(request: HttpRequest, answer: httpx.Response) -> Iterator[str]:
    yield f"> {request.method} {request.url}"
    yield from (f"> {name}: {value}" for name, value in request.headers)
    yield from (f"> {line}" for line in ("", *pretty(request.headers, request.body).splitlines()))
    yield f"< {answer.status_code} {answer.reason_phrase}"
    headers = tuple(answer.headers.items())
    shown = pretty(headers, answer.content)
    yield from (f"< {line}" for line in shown.splitlines())


def _without_secrets(text: str, channel: Channel) -> str:
    hidden = [value for name, value in channel.secrets.items() if name not in PUBLIC and value]
    for secret in (*hidden, channel.token):
        text = text.replace(secret, MASK).replace(quote_plus(secret), MASK)
    return text
