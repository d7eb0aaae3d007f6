"""Who is asking, or a refusal. Every handler begins here; nothing is decided for a stranger."""

from core.errors import NotAMember, NotStaff, SelfAward
from core.facts import Caller, Member, Staff, Wallet
from core.ports import Customer


def member_of(caller: Caller) -> Member:
    """The member who asks; raises NotAMember also for those who left or were blocked."""
    if caller.member is None or caller.member.status != "active":
        raise NotAMember
    return caller.member


def wallet_of(caller: Caller) -> Wallet:
    """The account of the member who asks. Raises NotAMember."""
    member_of(caller)
    assert caller.wallet is not None, "a member always has an account"
    return caller.wallet


def staff_of(caller: Caller) -> Staff:
    """The staff who asks. Raises NotStaff."""
    if caller.staff is None:
        raise NotStaff
    return caller.staff


def refuse_self(caller: Caller, customer: Customer) -> None:
    """Raise SelfAward when the staff who asks is the customer."""
    same_person = caller.member is not None and caller.member.id == customer.member.id
    same_phone = caller.staff is not None and caller.staff.phone == customer.phone
    if same_person or same_phone:
        raise SelfAward
