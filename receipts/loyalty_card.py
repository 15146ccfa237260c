"""A loyalty card as a PDF page of the size of a bank card (ISO/IEC 7810 ID-1), ready for a card printer or a laminator.

Import it when printing a card only: it brings ReportLab along.
"""

from io import BytesIO
from typing import Literal

import msgspec
from reportlab.lib.colors import Color
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from pos_app.errors import InputError
from receipts import codes
from receipts.lines import plain
from receipts.pdf_drawing import BLACK, WHITE, Colour, Style, draw_bars, put_text, text_width

CheckDigit = Literal["ean13", "luhn", "none"]

_WIDTH, _HEIGHT = 85.6 * mm, 53.98 * mm
_MARGIN = 6 * mm
_INNER_WIDTH = _WIDTH - 2 * _MARGIN
_PANEL_HEIGHT = 21 * mm
_PANEL_CORNER = 2 * mm
_BAR_HEIGHT = 13 * mm
_BAR_MODULE_MAX = 0.4 * mm
_CLASS_GAP = 4 * mm
_SHOP = Style(15, 18, is_strong=True)
_CLASS = Style(9, 11, is_strong=True)
_NAME = Style(11, 13)
_NUMBER = Style(8, 10)
_CLASS_PART = 0.4


class _Look(msgspec.Struct, frozen=True):
    """The colours of a card: its face from left to right, and what is written on it."""

    left: Colour
    right: Colour
    ink: Colour


_LOOKS = {
    "silver": _Look((0.80, 0.82, 0.85), (0.58, 0.61, 0.66), (0.10, 0.12, 0.15)),
    "gold": _Look((0.93, 0.80, 0.46), (0.76, 0.58, 0.20), (0.20, 0.14, 0.02)),
    "platinum": _Look((0.30, 0.32, 0.36), (0.10, 0.11, 0.13), (0.93, 0.94, 0.96)),
}
_PLAIN_LOOK = _Look((0.06, 0.30, 0.42), (0.03, 0.16, 0.30), WHITE)
"""For a class without colours of its own, and for a card without a class."""


def render_card_pdf(
    number: str, *, name: str, shop_name: str, card_class: str, check_digit: CheckDigit = "ean13"
) -> bytes:
    """One card as a PDF page of 85.6 × 54 mm: an EAN-13 where the number is one, else a Code 128.

    ``check_digit`` is that of the card's range of numbers. Raises ``InputError`` for a number with a wrong check digit or
    one that cannot be drawn. ``name`` may be empty.
    """
    bars, shown = _code(number, check_digit)
    look = _LOOKS.get(card_class.strip().lower(), _PLAIN_LOOK)
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(_WIDTH, _HEIGHT), invariant=1, pageCompression=1)
    canvas.setTitle(f"{shop_name}: {number}")
    canvas.linearGradient(0, _HEIGHT, _WIDTH, 0, (Color(*look.left), Color(*look.right)))
    _draw_face(canvas, look.ink, name=plain(name), shop_name=plain(shop_name), card_class=plain(card_class))
    _draw_code(canvas, bars, shown)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _code(number: str, check_digit: CheckDigit) -> tuple[codes.Bars, str]:
    """The bars, and the number as it is written below them."""
    if codes.is_ean13(number):
        return codes.ean13(number), f"{number[0]} {number[1:7]} {number[7:]}"
    if _is_wrong(number, check_digit):
        raise InputError(
            "card.check_digit",
            what="The last digit of this card's number does not fit the others.",
            safe="No card was printed.",
            todo="Compare the number with the card or the list that it came from, and type it again.",
        )
    return codes.code128(number), number


def _is_wrong(number: str, check_digit: CheckDigit) -> bool:
    """Whether a number that is no EAN-13 should have checked out: 13 digits would, by that range's rule."""
    from stdnum import luhn

    if check_digit == "luhn":
        return not luhn.is_valid(number)
    return check_digit == "ean13" and len(number) == codes.EAN13_DIGITS and number.isdigit()


def _draw_face(canvas: Canvas, ink: Colour, *, name: str, shop_name: str, card_class: str) -> None:
    """The shop at the upper left, the class at the upper right, the holder above the code."""
    class_style = _fitted(card_class, _CLASS, ink, _INNER_WIDTH * _CLASS_PART)
    class_width = text_width(card_class, class_style)
    top = _HEIGHT - _MARGIN - _SHOP.size * 0.8
    put_text(canvas, card_class, class_style, x=_WIDTH - _MARGIN - class_width, baseline=top)
    shop_style = _fitted(shop_name, _SHOP, ink, _INNER_WIDTH - class_width - _CLASS_GAP)
    put_text(canvas, shop_name, shop_style, x=_MARGIN, baseline=top)
    name_style = _fitted(name, _NAME, ink, _INNER_WIDTH)
    put_text(canvas, name, name_style, x=_MARGIN, baseline=_MARGIN + _PANEL_HEIGHT + 3 * mm)


def _draw_code(canvas: Canvas, bars: codes.Bars, shown: str) -> None:
    """The bars on white, with their quiet zones, as wide as scanners like them."""
    canvas.setFillColorRGB(*WHITE)
    canvas.roundRect(_MARGIN, _MARGIN, _INNER_WIDTH, _PANEL_HEIGHT, _PANEL_CORNER, stroke=0, fill=1)
    module = min(_BAR_MODULE_MAX, _INNER_WIDTH / (len(bars) + 2 * codes.BAR_QUIET_MODULES))
    start = (_WIDTH - len(bars) * module) / 2
    bottom = _MARGIN + _PANEL_HEIGHT - _BAR_HEIGHT - 2 * mm
    draw_bars(canvas, bars, x=start, y=bottom, module=module, height=_BAR_HEIGHT)
    style = _fitted(shown, _NUMBER, BLACK, _INNER_WIDTH)
    put_text(canvas, shown, style, x=(_WIDTH - text_width(shown, style)) / 2, baseline=_MARGIN + 2.2 * mm)


def _fitted(text: str, style: Style, colour: Colour, width: float) -> Style:
    """The style in this colour, smaller where the text would not fit."""
    wanted = text_width(text, style)
    size = style.size if wanted <= width else style.size * width / wanted
    return msgspec.structs.replace(style, size=size, colour=colour)
