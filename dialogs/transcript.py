"""Plays a transcript: what a person says, what core is asked and answers, what they read.

    @ caller(points=1250)              who calls from here on; also surface("chat"), later(5),
                                       resume(), news("…"), unheard(), tells(True) and
                                       latest_only() for what comes next,
                                       anew() to open again, deployed() to lose the state
    > redeem 2                         what they say; `> [id]` is a tap, `•••` a PIN
    ! ListRewards() → offers()         what core was asked, and what it answered
    < Cafe Aroma                       what they read; END when it ends
    VISIT bella-salon JOIN             where it goes on instead, and what is heard there

The session is serialised and reloaded at every turn. Whatever stands behind `@` or `→` is built by
`dialogs.written`, of the values of core and of what the player was given besides; a recorded
transcript (docs/operations.md) needs nothing besides. Where nothing stands behind `→`, the usual
answer is given and written down. Called by `maita replay`, by the recorder, and by the tests.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

from msgspec.structs import replace

from core.errors import LoyaltyError
from core.facts import Caller, Programme
from core.members.commands import WhoAmI
from core.ports import Command
from core.values import Money, Secret
from dialogs.dialog import Dialog
from dialogs.directions import layout
from dialogs.engine import Turn, turn
from dialogs.messages import Input, Reply
from dialogs.registry import discover
from dialogs.session import Result, Session, from_json
from dialogs.texts import EPOCH
from dialogs.written import NAMES, NotWritten, build, name_of

HIDDEN: Final = "•••"
PIN: Final = "73915"
"""What is typed where a transcript says `•••`."""

NOT_RECORDED: Final = "?"
"""What stands behind `→` where core was asked something that the transcript does not know."""


class NotRecorded(Exception):
    """Core is asked something that the transcript has no answer to: it cannot go on."""


@dataclass(slots=True)
class Stage:
    """Everything that lasts from one line of a transcript to the next. `names`: what may be
    written besides core's values; `usual`: what core answers where nothing is written, by the
    command's name. `kept`: what the session before did and may not have been seen."""

    dialogs: Mapping[str, Dialog] = field(default_factory=discover)
    names: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    usual: Callable[[str], str] = lambda command: NOT_RECORDED
    caller: Caller | None = None
    programme: Programme | None = None
    session: Session = field(default_factory=Session)
    now: datetime = EPOCH
    surface: Any = "ussd"
    resume: bool = False
    news: str = ""
    kept: Result | None = None
    unheard: Result | None = None
    tells: bool | None = None
    latest_only: bool = False

    def set(self, directive: str) -> None:
        """Obey an `@` line: what it is, or what it does. Raises NotWritten."""
        name, _, rest = directive.partition("(")
        match name:
            case "surface":
                self.surface = self.build(f"({rest}")
            case "later":
                self.now += timedelta(minutes=self.build(f"({rest}"))
            case "resume":
                self.resume = True
            case "news":
                self.news = self.build(f"({rest}")
            case "latest_only":
                self.latest_only = True
            case "unheard":
                self.unheard = self.kept
            case "tells":
                self.tells = self.build(f"({rest}")
            case "anew":
                self.kept, self.session = self.session.result, self.session.forget()
            case "deployed":
                self.session = replace(self.session, state="gone")
            case _:
                self._become(directive)

    def _become(self, directive: str) -> None:
        match self.build(directive):
            case Caller() as caller:
                self.caller = caller
            case Programme() as programme:
                self.programme = programme
            case Session() as session:
                self.session = session
            case datetime() as now:
                self.now = now
            case _:
                raise NotWritten(f"@ {directive} is no directive")

    def build(self, text: str) -> Any:
        """A value from its text; a recorded caller is one of the programme said before."""
        caller = {"Caller": partial(Caller, programme=self.programme)} if self.programme else {}
        return build(text, {**NAMES, **self.names, **caller})

    def say(self, said: str, answers: Iterator[str], lines: list[str]) -> Turn:
        """Hear one input; the turn. What core is asked on the way is added to `lines`. Raises
        NotRecorded and NotWritten."""
        tapped = said[1:-1] if said.startswith("[") and said.endswith("]") else None
        typed = "" if tapped else said.replace(HIDDEN, PIN)
        turning = turn(
            self.dialogs, self.session, Input(typed, choice=tapped), now=self.now,
            surface=self.surface, resume=self.resume, news=self.news,
            unheard=self.unheard, tells=self.tells,
            avoid_digit=typed if self.latest_only else "",
        )  # fmt: skip
        try:
            command = next(turning)
            while True:
                command = self._answered(turning, command, answers, lines)
        except StopIteration as stop:
            done: Turn = stop.value
        self.session = from_json(done.session.to_json())
        self.resume, self.news, self.unheard, self.tells = False, "", None, None
        return done

    def _answered(
        self, turning: Any, command: Command[Any], answers: Iterator[str], lines: list[str]
    ) -> Command[Any]:
        if isinstance(command, WhoAmI):
            if self.caller is None:
                raise NotWritten("nobody is said to call before the first words")
            return cast(Command[Any], turning.send(self.caller))
        answer = self._answer(command, next(answers, ""))
        lines.append(f"! {described(command)} → {answer}")
        if answer == NOT_RECORDED:
            raise NotRecorded
        built = self.build(answer)
        if isinstance(built, LoyaltyError):
            return cast(Command[Any], turning.throw(built))
        return cast(Command[Any], turning.send(built))

    def _answer(self, command: Command[Any], line: str) -> str:
        """What the transcript says to this very command, else the usual."""
        name, (asked, _, answer) = type(command).__name__, line.partition("→")
        written = answer.strip() if asked.removeprefix("! ").startswith(f"{name}(") else ""
        return written or self.usual(name)


@dataclass(slots=True)
class Played:
    """A transcript as it goes today, and the screens it went over."""

    text: str
    screens: list[tuple[str, str, Reply]]


def play(text: str, stage: Stage) -> Played:
    """Play a transcript's inputs, with its answers, against the dialogs as they are. It ends
    early where core is asked something else than the transcript knows. Raises NotWritten."""
    out, screens = list[str](), list[tuple[str, str, Reply]]()
    for block in blocks(text):
        if not block[0].startswith(">"):
            out.append(block[0])
            if block[0].startswith("@ "):
                stage.set(block[0][2:])
            continue
        out.append(block[0])
        try:
            done = stage.say(block[0][2:], iter(block[1:]), out)
        except NotRecorded:
            break
        if done.visit:
            out.append(f"VISIT {name_of(done.visit.tenant_id)} {done.visit.said}".rstrip())
            continue
        out += shown(done.reply, layout(done.language).joint)
        screens.append((done.session.dialog, done.session.state, done.reply))
    return Played("\n".join(out) + "\n", screens)


def blocks(text: str) -> Iterator[list[str]]:
    """Single lines, except that an input keeps its `!` lines; old replies are dropped."""
    block: list[str] = []
    for line in text.splitlines():
        if line.startswith("!"):
            block.append(line)
        elif not line.startswith(("<", "VISIT")) and line != "END":
            if block:
                yield block
            block = [line]
    if block:
        yield block


def shown(reply: Reply, joint: str = " ") -> Iterator[str]:
    """A reply as a person reads it."""
    if not reply.text:
        yield "< (nothing)"
        return
    yield from (f"< {line}" for line in reply.text.split("\n"))
    yield from (f"< {choice.number}{joint}{choice.label}" for choice in reply.choices)
    if reply.media:
        yield f"< [picture of {reply.media.code}]"
    if reply.footer:
        yield f"< {reply.footer}"
    if reply.secret:
        yield "< (a PIN is awaited)"
    if reply.end:
        yield "END"


def described(command: Command[Any]) -> str:
    """A command with what was given to it, ids by their names and secrets hidden."""
    given = [
        f"{row.name}={value_shown(value)}"
        for row in fields(command)
        if (value := getattr(command, row.name)) != row.default
    ]
    return f"{type(command).__name__}({', '.join(given)})"


def value_shown(value: object) -> str:
    match value:
        case UUID():
            return name_of(value)
        case Secret():
            return HIDDEN
        case Money():
            return str(value)
        case tuple():
            return f"({', '.join(value_shown(item) for item in value)})"
    return repr(value)
