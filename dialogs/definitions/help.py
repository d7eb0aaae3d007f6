"""What one can do here and whom to call; the words that work everywhere in chat and SMS."""

from dialogs.choices import no_choice
from dialogs.dialog import Dialog, View
from dialogs.messages import Reply
from dialogs.texts import mark

dialog = Dialog(
    "help", title=mark("Help"), start="shown", members=False, anywhere=True, transitions=[]
)


@dialog.ask("shown")
def ask_shown(view: View) -> Reply:
    programme = view.caller.programme
    lines = []
    if view.chat:
        # Translators: The words that work, as listed for KEYWORDS; the English ones always do.
        lines.append(
            view.t("Send BAL, REWARDS, REDEEM 1, CODE x, CARD, HISTORY, LANG, MENU or STOP.")
            if view.is_member
            else view.t("Send JOIN to join, LANG for your language, STOP to hear no more.")
        )
    else:
        lines.append(view.t("Press 0 to go back, 00 for the first menu."))
    if programme.help_line:
        lines.append(view.t("Need help? Call {phone}.", phone=programme.help_line))
    return Reply(text="\n".join(lines))


dialog.hear("shown")(no_choice)
