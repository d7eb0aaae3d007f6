"""Nothing is left out: every state, every kind of notice, every text is on some screen."""

import pytest

from core.members.notices import WANTED_AS
from dialogs import texts
from dialogs.keywords import KEY_WORDS, KEYWORDS
from dialogs.locales.extraction import template
from dialogs.notices import NOTICES
from dialogs.texts import MONTHS, RENDERED, languages
from dialogs.view import Surface
from tests.screens.matrix import rows, walked
from tests.screens.walking import DIALOGS, NOTICE, Walk, cases
from tests.screens.worst import LATIN, USUAL, Filling

ONLY_ON_USSD = {("reward", "terms")}
"""A chat has room for the conditions on the screen before."""
UNSAID = {
    # Core always tells what is earned now.
    "That earns other points now.",
}


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_state_is_walked_in_every_language(language: str) -> None:
    """Who adds a state adds a transcript that reaches it with digits and keywords, which are the
    same in every language; or a case for it in tests/screens/cases."""
    states = {(dialog.name, state) for dialog in DIALOGS.values() for state in dialog.states}
    for surface in ("ussd", "chat"):
        seen = {
            (screen.dialog, screen.state)
            for row in rows()
            if row.language == language and row.channel.profile.surface == surface
            for screen in walked(row)
        }
        missing = states - seen
        assert missing <= (set() if surface == "ussd" else ONLY_ON_USSD)


def test_every_kind_of_notice_is_said_and_pushed() -> None:
    assert set(NOTICES) == set(WANTED_AS)
    for row in rows():
        if row.channel.profile.surface != "ussd":
            pushed = {screen.state for screen in walked(row) if screen.dialog == NOTICE}
            assert pushed == set(NOTICES)


def test_every_text_is_on_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    said = set[object]()

    class Listening:
        """The source's own words, noting which are asked for."""

        def gettext(self, message: str) -> str:
            said.add(message)
            return message

        def ngettext(self, one: str, many: str, count: int) -> str:
            said.add((one, many))
            return one if count == 1 else many

    monkeypatch.setattr(texts, "catalogue", lambda language: Listening())
    monkeypatch.setattr(texts, "_said", lambda message, _: Listening().gettext(message))
    ways: tuple[tuple[Surface, Filling, bool], ...] = (
        ("ussd", USUAL, True),
        ("chat", LATIN, False),
    )
    for surface, filling, refuse in ways:
        walk = Walk(language="en", surface=surface, filling=filling, refuse=refuse)
        for dialog in DIALOGS:
            walk.through(cases(dialog))
        walk.push()
    elsewhere = {keyword.words for keyword in KEYWORDS} | {*KEY_WORDS.values(), *RENDERED, *MONTHS}
    written = {message.id for message in template() if message.id}
    assert sorted(map(str, written - said - elsewhere)) == sorted(UNSAID)
