"""The USSD side of the fake carrier: dialling, answering and hanging up on one handset."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from gateway.adapter import Channel
from gateway.simulator.board import Board
from gateway.simulator.carriers import africastalking_ussd as carrier
from gateway.simulator.exchange import MASK
from gateway.simulator.handset import Call, Handset, Screen

KIND: Final = "africastalking_ussd"
LIFETIME_S: Final = 180
"""How long a network keeps an idle session (docs/architecture.md, A conversation)."""

NO_SERVICE: Final = "Connection problem or invalid MMI code."
TIMED_OUT: Final = "Session timed out."
NOT_OPEN: Final = "Dial a code first."


def route(channels: Sequence[Channel], code: str) -> tuple[Channel, list[str]] | None:
    """The channel a dialled code reaches and what was dialled past it, as networks do it: the
    longest service code that the dialled one starts with."""
    dialled = code.strip().removesuffix("#")
    found = [
        (channel, dialled[len(root) :].split("*")[1:])
        for channel in channels
        if channel.kind == KIND
        for root in [channel.address.removesuffix("#")]
        if f"{dialled}*".startswith(f"{root}*")
    ]
    return max(found, key=lambda pair: len(pair[0].address), default=None)


class Ussd:
    """USSD on every handset."""

    def __init__(self, board: Board) -> None:
        self._board = board

    async def dial(self, number: str, code: str, channel_id: UUID | None = None) -> Screen:
        """Dial a code; a call that is still open is hung up first."""
        board, handset = self._board, self._board.handsets.get(number)
        async with handset.lock:
            await self._drop(handset)
            channels = [
                channel
                for channel in await board.channels()
                if channel_id is None or channel.id == channel_id
            ]
            routed = route(channels, code)
            if routed is None:
                return self._show(handset, Screen(text=NO_SERVICE, trouble=True, dialled=code))
            now = board.now()
            handset.call = Call(
                channel=routed[0], session=f"ATUid_{board.fresh()}", dialled=code,
                started_at=now, heard_at=now, inputs=routed[1], shown=list(routed[1]),
            )  # fmt: skip
            return await self._ask(handset, handset.call)

    async def reply(self, number: str, text: str) -> Screen:
        """Send an answer to the screen that is open."""
        handset = self._board.handsets.get(number)
        async with handset.lock:
            call = handset.call
            if call is None or not call.screen.open:
                return self._show(handset, Screen(text=NOT_OPEN, trouble=True))
            if (self._board.now() - call.heard_at).total_seconds() > LIFETIME_S:
                await self._drop(handset)
                return self._show(handset, Screen(text=TIMED_OUT, trouble=True))
            call.inputs.append(text)
            call.shown.append(MASK if call.screen.secret else text)
            return await self._ask(handset, call)

    async def hang_up(self, number: str) -> Screen:
        """Leave; the carrier tells the gateway that the person is gone."""
        handset = self._board.handsets.get(number)
        async with handset.lock:
            session = handset.call.session if handset.call else ""
            await self._drop(handset)
            return self._show(handset, Screen(text="", session=session))

    async def _ask(self, handset: Handset, call: Call) -> Screen:
        board, number = self._board, handset.number
        response = await board.wire.post(
            carrier.asks(board.public_url, call, number, call.inputs),
            channel=call.channel, phone=number, what="USSD request",
            shown=carrier.asks(board.public_url, call, number, call.shown),
        )  # fmt: skip
        call.hops, call.heard_at = call.hops + 1, board.now()
        shown = carrier.shows(response)
        if shown is None:
            call.screen = Screen(text=NO_SERVICE, trouble=True, session=call.session)
            await self._end(handset, call, "Failed")
        else:
            text, is_open = shown
            secret = is_open and await board.secret(call.channel, number)
            call.screen = Screen(text=text, open=is_open, secret=secret, session=call.session)
            if not is_open:
                await self._end(handset, call, "Success")
        call.screen = replace(call.screen, dialled=call.dialled, hop=call.hops)
        return self._show(handset, call.screen)

    async def _drop(self, handset: Handset) -> None:
        if handset.call and handset.call.screen.open:
            await self._end(handset, handset.call, "Incomplete")
        handset.call = None

    async def _end(self, handset: Handset, call: Call, ending: carrier.Ending) -> None:
        board = self._board
        parts = (board.public_url, call, handset.number, ending, board.now())
        await board.wire.post(
            carrier.ended(*parts, call.inputs),
            channel=call.channel, phone=handset.number, what=f"Session ended: {ending}",
            shown=carrier.ended(*parts, call.shown),
        )  # fmt: skip

    def _show(self, handset: Handset, screen: Screen) -> Screen:
        self._board.feed.tell("screen", phone=handset.number, screen=screen)
        return screen
