"""Sheets of coupons: a scanner reads every slip, people can type what stands below it, and long words stay inside."""

import msgspec
import pypdfium2
import pytest

from pos_app.protocol.coupons import coupon_code, read_coupon, spaced
from receipts.coupon_sheet import COLUMNS, ROWS, CouponFace, render_sheets
from tests.receipts.scanning import scanned

FACE = CouponFace(name="Скидка 5,00", shop_name="Ljekarna Božić", until="2026-12-31")
SECRET = bytes(range(32))


def made(count: int) -> list[tuple[str, str]]:
    return [(f"7KQ2M-{serial}", coupon_code(SECRET, "7KQ2M", serial)) for serial in range(1, count + 1)]


def pages(count: int, face: CouponFace = FACE) -> list[pypdfium2.PdfPage]:
    document = pypdfium2.PdfDocument(render_sheets(made(count), face))
    return [document[number] for number in range(len(document))]


def codes_on(page: pypdfium2.PdfPage) -> set[str]:
    return {code for kind, code in scanned(page.render(scale=300 / 72, grayscale=True).to_pil()) if kind == "Code128"}


@pytest.mark.parametrize(("count", "sheets"), [(1, 1), (COLUMNS * ROWS, 1), (COLUMNS * ROWS + 1, 2)])
def test_that_a_scanner_reads_every_slip(count: int, sheets: int) -> None:
    drawn = pages(count)
    assert sheets == len(drawn)
    assert {code for _, code in made(count)} == set().union(*map(codes_on, drawn))


def test_that_a_slip_says_what_it_is_and_can_be_typed() -> None:
    text = pages(1)[0].get_textpage().get_text_range()
    code = made(1)[0][1]
    for words in ("Скидка 5,00", "Ljekarna Božić", "Valid until 2026-12-31", "7KQ2M-1", spaced(code)):
        assert words in text
    assert read_coupon(code) == read_coupon(spaced(code))


@pytest.mark.parametrize(("language", "words"), [("hr", "Vrijedi do 2026-12-31"), ("ru", "Действует до 2026-12-31")])
def test_that_a_slip_says_until_when_in_the_language_of_the_shop(language: str, words: str) -> None:
    face = msgspec.structs.replace(FACE, language=language)
    assert words in pages(1, face)[0].get_textpage().get_text_range()


def test_that_a_slip_without_an_end_has_no_last_day() -> None:
    text = pages(1, msgspec.structs.replace(FACE, until=""))[0].get_textpage().get_text_range()
    assert "until" not in text


def test_that_long_words_do_not_cover_the_bars_of_the_neighbour() -> None:
    face = CouponFace(name="W" * 200, shop_name="W" * 200)
    assert {code for _, code in made(2)} == codes_on(pages(2, face)[0])


def test_that_a_sheet_has_the_size_of_a4() -> None:
    width, height = pages(1)[0].get_size()
    assert (210, 297) == (round(width * 25.4 / 72), round(height * 25.4 / 72))


def test_that_the_same_coupons_are_the_same_bytes() -> None:
    assert render_sheets(made(2), FACE) == render_sheets(made(2), FACE)
