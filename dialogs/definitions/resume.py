"""A dropped session is not lost: the redial offers to go on where it broke off."""

from dialogs.dialog import Dialog, Done, Home, Outcome, View
from dialogs.messages import Choice, Reply
from dialogs.texts import mark

dialog = Dialog("resume", title=mark("Go on"), start="offer", members=False, transitions=[])


@dialog.ask("offer")
def ask_offer(view: View) -> Reply:
    title, name = view.t(view.slots["title"]), view.slots["name"]
    return Reply(
        text=view.t("Continue with {title}?", title=f"{title}: {name}" if name else title),
        choices=(
            Choice(id="continue", label=view.t("Continue")),
            Choice(id="over", label=view.t("Start over")),
        ),
    )


@dialog.hear("offer")
def hear_offer(view: View) -> Outcome:
    return Done() if view.picked == "continue" else Home()
