import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pos_app.errors import InputError
from receipts import codes, raster
from tests.receipts.scanning import scanned

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)


def strip(bars: str) -> Image.Image:
    return raster.bars_image(bars, module_dots=2, height_dots=72, width_dots=700)


@pytest.mark.parametrize(
    "data",
    [
        "001-01-0000123",
        "12",
        "123",
        "1",
        "A",
        "{B{C",
        "999-99-9999999",
        "99",
        "990",
        "9900000000000001",
        "9a9",
        "a" * 24,
        "12345a67890",
    ],
)
def test_that_a_scanner_reads_a_code_128(data: str) -> None:
    assert scanned(strip(codes.code128(data))) == [("Code128", data)]


@given(
    data=st.text(PRINTABLE | st.sampled_from("0123456789"), min_size=1, max_size=24).filter(
        lambda text: text == text.strip()
    )
)
def test_that_every_printable_code_128_is_read_as_it_was_given(data: str) -> None:
    assert [text for _, text in scanned(strip(codes.code128(data)))] == [data]


@pytest.mark.parametrize("data", ["", "a" * 25, "Щ", "a\x1db", "tab\t", "12\u0661"])
def test_that_a_code_128_refuses_what_it_cannot_hold(data: str) -> None:
    with pytest.raises(InputError):
        codes.code128(data)


def test_that_a_scanner_reads_an_ean_13() -> None:
    assert scanned(strip(codes.ean13("2990000000019"))) == [("EAN13", "2990000000019")]


@pytest.mark.parametrize(
    "number", ["2990000000018", "299000000001", "29900000000190", "299000000001X", "299000000001٩", ""]
)
def test_that_an_ean_13_with_a_wrong_check_digit_or_length_is_refused(number: str) -> None:
    assert not codes.is_ean13(number)
    with pytest.raises(InputError):
        codes.ean13(number)


@pytest.mark.parametrize("address", ["https://hq.example/n/ABCD-1234", "https://hq.example/" + "x" * 281])
def test_that_a_scanner_reads_a_qr_code(address: str) -> None:
    image = raster.matrix_image(codes.qr(address), module_dots=4, width_dots=576)
    assert scanned(image) == [("QRCode", address)]


@pytest.mark.parametrize(
    "address", ["", "https://hq.example/" + "x" * 282, "https://hq.example/ж", "two words", "a\nb"]
)
def test_that_a_qr_code_refuses_what_is_no_address(address: str) -> None:
    with pytest.raises(InputError):
        codes.qr(address)
