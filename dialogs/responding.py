"""From what was heard to what is said: opens, obeys keywords, presses keys, lets dialogs hear.

Called by the engine, once a turn; decides nothing about a channel beyond its surface.
"""

from typing import Final

from msgspec.structs import replace

from core.facts import Notice
from core.members.commands import SeeNotices
from core.rewards.commands import ListIssuances
from dialogs.choices import STAMP, YES
from dialogs.dialog import Reject, Visit, do
from dialogs.hearing import Ear, Heard, Key, Picked, Pressed, Said, Stale, Typed, Unclear
from dialogs.keywords import HEARD, HEARD_MAX_CHARS, normal
from dialogs.messages import Input, Reply
from dialogs.notices import notice_text
from dialogs.running import PICKER, Run, Steps

REJECTS_MAX: Final = 3
NOTICES_SAID: Final = 2
"""As many unseen notices are said at once; the rest waits for the next visit."""

RESUME: Final = "resume"
REWARD: Final = "reward"
ABOUT_A_REWARD: Final = ("reward", "use_reward", "cancel_reward")
"""Dialogs whose result names a reward in the slot `name`."""


def respond(run: Run, *, resume: bool, news: str = "") -> Steps[Reply]:
    """Answer the run's input; `resume`: a session that broke off may be continued; `news`: a text
    to say first."""
    if news:
        run.said.append(run.words.t(news))
    if run.surface != "ussd":
        # Keyboards of chats add spaces and lines of their own.
        run.input = replace(run.input, text=run.input.text.strip())
    session = run.session
    opens = resume or not session.dialog
    overtaking = _overtaking(run) if resume else None
    heard = _hear(run)
    wrong = 0 if opens else session.rejects
    run.session = replace(session, turns=session.turns + 1, rejects=wrong)
    reply = yield from _led(run, heard, opens=opens, resume=resume)
    tells = opens if run.tells is None else run.tells
    if tells and (run.unheard or run.caller.unseen) and not _full(run, reply):
        if not resume:
            yield from _say_unheard(run)
        yield from _say_notices(run, overtaking)
    return reply


def _led(run: Run, heard: Heard, *, opens: bool, resume: bool) -> Steps[Reply]:
    """The steps that answer what was heard."""
    if isinstance(heard, Said) and (heard.keyword.at_once or (opens and not resume)):
        return _obey(run, heard)
    if isinstance(heard, Pressed) and heard.key == "more" and not resume:
        return _press(run, "more")
    if opens:
        return _open(run, heard, resume=resume and run.known)
    if not run.known:
        run.home(run.words.t("The menu has changed."))
        return run.ask()
    return run.ask() if run.gate() else _answer(run, heard)


def _full(run: Run, reply: Reply) -> bool:
    """No room for news: a change says its own, and a question on a small screen stands alone with
    its choices."""
    if run.command is not None or run.visit is not None:
        return True
    asks = run.state.guards or run.state.secret
    return run.surface == "ussd" and (reply.end or asks or run.paging)


def _hear(run: Run) -> Heard:
    ear = Ear(
        session=run.session,
        state=run.state if run.known else None,
        languages=run.words.spoken.heard,
        now=run.now,
    )
    return ear.hear(run.input)


def _open(run: Run, heard: Heard, *, resume: bool) -> Steps[Reply]:
    """The first screen of a conversation, or the offer to continue one."""
    if run.session.staff_until:
        run.session = replace(run.session, staff_until=0)
    if resume:
        text = "" if _overtaking(run) else (yield from _last_result(run))
        if _offer_to_continue(run):
            run.said += [text] if text else []
            return (yield from run.ask())
        run.home(text)
        return (yield from run.ask())
    if isinstance(heard, Stale):
        return (yield from _answer_stale(run, heard))
    if isinstance(heard, Unclear) and run.surface != "ussd":
        # Greeted all the same, but not for ever: it may be a machine that answers (S11).
        run.understood = False
    run.home()
    return (yield from run.ask())


def _offer_to_continue(run: Run) -> bool:
    """Stand at "Continue with …?" when there is something to continue."""
    if run.session.dialog == RESUME:
        run.back()
    at_home = run.session.dialog in ("home", "welcome") and not run.session.frames
    if at_home or not (run.dialog.flow and run.state.resumable):
        return False
    run.call(RESUME, {"title": run.dialog.title, "name": run.session.slots.get("name", "")})
    return True


def _overtaking(run: Run) -> Notice | None:
    """A notice of what became, since, of the very reward that the last result is about."""
    if run.session.dialog not in ABOUT_A_REWARD:
        return None
    name = run.session.slots.get("name")
    return next((n for n in run.caller.unseen if name and n.params.get("reward") == name), None)


def _last_result(run: Run) -> Steps[str]:
    """What the last screen said was done, since it may never have been seen. One line of it: what
    is left stands in the menu below. Where the screen cannot be asked again, the words it had."""
    if not run.state.result or not run.admitted():
        return run.session.result.text if run.session.result else ""
    said = (yield from run.ask()).text
    if run.session.dialog == REWARD and not (yield from _still_holds(run, said)):
        return ""
    return said.partition("\n")[0] if run.session.dialog in ABOUT_A_REWARD else said


def _say_unheard(run: Run) -> Steps[None]:
    """Say first what an earlier session did and perhaps never showed, if it still holds."""
    result, run.unheard = run.unheard, None
    if result is None:
        return
    if result.dialog != REWARD or (yield from _still_holds(run, result.text)):
        run.said.insert(0, result.text)


def _still_holds(run: Run, said: str) -> Steps[bool]:
    """Whether what was said of a reward is still so: it may have been used, given back, or
    approved since."""
    mine = (yield from do(ListIssuances())) if run.joined else ()
    told = [issuance for issuance in mine if issuance.ref in said]
    return any(not (each.hold_id and each.state == "issued") for each in told)


def _answer(run: Run, heard: Heard) -> Steps[Reply]:
    """Answer an input in the midst of a conversation."""
    if isinstance(heard, Picked):
        return _let_hear(run, heard.id)
    if isinstance(heard, Pressed):
        return _press(run, heard.key)
    if isinstance(heard, Said):
        return _obey(run, heard)
    if isinstance(heard, Stale):
        return _answer_stale(run, heard)
    if isinstance(heard, Typed):
        return _let_hear(run, None)
    if _is_called(run):
        return run.ask()
    return _reject(run, run.words.t("That is not a choice."))


def _is_called(run: Run) -> bool:
    """True when the very word was typed that leads here: it asks again, and is no wrong answer."""
    title, typed = normal(run.words.t(run.dialog.title)), normal(run.input.text)
    return typed in (title, title.partition(" ")[0])


def _press(run: Run, key: Key) -> Steps[Reply]:
    if run.session.rejects:
        run.session = replace(run.session, rejects=0)
    if key == "more" and run.session.paged:
        # The reply is kept as it was said; whoever cuts pages shows the next of them.
        paged = run.session.paged
        run.session = replace(run.session, page=run.session.page + 1)
        run.paging = True
        return paged
    if key == "home":
        run.home()
    else:
        run.back()
    return (yield from run.ask())


def _obey(run: Run, said: Said) -> Steps[Reply]:
    """Go where a keyword leads. Nobody waits behind it but `via`, or home."""
    word, argument = said.keyword, said.argument
    dialog = word.dialog
    if argument and not dialog:
        # "Hello, I am driving": what follows a greeting is as unclear as without it (S11).
        run.understood = False
    run.home()
    slug = run.caller.programme.slug
    if word.elsewhere and argument and normal(argument).replace(" ", "-") != slug:
        return (yield from _go_elsewhere(run, said))
    if not run.caller.chosen and dialog and not run.dialogs[dialog].anywhere:
        wish, shops = run.input.text[:HEARD_MAX_CHARS], run.caller.shops or ()
        if len(shops) == 1:
            run.visit = Visit(shops[0].tenant_id, wish)
            return Reply(text="")
        run.enter(PICKER, {"wish": wish})
        if not (word.argument == HEARD and argument):
            return (yield from run.ask())
        # The code may tell the shop.
        run.input = Input(argument)
        return (yield from _let_hear(run, None))
    if word.via:
        run.call(word.via)
        dialog = dialog if argument else ""
    if dialog:
        run.call(dialog, {word.argument: argument} if word.argument not in ("", HEARD) else None)
    is_heard = argument and word.argument == HEARD
    if word.does or (is_heard and not run.gate()):
        run.input = Input(argument)
        return (yield from _let_hear(run, YES if word.does else None))
    return (yield from run.ask())


def _go_elsewhere(run: Run, said: Said) -> Steps[Reply]:
    """JOIN with another shop's name: where shops share the address, that one is at hand, and so is
    what was wanted there; else it is told how to reach it."""
    if run.caller.shops is not None:
        run.call(PICKER, {"wish": said.keyword.words.partition(",")[0]})
    else:
        run.call(said.keyword.elsewhere)
    run.input = Input(said.argument)
    return (yield from _let_hear(run, None))


def _let_hear(run: Run, choice: str | None) -> Steps[Reply]:
    heard = yield from run.hear(choice)
    if isinstance(heard, Reject):
        return (yield from _reject(run, heard.text))
    if run.session.rejects:
        run.session = replace(run.session, rejects=0)
    return heard or (yield from run.ask())


def _reject(run: Run, text: str) -> Steps[Reply]:
    """Say what is wrong and ask again; the third time in a row, end politely."""
    run.understood = False
    run.session = replace(run.session, rejects=run.session.rejects + 1)
    if run.session.rejects >= REJECTS_MAX:
        return _goodbye(run, text)
    run.said.append(text)
    return (yield from run.ask())


def _goodbye(run: Run, text: str) -> Reply:
    programme, texts = run.caller.programme, run.words
    lines = [text]
    if programme.help_line:
        lines.append(texts.t("Need help? Call {phone}.", phone=programme.help_line))
    if run.surface != "ussd":
        lines.append(texts.t("Send HELP to see what you can send."))
    elif programme.dial:
        lines.append(texts.t("Dial {dial} to start again.", dial=programme.dial))
    return Reply(text="\n".join(lines), end=True)


def _answer_stale(run: Run, tap: Stale) -> Steps[Reply]:
    """A button of an older answer. One that only leads to a dialog still does so for a day; any
    other gets the present screen, never a wrong branch."""
    own = tap.id.partition(STAMP)[0]
    if tap.known and not tap.too_old and own in run.dialogs:
        run.home()
        run.call(own)
        return (yield from run.ask())
    run.understood = False
    if not run.session.dialog:
        run.home()
    if tap.too_old:
        run.said.append(run.words.t("Those buttons are too old. Here is today's menu:"))
    else:
        run.said.append(run.words.t("That menu is old. Here is today's:"))
    return (yield from run.ask())


def _say_notices(run: Run, overtaking: Notice | None) -> Steps[None]:
    """Say first what the caller was never told, and note that they were. A small screen has room
    for one line of news above its menu; what is not said now waits for the next visit."""
    unseen = run.caller.unseen[:NOTICES_SAID]
    if run.surface == "ussd":
        first = (overtaking,) if overtaking else run.caller.unseen[:1]
        unseen = () if run.said else first
    if unseen:
        run.said[:0] = [notice_text(notice, run.words) for notice in unseen]
        yield from do(SeeNotices(ids=tuple(notice.id for notice in unseen)))
