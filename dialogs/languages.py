"""The names of languages in themselves, and choosing among them. Called by dialogs."""

from typing import Final

from dialogs.messages import Choice

NAMES: Final = {
    "en": "English",
    "sn": "chiShona",
    "nd": "isiNdebele",
    "ar": "العربية",
}
"""ISO 639 code → the language's own name; one without a name is shown by its code."""


def language_choices(languages: tuple[str, ...]) -> tuple[Choice, ...]:
    """One choice a language; its id is the code."""
    return tuple(
        Choice(id=code, label=NAMES.get(code, code), keywords=(code,)) for code in languages
    )
