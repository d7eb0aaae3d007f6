"""Where text is cut into pages (gateway/paging.py), seen through the renderer."""

from dialogs.messages import Reply
from gateway.render import Hints, fit
from tests.gateway.rendered import SMS, USSD, fits_sms, fits_ussd, menu, pages


def test_numbers_run_on_and_98_turns_the_page() -> None:
    reply = menu(*(f"Reward number {n}" for n in range(1, 16)))
    first, second = pages(reply, USSD)
    assert first.text.endswith("\n98 More")
    assert [option.number for option in first.options] == list(range(1, 10))
    assert second.text.startswith("10 Reward number 10\n")
    assert second.text.endswith("\n0 Back")


def test_arabic_pages_hold_80_characters_and_their_own_words() -> None:
    text = "مقهى أروما يرحب بكم في برنامج الولاء الجديد"
    reply = menu("رصيدي", "المكافآت", "نقاطي", "الإعدادات", "الرموز", text=text)
    texts = Hints(more="المزيد", back="رجوع", joint=" - ")
    first, second = pages(reply, USSD, texts)
    assert first.text.endswith("\n98 المزيد")
    assert "1 - رصيدي" in first.text
    assert second.text.endswith("\n0 رجوع")
    assert max(len(first.text), len(second.text)) <= 80


def test_one_arabic_line_makes_only_its_page_short() -> None:
    reply = menu(*["Free coffee of the day"] * 7, "قهوة مجانية", *["Free tea of the day"] * 5)
    shown = pages(reply, USSD)
    assert len(shown[0].text) > 80
    assert all(fits_ussd(page.text) for page in shown)


def test_short_lines_are_not_torn_apart() -> None:
    history = Reply(text="\n".join(f"{day} Nov +750 Purchase 50.000" for day in range(10, 24)))
    for page in pages(history, USSD):
        lines = [line for line in page.text.split("\n") if line not in ("98 More", "0 Back")]
        assert all(line.endswith("Purchase 50.000") for line in lines)


def test_long_text_is_cut_between_words_and_its_choices_follow() -> None:
    terms = " ".join(["loyalty"] * 60)
    first, *_, last = pages(menu("Agree", "No", text=terms), USSD)
    assert set(first.text.removesuffix("\n98 More").split()) == {"loyalty"}
    assert last.text.endswith("1 Agree\n2 No") or "1 Agree\n2 No\n0 Back" in last.text


def test_a_choice_that_fits_a_page_is_never_cut() -> None:
    first, second = pages(menu("x" * 20 + " y" * 72, text="A short question"), USSD)
    assert first.text == "A short question\n98 More"
    assert second.text == "1 " + "x" * 20 + " y" * 72 + "\n0 Back"


def test_a_page_that_would_stay_half_empty_takes_part_of_the_next_line() -> None:
    first, _ = pages(Reply(text="The terms:\n" + "word " * 35), USSD)
    assert len(first.text) > 160


def test_a_word_is_cut_only_where_no_page_holds_it() -> None:
    first, second = pages(Reply(text="Your link:\n" + "w" * 180), USSD)
    assert first.text == "Your link:\n98 More"
    assert second.text == "w" * 180
    first, second = pages(Reply(text="w" * 190), USSD)
    assert first.text == "w" * 174 + "\n98 More"
    assert second.text == "w" * 16 + "\n0 Back"


def test_a_page_is_filled_to_the_last_septet() -> None:
    first, _ = pages(Reply(text="x" * 86 + " " + "y" * 87 + " zzzzzzzzz"), USSD)
    assert first.text == "x" * 86 + " " + "y" * 87 + "\n98 More"
    assert len(first.text) == 182


def test_blank_lines_part_paragraphs_but_open_no_page() -> None:
    first, second = pages(Reply(text="a" * 174 + "\n\n\n" + "b" * 10), USSD)
    assert (first.text, second.text) == ("a" * 174 + "\n98 More", "b" * 10 + "\n0 Back")


def test_a_hint_too_long_for_the_screen_is_its_number() -> None:
    reply = menu(*(f"Reward number {n}" for n in range(1, 16)))
    assert fit(reply, USSD, 1, Hints(more="m" * 200)).text.endswith("\n98")


def test_an_sms_page_has_three_segments() -> None:
    first, second = pages(Reply(text="word " * 120), SMS)
    assert first.text.endswith("\n98 More")
    assert 306 < len(first.text) <= 459
    assert fits_sms(second.text)
