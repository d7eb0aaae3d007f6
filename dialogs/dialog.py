"""A dialog: one table of transitions, and per state how to ask and how to hear.

Called by `dialogs.definitions.*`, each of which makes one `Dialog`; the engine runs them.
A step is a plain function of a `View`; when it needs core it is a generator that yields commands
through `do` and may catch the refusal that is thrown in.

    dialog = Dialog("balance", start="shown", transitions=[("again", "shown", "shown")])

    @dialog.ask("shown")
    def ask_shown(view: View) -> Step[Reply]:
        balance = yield from do(ShowBalance())
        return Reply(text=view.t("You have {points} pts.", points=view.points(balance.available)))
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, Union
from uuid import UUID

import msgspec
from transitions import Machine

from core.facts import Caller
from core.ports import Command
from core.values import Money
from dialogs.menus import Spoken
from dialogs.messages import Input, Reply
from dialogs.screen import Room
from dialogs.session import Slots

R = TypeVar("R")
Step = Union[R, Generator[Command[Any], Any, R]]  # noqa: UP007, type variables need it spelled


def do(command: Command[R]) -> Generator[Command[Any], Any, R]:
    """Ask core and keep the answer's type: `balance = yield from do(ShowBalance())`."""
    answer: R = yield command
    return answer


class Move(msgspec.Struct, frozen=True):
    """Heard: fire this trigger. `slots` are merged into the dialog's. `language`: speak it from
    now on; `signed_in`: staff proved who they are."""

    trigger: str
    slots: Slots = msgspec.field(default_factory=dict)
    language: str = ""
    signed_in: bool = False


class Reject(msgspec.Struct, frozen=True):
    """Not understood: say `text`, ask the same again. The third time in a row ends politely."""

    text: str


class Call(msgspec.Struct, frozen=True):
    """Run another dialog by name; when it is done, go on here with `on_done`, a trigger (or ask
    the same state again when None). `instead`: this dialog is over and does not wait."""

    dialog: str
    slots: Slots = msgspec.field(default_factory=dict)
    on_done: str | None = None
    instead: bool = False


class Done(msgspec.Struct, frozen=True):
    """This dialog is finished: back to its caller, which gets `slots`; without a caller, home.
    `text` is said as the first lines of what follows; `end` ends the session with it instead.
    `language` and `signed_in` as in Move."""

    text: str = ""
    slots: Slots = msgspec.field(default_factory=dict)
    end: bool = False
    language: str = ""
    signed_in: bool = False


class Home(msgspec.Struct, frozen=True):
    """Drop whoever waits and go home, saying `text` first."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Go on at another shop of a shared address: there `said` is heard first ("" opens it).
    Nothing of this conversation goes along but its language."""

    tenant_id: UUID
    said: str = ""


Outcome = Move | Reject | Call | Done | Home | Visit


class View(Protocol):
    """What a step sees. `choice` is the id that was picked, None when free text was typed."""

    @property
    def caller(self) -> Caller: ...
    @property
    def slots(self) -> Slots: ...
    @property
    def input(self) -> Input: ...
    @property
    def choice(self) -> str | None: ...
    @property
    def picked(self) -> str:
        """`choice`, where only a choice can be heard: states neither free nor secret."""
        ...

    @property
    def spoken(self) -> Spoken:
        """The programme in the session's language, of which menus are made."""
        ...

    @property
    def language(self) -> str: ...
    @property
    def now(self) -> datetime: ...
    @property
    def chat(self) -> bool:
        """True where messages stay on the screen (WhatsApp, SMS); False on USSD."""
        ...

    @property
    def room(self) -> Room:
        """What one screen holds, where messages do not stay."""
        ...

    @property
    def is_member(self) -> bool:
        """True for one whose membership is active: not left, not blocked."""
        ...

    @property
    def chose_language(self) -> bool:
        """True when a language was picked in this conversation."""
        ...

    def t(self, message: str, **params: object) -> str:
        """The text in the session's language, `{name}`s filled in. `message` is the English."""
        ...

    def n(self, one: str, many: str, count: int, **params: object) -> str:
        """The plural form for `count`, which also fills `{count}`."""
        ...

    def points(self, count: int) -> str:
        """`1 250`, with a plain space."""
        ...

    def money(self, amount: Money) -> str:
        """`50.000 JOD`."""
        ...

    def currency(self, code: str) -> str:
        """`JOD`, as this language calls it."""
        ...

    def joined(self, *parts: str) -> str:
        """The parts that are there, with commas between."""
        ...

    def date(self, at: datetime) -> str:
        """`31 Jan`, in the tenant's zone."""
        ...

    def time(self, at: datetime) -> str:
        """`18:00`, in the tenant's zone."""
        ...

    def until(self, at: datetime) -> str:
        """The time when that is today, else the date."""
        ...

    def code(self, digits: str) -> str:
        """`482 913`: six digits in two groups; anything else as it is."""
        ...

    def phone(self, number: str) -> str:
        """An E.164 number with its middle hidden: `+962 79 *** 4567`."""
        ...


Ask = Callable[[View], Step[Reply | Outcome]]
"""An ask may pass on instead of asking, by any outcome but Reject."""
Hear = Callable[[View], Step[Outcome]]


@dataclass(slots=True, kw_only=True)
class State:
    """One screen. `secret`: its answer is a PIN. `guards`: its answer can move value, so its
    turns are durable and dialled-ahead digits stop here. `free`: its answer is typed text, not a
    choice (an amount, a name, a code). `zero`: the first `0` is heard as typed, only the next one
    is the key for back: an amount of 0 is a slip more often than a wish to leave (security.md,
    U10). `words`: a text that is nothing but a keyword is one even here, though the state is free.
    `lists`: typed text or a choice of a list, which is paged like any; words work here too.
    `result`: says what was done; a redial says it once more and goes home. `resumable`: a redial
    may come back here."""

    name: str
    ask: Ask | None = None
    hear: Hear | None = None
    secret: bool = False
    guards: bool = False
    free: bool = False
    zero: bool = False
    words: bool = False
    lists: bool = False
    result: bool = False

    @property
    def resumable(self) -> bool:
        """Never at a secret or confirm screen (docs/conversation.md, rule 8), nor behind it."""
        return not (self.secret or self.guards or self.result)


class Dialog:
    """A named table of `(trigger, source, dest)` and its states' steps. `staff`: only for staff
    who proved their PIN; else `members`: only for members. The trigger `back` is what `0` fires.
    `flow`: something is begun here that a redial offers to finish; the others only show.
    `anywhere`: speaks also where no shop is chosen yet.

    `title` is the English name used in "Continue with …?". The machine is built once and never
    registers a model (docs/dependencies.md, transitions); `ways` is its table, looked up at once.
    """

    def __init__(
        self,
        name: str,
        *,
        title: str,
        start: str,
        transitions: Iterable[tuple[str, str, str]],
        staff: bool = False,
        members: bool = True,
        flow: bool = False,
        anywhere: bool = False,
    ) -> None:
        self.name, self.title, self.start, self.staff, self.members, self.flow = (
            name, title, start, staff, members, flow,
        )  # fmt: skip
        self.anywhere = anywhere
        self.transitions = tuple(transitions)
        names = dict.fromkeys([start, *(s for _, a, b in self.transitions for s in (a, b))])
        self.states = {state: State(name=state) for state in names}
        self.machine = Machine(
            model=None,
            states=list(names),
            transitions=[list(row) for row in self.transitions],
            initial=start,
            auto_transitions=False,
            send_event=True,
        )
        self.ways: dict[tuple[str, str], str | None] = {
            (trigger, source): ways[0].dest
            for trigger, event in self.machine.events.items()
            for source, ways in event.transitions.items()
        }

    def ask(
        self,
        state: str,
        *,
        secret: bool = False,
        guards: bool = False,
        free: bool = False,
        zero: bool = False,
        words: bool = False,
        lists: bool = False,
        result: bool = False,
    ) -> Callable[[Ask], Ask]:
        """Register how a state asks, and what kind of answer it waits for."""

        def register(step: Ask) -> Ask:
            row = self.states[state]
            row.ask, row.secret, row.guards, row.free = step, secret, guards, free
            row.zero, row.words, row.lists, row.result = zero, words, lists, result
            return step

        return register

    def hear(self, *states: str) -> Callable[[Hear], Hear]:
        """Register how one or more states hear."""

        def register(step: Hear) -> Hear:
            for state in states:
                self.states[state].hear = step
            return step

        return register

    def check(self) -> None:
        """Fail at import when a state lacks its ask or hear."""
        for state in self.states.values():
            assert state.ask, f"dialog {self.name}: state {state.name} cannot ask"
            assert state.hear, f"dialog {self.name}: state {state.name} cannot hear"
