"""docs/texts.md lists every text, and what a speaker has read counts until it changes."""

from pathlib import Path

import pytest

from dialogs.languages import NAMES
from dialogs.locales import listing as listings
from dialogs.locales.extraction import LISTING, catalogue_of, forms_of
from dialogs.overrides import known
from dialogs.texts import languages

EARN = "Earn points on every visit."
HAVE = "You have {count} pt."


def rows() -> list[list[str]]:
    lines = LISTING.read_text().splitlines()
    return [line[2:-2].split(" | ") for line in lines if line.startswith("| ")]


def test_every_text_is_listed_once_with_every_language() -> None:
    heading = rows()[0]
    assert heading[:3] == ["English", "Screens", "Room"]
    assert heading[3:-1] == [f"{NAMES[each]} ({each})" for each in sorted(languages() - {"en"})]
    listed = [row[0] for row in rows() if row[0] not in ("English", "---")]
    english = [
        text.message.replace("\n", "<br>") + (f"<br>{text.plural}" if text.plural else "")
        for text in known().values()
    ]
    assert sorted(listed) == sorted(english)
    assert all(len(row) == len(heading) for row in rows())


@pytest.mark.parametrize(("now", "seen"), [("read", "ar"), ("changed since", "no")])
def test_a_text_is_reviewed_until_it_changes(
    now: str, seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewed = tmp_path / "reviewed.toml"
    reviewed.write_text(f'[ar]\n"{EARN}" = "read"\n"{HAVE}" = ["a", "b"]\n')
    monkeypatch.setattr(listings, "REVIEWED", reviewed)
    entries = [
        (entry, known()[EARN].room, ("welcome, ask menu",))
        for entry in catalogue_of("en")
        if entry.id == EARN
    ]
    said: dict[str, listings.Said] = {"ar": {EARN: (now,), HAVE: ("a", "b")}}
    told = listings.listing(entries, said)
    assert f"| {EARN} | ask menu | screen | {now} | {seen} |" in told
    assert f"{2 if seen == 'ar' else 1} of 2 texts reviewed" in told


def test_what_is_reviewed_is_a_text() -> None:
    for language in languages() - {"en"}:
        said = {
            entry.id if isinstance(entry.id, str) else entry.id[0]: forms_of(entry)
            for entry in catalogue_of(language)
        }
        read = listings.reviewed(language)
        assert read.keys() <= said.keys()
