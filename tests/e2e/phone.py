"""A phone that speaks through any kind of channel, and waits for what it is answered."""

import asyncio
import time
from dataclasses import dataclass, field, replace

import httpx

from tests.e2e.carriers import Provider, number_of
from tests.e2e.process import PATIENCE_S
from tests.e2e.speakers import SPEAKERS
from tests.e2e.speech import Heard, Line, Posted, Said, Speaker


@dataclass(slots=True, kw_only=True)
class Phone:
    """One person on one line. `said` is all of the session so far; `post` says the last of it
    (again), as a carrier's retry does. `url` is what carriers call, which signatures cover, and
    `door` the process that really hears it. `shown` is what the phone shows now."""

    line: Line
    url: str
    door: str
    http: httpx.AsyncClient
    provider: Provider
    said: Said
    shown: Heard = field(default_factory=Heard)
    answer: bytes = b""

    @property
    def speaker(self) -> Speaker:
        return SPEAKERS[self.line.kind]

    @property
    def number(self) -> str:
        return self.said.phone

    def request(self) -> Posted:
        """The request of what was said last."""
        return self.speaker.asks(self.line, self.url, self.said)

    async def dial(self, session: str = "") -> str:
        """Open a session, or say the first word."""
        self.said = Said(phone=self.number, session=session or str(time.time_ns()))
        return await self.post()

    async def say(self, *inputs: str) -> str:
        """Say one thing after the other; what the last one was answered."""
        for text in inputs:
            self.type(text)
            await self.post()
        return self.shown.text

    async def pick(self, *labels: str) -> str:
        """Choose by what is shown: a number where there is one, the very label elsewhere."""
        for label in labels:
            for _ in range(8):
                if number_of(self.shown.text, label) or "98 " not in self.shown.text:
                    break
                await self.say("98")
            await self.say(self.key(label))
        return self.shown.text

    def key(self, label: str) -> str:
        """What to say for a choice that is shown: its number, but never the same twice in a row,
        which some carriers cannot tell from a retry (docs/security.md section 3, 8)."""
        assert label in self.shown.text, f"{label!r} is not on {self.shown.text!r}"
        number = number_of(self.shown.text, label)
        return number if number and number != self.said.latest else label

    def type(self, text: str) -> None:
        """Take what is typed next; nothing is sent yet."""
        self.said = replace(self.said, inputs=(*self.said.inputs, text))

    async def post(self) -> str:
        """Say it and wait for the answer."""
        before = len(self.messages())
        answer = await self.knock()
        assert answer.status_code == 200, (answer.status_code, answer.text)
        self.answer = answer.content
        if self.speaker.ussd:
            self.shown = self.speaker.heard(self.line, answer)
        else:
            self.shown = Heard((await self.wait(before + 1))[-1])
        return self.shown.text

    async def knock(self, posted: Posted | None = None) -> httpx.Response:
        """Send a request, or the one of what was said last."""
        asked = posted or self.request()
        url = asked.url.replace(self.url, self.door, 1)
        return await self.http.request(
            asked.method, url, headers=list(asked.headers), content=asked.body
        )

    def messages(self) -> list[str]:
        """What was sent to this phone on this kind so far."""
        sent = (self.speaker.sent(fields) for fields in self.provider.messages())
        return [told[1] for told in sent if told and told[0] == self.number]

    async def wait(self, count: int, within_s: float = PATIENCE_S) -> list[str]:
        """What was sent to this phone, once there are `count` of it."""
        deadline = time.monotonic() + within_s
        while len(found := self.messages()) < count:
            assert time.monotonic() < deadline, (self.line.kind, self.number, found)
            await asyncio.sleep(0.02)
        return found


async def to_confirm(phone: Phone) -> str:
    """Join, with 150 points for it, and go up to the question whether to spend 100 of them."""
    await phone.dial()
    await phone.pick("Join free", "Agree", "Skip")
    await phone.dial()
    shown = await phone.pick("Rewards", "Last Mugs")
    assert "Yes" in shown, shown
    return shown


async def balance(phone: Phone) -> str:
    """What they have, asked anew."""
    await phone.dial()
    if "Start over" in phone.shown.text:
        await phone.pick("Start over")
    await phone.say("00")
    return await phone.pick("Balance")
