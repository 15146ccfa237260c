"""What a scanned text means: a card, goods, one of our receipts, a coupon, or nothing that can be used. Pure; nothing here raises.

Product codes have one canonical form, whatever symbology or zero padding they came in: EAN-8 has 8 digits, EAN-13 and UPC-A
have 13 (UPC-A with a leading 0), a GTIN-14 of a trade unit has 14; any other text is the shop's own code as it stands.

An in-store EAN-13 is looked up under its prefix and item, zeros in place of the value, and the check digit of that:
2112345012506 (prefix 21, item 12345, 1250 g) is the product 2112345000008. Those zeros as scanned (a shelf label) carry no value.
"""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from devices import gs1
from pos_app.protocol.claims import looks_like_claim
from pos_app.protocol.coupons import looks_like_coupon
from pos_app.settings import CardRange, InStoreCode

RAW_CHARACTERS_MAX = 512
TEXT_CODE_CHARACTERS_MAX = 48
_SHOWN_CHARACTERS_MAX = 64
_GTIN_LENGTHS = (8, 12, 13, 14)
_EAN13_DIGITS = 13
_UPC_A_DIGITS = 12

_AIM = re.compile(r"\]([A-Za-z][0-9A-Za-z])")
_GS1_SYMBOLOGIES = frozenset({"C1", "d2", "e0", "Q3", "J1"})
_EAN_SYMBOLOGIES = frozenset({"E0", "E3", "E4", "I1"})
_EAN_WITH_ADD_ON = "E3"
_RECEIPT = re.compile(r"[0-9]{3}-[0-9]{2,4}-[0-9]{7,10}")
_LINE_ENDS = " \t\r\n\0"


class BadReason(StrEnum):
    """Why a code cannot be used; words are made where it is shown."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    WRONG_DATE = "wrong_date"
    NO_PRODUCT = "no_product"
    """A well-formed GS1 code that names no goods (a pallet, a place)."""


class CardScan(msgspec.Struct, frozen=True, tag="card"):
    """A card: its number as its range writes it, and the class of the range (empty for none)."""

    number: str
    card_class: str


class ProductScan(msgspec.Struct, frozen=True, tag="product"):
    """Goods. ``code`` is canonical; ``expires`` is an ISO date; a weight or price (for the piece, tax included) comes from the code."""

    code: str
    batch: str = ""
    expires: str = ""
    serial: str = ""
    weight_grams: int | None = None
    price_minor: int | None = None


class ReceiptScan(msgspec.Struct, frozen=True, tag="receipt"):
    """One of our receipts."""

    number: str


class ClaimScan(msgspec.Struct, frozen=True, tag="claim"):
    """The code by which a member claims the points of a receipt."""

    code: str


class CouponScan(msgspec.Struct, frozen=True, tag="coupon"):
    """The code of a coupon."""

    code: str


class BadScan(msgspec.Struct, frozen=True, tag="bad"):
    """A code that cannot be used. ``code`` is what may be shown: at most 64 characters, all of them printable."""

    code: str
    reason: BadReason


Scan = CardScan | ProductScan | ReceiptScan | ClaimScan | CouponScan | BadScan


def read_code(raw: str, *, cards: Sequence[CardRange], in_store: Sequence[InStoreCode], aim_prefix: bool) -> Scan:
    """The meaning of what a scanner sent; never raises.

    ``aim_prefix``: the scanner names the symbology first (``]E0``, ...). A text without one is judged by its length and its
    check digit, so a number of 8, 12, 13 or 14 digits must then be a valid GTIN.

    >>> read_code("]E05901234123457", cards=(), in_store=(), aim_prefix=True).code
    '5901234123457'
    """
    text = raw.strip(_LINE_ENDS)
    if len(text) > RAW_CHARACTERS_MAX:
        return _bad(text, BadReason.TOO_LONG)
    symbology, body = _split_aim(text) if aim_prefix else ("", text)
    if not body.strip(gs1.GROUP_SEPARATOR + _LINE_ENDS):
        return _bad(text, BadReason.EMPTY)
    if looks_like_claim(body):
        return ClaimScan(body)
    if looks_like_coupon(body):
        return CouponScan(body.strip())
    if _is_digits(body) and symbology not in _GS1_SYMBOLOGIES:
        return _read_digits(body, symbology=symbology, cards=cards, in_store=in_store)
    return _read_characters(body, symbology=symbology)


def is_expired(expires_iso: str, business_date_iso: str) -> bool:
    """Whether goods may no longer be sold: they may on the last day itself. Without a date they never expire.

    >>> is_expired("2026-11-30", "2026-11-30"), is_expired("2026-11-30", "2026-12-01"), is_expired("", "2026-12-01")
    (False, True, False)
    """
    return bool(expires_iso) and expires_iso < business_date_iso


def canonical_gtin(digits: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits as the shop looks it up: the shortest of 8, 13 and 14 digits that holds it.

    >>> canonical_gtin("036000291452"), canonical_gtin("00000073513537"), canonical_gtin("15901234123454")
    ('0036000291452', '73513537', '15901234123454')
    """
    significant = digits.lstrip("0")
    width = next(width for width in (8, 13, 14) if len(significant) <= width)
    return significant.zfill(width)


def _split_aim(text: str) -> tuple[str, str]:
    match = _AIM.match(text)
    return (match.group(1), text[match.end() :]) if match else ("", text)


def _read_digits(digits: str, *, symbology: str, cards: Sequence[CardRange], in_store: Sequence[InStoreCode]) -> Scan:
    if symbology == _EAN_WITH_ADD_ON:
        digits = digits[:_EAN13_DIGITS]
    card = _read_card(digits, cards)
    if card is not None:
        return card
    if not symbology and gs1.looks_like_gs1(digits):
        return _read_elements(digits)
    is_gtin_long = len(digits) in _GTIN_LENGTHS
    if is_gtin_long and _gs1_check_is_right(digits):
        return _read_in_store(canonical_gtin(digits), in_store)
    if symbology in _EAN_SYMBOLOGIES:
        return _bad(digits, BadReason.WRONG_CHECK_DIGIT if is_gtin_long else BadReason.UNREADABLE)
    if not symbology and is_gtin_long:
        return _bad(digits, BadReason.WRONG_CHECK_DIGIT)
    return _read_text(digits)


def _read_card(digits: str, cards: Sequence[CardRange]) -> CardScan | BadScan | None:
    """A card where ``digits`` lie in a range, however the scanner writes a UPC-A; None where they lie in none."""
    for number in _same_numbers(digits):
        for card_range in cards:
            if len(number) == len(card_range.first) and card_range.first <= number <= card_range.last:
                if card_check_is_right(number, card_range):
                    return CardScan(number=number, card_class=card_range.card_class)
                return _bad(number, BadReason.WRONG_CHECK_DIGIT)
    return None


def _same_numbers(digits: str) -> Iterator[str]:
    yield digits
    if len(digits) == _UPC_A_DIGITS:
        yield f"0{digits}"
    elif len(digits) == _EAN13_DIGITS and digits.startswith("0"):
        yield digits[1:]


def card_check_is_right(number: str, card_range: CardRange) -> bool:
    """Whether the number's check digit is right, by the kind of check that its range has."""
    match card_range.check_digit:
        case "ean13":
            return _gs1_check_is_right(number)
        case "luhn":
            from stdnum import luhn  # late: 25 ms that the first screen does not need

            return luhn.is_valid(number)
        case "none":
            return True


def _gs1_check_is_right(digits: str) -> bool:
    """The mod-10 check digit of EAN, UPC and GTIN, for any length."""
    return _gs1_check_digit(digits[:-1]) == digits[-1]


def _gs1_check_digit(payload: str) -> str:
    from stdnum import ean  # late: 25 ms that the first screen does not need

    return ean.calc_check_digit(payload)


def _read_in_store(gtin: str, in_store: Sequence[InStoreCode]) -> ProductScan:
    fitting = [code for code in in_store if len(gtin) == _EAN13_DIGITS and gtin.startswith(code.prefix)]
    if not fitting:
        return ProductScan(code=gtin)
    code = max(fitting, key=lambda fit: len(fit.prefix))
    item = gtin[: len(code.prefix) + code.item_digits]
    value = int(gtin[len(item) : -1])
    stem = item + "0" * code.value_digits
    lookup = stem + _gs1_check_digit(stem)
    if value == 0:
        return ProductScan(code=lookup)
    if code.value == "weight":
        return ProductScan(code=lookup, weight_grams=value)
    return ProductScan(code=lookup, price_minor=value)


def _read_characters(text: str, *, symbology: str) -> Scan:
    if symbology in _GS1_SYMBOLOGIES or (not symbology and gs1.looks_like_gs1(text)):
        return _read_elements(text)
    if symbology in _EAN_SYMBOLOGIES:
        return _bad(text, BadReason.UNREADABLE)
    return _read_text(text)


def _read_elements(text: str) -> ProductScan | BadScan:
    values = gs1.element_values(text)
    if values is None:
        return _bad(text, BadReason.UNREADABLE)
    gtin = values.get("01")
    if gtin is None:
        return _bad(text, BadReason.NO_PRODUCT)
    if not _gs1_check_is_right(gtin):
        return _bad(gtin, BadReason.WRONG_CHECK_DIGIT)
    expires = gs1.last_day(values["17"]) if "17" in values else ""
    if expires is None:
        return _bad(gtin, BadReason.WRONG_DATE)
    return ProductScan(
        code=canonical_gtin(gtin),
        batch=values.get("10", ""),
        expires=expires,
        serial=values.get("21", ""),
        weight_grams=gs1.weight_grams(values),
    )


def _read_text(text: str) -> ProductScan | ReceiptScan | BadScan:
    if not text.isprintable() or not any(character.isalnum() for character in text):
        return _bad(text, BadReason.UNREADABLE)
    if len(text) > TEXT_CODE_CHARACTERS_MAX:
        return _bad(text, BadReason.TOO_LONG)
    if _RECEIPT.fullmatch(text):
        return ReceiptScan(number=text)
    return ProductScan(code=text)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _bad(text: str, reason: BadReason) -> BadScan:
    shown = "".join(character if character.isprintable() else "\ufffd" for character in text[:_SHOWN_CHARACTERS_MAX])
    return BadScan(code=shown, reason=reason)
