"""Where a message on a shared address goes: to which shop, from which one, and by which digits.

One code or number may serve many shops (docs/architecture.md, Tenancy): a sub-code says which
(`*123*45#`), else the conversation knows, else the caller's only one is meant, else they pick.
Called by `conversation`, for channels of the platform; on a shop's own channel all is as it is.
"""

from uuid import UUID

import msgspec
from msgspec.structs import replace

from core.facts import Caller
from dialogs.messages import Input
from dialogs.session import Session
from dialogs.sharing import CLOSED, NO_SUCH_CODE
from gateway.hearing import Heard
from gateway.message import Message
from gateway.runtime import Runtime
from storage.turns import PLATFORM, BeginAsk, Snapshot


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be heard. `typed`: the digits it stands for, or the text itself."""

    input: Input
    typed: str


def ask_of(rt: Runtime, said: Message) -> BeginAsk:
    """What begin is asked about a message. Of a USSD request nobody knows yet whether it opens a
    session: begin takes the shop that the digits name only when it does."""
    ask = BeginAsk(
        owner=said.channel.owner,
        tenant=None,
        conversation_id=said.conversation_id,
        sender=said.sender,
        key=said.key,
        session_claim=said.claim,
    )
    if not said.shared or not said.adapter.PROFILE.reply_in_response:
        return ask
    tenant = sub_code(rt, said) or PLATFORM
    # A first request that comes again under another time opens again.
    session = None if said.inbound.opens else said.inbound.conversation
    return replace(ask, tenant=tenant, carrier_session=session)


def sub_code(rt: Runtime, said: Message) -> UUID | None:
    """The shop whose digits were dialled first behind the shared code, if any has them."""
    text = said.inbound.accumulated
    dialled = said.inbound.input.text if text is None else text
    return rt.registry.at_sub_code(said.channel, dialled.partition("*")[0])


def dialled(rt: Runtime, said: Message, snapshot: Snapshot, heard: Heard) -> tuple[Heard, str]:
    """What is left to hear once the sub-code led to its shop, and what to say first when it did
    not: then no digit behind it means anything."""
    if not (said.shared and heard.opens and heard.inputs):
        return heard, ""
    tenant = sub_code(rt, said)
    if tenant is not None and tenant == snapshot.tenant:
        return replace(heard, inputs=heard.inputs[1:]), ""
    return replace(heard, inputs=()), NO_SUCH_CODE if tenant is None else CLOSED


def spoken(inputs: tuple[str, ...], snapshot: Snapshot, *, opens: bool) -> list[Said]:
    """The inputs of a USSD request as they are heard. Digits behind the code that the shop gave a
    meaning keep it when its menus change; others are heard as if typed one by one."""
    shortcuts = snapshot.caller.programme.shortcuts
    meant = shortcuts.get(inputs[0]) if opens and inputs else None
    rest = [Said(input=Input(text), typed=text) for text in inputs]
    if meant is not None:
        return [Said(input=Input(meant), typed=inputs[0]), *rest[1:]]
    return [Said(input=Input(""), typed=""), *rest] if opens else rest


def was_at(snapshot: Snapshot) -> UUID:
    """The shop that the stored session belongs to; the platform where none was chosen."""
    known = snapshot.conversation
    return (known.at_tenant if known else None) or PLATFORM


def carried(said: Message, snapshot: Snapshot, session: Session) -> Session:
    """The stored session, as far as it goes along to where this turn is."""
    moved = said.shared and was_at(snapshot) != snapshot.tenant
    return session.depart() if moved else session


def closed(said: Message, snapshot: Snapshot, *, opens: bool) -> str:
    """What to say first to whose shop closed in the midst of their conversation."""
    known = snapshot.conversation
    gone = known is not None and known.at_tenant not in (None, snapshot.tenant)
    return CLOSED if said.shared and gone and not opens else ""


async def unchosen(rt: Runtime, snapshot: Snapshot) -> Snapshot:
    """The same moment as it is at no shop. Costs no trip once the platform's configuration is
    known."""
    version, known = snapshot.owner_version, snapshot.caller
    caller = Caller(
        programme=await rt.programmes.get(PLATFORM, version),
        address=known.address,
        stopped=known.stopped,
        shops=known.shops,
        chosen=False,
    )
    return replace(snapshot, tenant=PLATFORM, config_version=version, caller=caller)
