"""The last hand on a reply: whose programme it is, numbers, keys, and what the session keeps of it.

Called by the engine. Nothing of an answer to a secret question is ever kept.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from core.members.commands import SeeNotices
from dialogs.choices import BACK, NOT_A_CHOICE, STAMP, numbered, shortened
from dialogs.dialog import State
from dialogs.menus import derived
from dialogs.messages import KEY_NUMBER, Choice, Reply
from dialogs.room import above_menu, above_question, staff_heading
from dialogs.running import PICKER, Run
from dialogs.session import Offered, Result, Session

REMEMBERED_MAX: Final = 40
MENUS: Final = ("home", "welcome")
REMEMBERED_S: Final = 7 * 24 * 3600
NO_CHANGE: Final = (None, SeeNotices.__name__)
"""The commands of turns that did nothing for anybody to be told."""


class Shown(msgspec.Struct, frozen=True):
    """Choices with their numbers, what a session keeps of them, and whether one leads back."""

    choices: tuple[Choice, ...]
    offered: tuple[Offered, ...]
    back: bool


def finish(run: Run, reply: Reply, avoid_digit: str = "") -> tuple[Reply, Session]:
    """The reply as it is shown, and the session as it is stored."""
    if run.paging:
        return reply, run.session
    at_menu = _at_menu(run)
    result, text = _result(run, reply), _headed(run, reply, at_menu=at_menu)
    if reply.end:
        reply = replace(reply, text=text)
        # A last reply may need more than one screen, so it can still be paged.
        return reply, replace(run.session.forget(), paged=reply)
    state = run.state
    shown = _numbered(run, state, reply.choices, avoid_digit)
    reply = replace(
        reply,
        text=text,
        choices=shown.choices,
        secret=reply.secret or state.secret,
        footer=reply.footer or ("" if at_menu else _footer(run, shown)),
    )
    return reply, _remembered(run, state, reply, shown, result)


def _result(run: Run, reply: Reply) -> Result | None:
    """What a caller whose screen vanished must still be told: what this turn did, or else what is
    still unheard. Messages of chats do not vanish; what a menu shows at once is not told again."""
    if run.command in NO_CHANGE or run.surface != "ussd":
        return run.unheard
    if run.did is None or not (run.state.result or run.did.flow):
        return None
    text = reply.text if run.state.result else "\n".join(run.said)
    return Result(dialog=run.did.name, text=text) if text else None


def _headed(run: Run, reply: Reply, *, at_menu: bool) -> str:
    """First line: whose programme it is. Then what is said first, then the reply itself."""
    lines = [*run.said, reply.text] if reply.text else run.said
    if not lines:
        return ""
    heading, known, words = run.caller.programme.name, run.known, run.words
    if run.dialog.name == PICKER and run.caller.chosen:
        # A list of shops is none of the present one's screens.
        return "\n".join(lines)
    if known and run.dialog.staff:
        heading = staff_heading(words, heading)
    if run.surface != "chat" and known and not reply.end and _alone(run.state):
        return _question(run, heading, reply)
    if run.surface == "ussd":
        if at_menu:
            more = words.t("More")
            return above_menu(words.room, heading, run.said, reply.text, reply.choices, more)
        if not words.room.holds([heading, *lines], reply.choices):
            heading = shortened(heading, words.room.quarter([heading, *lines]))
    return "\n".join([heading, *lines])


def _at_menu(run: Run) -> bool:
    """Whether this is the first menu, from which nothing leads back."""
    session, chosen = run.session, run.caller.chosen
    if session.frames or session.dialog not in (MENUS if chosen else (PICKER,)):
        return False
    if not chosen and not run.caller.shops:
        return True
    return run.known and session.state == run.dialog.start


def _alone(state: State) -> bool:
    """Whether a screen must hold all of a question: its Yes moves value, or whatever is typed
    answers it, so that no key turns a page."""
    return state.guards or state.secret or (state.free and not state.lists)


def _question(run: Run, heading: str, reply: Reply) -> str:
    needless = run.words.t(NOT_A_CHOICE) if run.state.guards else ""
    news = run.said
    if news and not run.words.room.holds([*news, reply.text], reply.choices):
        news = [line for line in news if line != needless]
    more = run.words.t("More")
    return above_question(run.words.room, heading, news, reply.text, reply.choices, more)


def _numbered(run: Run, state: State, choices: tuple[Choice, ...], avoid_digit: str) -> Shown:
    """Every choice with its number. A guarding screen's ids carry the turn, so that an older
    screen's Yes is never heard as this one's; where shops share a number, a button's id carries
    its shop."""
    stamp, shown = _stamp(run, state), derived(choices, _shown)
    shift = _shift(shown.choices, avoid_digit) if state.guards and avoid_digit else 0
    if not (stamp or shift):
        return shown
    end = f"{STAMP}{stamp}" if stamp else ""
    stamped = [
        replace(each, id=each.id + end, number=each.number + shift if each.number else 0)
        for each in shown.choices
    ]
    return Shown(tuple(stamped), _offered(stamped), shown.back)


def _shown(choices: tuple[Choice, ...], _: None) -> Shown:
    numbered = _with_numbers(choices)
    return Shown(numbered, _offered(numbered), BACK in [choice.id for choice in choices])


def _with_numbers(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    shown = [
        replace(choice, number=numbered(place)) if choice.number is None else choice
        for place, choice in enumerate(choices, 1)
    ]
    for choice in shown:
        number = choice.number or 0
        assert (number > 0 and number != KEY_NUMBER) or choice.id == BACK, choice
        assert STAMP not in choice.id, choice
    assert len({choice.number for choice in shown}) == len(shown), choices
    return type(choices)(shown)


def _stamp(run: Run, state: State) -> str:
    if state.guards:
        return str(run.session.turns)
    shared = run.caller.shops is not None and run.surface == "chat"
    return run.caller.programme.slug if shared else ""


def _shift(choices: tuple[Choice, ...], avoid_digit: str) -> int:
    numbers = [place if c.number is None else c.number for place, c in enumerate(choices, 1)]
    shift = 0
    while any(str(number + shift) == avoid_digit for number in numbers if number):
        shift += 1
    return shift


def _footer(run: Run, shown: Shown) -> str:
    return run.words.t("00 Home") if shown.back else run.words.t("0 Back  00 Home")


def _remembered(
    run: Run, state: State, reply: Reply, shown: Shown, result: Result | None
) -> Session:
    return replace(
        run.session,
        offered=shown.offered,
        offered_before=_offered_before(run, reply.choices),
        paged=None if state.secret or (state.free and not state.lists) else reply,
        page=1,
        result=result,
    )


def _offered(choices: Sequence[Choice]) -> tuple[Offered, ...]:
    return tuple(
        [
            Offered(
                id=choice.id,
                number=choice.number or 0,
                label=choice.label,
                short=choice.short,
                keywords=choice.keywords,
            )
            for choice in choices
        ]
    )


def _offered_before(run: Run, choices: tuple[Choice, ...]) -> dict[str, int]:
    """The buttons that are still known, with when they were offered last; only chats have any."""
    before = run.session.offered_before
    if run.surface != "chat":
        return before
    now_s = int(run.now.timestamp())
    before = before | {choice.id: now_s for choice in choices}
    recent = sorted(before.items(), key=lambda item: item[1])[-REMEMBERED_MAX:]
    return {id: at for id, at in recent if now_s - at <= REMEMBERED_S}
