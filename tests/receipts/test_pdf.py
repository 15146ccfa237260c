import msgspec
import pypdfium2
import pytest

from pos_app.errors import InputError
from receipts.document import Barcode, Document, LineItem, Text
from receipts.layout import lay_out
from receipts.pdf import render_pdf
from receipts.text import render_text
from tests.receipts import samples
from tests.receipts.scanning import scanned

MM_PER_POINT = 25.4 / 72
PRINTER_DPI = 203


def page_of(pdf: bytes) -> pypdfium2.PdfPage:
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    return document[0]


def words_of(pdf: bytes) -> list[str]:
    """The words of the page in reading order."""
    text = page_of(pdf).get_textpage().get_text_range()
    return text.replace("\u00a0", " ").split()


@pytest.mark.parametrize("name", samples.everything())
def test_that_the_page_says_every_word_of_the_plain_text(name: str) -> None:
    document = lay_out(samples.everything()[name])
    plain = render_text(document, 200).replace("***", "").replace("─", "").replace("═", "")
    addresses = {word for word in plain.split() if word.startswith("https://")}
    assert sorted(word for word in plain.split() if word not in addresses) == sorted(words_of(render_pdf(document)))


def test_that_the_page_is_as_wide_as_the_roll_and_as_long_as_the_receipt() -> None:
    def size_mm(*blocks: LineItem) -> list[int]:
        page = page_of(render_pdf(Document(blocks)))
        return [round(points * MM_PER_POINT) for points in page.get_size()]

    tea = LineItem("Tea", "1.00")
    assert size_mm(tea) == [80, 15]
    assert size_mm(*[tea] * 11) == [80, 65]


def test_that_a_scanner_reads_both_codes_at_the_resolution_of_a_printer() -> None:
    page = page_of(render_pdf(lay_out(samples.pharmacy())))
    found = scanned(page.render(scale=PRINTER_DPI / 72, grayscale=True).to_pil())
    assert sorted(found) == [
        ("Code128", "001-01-0000123"),
        ("QRCode", "https://hq.bridge-pharmacy.example/n/K7XQ-2M9A-44TD"),
    ]


@pytest.mark.parametrize("language", ["en", "ru", "hr"])
def test_that_a_scanner_reads_the_claim_beside_the_question_and_the_number(language: str) -> None:
    facts = msgspec.structs.replace(samples.pharmacy(), claim=samples.CLAIM, language=language)
    page = page_of(render_pdf(lay_out(facts)))
    found = scanned(page.render(scale=PRINTER_DPI / 72, grayscale=True).to_pil())
    assert ("QRCode", samples.CLAIM) in found
    assert 3 == len(found)


@pytest.mark.parametrize("letters", ["₽₱€ñ", "čćžšđ", "ЖЩЁё№", "«—−×™»"])
def test_that_every_letter_has_ink_of_its_own(letters: str) -> None:
    """A letter that the font has not would be drawn as the same empty box each time."""
    drawn = {page_of(render_pdf(Document((Text(letter),)))).render(scale=4).to_pil().tobytes() for letter in letters}
    missing = page_of(render_pdf(Document((Text("漢"),)))).render(scale=4).to_pil().tobytes()
    assert len(drawn) == len(letters)
    assert missing not in drawn


def test_that_nothing_leaves_the_page() -> None:
    """Also where a word is longer than the paper is wide: the margins stay white."""
    page = page_of(render_pdf(Document((LineItem("W" * 90, "9" * 60, detail="W" * 90), Text("W" * 200)))))
    picture = page.render(scale=2, grayscale=True).to_pil()
    margin = 24
    assert picture.crop((0, 0, margin, picture.height)).getextrema() == (255, 255)
    assert picture.crop((picture.width - margin, 0, picture.width, picture.height)).getextrema() == (255, 255)


def test_that_the_same_document_is_the_same_bytes_whatever_was_drawn_before() -> None:
    document = lay_out(samples.russian())
    first = render_pdf(document)
    render_pdf(lay_out(samples.pharmacy()))
    assert first == render_pdf(document)


def test_that_the_file_is_small() -> None:
    assert len(render_pdf(lay_out(samples.russian()))) < 30_000


def test_that_the_title_names_the_receipt_and_nobody() -> None:
    pdf = pypdfium2.PdfDocument(render_pdf(lay_out(samples.pharmacy())))
    metadata = pdf.get_metadata_dict()
    assert metadata["Title"] == "Receipt 001-01-0000123"
    assert not [value for value in metadata.values() if "Malley" in value]


def test_that_a_bar_code_that_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InputError):
        render_pdf(Document((Barcode("Щ"),)))
