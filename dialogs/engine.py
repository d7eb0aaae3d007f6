"""`turn()`: one input in, one answer out, and the commands in between. Pure; called by the gateway.

The caller drives the generator: it sends each command's answer in and throws each refusal in. At
most one command that is not a query succeeds in a turn, and nothing is asked after it, so a turn
is one unit of work by construction (docs/architecture.md, The way of a message).
"""

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from core.errors import LoyaltyError
from core.members.commands import SeeNotices, WhoAmI
from core.ports import Command, Query
from dialogs.dialog import Dialog, State, Visit
from dialogs.finishing import finish
from dialogs.messages import Input, Reply
from dialogs.responding import RESUME, respond
from dialogs.running import PICKER, Run, Steps
from dialogs.screen import SCREEN, Room
from dialogs.session import Result, Session
from dialogs.view import Surface, speaking

WHO: Final = WhoAmI()
"""The first question of every turn."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn came to. `reply`: every choice carries its number; a reply without text asks
    for no answer at all (a second STOP). `session`: to be stored; `page` tells which page of the
    reply to show. `command`: the one that succeeded. `durable`: the commit must be flushed.
    `understood`: False when the input was refused as unclear. `language`: the reply's. `visit`:
    nothing is replied, since the turn goes on at another shop, with `session`."""

    reply: Reply
    session: Session
    command: str | None
    durable: bool
    understood: bool
    language: str
    visit: Visit | None = None


def turn(
    dialogs: Mapping[str, Dialog],
    session: Session,
    input: Input,
    *,
    now: datetime,
    surface: Surface,
    resume: bool = False,
    avoid_digit: str = "",
    news: str = "",
    room: Room = SCREEN,
    unheard: Result | None = None,
    tells: bool | None = None,
) -> Generator[Command[Any], Any, Turn]:
    """Answer an input. An empty `session` opens; `resume` offers to continue where a carrier's
    session broke off. `avoid_digit`: what was just typed, on carriers that send only the latest
    input: no choice of a guarding screen gets that number (docs/security.md, 8). `news`: a text
    of the catalogue to say first. `room`: what one screen of the carrier holds. `unheard`: a
    result of an earlier session, to be said first. `tells`: say here what is new (None: where this
    opens); of digits dialled ahead only the last answer is seen."""
    caller = yield WHO
    run = Run(
        dialogs=dialogs,
        session=session,
        caller=caller,
        words=speaking(caller, session.language, now=now, surface=surface, room=room),
        input=input,
        now=now,
        surface=surface,
        unheard=unheard,
        tells=tells,
    )
    before = run.state
    reply = yield from _watched(respond(run, resume=resume, news=news), run)
    return _done(run, before, reply, avoid_digit)


def _done(run: Run, before: State, reply: Reply, avoid_digit: str) -> Turn:
    if run.visit is None:
        reply, after = finish(run, reply, avoid_digit)
    else:
        after = run.session.depart()
    return Turn(
        reply=reply,
        session=after,
        command=run.command,
        durable=run.attempted or _moves(before) or (after.dialog != "" and _moves(run.state)),
        understood=run.understood,
        language=run.words.language,
        visit=run.visit,
    )


def stops_walk(dialogs: Mapping[str, Dialog], session: Session) -> bool:
    """True when digits dialled ahead must stop here: the conversation has ended, or its next
    answer is a secret, a confirmation, free text or a shop (docs/security.md, U38)."""
    if not session.dialog or session.dialog == PICKER:
        return True
    state = _state(dialogs, session)
    return state is not None and (_moves(state) or state.free)


def resumes(dialogs: Mapping[str, Dialog], session: Session) -> bool:
    """True when a redial has something to offer or to say first: what was begun and not finished,
    or a result that perhaps nobody saw (docs/conversation.md, rule 8)."""
    state = _state(dialogs, session)
    if state is None:
        return False
    told = state.result or session.result is not None
    flows = dialogs[session.dialog].flow and state.resumable
    return told or flows or session.dialog == RESUME


def _state(dialogs: Mapping[str, Dialog], session: Session) -> State | None:
    dialog = dialogs.get(session.dialog)
    return dialog.states.get(session.state) if dialog else None


def _moves(state: State) -> bool:
    """Whether its next answer can move value: a turn that enters or leaves it is flushed."""
    return state.secret or state.guards


def _watched(steps: Steps[Any], run: Run) -> Steps[Any]:
    """Pass commands out and answers in, and hold the turn to its one unit of work. A question
    asked twice in a turn is answered once."""
    answer: Any = None
    refused: LoyaltyError | None = None
    while True:
        try:
            command = steps.throw(refused) if refused else steps.send(answer)
        except StopIteration as stop:
            return stop.value
        assert run.command is None, f"{command} is asked after {run.command}"
        refused = None
        asks = isinstance(command, Query)
        if run.answers and (known := [each for asked, each in run.answers if asked == command]):
            (answer,) = known
            continue
        if not asks and not isinstance(command, SeeNotices):
            run.attempted = True
        try:
            answer = yield command
        except LoyaltyError as error:
            refused = error
        else:
            if asks:
                run.answers.append((command, answer))
            else:
                run.command = type(command).__name__
