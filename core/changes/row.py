"""What every change is. Called by core.changes alone."""

from dataclasses import dataclass
from typing import ClassVar, Literal

TransferCode = Literal["earn", "bonus", "redeem", "expire", "refund", "reverse", "merge"]
SystemAccount = Literal["issuance", "redeemed", "breakage", "merge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row to insert or to move. `part` is the key of its list in the commit document."""

    part: ClassVar[str]
