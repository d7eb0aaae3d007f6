"""A conversation under a test's control: what is said, what core answers, what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import LoyaltyError
from core.facts import Caller
from core.ports import Command
from dialogs.dialog import Dialog
from dialogs.engine import Turn, turn
from dialogs.messages import Input
from dialogs.registry import discover
from dialogs.session import Session, from_json
from tests.dialogs import world
from tests.dialogs.playing import USUAL, build


@dataclass(slots=True)
class Talk:
    """`say` an input; the reply's text comes back, `done` keeps the whole turn."""

    caller: Caller = field(default_factory=lambda: world.caller(points=1250))
    dialogs: Mapping[str, Dialog] = field(default_factory=discover)
    session: Session = field(default_factory=Session)
    surface: Any = "ussd"
    answers: dict[str, Any] = field(default_factory=dict)
    now: Any = world.NOW
    asked: list[Command[Any]] = field(default_factory=list)
    done: Turn | None = None

    def say(self, *said: str, tap: str | None = None, **options: Any) -> str:
        """Say one input after the other; the text of the last reply."""
        for text in said or ("",):
            self.done = self._turn(Input(text, choice=tap), **options)
            self.session = from_json(self.done.session.to_json())
        assert self.done
        return self.done.reply.text

    @property
    def turn(self) -> Turn:
        """The last turn."""
        assert self.done
        return self.done

    @property
    def at(self) -> str:
        """Where the conversation stands."""
        return f"{self.session.dialog}.{self.session.state}"

    def _turn(self, said: Input, **options: Any) -> Turn:
        turning = turn(
            self.dialogs, self.session, said, now=self.now, surface=self.surface, **options
        )
        self.asked = []
        try:
            command = next(turning)
            while True:
                self.asked.append(command)
                answer = self._answer(command)
                if isinstance(answer, LoyaltyError):
                    command = turning.throw(answer)
                else:
                    command = turning.send(answer)
        except StopIteration as stop:
            done: Turn = stop.value
            return done

    def _answer(self, command: Command[Any]) -> Any:
        name = type(command).__name__
        if name == "WhoAmI":
            return self.caller
        return self.answers[name] if name in self.answers else build(USUAL.get(name, "None"))
