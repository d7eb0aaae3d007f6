"""Every refusal a caller may meet. The docstring is the default message; `code` never changes.

`code` is the API's problem type and the key of the dialog's text; `params` fill both.

LoyaltyError
├── not understood   AmountNotUnderstood · PhoneNotUnderstood · CodeNotUnderstood · MessageTooLate
├── who              NotAMember · AlreadyAMember · NotStaff · NotAllowed · CustomerNotFound ·
│                    SelfAward
├── links            OwnLinkCode · RewardWaiting · LinkChanged · LinkUndoImpossible
├── secrets          PinRequired · PinWrong · PinLocked · PinWeak · PinNotSet · SigningWrong ·
│                    TooManyTries
├── earning          AmountTooLarge · RepeatedPurchase · DuplicateReceipt · QuoteChanged ·
│                    UndoTooLate
├── rewards          RewardUnknown · RewardInactive · NotEnoughPoints · SoldOut · TierTooLow ·
│                    PriceChanged
├── issuance         IssuanceUnknown · IssuanceClosed · CodeUnknown · CodeAlreadyUsed
└── ledger           HoldClosed
"""

from typing import ClassVar


class LoyaltyError(Exception):
    """That could not be done."""

    code: ClassVar[str] = "refused"

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.__class__.__doc__)

    def __init_subclass__(cls) -> None:
        cls.code = "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")


class AmountNotUnderstood(LoyaltyError):
    """Enter an amount like 5 or 5.50."""


class PhoneNotUnderstood(LoyaltyError):
    """That is not a phone number."""


class CodeNotUnderstood(LoyaltyError):
    """That is not a code."""


class MessageTooLate(LoyaltyError):
    """Your message reached us late. Nothing was changed. Please send it again."""


class NotAMember(LoyaltyError):
    """Join first."""


class AlreadyAMember(LoyaltyError):
    """You are a member already."""


class NotStaff(LoyaltyError):
    """Only staff can do that."""


class NotAllowed(LoyaltyError):
    """Your role does not allow that."""


class CustomerNotFound(LoyaltyError):
    """No customer has that number or code."""


class SelfAward(LoyaltyError):
    """Nobody awards themselves."""


class PinRequired(LoyaltyError):
    """A PIN is needed."""


class PinWrong(LoyaltyError):
    """That PIN is wrong. params: left (tries)."""


class PinLocked(LoyaltyError):
    """Too many wrong PINs. params: until (datetime, or None: only a reset helps)."""


class PinWeak(LoyaltyError):
    """Choose four or five digits that are harder to guess."""


class PinNotSet(LoyaltyError):
    """No PIN is set."""


class SigningWrong(LoyaltyError):
    """No staff has that number and PIN. params: left (tries)."""


class TooManyTries(LoyaltyError):
    """Too many wrong codes. Try again in an hour."""


class AmountTooLarge(LoyaltyError):
    """That amount is more than the programme allows. params: limit (Money)."""


class RepeatedPurchase(LoyaltyError):
    """The same amount was awarded to this customer a moment ago. params: minutes."""


class DuplicateReceipt(LoyaltyError):
    """That receipt was awarded before."""


class QuoteChanged(LoyaltyError):
    """The purchase earns something else than was confirmed. params: points (now)."""


class UndoTooLate(LoyaltyError):
    """Only your own award of the last 15 minutes can be undone."""


class RewardUnknown(LoyaltyError):
    """There is no such reward."""


class RewardInactive(LoyaltyError):
    """That reward is not offered now."""


class NotEnoughPoints(LoyaltyError):
    """Not enough points. params: required, available, missing."""


class SoldOut(LoyaltyError):
    """Sold out."""


class TierTooLow(LoyaltyError):
    """That reward is for a higher tier. params: tier (name)."""


class PriceChanged(LoyaltyError):
    """The reward costs something else than was confirmed. params: points (now)."""


class IssuanceUnknown(LoyaltyError):
    """There is no such reward of yours."""


class IssuanceClosed(LoyaltyError):
    """That was settled before. params: state."""


class CodeUnknown(LoyaltyError):
    """No such code. params: left (tries)."""


class CodeAlreadyUsed(LoyaltyError):
    """That code was used. params: at (datetime)."""


class HoldClosed(LoyaltyError):
    """That hold was settled before. params: state."""


class OwnLinkCode(LoyaltyError):
    """That is your own code. Type it on your other phone."""


class RewardWaiting(LoyaltyError):
    """A reward waits for staff. Link when it is settled."""


class LinkChanged(LoyaltyError):
    """That changed a moment ago. Please look again."""


class LinkUndoImpossible(LoyaltyError):
    """That link cannot be undone. params: reason (none, late, gone)."""
