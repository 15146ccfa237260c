import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.errors import DeviceError
from pos_app.settings import Printer
from receipts.document import Banner, Barcode, Columns, Cut, Document, Qr, Text, Weight
from receipts.escpos_bytes import render_escpos
from receipts.layout import lay_out
from receipts.lines import Line, set_lines
from tests.receipts import samples
from tests.receipts.escpos_reader import BarCode, CutPaper, Feed, Item, Picture, Printed, QrCode, read
from tests.receipts.scanning import scanned

PRINTER = Printer()
SMALL = Printer(profile="POS-5890", columns=32, width_dots=384)
PLAINER = str.maketrans("−–—─═×·’‘«»„“”", '----=x-\'\'"""""')
ADDRESS = "https://hq.example/n/ABCD-1234"


def printed(document: Document, printer: Printer = PRINTER) -> list[Item]:
    return read(render_escpos(document, printer))


def only_line(text: str, printer: Printer = PRINTER) -> Item:
    item = printed(Document((Text(text),)), printer)
    assert len(item) == 1
    return item[0]


@pytest.mark.parametrize("printer", [PRINTER, SMALL])
@pytest.mark.parametrize("name", samples.everything())
def test_that_the_paper_says_line_by_line_what_the_document_says(name: str, printer: Printer) -> None:
    """Each line stands there letter by letter, but for plainer punctuation; or it is a picture with ink on it."""
    document = lay_out(samples.everything()[name])
    lines = [line for line in set_lines(document, columns=printer.columns, doubles=True) if isinstance(line, Line)]
    items = [item for item in printed(document, printer) if isinstance(item, Printed) or is_text_picture(item)]
    assert len(lines) == len(items)
    for line, item in zip(lines, items, strict=True):
        if isinstance(item, Printed):
            assert item.text.rstrip().translate(PLAINER) == line.text.rstrip().translate(PLAINER)
            assert (item.is_bold, item.is_inverse) == (line.is_strong, line.is_inverse)
            assert item.size == line.is_tall + 16 * line.is_wide
        else:
            assert set(line.text) & set("₽₱™€čćžšđČĆŽŠĐ")
            assert isinstance(item, Picture)
            assert item.ink() > 20 * len(line.text.replace(" ", ""))


def is_text_picture(item: Item) -> bool:
    return isinstance(item, Picture) and item.height < 65


@pytest.mark.parametrize("name", ["pharmacy", "russian", "croatian", "philippine"])
def test_that_most_of_a_receipt_goes_out_as_the_printers_own_letters(name: str) -> None:
    items = printed(lay_out(samples.everything()[name]))
    assert len([item for item in items if isinstance(item, Picture)]) <= 3


@pytest.mark.parametrize(
    "text", ["Crème brûlée für 5 €", "Щётка, ёлочка № 5", "čćžšđ ČĆŽŠĐ", "Piñata", "Łódź", "100 ¥ 5 £", "2 × 3", "┌─┐"]
)
def test_that_letters_of_a_code_page_are_printed_as_they_are(text: str) -> None:
    assert only_line(text) == Printed(text, is_bold=False, size=0, is_inverse=False)


@pytest.mark.parametrize("text", ["Цена 5 ₽", "₱ 1,234.50", "Вода 5 €", "čaj 5 €", "Ж č", "señor čaj"])
def test_that_a_line_that_no_code_page_can_say_is_drawn_and_never_loses_a_letter(text: str) -> None:
    drawn = only_line(text)
    assert isinstance(drawn, Picture)
    without = only_line(text[:-1] + "™")
    assert isinstance(without, Picture)
    assert drawn.ink() > 0
    assert drawn.dots != without.dots


@pytest.mark.parametrize("text", ["— «Ёж» —", "O’Malley", "−2.50"])
def test_that_punctuation_becomes_plainer_rather_than_the_line_a_picture(text: str) -> None:
    line = only_line(text)
    assert isinstance(line, Printed)
    assert line.text == text.translate(PLAINER)


@given(
    text=st.text(st.sampled_from("aZ9?!«»—×₽₱€ñÑčćžšđЖёЩ№ŁőßÿĐøå "), min_size=1, max_size=42),
    pages=st.lists(
        st.sampled_from(["CP437", "CP850", "CP1252", "CP866", "CP852", "CP858", "CP1251", "NOPE"]), unique=True
    ),
)
def test_that_no_letter_is_ever_replaced(text: str, pages: list[str]) -> None:
    printer = msgspec.structs.replace(PRINTER, code_pages=tuple(pages))
    for line, item in zip(
        set_lines(Document((Text(text),)), columns=42, doubles=True),
        printed(Document((Text(text),)), printer),
        strict=True,
    ):
        assert isinstance(line, Line)
        if isinstance(item, Printed):
            assert item.text.translate(PLAINER) == line.text.rstrip().translate(PLAINER)
        else:
            assert isinstance(item, Picture)
            assert (item.ink() > 0) == bool(line.text.strip())


def test_that_code_pages_are_tried_in_the_order_of_the_settings() -> None:
    cyrillic_first = msgspec.structs.replace(PRINTER, code_pages=("CP866", "CP437"))
    assert b"\x1bt\x11" in render_escpos(Document((Text("Tea"),)), cyrillic_first)
    assert b"\x1bt\x00" in render_escpos(Document((Text("Tea"),)), PRINTER)


def test_that_a_code_page_is_taken_from_its_lowest_slot() -> None:
    assert b"\x1bt\x00" in render_escpos(Document((Text("Tea"),)), SMALL)


def test_that_the_columns_of_a_drawn_line_stand_below_those_of_letters() -> None:
    """The first and the last letter of a drawn line are in the first and the last column."""
    drawn = printed(Document((Columns("Цена", "5 ₽"),)))[0]
    assert isinstance(drawn, Picture)
    left, _, right, _ = inked_box(drawn)
    cell = PRINTER.width_dots // PRINTER.columns
    assert left < cell
    assert cell * (PRINTER.columns - 1) <= right <= cell * PRINTER.columns


def inked_box(picture: Picture) -> tuple[int, int, int, int]:
    box = picture.image().convert("L").point(lambda level: 255 - level).getbbox()
    assert box is not None
    return box


def test_that_large_and_strong_and_inverse_lines_are_drawn_so() -> None:
    plain, strong = only_line("5 ₽"), printed(Document((Text("5 ₽", weight=Weight.STRONG),)))[0]
    large = printed(Document((Text("5 ₽", weight=Weight.LARGE),)))[0]
    tall = printed(Document((Text("₽" * 22, weight=Weight.LARGE),)))[0]
    banner = printed(Document((Banner("5 ₽"),)))[0]
    assert isinstance(plain, Picture)
    assert isinstance(strong, Picture)
    assert isinstance(large, Picture)
    assert isinstance(tall, Picture)
    assert isinstance(banner, Picture)
    assert plain.ink() < strong.ink() < large.ink()
    assert plain.width == large.width == tall.width
    assert plain.height < large.height == tall.height
    assert banner.ink() > banner.width * banner.height // 2


def test_that_codes_are_printed_by_a_printer_that_can() -> None:
    items = printed(Document((Qr(ADDRESS, caption="Code"), Barcode("001-01-0000123"))))
    assert QrCode(ADDRESS, module_dots=6, level=1) in items
    assert BarCode("001-01-0000123", module_dots=2, height_dots=72) in items
    assert not [item for item in items if isinstance(item, Picture)]


def test_that_codes_are_drawn_for_a_printer_that_cannot() -> None:
    items = printed(Document((Qr(ADDRESS, caption="Code"), Barcode("001-01-0000123"))), SMALL)
    codes = [scanned(item.image()) for item in items if isinstance(item, Picture)]
    assert codes == [[("QRCode", ADDRESS)], [("Code128", "001-01-0000123")]]


def test_that_a_claim_is_small_and_read_back_from_paper_whoever_draws_it() -> None:
    claim = Document((Qr(samples.CLAIM, is_small=True),))
    assert [QrCode(samples.CLAIM, module_dots=3, level=1)] == printed(claim)
    (picture,) = printed(claim, SMALL)
    assert isinstance(picture, Picture)
    assert [("QRCode", samples.CLAIM)] == scanned(picture.image())
    # At 203 dots an inch the whole code with its white margin is 15.4 mm wide.
    assert 3 * (33 + 2 * 4) * 25.4 / 203 < 16


def test_that_a_bar_code_that_is_too_wide_for_the_printer_is_drawn_and_one_that_fits_nowhere_is_a_number() -> None:
    narrow = msgspec.structs.replace(PRINTER, width_dots=370)
    assert [type(item) for item in printed(Document((Barcode("001-01-0000123"),)), narrow)] == [Picture, Printed]
    narrowest = msgspec.structs.replace(PRINTER, width_dots=200)
    assert [type(item) for item in printed(Document((Barcode("001-01-0000123"),)), narrowest)] == [Printed]


def test_that_a_brace_in_a_bar_code_is_no_command() -> None:
    assert BarCode("{A{B", module_dots=2, height_dots=72) in printed(Document((Barcode("{A{B"),)))


def test_that_the_paper_is_cut_where_the_settings_and_the_printer_can() -> None:
    def cut(printer: Printer) -> list[Item]:
        return printed(Document((Cut(),)), printer)

    assert cut(PRINTER) == [Feed(6), CutPaper()]
    assert cut(msgspec.structs.replace(PRINTER, cut=False)) == [Feed(4)]
    assert cut(SMALL) == [Feed(6)]


def test_that_a_printer_with_columns_of_dots_only_gets_pictures_too() -> None:
    needles = Printer(profile="TM-U220", width_dots=400)
    items = printed(Document((Text("Щётка"),)), needles)
    assert sum(item.ink() for item in items if isinstance(item, Picture)) > 100


def test_that_a_picture_is_never_wider_than_the_printers_profile() -> None:
    too_wide = Printer(profile="TM-T88V", width_dots=1024)
    drawn = only_line("5 ₽", too_wide)
    assert isinstance(drawn, Picture)
    assert drawn.width <= 512


@pytest.mark.parametrize(("columns", "width_dots"), [(24, 1024), (64, 200)])
def test_that_the_extremes_of_the_settings_print(columns: int, width_dots: int) -> None:
    extreme = Printer(columns=columns, width_dots=width_dots)
    assert CutPaper() in printed(lay_out(samples.russian()), extreme)


def test_that_the_same_document_is_the_same_bytes() -> None:
    document = lay_out(samples.russian())
    assert render_escpos(document, PRINTER) == render_escpos(document, PRINTER)


def test_that_the_library_prints_nothing_to_the_console(capfd: pytest.CaptureFixture[str]) -> None:
    render_escpos(lay_out(samples.russian()), PRINTER)
    render_escpos(lay_out(samples.russian()), SMALL)
    assert capfd.readouterr() == ("", "")


def test_that_an_unknown_profile_is_refused_by_name() -> None:
    with pytest.raises(DeviceError, match="TM-NONE"):
        render_escpos(Document(()), Printer(profile="TM-NONE"))


def test_that_a_device_without_pictures_says_so_rather_than_lose_a_line() -> None:
    with pytest.raises(DeviceError, match="pictures"):
        render_escpos(Document((Text("Щётка"),)), Printer(profile="AF-240"))
