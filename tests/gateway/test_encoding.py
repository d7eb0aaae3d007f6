"""The counts of gateway/encoding.py against an independent implementation (smsutil)."""

import unicodedata

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from gateway.encoding import clean, is_gsm, one_line, plain, segments, septets, units

GSM = smsutil.codecs.GSM_BASIC_CHARSET.replace("\x1b", "") + smsutil.codecs.GSM_EXT_CHARSET
TEXTS = st.one_of(
    st.text(st.sampled_from(GSM), max_size=700),
    st.text(st.sampled_from("ab {}€ش🎁"), max_size=700),
    st.text(max_size=200),
)


@given(TEXTS)
def test_counts_are_those_of_an_independent_implementation(text: str) -> None:
    text = text.encode("utf-8", "replace").decode().replace("\x1b", "")
    split = smsutil.split(text)
    assert is_gsm(text) == (split.encoding == "gsm0338" or not text)
    assert segments(text) == max(len(split.parts), 1)
    if is_gsm(text):
        assert septets(text) == split.total_bytes
    assert units(text) == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("a" * 152 + "€" + "a" * 152, 3),  # The pair that would be split moves on.
        ("ش" * 70, 1),
        ("ش" * 71, 2),
        ("ش" * 66 + "🎁" + "ش" * 66, 3),
        ("", 1),
    ],
)
def test_segments(text: str, parts: int) -> None:
    assert segments(text) == parts


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("“Rudo’s” – café…", '"Rudo\'s" - café...'),
        ("1\u00a0250\u202fpts", "1 250 pts"),
        ("1.5×", "1.5x"),
        ("a\tb\r\nc\rd\u2028e", "a b\nc\nd\ne"),
        ("cafe\u0301", "café"),
        ("Tendai\r\nEND hacked", "Tendai\nEND hacked"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("nul\x00 bell\x07 del\x7f csi\x9b", "nul bell del csi"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("half \ud83d of a pair", "half  of a pair"),
        ("\u200edigits\u200f 123", "digits 123"),
    ],
)
def test_what_gsm_lacks_is_written_as_what_it_has(typed: str, shown: str) -> None:
    assert plain(typed) == shown


def test_what_has_no_equal_is_kept() -> None:
    for text in ("نقاط \u200e123\u200e", "می\u200cخواهم", "João", "🎁", "Zvakanaka ŵ"):
        assert plain(text) == text


def test_chat_text_keeps_its_typography_and_loses_what_hides() -> None:
    assert clean("“Rudo” – 5\u00a0pts…\u202e\x00") == "“Rudo” – 5\u00a0pts…"


@given(st.text())
def test_cleaned_text_can_be_sent_and_stays_clean(text: str) -> None:
    for tidy in (clean, plain):
        once = tidy(text)
        assert tidy(once) == once
        assert once.encode().decode() == once
        assert not {c for c in once if unicodedata.category(c) in ("Cc", "Cs")} - {"\n"}
        assert not {c for c in once if "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"}


def test_a_label_is_one_line() -> None:
    assert one_line(" Free\n  Coffee ") == "Free Coffee"
