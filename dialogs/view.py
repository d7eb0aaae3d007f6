"""What a step is handed: the caller, the slots, the input, and words in the session's language.

Made anew by the engine where another language is chosen, so that it is spoken at once; what is
another for every step (slots, input, choice) is set in it before the step.
"""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from core.facts import Caller
from dialogs.menus import Spoken, spoken
from dialogs.messages import Input
from dialogs.screen import SCREEN, Room
from dialogs.session import Slots
from dialogs.texts import Texts

Surface = Literal["ussd", "sms", "chat"]


class StepView(Texts, frozen=False, kw_only=True):  # type: ignore[misc]
    """`dialogs.dialog.View`, as the engine fills it."""

    caller: Caller
    spoken: Spoken
    slots: Slots = msgspec.field(default_factory=dict)
    input: Input = msgspec.field(default_factory=lambda: Input(""))
    choice: str | None = None
    surface: Surface = "ussd"
    room: Room = SCREEN
    chose_language: bool = False

    @property
    def picked(self) -> str:
        """`choice`, where only a choice can be heard: states neither free nor secret."""
        assert self.choice is not None
        return self.choice

    @property
    def chat(self) -> bool:
        """True where messages stay on the screen (WhatsApp, SMS); False on USSD."""
        return self.surface != "ussd"

    @property
    def is_member(self) -> bool:
        """True for one whose membership is active: not left, not blocked."""
        return is_member(self.caller)


def is_member(caller: Caller) -> bool:
    """True for one whose membership is active: not left, not blocked."""
    return caller.member is not None and caller.member.status == "active"


def speaking(
    caller: Caller, picked: str, *, now: datetime, surface: Surface, room: Room
) -> StepView:
    """What the caller is spoken to with: in the language picked in this conversation (at another
    shop: if it is spoken here), else in the member's, else in the programme's first."""
    member, programme = caller.member, caller.programme
    if caller.shops is not None and picked not in programme.languages:
        picked = ""
    language = picked or (member.language if member else "") or programme.languages[0]
    words = spoken(programme, language)
    return StepView(
        language=language,
        timezone=words.timezone,
        now=now,
        own=words.own,
        kept=words.kept,
        caller=caller,
        spoken=words,
        surface=surface,
        room=room if room.layout is words.layout else replace(room, layout=words.layout),
        chose_language=picked != "",
    )
