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

TYPED: Final = {
    "en": ("english", "chirungu", "isikhiwa"),
    "sn": ("shona",),
    "nd": ("ndebele", "sindebele"),
    "ar": ("arabic",),
}
"""What people type for a language besides its own name and its code."""


def language_words(code: str) -> tuple[str, ...]:
    """Everything that means a language when it is typed."""
    return (code, *TYPED.get(code, ()))


def language_choices(languages: tuple[str, ...]) -> tuple[Choice, ...]:
    """One choice a language; its id is the code."""
    return tuple(
        Choice(id=code, label=NAMES.get(code, code), keywords=language_words(code))
        for code in languages
    )
