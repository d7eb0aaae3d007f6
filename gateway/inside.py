"""What the phones to try show beside themselves: where the dialog stands and what moved.

Implements the simulator's port on storage, and builds the simulator. Called by `app`, in dev.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from core.values import Address
from dialogs.dialog import Dialog
from dialogs.session import from_json
from gateway.adapter import Channel
from gateway.message import conversation_id
from gateway.recording import NotRecordable, Recorder
from gateway.runtime import Runtime
from gateway.simulator import Entry, Phone, Simulator, Standing, Unwritten
from storage.turns import PLATFORM
from storage.views import Views

NEWCOMERS = {
    "JO": ("+962799900001", "+962799900002"),
    "ZW": ("+263779990001", "+263779990002"),
}


class InsideView:
    """`gateway.simulator.port.Inside`, on the gateway's own database."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._views = Views(rt.db, rt.vault)

    async def standing(self, channel: Channel, address: Address) -> Standing | None:
        """The conversation's dialog and state, or None when there is no conversation."""
        known = conversation_id(self._rt.vault, channel, address)
        stored = await self._views.session(channel.owner, known)
        if stored is None:
            return None
        session = from_json(stored)
        dialog = self._rt.dialogs.get(session.dialog)
        state = dialog.states.get(session.state) if dialog else None
        return Standing(
            dialog=session.dialog,
            state=session.state,
            language=session.language,
            secret=bool(state and state.secret),
        )

    async def entries(self, channel: Channel, address: Address, after: str) -> list[Entry]:
        """What moved after the entry `after`, oldest first; for "" the last twenty."""
        tenant = channel.owner
        if tenant == PLATFORM:
            talk = conversation_id(self._rt.vault, channel, address)
            tenant = await self._views.at_tenant(tenant, talk) or tenant
        moves = await self._views.moves(tenant, address, after)
        return [
            Entry(
                id=move.id,
                at=move.at,
                code=move.code,
                amount=move.amount,
                debit=move.debit,
                credit=move.credit,
                balance=move.balance,
                ref=move.ref,
                detail=move.detail,
                state=move.state,
            )
            for move in moves
        ]


class Tapes:
    """`gateway.simulator.port.Tapes`, on the recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def start(self, phone: str) -> None:
        """Record this phone from its next word on."""
        self._recorder.start(phone)

    def stop(self, phone: str) -> str:
        """What was recorded, or Unwritten."""
        try:
            return self._recorder.stop(phone)
        except NotRecordable as error:
            raise Unwritten(str(error)) from error


async def simulator(rt: Runtime, recorder: Recorder) -> Simulator:
    """Phones for the tenants of this database: their people, and newcomers of their regions."""
    await rt.registry.refresh()
    tenants = await rt.registry.tenants()
    names = {tenant: (await rt.programmes.latest(tenant)).name for tenant in tenants}

    async def channels() -> list[Channel]:
        return [
            each for tenant in (*tenants, PLATFORM) for each in await rt.registry.of_owner(tenant)
        ]

    return Simulator(
        public_url=rt.settings.public_url,
        channels=channels,
        owners={**names, PLATFORM: "All shops"},
        phones=await _people(rt, names) + _newcomers(await channels()),
        http=rt.http,
        inside=InsideView(rt),
        tapes=Tapes(recorder),
        diagrams=lambda name, state: _diagram(rt.dialogs[name]),
    )


async def _people(rt: Runtime, names: Mapping[UUID, str]) -> list[Phone]:
    views = Views(rt.db, rt.vault)
    return [
        Phone(name=who.name, number=who.number, note=who.note, group=group)
        for tenant, group in names.items()
        for who in await views.people(tenant)
    ]


def _newcomers(channels: Iterable[Channel]) -> list[Phone]:
    regions = dict.fromkeys(channel.region for channel in channels)
    return [
        Phone(name="Somebody new", number=number, note="new", group="Newcomers")
        for region in regions
        for number in NEWCOMERS.get(region, ())
    ]


def _diagram(dialog: Dialog) -> dict[str, Any]:
    """A dialog's table as the page draws it."""
    return {
        "name": dialog.name,
        "title": dialog.title,
        "start": dialog.start,
        "states": [
            {"name": state.name, "secret": state.secret, "guards": state.guards}
            for state in dialog.states.values()
        ],
        "transitions": [
            {"trigger": trigger, "source": source, "dest": dest}
            for trigger, source, dest in dialog.transitions
        ],
    }
