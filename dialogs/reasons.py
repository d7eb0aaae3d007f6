"""Why staff refuse a reward: a short list, kept as codes, said in the member's language.

Called by the approving dialog and by the notice that tells the member.
"""

from typing import Final

from dialogs.texts import mark
from dialogs.wording import Words

# Translators: Why a reward was refused; stands behind a colon, no capital, no full stop.
REASONS: Final[dict[str, str]] = {
    "not_available": mark("not available today"),
    "wrong_person": mark("asked by someone else"),
    "conditions": mark("conditions not met"),
    "mistake": mark("ordered by mistake"),
}


def reason_text(reason: str, words: Words) -> str:
    """The reason in words; one typed elsewhere is said as it is."""
    return words.t(REASONS[reason]) if reason in REASONS else reason
