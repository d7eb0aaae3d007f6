"""Plays the transcripts of the tests, which may say what the made-up shop of `world` has."""

from pathlib import Path
from typing import Any, Final

from core.facts import Caller
from dialogs import transcript, written
from dialogs.transcript import Played
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
    "ShowLinkCode": "link_code()", "LookUpLink": "link_preview()", "LinkPhone": "phone_linked()",
    "ShowLastLink": "last_link()", "UndoLink": "link_undone()",
    "ListShops": "shops()", "FindShops": "(shop('Bella Salon'),)",
    "UseIssuance": "settled('redeemed')", "ShowToday": "today()", "UndoPurchase": "undone()",
}  # fmt: skip
"""What core answers where a transcript says nothing; None for what is not listed."""


def names() -> dict[str, Any]:
    """What a transcript may write besides core's values."""
    return {name: value for name, value in vars(world).items() if callable(value)}


class Stage(transcript.Stage):
    """A stage in the made-up shop, on its Friday."""

    def __init__(self, caller: Caller | None = None, **rest: Any) -> None:
        super().__init__(
            caller=caller or world.caller(), now=world.NOW, names=names(), usual=_usual, **rest
        )


def play(path: Path, stage: transcript.Stage | None = None) -> Played:
    """Play a transcript against the dialogs as they are, or on a stage of its own."""
    return transcript.play(path.read_text(), stage or Stage())


def build(text: str) -> Any:
    """A value from its text."""
    return written.build(text, {**written.NAMES, **names()})


def _usual(command: str) -> str:
    return USUAL.get(command, "None")
