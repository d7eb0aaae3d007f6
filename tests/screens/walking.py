"""Walks every transcript again, in any language, on any surface, with the longest words in it.

The transcripts of the dialogs are the table of cases, and `cases/` beside this file adds what only
matters for room (sixty rewards, the largest amount). Whatever screen comes, the walk also tries
what people do anywhere: it is misheard, called off, broken off and dialled again, tapped on an old
button, told one by one why core refuses.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from msgspec import structs
from transitions import MachineError

from core.errors import LoyaltyError
from core.facts import Caller, Notice
from core.members.commands import WhoAmI
from core.ports import Command
from dialogs.dialog import State
from dialogs.engine import Turn, turn
from dialogs.languages import NAMES
from dialogs.messages import Input, Reply
from dialogs.notices import say
from dialogs.registry import discover
from dialogs.screen import SCREEN, Room
from dialogs.session import Session, from_json
from dialogs.sharing import CLOSED, NO_SUCH_CODE
from dialogs.transcript import blocks
from dialogs.view import Surface
from tests.dialogs import world
from tests.dialogs.playing import USUAL, Stage, build
from tests.screens.refusing import refusals
from tests.screens.worst import MEMBER, Filling, filled, stretched

DIALOGS: Final = discover()
TRANSCRIPTS: Final = Path(world.__file__).parent / "transcripts"
CASES: Final = Path(__file__).parent / "cases"
ANSWER: Final = re.compile(r"! (\w+)\(.*?\) → (.*)")
MUMBLED: Final = "¿?"
NEVER_REFUSED: Final = frozenset({"WhoAmI", "SeeNotices", "ListShops"})
"""What the first screen itself asks core: were it refused, there would be nowhere to go."""
FIRST: Final = ("home", "welcome", "programmes")
"""Where 00 leads: a shop's menus, or the shops of a shared number."""
OLD: Final = "gone~0"
NOTICE: Final = "notice"
"""Stands in the place of a dialog for what is told unasked."""
TRIED_MAX: Final = 2
"""So many screens of a state are tried with all that people do anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One answer as it was given. `how`: what led to it, beside the way of the case. `state` is
    "end" for the last answer of a conversation."""

    case: str
    dialog: str
    state: str
    how: str
    reply: Reply
    language: str
    surface: Surface
    filling: str

    @property
    def guards(self) -> bool:
        """Whether the next answer can move value."""
        known = self._known
        return known is not None and known.guards

    @property
    def waits(self) -> bool:
        """Whether anything typed is the answer, so that no key turns a page."""
        known = self._known
        return known is not None and (known.secret or (known.free and not known.lists))

    @property
    def _known(self) -> State | None:
        return DIALOGS[self.dialog].states.get(self.state) if self.dialog in DIALOGS else None


def cases(dialog: str) -> list[Path]:
    """The ways through a dialog."""
    return sorted([*TRANSCRIPTS.glob(f"{dialog}/*.txt"), *CASES.glob(f"{dialog}/*.txt")])


@cache
def built(text: str, filling: Filling, language: str) -> Any:
    """A value of a transcript with the longest words in it."""
    return filled(build(text), filling, language)


@dataclass(slots=True, kw_only=True)
class Walk:
    """One language, one surface, one filling; `screens` is what came of it, each once. `probe`:
    try what people do anywhere; `refuse`: hear every refusal."""

    language: str
    surface: Surface
    filling: Filling
    room: Room = SCREEN
    probe: bool = True
    refuse: bool = True
    screens: list[Screen] = field(default_factory=list)
    news: dict[str, Notice] = field(default_factory=dict)
    _case: str = ""
    _stage: Stage = field(default_factory=Stage)
    _told: dict[str, str] = field(default_factory=dict)
    _seen: set[object] = field(default_factory=set)
    _tried: Counter[tuple[str, str]] = field(default_factory=Counter)

    def through(self, paths: Iterable[Path]) -> "Walk":
        """Walk these ways."""
        for path in paths:
            self._case = f"{path.parent.name}/{path.stem}"
            self._stage, self._told = Stage(caller=self._of(world.caller())), {}
            for block in blocks(path.read_text()):
                if block[0].startswith("@ "):
                    self._set(block[0][2:])
                elif block[0].startswith(">"):
                    self._say(block[0][2:], [line for line in block[1:] if line[:1] == "!"])
        return self

    def push(self) -> "Walk":
        """Every notice met on the way, as a message of its own."""
        issuance = built("issuance()", self.filling, self.language)
        shop = self._of(built("caller()", self.filling, self.language))
        for notice in self.news.values():
            for of in (None, issuance) if notice.kind == "ready" else (None,):
                self.screens.append(
                    Screen(
                        case="pushed", dialog=NOTICE, state=notice.kind, how="",
                        reply=say(notice, self.language, shop.programme, of),
                        language=self.language, surface=self.surface, filling=self.filling.name,
                    )
                )  # fmt: skip
        return self

    def _set(self, directive: str) -> None:
        self._stage.set(directive)
        if directive.startswith("caller"):
            self._stage.caller = self._of(built(directive, self.filling, self.language))
            self.news |= {str(notice): notice for notice in self._stage.caller.unseen}

    def _of(self, caller: Caller) -> Caller:
        """The caller in the language that is walked; a shop of several languages speaks all."""
        several = len(caller.programme.languages) > 1
        spoken = tuple(dict.fromkeys((self.language, *NAMES))) if several else (self.language,)
        caller = replace(caller, programme=replace(caller.programme, languages=spoken))
        if caller.member is None:
            return caller
        return replace(caller, member=replace(caller.member, language=self.language))

    # ── one answer ──────────────────────────────────────────────────────────────────────────────

    def _say(self, said: str, answers: list[str]) -> None:
        stage = self._stage
        tapped = said[1:-1] if said.startswith("[") and said.endswith("]") else None
        typed = said.replace("{member}", stretched(self.filling, "member", "Rudo", MEMBER))
        given: dict[str, list[str]] = {}
        for line in answers:
            if found := ANSWER.match(line):
                given.setdefault(found[1], []).append(found[2])
        heard = Input("" if tapped else typed, choice=tapped)
        before, resume, stage.resume = stage.session, stage.resume, False
        options: dict[str, Any] = {
            "resume": resume, "unheard": stage.unheard, "tells": stage.tells,
        }  # fmt: skip
        stage.unheard = stage.tells = None
        if stage.latest_only:
            options["avoid_digit"] = heard.text
        asked = list[Command[Any]]()
        done = self._turn(before, heard, given=given, asked=asked, **options)
        stage.session = from_json(done.session.to_json())
        if self._keep(before, done, "") and self.probe and not options.get("avoid_digit"):
            self._try_everything(before, heard, done)
        if self.refuse:
            self._refuse(before, heard, asked)

    def _turn(
        self,
        session: Session,
        heard: Input,
        *,
        given: Mapping[str, list[str]] | None = None,
        asked: list[Command[Any]] | None = None,
        refused: tuple[str, LoyaltyError] | None = None,
        now: datetime | None = None,
        **options: Any,
    ) -> Turn:
        turning = turn(
            DIALOGS, session, heard, now=now or self._stage.now, surface=self.surface,
            room=self.room, **options,
        )  # fmt: skip
        waiting = {name: iter(texts) for name, texts in (given or {}).items()}
        try:
            command = next(turning)
            while True:
                if asked is not None:
                    asked.append(command)
                answer = self._answer(command, waiting, refused)
                if isinstance(answer, LoyaltyError):
                    command = turning.throw(answer)
                else:
                    command = turning.send(answer)
        except StopIteration as stop:
            done: Turn = stop.value
            return done

    def _answer(
        self,
        command: Command[Any],
        waiting: Mapping[str, Iterator[str]],
        refused: tuple[str, LoyaltyError] | None,
    ) -> Any:
        if isinstance(command, WhoAmI):
            return self._stage.caller
        name = type(command).__name__
        if refused and refused[0] == name:
            # A new one each time: an exception that was thrown before drags its past along.
            return type(refused[1])(**refused[1].params)
        told = next(waiting.get(name, iter(())), "") or self._told.get(name, "")
        answer = built(told or USUAL.get(name, "None"), self.filling, self.language)
        if told and not isinstance(answer, LoyaltyError):
            self._told[name] = told
        return answer

    def _keep(self, before: Session, done: Turn, how: str) -> bool:
        """Note the screen; False when it was known, or says nothing at all."""
        place = (done.session.dialog, done.session.state)
        dialog, state = place if done.session.dialog else (before.dialog or "home", "end")
        key = (dialog, state, done.language, done.reply)
        if key in self._seen or not done.reply.text:
            return False
        self._seen.add(key)
        self.screens.append(
            Screen(
                case=self._case, dialog=dialog, state=state, how=how, reply=done.reply,
                language=done.language, surface=self.surface, filling=self.filling.name,
            )
        )  # fmt: skip
        return True

    # ── what people do anywhere ─────────────────────────────────────────────────────────────────

    def _try_everything(self, before: Session, heard: Input, done: Turn) -> None:
        here = done.session
        place = (here.dialog, here.state)
        self._tried[place] += 1
        if not here.dialog or self._tried[place] > TRIED_MAX:
            return
        self._keep(here, self._turn(here, Input(MUMBLED)), "misheard")
        self._keep(here, self._turn(structs.replace(here, rejects=2), Input(MUMBLED)), "third miss")
        self._keep(here, self._turn(here, Input("", choice=OLD)), "old button")
        aged = structs.replace(here, offered_before={OLD: 1})
        self._keep(here, self._turn(aged, Input("", choice=OLD)), "button of last week")
        for news in (NO_SUCH_CODE, CLOSED):
            self._keep(here, self._turn(Session(), Input(""), news=news), "dialled a wrong code")
        if self.surface == "ussd":
            self._keep(here, self._turn(here, Input(""), resume=True), "dialled again")
        self._keep(here, self._turn(here, Input("0")), "0")
        home = self._turn(here, Input("00"))
        assert home.understood, (self._case, home)
        assert home.session.dialog in FIRST, (self._case, home)
        if self.surface == "ussd" and DIALOGS[here.dialog].states[here.state].guards:
            again = self._turn(before, heard, avoid_digit=heard.text or "1")
            self._keep(before, again, "digit avoided")

    def _refuse(self, before: Session, heard: Input, asked: list[Command[Any]]) -> None:
        """Every refusal of every command of this turn, whether core has reason for it or not."""
        for command in asked:
            name, at = type(command).__name__, (before.dialog, before.state, type(command).__name__)
            if name in NEVER_REFUSED or ("refused", at) in self._seen:
                continue
            self._seen.add(("refused", at))
            for error in refusals(self.filling, self.language):
                # Where the table knows no way on, core never refuses so: a PIN is not required
                # again of one who just typed it.
                with suppress(MachineError):
                    done = self._turn(before, heard, refused=(name, error))
                    self._keep(before, done, f"refused: {error.code}")
