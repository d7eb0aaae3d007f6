"""Where a member changes things: name, PIN, messages, language. My data, leaving, linking too."""

from dialogs.dialog import Call, Dialog, Outcome, View
from dialogs.messages import Choice, Reply
from dialogs.texts import mark

dialog = Dialog("settings", title=mark("Settings"), start="menu", transitions=[])


@dialog.ask("menu")
def ask_menu(view: View) -> Reply:
    choices = [
        Choice(id="name", label=view.t("Name")),
        Choice(id="pin", label=view.t("PIN")),
        Choice(id="messages", label=view.t("Messages")),
        Choice(id="my_data", label=view.t("My data")),
        Choice(id="leave", label=view.t("Leave")),
    ]
    if len(view.caller.programme.languages) > 1:
        choices.append(Choice(id="language", label=view.t("Language")))
    choices.append(Choice(id="link", label=view.t("Link a phone")))
    return Reply(text=view.t("Settings"), choices=tuple(choices))


@dialog.hear("menu")
def hear_menu(view: View) -> Outcome:
    return Call(view.picked)
