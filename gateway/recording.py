"""Records conversations of chosen phones as transcripts, in dev (`maita record`).

The recorder stands where a turn is pure: it hears what was said, what core was asked and what it
answered. Nothing of it is written as it was: names, numbers, codes and PINs get stand-ins
(`dialogs.standins`), and what is shown is played anew from those, so that a word nobody thought of
cannot reach the file. Built by `app`, asked by the simulator.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from core.errors import LoyaltyError
from core.facts import Caller
from core.members.commands import WhoAmI
from core.ports import Command
from core.values import Address
from dialogs.dialog import Dialog
from dialogs.engine import Turn, turn
from dialogs.messages import Input
from dialogs.session import Session
from dialogs.standins import StandIns
from dialogs.transcript import Stage, play
from dialogs.written import written
from gateway.adapter import Channel

TAPES_MAX: Final = 20
TURNS_MAX: Final = 500
CLOCK_STEP: Final = timedelta(minutes=1)


class NotRecordable(Exception):
    """What was recorded cannot be written down; the message is one sentence that says why."""


@dataclass(slots=True, kw_only=True)
class Taken:
    """One turn as it was taken: where it began, what was said, asked and answered, what came."""

    key: str
    session: Session
    said: Input
    secret: bool
    now: datetime
    surface: str
    resume: bool
    latest_only: bool
    news: str
    unheard: bool
    tells: bool | None
    asked: list[tuple[Command[Any], Any]] = field(default_factory=list)
    done: Turn | None = None


@dataclass(slots=True)
class Tape:
    """The turns of one phone since the recording began."""

    region: str = ""
    turns: list[Taken] = field(default_factory=list)


class Recorder:
    """`gateway.runtime.Witness`, and the tapes of the phones that are recorded."""

    def __init__(self) -> None:
        self._tapes: dict[str, Tape] = {}

    def start(self, phone: str) -> None:
        """Record this phone from its next word on, which opens its conversation anew."""
        self._tapes.pop(phone, None)
        self._tapes[phone] = Tape()
        while len(self._tapes) > TAPES_MAX:
            self._tapes.pop(next(iter(self._tapes)))

    def stop(self, phone: str) -> str:
        """The transcript of a phone since `start`; "" when nothing was said. Raises
        NotRecordable."""
        tape = self._tapes.pop(phone, Tape())
        return transcript(tape) if tape.turns else ""

    def turn(self, channel: Channel, sender: Address, key: str) -> Callable[..., Any]:
        """The engine's own turn, heard by a tape where there is one for this sender."""
        tape = self._tapes.get(sender.value)
        if tape is None or len(tape.turns) >= TURNS_MAX:
            return turn
        tape.region = channel.region
        return partial(_taken, tape, key)


def _taken(
    tape: Tape,
    key: str,
    dialogs: Mapping[str, Dialog],
    session: Session,
    said: Input,
    *,
    now: datetime,
    avoid_digit: str = "",
    **told: Any,
) -> Generator[Command[Any], Any, Turn]:
    """`told`: the rest of what the engine's turn is told."""
    if not _goes_on(tape, key, session, now):
        # What was taken before of this message was never committed: it begins again.
        tape.turns = [each for each in tape.turns if each.key != key]
    if not tape.turns:
        session = Session(language=session.language, turns=session.turns)
        told |= {"resume": False, "unheard": None}
    dialog = dialogs.get(session.dialog)
    state = dialog.states.get(session.state) if dialog else None
    taken = Taken(
        key=key, session=session, said=said, secret=bool(state and state.secret), now=now,
        surface=told["surface"], resume=told.get("resume", False), news=told.get("news", ""),
        unheard=told.get("unheard") is not None, tells=told.get("tells"),
        latest_only=bool(avoid_digit),
    )  # fmt: skip
    turning = turn(dialogs, session, said, now=now, avoid_digit=avoid_digit, **told)
    taken.done = yield from _heard(turning, taken)
    tape.turns.append(taken)
    return taken.done


def _goes_on(tape: Tape, key: str, session: Session, now: datetime) -> bool:
    """Whether a turn follows the last one of its message: the next of several digits, or the same
    at the shop that was visited."""
    last = tape.turns[-1] if tape.turns else None
    if last is None or last.key != key or last.done is None:
        return False
    return last.now == now or (last.done.visit is not None and last.done.session == session)


def _heard(
    turning: Generator[Command[Any], Any, Turn], taken: Taken
) -> Generator[Command[Any], Any, Turn]:
    """Pass everything on, and note what was asked and answered."""
    try:
        command = next(turning)
        while True:
            try:
                answer = yield command
            except LoyaltyError as refusal:
                taken.asked.append((command, refusal))
                command = turning.throw(refusal)
            else:
                taken.asked.append((command, answer))
                command = turning.send(answer)
    except StopIteration as stop:
        done: Turn = stop.value
        return done


def transcript(tape: Tape) -> str:
    """What was recorded, with stand-ins, as `dialogs.transcript` plays it. Raises NotRecordable
    where the conversation with stand-ins goes another way than the real one went."""
    stand_ins = StandIns(tape.region)
    for taken in tape.turns:
        for command, answer in taken.asked:
            stand_ins.value(command)
            stand_ins.result(answer)
    text = "\n".join(_lines(tape, stand_ins)) + "\n"
    played = play(text, Stage())
    went = iter([screen[:2] for screen in played.screens])
    for number, taken in enumerate(tape.turns):
        assert taken.done is not None, "only whole turns are on a tape"
        ended = taken.done.session.dialog, taken.done.session.state
        if taken.done.visit is None and next(went, None) != ended:
            raise NotRecordable(
                f"Turn {number + 1} goes another way without what was really typed or known there:"
                " nothing was written."
            )
    return played.text


def _lines(tape: Tape, stand_ins: StandIns) -> Iterator[str]:
    """The transcript but for what is shown: directives where something is new, inputs, answers."""
    told, clock, before = dict[str, str](), None, ""
    if tape.turns[0].session.language:
        yield f"@ {written(Session(language=tape.turns[0].session.language))}"
    for taken in tape.turns:
        if clock is None or abs(taken.now - clock) >= CLOCK_STEP:
            clock = taken.now
            yield f"@ {written(clock)}"
        for name, directive in _directives(taken, stand_ins):
            if told.get(name) != directive:
                yield f"@ {directive}"
            told[name] = directive
        if before and not taken.session.dialog:
            yield "@ anew()"
        before = taken.done.session.dialog if taken.done else ""
        yield from _step(taken, stand_ins)


def _step(taken: Taken, stand_ins: StandIns) -> Iterator[str]:
    """What counts for one turn only: how it began, what was said, what core answered."""
    if taken.resume:
        yield "@ resume()"
    if taken.news:
        yield f"@ news({taken.news!r})"
    if taken.unheard:
        yield "@ unheard()"
    if taken.tells is not None:
        yield f"@ tells({taken.tells})"
    yield f"> {_said(taken, stand_ins)}".rstrip()
    for command, answer in taken.asked:
        if not isinstance(command, WhoAmI):
            yield f"! {type(command).__name__}() → {written(stand_ins.result(answer))}"


def _directives(taken: Taken, stand_ins: StandIns) -> Iterator[tuple[str, str]]:
    yield "surface", f"surface({taken.surface!r})"
    if taken.latest_only:
        yield "latest_only", "latest_only()"
    for caller in (answer for _, answer in taken.asked if isinstance(answer, Caller)):
        shown = stand_ins.value(caller)
        programme = written(shown.programme)
        yield "programme", programme
        yield "caller", written(shown).replace(f"programme={programme}, ", "", 1)


def _said(taken: Taken, stand_ins: StandIns) -> str:
    if taken.said.choice is not None:
        return f"[{stand_ins.chosen(taken.said.choice)}]"
    return stand_ins.typed(taken.said.text, taken.session, secret=taken.secret)
