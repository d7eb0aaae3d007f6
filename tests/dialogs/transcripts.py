"""Plays a transcript: what a person says, what core is asked and answers, what they read.

    @ caller(points=1250)              who calls from here on; also surface("chat"), later(5),
                                       resume() and latest_only() for what comes next
    > redeem 2                         what they say; `> [id]` is a tap
    ! ListRewards() → offers()         what core was asked, and what it answered
    < Cafe Aroma                       what they read; END when it ends

The session is serialised and reloaded at every turn. Whatever stands behind `→` is built by
`tests.dialogs.world`; where nothing stands, the usual answer is given and written down.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from core.errors import LoyaltyError
from core.facts import Caller
from core.members.commands import WhoAmI
from core.ports import Command
from core.values import Money, Secret
from dialogs.dialog import Dialog
from dialogs.engine import Turn, turn
from dialogs.messages import Input, Reply
from dialogs.registry import discover
from dialogs.session import Session, from_json
from tests.dialogs import world

USUAL: Final = {
    "Enrol": "enrolled()", "ShowBalance": "balance()", "ListRewards": "offers()",
    "Redeem": "redeemed()", "ShowHistory": "history()", "ListIssuances": "(issuance(),)",
    "CancelIssuance": "settled('cancelled')", "UseHere": "settled('redeemed')",
    "EnterCode": "target()", "ShowMyCode": "till_code()", "ShowMyData": "my_data()",
    "ForgetPin": "'K7F3QD2'", "ResetPin": "'K7F3QD2'", "Leave": "'K7F3QD2'",
    "FindCustomer": "found()", "QuotePurchase": "quote()", "RecordPurchase": "earned()",
    "ListReserved": "(issuance('reserved'),)", "Approve": "settled('issued')",
    "Reject": "settled('rejected')", "LookUpCode": "issuance()",
    "UseIssuance": "settled('redeemed')", "ShowToday": "today()", "UndoPurchase": "undone()",
    "ShowLinkCode": "link_code()", "LookUpLink": "link_preview()", "LinkPhone": "phone_linked()",
    "ShowLastLink": "last_link()", "UndoLink": "link_undone()",
}  # fmt: skip
"""What core answers where a transcript says nothing; None for what is not listed."""


@dataclass(slots=True)
class Stage:
    """Everything that lasts from one line of a transcript to the next."""

    dialogs: Mapping[str, Dialog] = field(default_factory=discover)
    caller: Caller = field(default_factory=world.caller)
    session: Session = field(default_factory=Session)
    now: datetime = world.NOW
    surface: Any = "ussd"
    resume: bool = False
    latest_only: bool = False

    def set(self, directive: str) -> None:
        """Obey an `@` line."""
        name, _, rest = directive.partition("(")
        value: Any = build(f"({rest}") if name != "caller" else None
        match name:
            case "caller":
                self.caller = build(directive)
            case "surface":
                self.surface = value
            case "later":
                self.now += timedelta(minutes=value)
            case "resume":
                self.resume = True
            case "latest_only":
                self.latest_only = True
            case "deployed":
                self.session = replace(self.session, state="gone")
            case _:
                raise AssertionError(f"@ {directive} is no directive")

    def say(self, said: str, answers: Iterator[str]) -> tuple[list[str], Turn]:
        """Hear one input; the `!` lines and the turn."""
        tapped = said[1:-1] if said.startswith("[") and said.endswith("]") else None
        typed = "" if tapped else said
        turning = turn(
            self.dialogs, self.session, Input(typed, choice=tapped), now=self.now,
            surface=self.surface, resume=self.resume,
            avoid_digit=typed if self.latest_only else "",
        )  # fmt: skip
        lines: list[str] = []
        try:
            command = next(turning)
            while True:
                command = self._answered(turning, command, answers, lines)
        except StopIteration as stop:
            done: Turn = stop.value
        self.session = from_json(done.session.to_json())
        self.resume = False
        return lines, done

    def _answered(
        self, turning: Any, command: Command[Any], answers: Iterator[str], lines: list[str]
    ) -> Command[Any]:
        if isinstance(command, WhoAmI):
            return turning.send(self.caller)  # type: ignore[no-any-return]
        usual = USUAL.get(type(command).__name__, "None")
        answer = next(answers, "") or usual
        lines.append(f"! {described(command)} → {answer}")
        built = build(answer)
        if isinstance(built, LoyaltyError):
            return turning.throw(built)  # type: ignore[no-any-return]
        return turning.send(built)  # type: ignore[no-any-return]


@dataclass(slots=True)
class Played:
    """A transcript as it goes today, and the screens it went over."""

    text: str
    screens: list[tuple[str, str, Reply]]


def play(path: Path, stage: Stage | None = None) -> Played:
    """Play a transcript's inputs, with its answers, against the dialogs as they are, or on a
    stage of its own."""
    stage = stage or Stage()
    out, screens = list[str](), list[tuple[str, str, Reply]]()
    for block in blocks(path.read_text()):
        if not block[0].startswith(">"):
            out.append(block[0])
            if block[0].startswith("@ "):
                stage.set(block[0][2:])
            continue
        answers = iter([line.partition("→")[2].strip() for line in block if line[:1] == "!"])
        lines, done = stage.say(block[0][2:], answers)
        out += [block[0], *lines, *shown(done.reply)]
        screens.append((done.session.dialog, done.session.state, done.reply))
    return Played("\n".join(out) + "\n", screens)


def blocks(text: str) -> Iterator[list[str]]:
    """Single lines, except that an input keeps its `!` lines; old replies are dropped."""
    block: list[str] = []
    for line in text.splitlines():
        if line.startswith("!"):
            block.append(line)
        elif not line.startswith("<") and line != "END":
            if block:
                yield block
            block = [line]
    if block:
        yield block


def shown(reply: Reply) -> Iterator[str]:
    """A reply as a person reads it."""
    if not reply.text:
        yield "< (nothing)"
        return
    yield from (f"< {line}" for line in reply.text.split("\n"))
    yield from (f"< {choice.number} {choice.label}" for choice in reply.choices)
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
            return world.IDS.get(value, str(value))
        case Secret():
            return "•••"
        case Money():
            return str(value)
        case tuple():
            return f"({', '.join(value_shown(item) for item in value)})"
    return repr(value)


def build(text: str) -> Any:
    """A value from its text: constants, tuples, and calls of what the world names."""
    return _build(ast.parse(text, mode="eval").body)


def _build(node: ast.expr) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)):
            return -value  # type: ignore[operator]
        case ast.Tuple() | ast.List():
            return tuple(_build(item) for item in node.elts)
        case ast.Call(func=ast.Name(id=name)):
            made: Callable[..., Any] = world.refusals().get(name) or getattr(world, name)
            arguments = {str(keyword.arg): _build(keyword.value) for keyword in node.keywords}
            return made(*(_build(item) for item in node.args), **arguments)
    raise AssertionError(f"{ast.unparse(node)} cannot be built here")
