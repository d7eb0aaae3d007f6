"""What the stub gateway says: a few screens of a shop, enough to walk through every phone."""

from collections.abc import Callable
from typing import Any

Pay = Callable[[str, str, str, str, int], str]
Said = tuple[str, dict[str, str], bool]

HOME = {
    "balance": "Balance",
    "rewards": "Rewards",
    "mine": "My rewards",
    "code": "My code",
    "award": "Award a purchase",
}


class Talk:
    """One conversation. `hear` takes what was said and gives the next screen."""

    def __init__(self, number: str, pay: Pay) -> None:
        self.number, self.pay = number, pay
        self.dialog, self.state, self.points = "home", "menu", 0
        self.asked: Said = ("", HOME, False)

    def home(self) -> None:
        self.dialog, self.state = "home", "menu"

    def now(self) -> Said:
        """The screen of the state that was just entered."""
        self.asked = getattr(self, f"show_{self.state}")()
        return self.asked

    def hear(self, said: str) -> Said:
        picks = list(self.asked[1])
        place = int(said) - 1 if said.isdigit() else -1
        choice = picks[place] if 0 <= place < len(picks) else said
        getattr(self, f"hear_{self.state}")(choice)
        return self.now()

    def show_menu(self) -> Said:
        return f"Cafe Aroma\nRudo: {self.points} pts, Silver", HOME, False

    def hear_menu(self, choice: str) -> None:
        self.state = choice if choice in HOME else "menu"
        self.dialog = {"rewards": "reward"}.get(choice, "home")
        if choice == "rewards":
            self.state = "list"
        if choice == "award":
            self.pay(self.number, "earn", "issuance", "member", 750)
            self.points += 750

    def show_balance(self) -> Said:
        return f"You have {self.points} pts.\n250 more for Gold.", {"home": "Home"}, False

    def show_award(self) -> Said:
        return f"Done. Rudo has {self.points} pts.", {"home": "Home"}, False

    def show_mine(self) -> Said:
        return "Nothing is waiting for you.", {"home": "Home"}, False

    def show_code(self) -> Said:
        return "Your code: 482 913\nValid until 18:00. 0 Back", {}, False

    def hear_balance(self, choice: str) -> None:
        self.home()

    hear_code = hear_mine = hear_award = hear_done = hear_balance

    def show_list(self) -> Said:
        rewards = {"coffee": "Free Coffee 100", "cake": "Cake 150", "lunch": "Lunch for two 900"}
        return "Rewards you can have:", rewards, False

    def hear_list(self, choice: str) -> None:
        self.state = "confirm"

    def show_confirm(self) -> Said:
        text = f"Free Coffee for 100 pts? You will have {self.points - 100} left."
        return text, {"yes": "Yes", "no": "No"}, False

    def hear_confirm(self, choice: str) -> None:
        self.state = "pin" if choice == "yes" else "list"

    def show_pin(self) -> Said:
        return "Enter your PIN.", {}, False

    def hear_pin(self, choice: str) -> None:
        self.points -= 100
        self.ref = self.pay(self.number, "redeem", "member", "redeemed", 100)
        self.state = "done"

    def show_done(self) -> Said:
        return f"Show this at the till: 482 913 (until 18:00). Ref {self.ref}", {}, True


def graph(name: str, start: str, *moves: tuple[str, str, str]) -> dict[str, Any]:
    states = dict.fromkeys([start, *(state for _, *ends in moves for state in ends)])
    return {
        "name": name,
        "title": name.title(),
        "start": start,
        "states": [
            {"name": state, "secret": state == "pin", "guards": state == "confirm", "free": False}
            for state in states
        ],
        "transitions": [{"trigger": t, "source": a, "dest": b} for t, a, b in moves],
    }


GRAPHS = {
    "home": graph(
        "home", "menu", ("balance", "menu", "balance"), ("code", "menu", "code"),
        ("mine", "menu", "mine"), ("award", "menu", "award"), ("back", "balance", "menu"),
        ("back", "code", "menu"), ("back", "mine", "menu"), ("back", "award", "menu"),
    ),
    "reward": graph(
        "reward", "list", ("picked", "list", "confirm"), ("no", "confirm", "list"),
        ("yes", "confirm", "pin"), ("again", "pin", "pin"), ("right", "pin", "done"),
    ),
}  # fmt: skip
