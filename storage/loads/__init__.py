"""Reads within one tenant behind core.ports.Loads: one file per capability, one trip each."""

from storage.loads.earning import EarningLoads
from storage.loads.ledger import LedgerLoads
from storage.loads.links import LinkLoads
from storage.loads.members import MemberLoads
from storage.loads.reader import Reader
from storage.loads.rewards import RewardLoads
from storage.loads.shops import ShopLoads

__all__ = ["Reader", "TenantLoads"]


class TenantLoads(LedgerLoads, MemberLoads, LinkLoads, EarningLoads, RewardLoads, ShopLoads):
    """All loads of one unit of work; a core.ports.Loads."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
