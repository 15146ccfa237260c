"""Coupons on paper: sheets of A4 with two columns of slips to cut apart, each with its barcode and the code to type.

Import it when printing coupons only: it brings ReportLab along.
"""

from collections.abc import Iterable
from io import BytesIO

import msgspec
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from pos_app.protocol.coupons import spaced
from receipts import codes
from receipts.lines import plain
from receipts.pdf_drawing import GREY, Style, draw_bars, put_text, text_width
from receipts.words import load_words

COLUMNS, ROWS = 2, 7
_PAGE_WIDTH, _PAGE_HEIGHT = 210 * mm, 297 * mm
"""A4."""
_SLIP_WIDTH, _SLIP_HEIGHT = 95 * mm, 39 * mm
_LEFT = (_PAGE_WIDTH - COLUMNS * _SLIP_WIDTH) / 2
_TOP = _PAGE_HEIGHT - (_PAGE_HEIGHT - ROWS * _SLIP_HEIGHT) / 2
_MARGIN = 5 * mm
_INNER_WIDTH = _SLIP_WIDTH - 2 * _MARGIN
_BAR_HEIGHT = 12 * mm
_BAR_MODULE_MAX = 0.33 * mm
_SHOP, _NAME, _CODE, _ID = (
    Style(8, 10, colour=GREY),
    Style(12, 14, is_strong=True),
    Style(9, 11),
    Style(7, 9, colour=GREY),
)


class CouponFace(msgspec.Struct, frozen=True):
    """What every slip says: what it is for, whose it is, and its last day as an ISO date (empty: none), in a receipt language."""

    name: str
    shop_name: str
    until: str = ""
    language: str = "en"


def render_sheets(coupons: Iterable[tuple[str, str]], face: CouponFace) -> bytes:
    """Sheets with the coupons (id and code) in their order, as a PDF; the same coupons give the same bytes."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(_PAGE_WIDTH, _PAGE_HEIGHT), invariant=1, pageCompression=1)
    canvas.setTitle(f"{face.shop_name}: {face.name}")
    for number, (coupon_id, code) in enumerate(coupons):
        place = number % (COLUMNS * ROWS)
        if number and not place:
            canvas.showPage()
        left = _LEFT + place % COLUMNS * _SLIP_WIDTH
        _draw(canvas, coupon_id, code, face, left=left, top=_TOP - place // COLUMNS * _SLIP_HEIGHT)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw(canvas: Canvas, coupon_id: str, code: str, face: CouponFace, *, left: float, top: float) -> None:
    """One slip with a thin line around it, to cut along."""
    canvas.setLineWidth(0.3)
    canvas.setStrokeColorRGB(*GREY)
    canvas.roundRect(left, top - _SLIP_HEIGHT, _SLIP_WIDTH, _SLIP_HEIGHT, mm, stroke=1, fill=0)
    x = left + _MARGIN
    _put(canvas, face.shop_name, _SHOP, x=x, baseline=top - 7 * mm)
    _put(canvas, face.name, _NAME, x=x, baseline=top - 13 * mm)
    bars = codes.code128(code)
    module = min(_BAR_MODULE_MAX, _INNER_WIDTH / (len(bars) + 2 * codes.BAR_QUIET_MODULES))
    start = left + (_SLIP_WIDTH - len(bars) * module) / 2
    draw_bars(canvas, bars, x=start, y=top - 28 * mm, module=module, height=_BAR_HEIGHT)
    _put(canvas, spaced(code), _CODE, x=x, baseline=top - 32.5 * mm)
    until = load_words(face.language).until.format(date=face.until) if face.until else ""
    _put(canvas, "  ".join(filter(None, (coupon_id, until))), _ID, x=x, baseline=top - 36.5 * mm)


def _put(canvas: Canvas, text: str, style: Style, *, x: float, baseline: float) -> None:
    """A text on one line, smaller where it would not fit."""
    shown = plain(text)
    width = text_width(shown, style)
    fitted = style if width <= _INNER_WIDTH else msgspec.structs.replace(style, size=style.size * _INNER_WIDTH / width)
    put_text(canvas, shown, fitted, x=x, baseline=baseline)
