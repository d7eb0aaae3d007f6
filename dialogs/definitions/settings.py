"""Where a member changes things: language, PIN, messages; my data and leaving are here too."""

from dialogs.dialog import Call, Dialog, Outcome, View
from dialogs.messages import Choice, Reply
from dialogs.texts import mark

dialog = Dialog("settings", title=mark("Settings"), start="menu", transitions=[])


@dialog.ask("menu")
def ask_menu(view: View) -> Reply:
    return Reply(
        text=view.t("Settings"),
        choices=(
            Choice(id="language", label=view.t("Language")),
            Choice(id="pin", label=view.t("PIN")),
            Choice(id="messages", label=view.t("Messages")),
            Choice(id="my_data", label=view.t("My data")),
            Choice(id="leave", label=view.t("Leave")),
        ),
    )


@dialog.hear("menu")
def hear_menu(view: View) -> Outcome:
    return Call(view.picked)
