"""Every reply fits every channel, whole, and its choices keep their numbers (gateway/render.py).

Sizes are measured with smsutil, not with our own counting.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.directions import MARK
from dialogs.messages import Choice, Media, Reply
from gateway.encoding import clean, plain
from gateway.render import Page, Profile, fit
from tests.gateway.rendered import CHAT, SMS, USSD, fits_sms, fits_ussd, menu, pages

WORDS = st.sampled_from(
    ["Coffee", "pts", "1 250", "“Rudo’s”", "{5}", "€", "é", "نقطة", "🎁", "a" * 30, "\r\nEND x"]
)
LABELS = st.one_of(
    st.lists(WORDS, min_size=1, max_size=6).map(" ".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
TEXTS = st.one_of(
    st.lists(WORDS | st.just("\n"), max_size=60).map(" ".join),
    st.text(max_size=300),
    st.text(st.sampled_from("ab€ش"), min_size=150, max_size=600),
)


@st.composite
def replies(draw: st.DrawFn, choices_max: int = 50) -> Reply:
    labels = draw(st.lists(LABELS, max_size=choices_max))
    shorts = [draw(st.sampled_from(["", "Short", label[:20]])) for label in labels]
    return Reply(
        text=draw(TEXTS),
        choices=tuple(
            Choice(id=f"c{place}", label=label, short=short)
            for place, (label, short) in enumerate(zip(labels, shorts, strict=True))
        ),
        end=draw(st.booleans()),
    )


def body(page: Page) -> str:
    """The page without the renderer's own lines, and without blanks."""
    lines = page.text.split("\n")
    if page.more:
        assert lines.pop() == "98 More"
    if page.number > 1 and lines[-1] == "0 Back":
        lines.pop()
    return bare("".join(lines))


def bare(text: str) -> str:
    """The text without blanks and direction marks."""
    return "".join(text.replace(MARK, "").split())


@pytest.mark.parametrize(("profile", "fits"), [(USSD, fits_ussd), (SMS, fits_sms)])
@settings(max_examples=60, deadline=None)
@given(reply=replies())
def test_text_pages_fit_and_lose_nothing(profile: Profile, fits: object, reply: Reply) -> None:
    assert callable(fits)
    shown = pages(reply, profile)
    assert all(fits(page.text) for page in shown)
    options = [option for page in shown for option in page.options]
    assert [option.id for option in options] == [choice.id for choice in reply.choices]
    assert [option.number for option in options] == list(range(1, len(options) + 1))
    lines = [f"{option.number} {plain(option.label)}" for option in options]
    whole = bare("".join([plain(reply.text), *lines]))
    assert "".join(body(page) for page in shown) == whole
    assert [page.end for page in shown] == [False] * (len(shown) - 1) + [reply.end]


@settings(max_examples=80, deadline=None)
@given(reply=replies())
def test_chat_pages_stay_within_the_limits_and_offer_every_choice_once(reply: Reply) -> None:
    shown = pages(reply, CHAT)
    ids = [option.id for page in shown for option in page.options if option.id != "98"]
    assert ids == [choice.id for choice in reply.choices]
    for page in shown:
        shorts = [option.short for option in page.options]
        if page.style == "buttons":
            assert 1 <= len(shorts) <= 3
            assert len(set(shorts)) == len(shorts)
            assert all(0 < len(short.encode("utf-16-le")) // 2 <= 20 for short in shorts)
            assert 0 < len(page.text) <= 1024
        elif page.style == "list":
            assert 1 <= len(shorts) <= 10
            assert all(0 < len(short.encode("utf-16-le")) // 2 <= 24 for short in shorts)
            assert all(len(o.detail.encode("utf-16-le")) // 2 <= 72 for o in page.options)
            assert 0 < len(page.text) <= 4096
            assert page.more == ("98" in [option.id for option in page.options])
        else:
            assert len(page.text) <= 4096


@settings(max_examples=40, deadline=None)
@given(reply=replies(), number=st.integers(-3, 1000))
def test_any_page_number_gives_a_page(reply: Reply, number: int) -> None:
    for profile in (USSD, SMS, CHAT):
        page = fit(reply, profile, number)
        assert page == fit(reply, profile, page.number)


def test_a_menu_is_numbered_lines() -> None:
    page = fit(menu("Balance", "Rewards", footer="0 Back"), USSD)
    assert page.text == "Cafe Aroma\n1 Balance\n2 Rewards\n0 Back"
    assert [(option.number, option.id) for option in page.options] == [
        (1, "balance"),
        (2, "rewards"),
    ]
    assert not page.more
    assert not page.end


def test_a_footer_is_shown_only_where_there_is_room() -> None:
    text = "x" * 170
    assert fit(Reply(text=text, footer="0 Back"), USSD).text == f"{text}\n0 Back"
    text = "x" * 178
    assert fit(Reply(text=text, footer="0 Back"), USSD).text == text


def test_a_choice_keeps_the_number_its_dialog_gave_it() -> None:
    choices = (Choice(id="yes", label="Yes", number=2), Choice(id="no", label="No", number=0))
    assert fit(Reply(text="Sure?", choices=choices), USSD).text == "Sure?\n2 Yes\n0 No"


def test_one_typographic_quote_costs_nothing() -> None:
    page = fit(Reply(text="“" + "x" * 180 + "”"), USSD)
    assert page.text == '"' + "x" * 180 + '"'
    assert not page.more


def test_stored_names_cannot_forge_lines_of_the_menu_or_turn_it_around() -> None:
    reply = menu("Coffee\r\nEND hacked", text="Hi \u202eadnaT\x00\r\nEND hacked")
    text = fit(reply, USSD).text
    assert text == "Hi adnaT\nEND hacked\n1 Coffee END hacked"


def test_three_short_choices_are_buttons() -> None:
    page = fit(menu("Yes", "No", footer="0 Back"), CHAT)
    assert (page.style, page.text) == ("buttons", "Cafe Aroma\n\n0 Back")
    assert [option.short for option in page.options] == ["Yes", "No"]


@pytest.mark.parametrize(
    "reply",
    [
        menu("A", "B", "C", "D"),
        menu("Yes", "A label of more than 20"),
        menu("yes", "Yes"),
        menu("Yes", "No", text="x" * 1025),
    ],
)
def test_what_buttons_cannot_show_is_a_list(reply: Reply) -> None:
    page = fit(reply, CHAT)
    assert (page.style, page.button) == ("list", "Choose")


def test_rows_have_a_title_and_a_detail() -> None:
    choices = (
        Choice(id="a", label="A label of more than twenty-four", short="Short"),
        Choice(id="b", label="A label of more than twenty-four"),
        Choice(id="c", label="Coffee", detail="d" * 80),
        Choice(id="d", label="Tea"),
    )
    rows = fit(Reply(text="Pick", choices=choices), CHAT).options
    assert [(row.short, row.detail) for row in rows] == [
        ("Short", "A label of more than twenty-four"),
        ("A label of more than tw…", "A label of more than twenty-four"),
        ("Coffee", "d" * 71 + "…"),
        ("Tea", ""),
    ]


def test_more_than_ten_rows_turn_pages() -> None:
    reply = menu(*(f"R{n}" for n in range(1, 26)), text="Cafe Aroma\nPick a reward")
    shown = pages(reply, CHAT)
    assert [len(page.options) for page in shown] == [10, 10, 7]
    assert [page.options[-1].id for page in shown] == ["98", "98", "r25"]
    assert [page.text for page in shown] == ["Cafe Aroma\nPick a reward"] + ["Cafe Aroma"] * 2
    assert [option.number for option in shown[1].options] == [*range(10, 19), 98]


def test_ten_rows_need_no_second_page() -> None:
    assert [len(page.options) for page in pages(menu(*"ABCDEFGHIJ"), CHAT)] == [10]
    assert [len(page.options) for page in pages(menu(*"ABCDEFGHIJK"), CHAT)] == [10, 2]


def test_what_no_list_can_show_is_numbered_text() -> None:
    page = fit(menu("x" * 80, "y" * 80), CHAT)
    assert page.style == "text"
    assert page.text == f"Cafe Aroma\n1 {'x' * 80}\n2 {'y' * 80}"
    first, second = pages(menu("Yes", text="word " * 1000), CHAT)
    assert (first.style, first.more, len(first.text) <= 4096) == ("text", True, True)
    assert second.text.endswith("1 Yes\n0 Back")


def test_a_picture_is_shown_once_and_only_where_pictures_are() -> None:
    reply = Reply(text="Your code: 482 913", media=Media(kind="qr", code="482913"))
    assert fit(reply, CHAT).image == "482913"
    assert fit(reply, USSD).image is None
    assert fit(reply, SMS).image is None


def test_an_end_is_said_on_the_last_page() -> None:
    first, second = pages(Reply(text="word " * 50, end=True), USSD)
    assert (first.end, second.end) == (False, True)


def test_secrets_of_a_page_are_not_in_its_repr() -> None:
    assert "482" not in repr(fit(Reply(text="482 913", media=Media(kind="qr", code="482")), CHAT))


def test_chat_text_is_cleaned() -> None:
    assert fit(Reply(text="“Rudo” \u202e5…"), CHAT).text == clean("“Rudo” 5…")
