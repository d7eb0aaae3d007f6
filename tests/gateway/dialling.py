"""A phone on a USSD channel of any kind, driven by the samples of gateway/samples, so that tests
can put every kind through the same session.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
from msgspec.structs import replace

from gateway.adapter import Adapter, Channel
from gateway.inbound import HttpRequest, HttpResponse
from gateway.samples import Heard, Step, sample_request, screen
from storage.admin import ChannelPart, add_channel
from tests.e2e.carriers import number_of
from tests.gateway.teahouse import URL, TeaHouse

_PHONES = count(779100001)
_SESSIONS = count(time.time_ns())
_CODES = iter(range(1000, 9999))
_SECONDS = count()


@dataclass(slots=True)
class Phone:
    """A phone on a channel of any kind. `step` is what its carrier asked last."""

    shop: TeaHouse
    channel: Channel
    step: Step
    answer: httpx.Response | None = None

    @property
    def adapter(self) -> Adapter:
        return self.shop.rt.adapters[self.channel.kind]

    def request(self) -> HttpRequest:
        return sample_request(self.adapter, self.channel, URL, self.step)

    async def dial(self, dialled: str = "") -> str:
        session = fresh_session()
        self.step = replace(self.step, session=session, inputs=(), dialled=dialled, at=now())
        return (await self.post()).words

    async def say(self, *inputs: str) -> str:
        for text in inputs:
            # Where a carrier repeats its time, the same answer again comes some seconds later.
            self.shop.later(seconds=4)
            self.step = replace(self.step, inputs=(*self.step.inputs, text), at=now())
            await self.post()
        return self.shown.words

    async def pick(self, *labels: str) -> str:
        for label in labels:
            number = number_of(self.shown.words, label)
            assert number, f"{label!r} is not on {self.shown.words!r}"
            await self.say(number)
        return self.shown.words

    async def post(self) -> Heard:
        """Send the request as it stands (again): a carrier's retry."""
        self.answer = await self.knock(self.request())
        assert self.answer.status_code == 200, (self.answer.status_code, self.answer.text)
        return self.shown

    async def knock(self, request: HttpRequest) -> httpx.Response:
        return await self.shop.http.request(
            request.method, request.url, headers=list(request.headers), content=request.body
        )

    @property
    def shown(self) -> Heard:
        assert self.answer is not None
        headers = tuple(self.answer.headers.items())
        response = HttpResponse(status=200, body=self.answer.content, headers=headers)
        found = screen(self.adapter, self.channel, response)
        assert found is not None, self.answer.text
        return found

    async def drop(self) -> httpx.Response:
        """The carrier's word that the caller is gone."""
        gone = replace(self.step, ends=True)
        return await self.knock(sample_request(self.adapter, self.channel, URL, gone))


def now() -> datetime:
    """A second later than before, on the carrier's clock."""
    return datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(seconds=next(_SECONDS))


async def member(shop: TeaHouse, kind: str, **settings: str) -> Phone:
    """A member's phone at home on a new channel of a kind, 400 points in the wallet."""
    number, code = f"+263{next(_PHONES)}", next(_CODES)
    part = ChannelPart(kind=kind, address=f"*{code}#", settings=settings)
    await add_channel(shop.rt.db, shop.rt.vault, shop.tenant, part, shop.rt.identifiers)
    await shop.rt.registry.refresh()
    channel = await shop.rt.registry.by_address(kind, f"*{code}#")
    assert channel is not None
    await shop.join(number, 400)
    phone = Phone(shop, channel, Step(phone=number, session="", at=now()))
    await phone.dial()
    return phone


def fresh_session() -> str:
    """A carrier's session that was never heard of."""
    return str(next(_SESSIONS))
