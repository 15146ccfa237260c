"""What a scanned text means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.barcodes import (
    BadReason,
    BadScan,
    CardScan,
    CouponScan,
    ProductScan,
    ReceiptScan,
    Scan,
    canonical_gtin,
    is_expired,
    read_code,
)
from pos_app.model.identifiers import receipt_number
from pos_app.settings import CardRange, InStoreCode, Settings

CARDS = (
    CardRange(first="2990000000000", last="2999999999999", card_class="gold"),
    CardRange(first="6000000000000000", last="6000999999999999", card_class="blue", check_digit="luhn"),
    CardRange(first="100000", last="199999", check_digit="none"),
    CardRange(first="400000000000", last="400000999999", card_class="upc"),
)
IN_STORE = (
    InStoreCode(prefix="21", value="weight"),
    InStoreCode(prefix="22", value="price"),
    InStoreCode(prefix="229", value="weight", item_digits=4),
)
GS = "\x1d"


def read(raw: str, *, aim_prefix: bool = True) -> Scan:
    return read_code(raw, cards=CARDS, in_store=IN_STORE, aim_prefix=aim_prefix)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("5901234123457", "5901234123457"),
        ("73513537", "73513537"),
        ("036000291452", "0036000291452"),
        ("0036000291452", "0036000291452"),
        ("]E05901234123457", "5901234123457"),
        ("]E473513537", "73513537"),
        ("]E00036000291452", "0036000291452"),
        ("]E0036000291452", "0036000291452"),
        ("]E3590123412345712", "5901234123457"),
        ("]I115901234123454", "15901234123454"),
        ("]C0MILK-1", "MILK-1"),
        ("MILK 1", "MILK 1"),
        ("]C05901234123457", "5901234123457"),
        ("]C05901234123450", "5901234123450"),  # named as Code 128: thirteen digits of the shop's own
        ("]Q1хлеб-7", "хлеб-7"),
        ("]d1PART7", "PART7"),
        ("4711", "4711"),
        ("  4711\r\n", "4711"),
        ("0000073513537", "73513537"),  # an EAN-8 that the scanner widened
    ],
)
def test_that_goods_are_known_by_their_canonical_code(raw: str, code: str) -> None:
    assert ProductScan(code=code) == read(raw)


@pytest.mark.parametrize("raw", ["5901234123450", "73513530", "036000291450", "]E05901234123450", "]I115901234123450"])
def test_that_a_wrong_check_digit_is_named(raw: str) -> None:
    scan = read(raw)
    assert isinstance(scan, BadScan)
    assert scan.reason is BadReason.WRONG_CHECK_DIGIT


@given(st.from_regex(r"[0-9]{12}", fullmatch=True), st.integers(0, 12), st.integers(1, 9))
def test_that_any_single_wrong_digit_of_an_ean13_is_caught(payload: str, position: int, change: int) -> None:
    right = payload + str((10 - sum((1, 3)[i % 2] * int(d) for i, d in enumerate(payload))) % 10)
    assert isinstance(read_code(right, cards=(), in_store=(), aim_prefix=True), ProductScan)
    digit = (int(right[position]) + change) % 10
    wrong = f"{right[:position]}{digit}{right[position + 1 :]}"
    expected = BadScan(code=wrong, reason=BadReason.WRONG_CHECK_DIGIT)
    assert expected == read_code(wrong, cards=(), in_store=(), aim_prefix=True)


@pytest.mark.parametrize(
    ("raw", "number", "card_class"),
    [
        ("2990000000019", "2990000000019", "gold"),
        ("]E02990000000019", "2990000000019", "gold"),
        ("]C02990000000019", "2990000000019", "gold"),
        ("6000000000000007", "6000000000000007", "blue"),
        ("]Q16000000000000007", "6000000000000007", "blue"),
        ("123456", "123456", ""),
        ("]E00400000000008", "400000000008", "upc"),
        ("400000000008", "400000000008", "upc"),
    ],
)
def test_that_a_number_in_a_card_range_is_a_card(raw: str, number: str, card_class: str) -> None:
    assert CardScan(number=number, card_class=card_class) == read(raw)


def test_that_a_card_range_written_as_ean13_knows_the_upc_a_of_twelve_digits() -> None:
    cards = (CardRange(first="0400000000000", last="0400000999999"),)
    assert CardScan(number="0400000000008", card_class="") == read_code(
        "400000000008", cards=cards, in_store=(), aim_prefix=False
    )


@pytest.mark.parametrize("raw", ["2990000000010", "]C02990000000010", "6000000000000000", "]E02990000000010"])
def test_that_a_card_with_a_wrong_check_digit_is_never_a_product(raw: str) -> None:
    assert BadScan(code=raw.removeprefix("]C0").removeprefix("]E0"), reason=BadReason.WRONG_CHECK_DIGIT) == read(raw)


def test_that_the_end_of_a_card_range_is_a_card_and_what_follows_it_is_not() -> None:
    cards = (CardRange(first="100000", last="100009", check_digit="none"),)
    kinds = [
        type(read_code(code, cards=cards, in_store=(), aim_prefix=False))
        for code in ("099999", "100000", "100009", "100010", "0100005")
    ]
    assert [ProductScan, CardScan, CardScan, ProductScan, ProductScan] == kinds


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2112345012506", ProductScan(code="2112345000008", weight_grams=1250)),
        ("2212345019991", ProductScan(code="2212345000005", price_minor=1999)),
        ("2291234012503", ProductScan(code="2291234000005", weight_grams=1250)),  # the longer prefix decides
        ("2112345000008", ProductScan(code="2112345000008")),
        ("]C02112345012506", ProductScan(code="2112345000008", weight_grams=1250)),
    ],
)
def test_that_an_in_store_code_gives_item_and_value(raw: str, expected: Scan) -> None:
    assert expected == read(raw)


def test_that_the_default_settings_read_weight_price_and_card() -> None:
    settings = Settings()
    scans = [
        read_code(raw, cards=settings.cards, in_store=settings.in_store_codes, aim_prefix=settings.scanner.aim_prefix)
        for raw in ("2112345012506", "2212345019991", "2990000000019")
    ]
    expected = [
        ProductScan(code="2112345000008", weight_grams=1250),
        ProductScan(code="2212345000005", price_minor=1999),
        CardScan(number="2990000000019", card_class=""),
    ]
    assert expected == scans


@pytest.mark.parametrize(
    "number",
    [
        receipt_number(terminal_number=7, incarnation=1, seq=123),
        receipt_number(terminal_number=999, incarnation=100, seq=12_345_678),
    ],
)
@pytest.mark.parametrize("aim", ["", "]C0"])
def test_that_our_receipts_number_is_known(number: str, aim: str) -> None:
    assert ReceiptScan(number=number) == read(aim + number)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("]C10105901234123457", ProductScan(code="5901234123457")),
        (
            f"]d201059012341234571726113010AB/1{GS}21S-9",
            ProductScan(code="5901234123457", expires="2026-11-30", batch="AB/1", serial="S-9"),
        ),
        (f"]d2{GS}0105901234123457{GS}17280200", ProductScan(code="5901234123457", expires="2028-02-29")),
        (f"]Q310LOT{GS}0105901234123457", ProductScan(code="5901234123457", batch="LOT")),
        ("]e001959012341234503103001250", ProductScan(code="95901234123450", weight_grams=1250)),
        ("]e001959012341234503100000002", ProductScan(code="95901234123450", weight_grams=2000)),
        (f"]C19912{GS}4100000000000000{GS}0100000073513537", ProductScan(code="73513537")),
        ("]C10100036000291452", ProductScan(code="0036000291452")),
        # The scanner does not name the symbology:
        ("010590123412345717261130", ProductScan(code="5901234123457", expires="2026-11-30")),
        ("0105901234123457", ProductScan(code="5901234123457")),
        (f"17261130{GS}0105901234123457", ProductScan(code="5901234123457", expires="2026-11-30")),
        (f"{GS}172611300105901234123457", ProductScan(code="5901234123457", expires="2026-11-30")),
        ("010590123412345710ABC", ProductScan(code="5901234123457", batch="ABC")),
    ],
)
def test_that_gs1_element_strings_give_goods_batch_date_serial_and_weight(raw: str, expected: Scan) -> None:
    assert expected == read(raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", BadReason.EMPTY),
        ("\r\n", BadReason.EMPTY),
        ("]E0", BadReason.EMPTY),
        (f"]C1{GS}", BadReason.EMPTY),
        ("x" * 49, BadReason.TOO_LONG),
        ("x" * 513, BadReason.TOO_LONG),
        ("]", BadReason.UNREADABLE),
        ("]E0ABC", BadReason.UNREADABLE),
        ("]E0999999", BadReason.UNREADABLE),
        ("A\x07B", BadReason.UNREADABLE),
        ("]C10105901234", BadReason.UNREADABLE),  # cut short
        ("]C10105901234123457101234567890123456789012", BadReason.UNREADABLE),  # a batch of 22: a separator is missing
        (f"]C10105901234123457{GS}0115901234123454", BadReason.UNREADABLE),  # two products
        ("]C1AB", BadReason.UNREADABLE),
        ("]C1010590123412345717२61130", BadReason.UNREADABLE),
        ("]C10105901234123450", BadReason.WRONG_CHECK_DIGIT),
        ("0105901234123450", BadReason.WRONG_CHECK_DIGIT),
        ("]C1010590123412345717261301", BadReason.WRONG_DATE),
        ("]C1010590123412345717260230", BadReason.WRONG_DATE),
        ("]C100106141412345678908", BadReason.NO_PRODUCT),
    ],
)
def test_that_what_cannot_be_used_says_why(raw: str, reason: BadReason) -> None:
    scan = read(raw)
    assert isinstance(scan, BadScan)
    assert reason == scan.reason


def test_that_without_aim_prefixes_a_bracket_is_part_of_the_code() -> None:
    assert ProductScan(code="]C0MILK") == read("]C0MILK", aim_prefix=False)


_PIECES = st.sampled_from(
    ["]C1", "]d2", "]E0", "]E3", "]Q3", "]I1", GS, "01", "05901234123457", "17", "261130", "10", "3103", "299"]
)


@given(
    st.one_of(
        st.text(),
        st.binary().map(lambda raw: raw.decode("latin-1")),
        st.lists(st.one_of(_PIECES, st.text("0123456789]\x1d", max_size=9))).map("".join),
    ),
    st.booleans(),
)
def test_that_nothing_raises_and_every_code_can_be_shown(raw: str, aim_prefix: bool) -> None:
    scan = read(raw, aim_prefix=aim_prefix)
    shown = scan.number if isinstance(scan, CardScan | ReceiptScan) else scan.code
    assert shown.isprintable()
    assert len(shown) <= 64
    assert isinstance(scan, BadScan) or shown


@given(st.from_regex(r"[0-9]{8}|[0-9]{12,14}", fullmatch=True))
def test_that_a_canonical_gtin_keeps_its_value_and_does_not_change_again(digits: str) -> None:
    canonical = canonical_gtin(digits)
    assert int(digits) == int(canonical)
    assert canonical == canonical_gtin(canonical)
    assert len(canonical) in {8, 13, 14}


def test_that_goods_may_be_sold_on_their_last_day() -> None:
    assert not is_expired("2026-11-30", "2026-11-30")
    assert is_expired("2026-11-30", "2026-12-01")


def test_that_goods_without_a_date_do_not_expire() -> None:
    assert not is_expired("", "2026-12-01")


@pytest.mark.parametrize("raw", ["POSK7KQ2M001AX4Z39BQ5AC\r", "]C0posk7kq2m 001a x4z39 bq5ac", " POSK?"])
def test_that_a_coupon_is_known_by_how_its_code_begins(raw: str) -> None:
    scan = read_code(raw, cards=(), in_store=(), aim_prefix=True)
    assert isinstance(scan, CouponScan)
    assert scan.code.upper().startswith("POSK")
