"""A sample message for a channel, posted as its carrier would: `maita channel test`.

The simulator knows how each carrier asks and signs; here its request goes to the server that runs,
and what was said and answered is shown without secrets.
"""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import httpx
import phonenumbers

from gateway.adapter import Channel
from gateway.commands import opening
from gateway.commands.failing import Down, Wrong
from gateway.commands.office import Office
from gateway.inbound import HttpRequest
from gateway.simulator.carriers import CHAT, africastalking_ussd
from gateway.simulator.carriers.messages import Said
from gateway.simulator.exchange import MASK, PUBLIC, pretty
from gateway.simulator.handset import Call
from storage.admin import StoredChannel, list_channels

TIMEOUT_S: Final = 20


async def sample(office: Office, token: str, phone: str | None, text: str) -> str:
    """Post one message and tell what was asked and answered. Raises Wrong."""
    stored = [c for _, c in await list_channels(office.db, office.vault) if c.token == token]
    if not stored:
        raise Wrong("No channel has this token: see `maita channel list`.")
    if phone is None and not office.settings.dev:
        raise Wrong("Say whose message it is with --as: they may get an answer.")
    channel = _channel(stored[0])
    request = _request(channel, office.settings.public_url, phone or _somebody(channel), text)
    server = opening.running(office.settings)
    url = request.url
    if server is not None:
        # Signatures cover the public URL; the server itself listens closer by.
        url = url.replace(office.settings.public_url, server.url, 1)
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as http:
            answer = await http.request(
                request.method, url, headers=list(request.headers), content=request.body
            )
    except httpx.TransportError:
        place = url.partition("/public/")[0]
        raise Down(f"Nobody answers at {place}: start `maita run`.") from None
    return _without_secrets("\n".join(_told(request, answer)), channel)


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


def _request(channel: Channel, url: str, phone: str, text: str) -> HttpRequest:
    now, fresh = datetime.now(UTC), secrets.token_hex(16)
    if channel.kind == "africastalking_ussd":
        call = Call(
            channel=channel,
            session=f"ATUid_{fresh}",
            dialled=channel.address,
            started_at=now,
            heard_at=now,
        )
        return africastalking_ussd.asks(url, call, phone, text.split("*") if text else [])
    if channel.kind not in CHAT:
        raise Wrong(f"There is no sample for channels of kind {channel.kind}.")
    carrier = CHAT[channel.kind]
    said = Said(id=carrier.message_id(fresh), phone=phone, name="Sample", text=text or "hi")
    return carrier.hears(channel, url, said, now)


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
        text = text.replace(secret, MASK)
    return text
