"""The message side of the fake carrier: what people write, what the gateway sends, and statuses."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from gateway.adapter import Channel
from gateway.inbound import HttpRequest, HttpResponse
from gateway.simulator.board import Board, Unknown
from gateway.simulator.carriers import CHAT, ChatCarrier
from gateway.simulator.carriers.messages import Read, Report, Said, Sending
from gateway.simulator.exchange import MASK
from gateway.simulator.handset import NO_WISH, Bubble, BubbleState, Handset
from gateway.simulator.pictures import Pictures

TRIES: Final = 3
"""How often a webhook is posted when the gateway cannot take it, before the phone gives up."""

ReportState = Literal["sent", "delivered", "read", "failed"]
REPORTED: Final[tuple[ReportState, ...]] = ("sent", "delivered")

NO_PICTURE: Final = 131053
"""Meta's code for a picture it could not fetch."""


class Chat:
    """Messages on every handset."""

    def __init__(self, board: Board, pictures: Pictures) -> None:
        self._board, self._pictures = board, pictures
        self._later: set[asyncio.Task[None]] = set()

    async def say(self, channel_id: UUID, number: str, text: str) -> Bubble:
        """A person writes a message."""
        channel = await self._board.channel(channel_id)
        return await self._send(channel, self._said(channel, number, text))

    async def tap(self, channel_id: UUID, number: str, about: str, pick_id: str) -> Bubble:
        """A person taps a button, or picks a row, of a message on the phone."""
        channel = await self._board.channel(channel_id)
        asked = self._board.handsets.get(number).thread(channel_id).find(about)
        picks = (*asked.buttons, *asked.rows) if asked else ()
        pick = next((pick for pick in picks if pick.id == pick_id), None)
        if asked is None or pick is None:
            raise Unknown("This message does not offer that.")
        how: Literal["button", "list"] = "button" if pick in asked.buttons else "list"
        said = self._said(channel, number, pick.title)
        return await self._send(channel, replace(said, pick=pick, how=how, about=about))

    async def read(self, channel_id: UUID, number: str) -> None:
        """The person looks at the thread: what was delivered is read now, and reported so."""
        channel = await self._board.channel(channel_id)
        thread = self._board.handsets.get(number).thread(channel_id)
        async with thread.lock:
            for bubble in tuple(thread.bubbles):
                if not bubble.mine and bubble.state == "delivered":
                    await self._report(channel, number, bubble.id, "read")

    async def carry(self, kind: str, request: HttpRequest) -> HttpResponse:
        """A call of the gateway to a carrier's API: answered as the carrier does, delivered and
        reported afterwards."""
        board, carrier = self._board, CHAT.get(kind)
        if carrier is None:
            raise Unknown("There is no such carrier.")
        of_kind = [channel for channel in await board.channels() if channel.kind == kind]
        channel = carrier.find(of_kind, request)
        if isinstance(channel, HttpResponse):
            return channel
        taken = carrier.takes(channel, request, board.fresh())
        answer = taken if isinstance(taken, HttpResponse) else carrier.took(
            channel, taken, board.now()
        )  # fmt: skip
        handset = self._concerned(channel, taken)
        self._board.wire.tell(
            request, answer, channel=channel, phone=handset.number if handset else "",
            what="Mark as read" if isinstance(taken, Read) else "Send message",
            at=board.now(), to="carrier", took_ms=0,
        )  # fmt: skip
        if handset and isinstance(taken, Read):
            self._seen(handset, channel, taken)
        elif handset and isinstance(taken, Sending):
            self._start(self._deliver(handset, channel, taken))
        return answer

    async def close(self) -> None:
        """Stop whatever is still under way."""
        for task in tuple(self._later):
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)

    def _said(self, channel: Channel, number: str, text: str) -> Said:
        carrier, board = _carrier(channel), self._board
        message_id = carrier.message_id(board.fresh())
        return Said(id=message_id, phone=number, name=board.name(number), text=text)

    async def _send(self, channel: Channel, said: Said) -> Bubble:
        """Show the message, post its webhook until the gateway takes it, move its ticks."""
        board, number = self._board, said.phone
        handset = board.handsets.get(number)
        secret = said.pick is None and await board.secret(channel, number)
        shown = replace(said, text=MASK) if secret else said
        bubble = Bubble(id=said.id, mine=True, text=shown.text, at=board.now(), state="sending")
        board.put(handset, channel, bubble)
        async with handset.lock:
            board.mark(handset, channel, said.id, "sent")
            state: BubbleState = (
                "delivered" if await self._webhook(channel, said, shown) else "failed"
            )
            board.mark(handset, channel, said.id, state)
        return handset.thread(channel.id).find(said.id) or bubble

    async def _webhook(self, channel: Channel, said: Said, shown: Said) -> bool:
        board, carrier = self._board, _carrier(channel)
        request = carrier.hears(channel, board.public_url, said, board.now())
        masked = carrier.hears(channel, board.public_url, shown, board.now())
        for _ in range(TRIES):
            response = await board.wire.post(
                request, channel=channel, phone=said.phone, what="Message webhook",
                shown=msgspec.structs.replace(masked, headers=request.headers),
            )  # fmt: skip
            if response is not None and response.status < 500:
                return response.status < 300
            await asyncio.sleep(board.pace_s * 4)
        return False

    def _concerned(self, channel: Channel, taken: Sending | Read | HttpResponse) -> Handset | None:
        if isinstance(taken, Sending):
            return self._board.handsets.get(taken.recipient)
        if isinstance(taken, Read):
            return self._board.handsets.holding(channel.id, taken.message_id)
        return None

    def _seen(self, handset: Handset, channel: Channel, read: Read) -> None:
        self._board.mark(handset, channel, read.message_id, "read")
        if read.typing:
            self._board.feed.tell("typing", phone=handset.number, channel=channel.id)

    async def _deliver(self, handset: Handset, channel: Channel, sending: Sending) -> None:
        """Bring a message to the phone, then tell the gateway how far it got."""
        board, number, thread = self._board, handset.number, handset.thread(channel.id)
        async with thread.lock:
            await asyncio.sleep(board.pace_s)
            image = await self._pictures.fetch(sending.image) if sending.image else ""
            if image is None:
                thread.wishes[sending.id] = sending.wish
                await self._report(channel, number, sending.id, "failed", NO_PICTURE)
                return
            secret = await board.secret(channel, number)
            bubble = Bubble(
                id=sending.id, mine=False, text=sending.text, at=board.now(), state="sending",
                buttons=sending.buttons, rows=sending.rows, opener=sending.opener,
                header=sending.header, footer=sending.footer, image=image, secret=secret,
            )  # fmt: skip
            board.put(handset, channel, bubble, sending.wish)
            for state in REPORTED:
                await self._report(channel, number, bubble.id, state)
                await asyncio.sleep(board.pace_s)

    async def _report(
        self, channel: Channel, number: str, bubble_id: str, state: ReportState, error: int = 0
    ) -> None:
        """Move a message's ticks and tell the gateway, in the way it wished."""
        board = self._board
        handset = board.handsets.get(number)
        wish = handset.thread(channel.id).wishes.get(bubble_id, NO_WISH)
        board.mark(handset, channel, bubble_id, state)
        report = Report(
            id=bubble_id, recipient=number, state=state, at=board.now(), wish=wish, error=error
        )
        request = _carrier(channel).reports(channel, board.public_url, report)
        if request is not None:
            await board.wire.post(request, channel=channel, phone=number, what=f"Status: {state}")

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)


def _carrier(channel: Channel) -> ChatCarrier:
    if channel.kind not in CHAT:
        raise Unknown("This channel carries no messages.")
    return CHAT[channel.kind]
