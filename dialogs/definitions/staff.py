"""What staff do: award, approve, use a code, find a customer, see the day."""

from dialogs.dialog import Call, Dialog, Outcome, View
from dialogs.messages import Choice, Reply
from dialogs.texts import mark

dialog = Dialog("staff", title=mark("Staff"), start="menu", staff=True, transitions=[])


@dialog.ask("menu")
def ask_menu(view: View) -> Reply:
    staff, waiting = view.caller.staff, view.caller.to_approve
    assert staff
    approve = view.t("Approve rewards")
    return Reply(
        text=view.t("{name}, what shall we do?", name=staff.name),
        choices=(
            Choice(id="award", label=view.t("Award a purchase"), keywords=(view.t("Award"),)),
            Choice(
                id="approve",
                label=f"{approve} ({waiting})" if waiting else approve,
                short=approve,
                keywords=(view.t("Approve"),),
            ),
            Choice(id="use_code", label=view.t("Use a code")),
            Choice(id="find_customer", label=view.t("Find a customer")),
            Choice(id="today", label=view.t("Today")),
        ),
    )


@dialog.hear("menu")
def hear_menu(view: View) -> Outcome:
    return Call(view.picked)
