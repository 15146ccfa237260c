import pypdfium2
import pytest

from pos_app.errors import InputError
from receipts.loyalty_card import CheckDigit, render_card_pdf
from tests.receipts.scanning import scanned

EAN = "2990000000019"


def card(
    number: str, *, name: str = "Юлия Жмыхова", card_class: str = "Gold", check_digit: CheckDigit = "ean13"
) -> pypdfium2.PdfPage:
    pdf = render_card_pdf(number, name=name, shop_name="Ljekarna Božić", card_class=card_class, check_digit=check_digit)
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    return document[0]


def codes_on(page: pypdfium2.PdfPage) -> list[tuple[str, str]]:
    return scanned(page.render(scale=203 / 72, grayscale=True).to_pil())


@pytest.mark.parametrize("card_class", ["Gold", "silver", "PLATINUM", "Friends of the shop", ""])
def test_that_a_scanner_reads_the_number_on_a_card_of_every_class(card_class: str) -> None:
    assert codes_on(card(EAN, card_class=card_class)) == [("EAN13", EAN)]


@pytest.mark.parametrize("number", ["4000123412341236", "9912345678901234", "12345", "12345678901234567890"])
def test_that_another_number_is_a_code_128(number: str) -> None:
    assert codes_on(card(number)) == [("Code128", number)]


def test_that_a_card_has_the_size_of_a_bank_card() -> None:
    width, height = card(EAN).get_size()
    assert (round(width * 254 / 72), round(height * 254 / 72)) == (856, 540)


def test_that_a_card_says_who_holds_it_and_whose_it_is() -> None:
    text = card(EAN).get_textpage().get_text_range()
    for words in ("Юлия Жмыхова", "Ljekarna Božić", "Gold", "2 990000 000019"):
        assert words in text


def test_that_a_wrong_check_digit_is_refused_and_not_mended() -> None:
    with pytest.raises(InputError, match="last digit"):
        card("2990000000018")


def test_that_a_luhn_number_is_checked_by_its_own_rule() -> None:
    assert codes_on(card("4222222222222", check_digit="luhn")) == [("Code128", "4222222222222")]
    with pytest.raises(InputError, match="last digit"):
        card("4222222222223", check_digit="luhn")


def test_that_a_range_without_check_digits_takes_any_number() -> None:
    assert codes_on(card("2990000000018", check_digit="none")) == [("Code128", "2990000000018")]


@pytest.mark.parametrize("number", ["", "Щ123", "1" * 25])
def test_that_a_number_that_cannot_be_drawn_is_refused(number: str) -> None:
    with pytest.raises(InputError):
        card(number)


def test_that_long_names_shrink_and_stay_on_the_card() -> None:
    page = card(EAN, name="W" * 120, card_class="Friends and neighbours of the shop " * 3)
    picture = page.render(scale=3, grayscale=True).to_pil()
    plain = card(EAN, name="", card_class="Friends").render(scale=3, grayscale=True).to_pil()
    edge = (picture.width - 24, 0, picture.width, picture.height)
    assert picture.crop(edge).tobytes() == plain.crop(edge).tobytes()
    assert codes_on(page) == [("EAN13", EAN)]


def test_that_the_same_card_is_the_same_bytes() -> None:
    first, second = (render_card_pdf(EAN, name="A", shop_name="B", card_class="") for _ in range(2))
    assert first == second
