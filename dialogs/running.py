"""One turn's run through the dialogs: asks, hears, moves, calls and returns.

Holds the only mutable thing of a turn, the session being replaced. The engine decides what an
input means and calls this; dialogs see nothing of it but a view.
"""

from collections.abc import Generator, Mapping
from datetime import datetime
from types import GeneratorType
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace
from transitions import MachineError

from core.errors import LoyaltyError
from core.facts import Caller
from core.ports import Command
from dialogs.dialog import Call, Dialog, Done, Home, Move, Outcome, Reject, State, Visit
from dialogs.messages import Input, Reply
from dialogs.session import Frame, Result, Session, Slots
from dialogs.view import StepView, Surface, is_member, speaking
from dialogs.wording import MISHEARD, refusal

R = TypeVar("R")
Steps = Generator[Command[Any], Any, R]

SIGN_IN: Final = "sign_in"
PICKER: Final = "programmes"
WELCOME: Final = "welcome"
SIGNED_IN_S: Final = 15 * 60
FRAMES_MAX: Final = 8
HOPS_MAX: Final = 12
NOWHERE: Final = Dialog("", title="", start="", transitions=())
"""Where a conversation stands that has not begun, or whose place a deployment took away."""


class Run(msgspec.Struct, kw_only=True):
    """A turn under way. `words`: the view that every step is handed, and what the turn says itself.
    `dialog` speaks and `state` asks where the session stands; `known`: that place still exists, a
    deployment may have taken it away. `joined`: the caller is a member of the shop chosen. `said`:
    lines to say before the next question. `paging`: the reply is the next page of the last one.
    `command`: the name of the one that succeeded; `attempted`: one was tried; `answers`: of
    questions asked. `visit`: the conversation goes on at another shop, and nothing is said here.
    `did`: the dialog whose hearing made the change. `unheard`, `tells`: as the engine's `turn`."""

    dialogs: Mapping[str, Dialog]
    session: Session
    caller: Caller
    words: StepView
    input: Input
    now: datetime
    surface: Surface
    unheard: Result | None
    tells: bool | None
    dialog: Dialog = NOWHERE
    state: State = NOWHERE.states[""]
    known: bool = False
    joined: bool = False
    said: list[str] = []
    understood: bool = True
    paging: bool = False
    command: str | None = None
    attempted: bool = False
    visit: Visit | None = None
    answers: list[tuple[Command[Any], Any]] = []
    did: Dialog | None = None

    def __post_init__(self) -> None:
        """Stand where the session does."""
        self.joined = self.caller.chosen and is_member(self.caller)
        self.stand(self.session)

    def stand(self, session: Session) -> None:
        """Be where this session is."""
        self.session = session
        self.dialog = dialog = self.dialogs.get(session.dialog, NOWHERE)
        self.state = state = dialog.states.get(session.state) or NOWHERE.states[""]
        self.known = state.ask is not None

    def _view(self, choice: str | None = None) -> StepView:
        """What the next step sees."""
        view = self.words
        view.slots, view.input, view.choice = self.session.slots, self.input, choice
        return view

    # ── where to ────────────────────────────────────────────────────────────────────────────────

    def home(self, said: str = "") -> None:
        """Drop everything and stand at home: members' home, or the welcome, or, where no shop is
        chosen, the choice of one."""
        name = PICKER if not self.caller.chosen else "home" if self.joined else WELCOME
        self.stand(self.session.forget(name, self.dialogs[name].start))
        if said:
            self.said.append(said)

    def enter(self, name: str, slots: Slots | None = None) -> None:
        """Stand at a dialog's start."""
        start = self.dialogs[name].start
        self.stand(replace(self.session, dialog=name, state=start, slots=slots or {}))

    def call(self, name: str, slots: Slots | None = None, on_done: str | None = None) -> None:
        """Stand at another dialog's start; the present one waits."""
        here, start = self.session, self.dialogs[name].start
        frame = Frame(dialog=here.dialog, state=here.state, slots=here.slots, on_done=on_done)
        frames = (*here.frames, frame)[-FRAMES_MAX:]
        self.stand(replace(here, dialog=name, state=start, slots=slots or {}, frames=frames))

    def back(self) -> None:
        """The key `0`: the table's own way back, else to whoever waits, else home."""
        if ("back", self.session.state) in self.dialog.ways:
            self._fire("back")
            return
        while self._pop():
            if self.admitted():
                return
        self.home()

    def admitted(self) -> bool:
        """True when the caller may be where they stand."""
        caller, dialog = self.caller, self.dialog
        if dialog.name == PICKER:
            return caller.shops is not None
        if not caller.chosen:
            return dialog.anywhere
        if dialog.staff:
            return caller.staff is not None and self.session.staff_until > self.now.timestamp()
        return self.joined or not dialog.members

    def gate(self) -> bool:
        """Lead those who may not be here to the sign-in or the welcome, and members away from
        the welcome; True when it did."""
        dialog = self.dialog
        if self.joined and not dialog.staff and dialog.name not in (WELCOME, PICKER):
            # As most are who talk to us.
            return False
        strays = dialog.name == WELCOME and is_member(self.caller)
        if not strays and self.admitted():
            return False
        if strays or dialog.name == PICKER or not self.caller.chosen:
            self.home()
        elif dialog.staff and self.caller.staff is not None:
            self.call(SIGN_IN, {"onward": dialog.name})
        else:
            self.home("" if dialog.staff else self.words.t("Join first."))
        return True

    # ── steps ───────────────────────────────────────────────────────────────────────────────────

    def ask(self) -> Steps[Reply]:
        """Ask the present state, following those that pass on."""
        for _ in range(HOPS_MAX):
            self.gate()
            step = self.state.ask
            assert step
            try:
                answer: Any = step(self._view())
                # A step that needs core is a generator; any other has answered.
                asked: Reply | Outcome = (
                    (yield from answer) if isinstance(answer, GeneratorType) else answer
                )
            except LoyaltyError as error:
                self.home(refusal(error, self.words))
                continue
            if isinstance(asked, Reply):
                return asked
            reply = self.follow(asked)
            if reply:
                return reply
        raise AssertionError(f"{self.session.dialog} passes on for ever")

    def hear(self, choice: str | None) -> Steps[Reject | Reply | None]:
        """Let the present state hear: a refusal in words, a last reply, or None: ask next."""
        state, dialog = self.state, self.dialog
        assert state.hear
        # Nothing but a choice that was offered confirms anything.
        assert choice or state.free or state.secret or not state.guards
        try:
            answer: Any = state.hear(self._view(choice))
            outcome: Outcome = (yield from answer) if isinstance(answer, GeneratorType) else answer
        except LoyaltyError as error:
            text = refusal(error, self.words)
            if error.code in MISHEARD:
                return Reject(text)
            self._say(text)
            return None
        self.did = dialog if self.command else None
        return outcome if isinstance(outcome, Reject) else self.follow(outcome)

    def follow(self, outcome: Outcome) -> Reply | None:
        """Go where a step points; a reply when that ends the conversation."""
        match outcome:
            case Call():
                if outcome.instead:
                    self.enter(outcome.dialog, outcome.slots)
                else:
                    self.call(outcome.dialog, outcome.slots, outcome.on_done)
            case Move():
                self._fire(outcome.trigger, outcome.slots)
                self._learn(outcome)
            case Home():
                self.home(outcome.text)
            case Visit():
                self.visit = outcome
                return Reply(text="")
            case Done():
                self._learn(outcome)
                return self._done(outcome)
            case Reject():
                raise AssertionError("only a hearing step may reject")
        return None

    def _done(self, done: Done) -> Reply | None:
        if done.end:
            return Reply(text=done.text, end=True)
        if self._pop(done):
            self._say(done.text)
        else:
            self.home(done.text)
        return None

    def _learn(self, outcome: Move | Done) -> None:
        if outcome.language:
            self.session = replace(self.session, language=outcome.language)
            self.words = speaking(
                self.caller,
                outcome.language,
                now=self.now,
                surface=self.surface,
                room=self.words.room,
            )
        if outcome.signed_in:
            until = int(self.now.timestamp()) + SIGNED_IN_S
            self.session = replace(self.session, staff_until=until)

    def _pop(self, done: Done | None = None) -> bool:
        """Back to whoever waits; False when nobody does. One that a deployment took away means
        home. `done`: what was called has finished, else it is left."""
        if not self.session.frames:
            return False
        *rest, frame = self.session.frames
        slots = {**frame.slots, **done.slots} if done and done.slots else frame.slots
        self.stand(
            replace(
                self.session,
                dialog=frame.dialog,
                state=frame.state,
                slots=slots,
                frames=tuple(rest),
            )
        )
        if not self.known:
            self.home(self.words.t("The menu has changed."))
            return True
        if frame.on_done and done:
            self._fire(frame.on_done)
        return True

    def _fire(self, trigger: str, slots: Slots | None = None) -> None:
        dest = self.dialog.ways.get((trigger, self.session.state))
        if dest is None:
            raise MachineError(f"{trigger} leads nowhere from {self.session.state}")
        kept = self.session.slots
        slots = {**kept, **slots} if slots else kept
        self.stand(replace(self.session, state=dest, slots=slots))

    def _say(self, text: str) -> None:
        if text:
            self.said.append(text)
