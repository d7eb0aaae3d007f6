"""Which language to speak; a member's choice is kept, another's lasts for this conversation."""

from collections.abc import Generator
from typing import Any

from core.members.commands import ChangeLanguage
from core.ports import Command
from dialogs.dialog import Dialog, Done, Outcome, Reject, View, do
from dialogs.keywords import normal
from dialogs.languages import NAMES, language_choices, language_words
from dialogs.messages import Reply
from dialogs.texts import mark

dialog = Dialog(
    "language", title=mark("Language"), start="which", members=False, anywhere=True, transitions=[]
)


@dialog.ask("which")
def ask_which(view: View) -> Reply:
    return Reply(
        text=view.t("Which language?"), choices=language_choices(view.caller.programme.languages)
    )


@dialog.hear("which")
def hear_which(view: View) -> Generator[Command[Any], Any, Outcome]:
    """By choice, or by the word behind LANG."""
    typed = normal(view.input.text)
    language = view.choice
    for code in view.caller.programme.languages:
        if not language and typed in (normal(NAMES.get(code, code)), *language_words(code)):
            language = code
    if not language:
        return Reject(view.t("That is not a choice."))
    if view.is_member:
        yield from do(ChangeLanguage(language))
    return Done(language=language)
