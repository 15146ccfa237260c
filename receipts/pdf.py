"""A receipt as a PDF: one page as wide as the roll and exactly as long as the receipt. The same document, the same bytes.

Import it when rendering only: it brings ReportLab along.
"""

from collections.abc import Callable
from io import BytesIO
from typing import assert_never

import msgspec
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from receipts import codes
from receipts.document import (
    Align,
    AnyBlock,
    Banner,
    Barcode,
    Columns,
    Cut,
    Document,
    LineItem,
    Panel,
    Qr,
    Rule,
    Space,
    Table,
    Text,
    Weight,
)
from receipts.lines import plain, wrap_evenly
from receipts.pdf_drawing import BLACK, GREY, WHITE, Colour, Style, draw_bars, draw_matrix, put_text, text_width, wrap

_PAGE_WIDTH = 80 * mm
_MARGIN = 5 * mm
_WIDTH = _PAGE_WIDTH - 2 * _MARGIN
_GAP = 6.0
_LEFT_WIDTH_MIN = 40.0
_RULE_SPACE = 5.0
_RULE_COLOUR: Colour = (0.7, 0.7, 0.7)
_SPACE = 8.0
_ITEM_SPACE = 2.5
_DETAIL_INDENT = 7.0
_PANEL_COLOUR: Colour = (0.945, 0.945, 0.93)
_PANEL_PADDING = 7.0
_CORNER = 4.0
_BANNER_PADDING = 4.0
_QR_MODULE = 0.75 * mm
_SMALL_QR_MODULE = 0.375 * mm
_QR_SPACE = 7.0
_BAR_MODULE = 0.25 * mm
_BAR_HEIGHT = 10 * mm

_STYLES = {
    Weight.FINE: Style(7, 9.6, colour=GREY),
    Weight.NORMAL: Style(8.5, 11.6),
    Weight.STRONG: Style(8.5, 11.6, is_strong=True),
    Weight.LARGE: Style(14.5, 19, is_strong=True),
}
_BANNER_STYLE = Style(10, 13, is_strong=True, colour=WHITE)
_ASCENT_OF_LEADING = 0.76


class Piece(msgspec.Struct, frozen=True):
    """Something of a known height, that can be drawn with its top edge at a given height of the page."""

    height: float
    draw: Callable[[Canvas, float], None]


def render_pdf(document: Document) -> bytes:
    """The document as one PDF page, 80 mm wide; raises ``InputError`` for codes that cannot be drawn."""
    pieces = [piece for block in document.blocks for piece in _pieces(block, _MARGIN, _WIDTH)]
    height = sum(piece.height for piece in pieces) + 2 * _MARGIN
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(_PAGE_WIDTH, height), invariant=1, pageCompression=1)
    canvas.setTitle(document.title)
    _draw_down(canvas, pieces, height - _MARGIN)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw_down(canvas: Canvas, pieces: list[Piece], top: float) -> None:
    for piece in pieces:
        piece.draw(canvas, top)
        top -= piece.height


def _pieces(block: AnyBlock, x: float, width: float) -> list[Piece]:  # noqa: C901, PLR0911 - one short case a block
    match block:
        case Text():
            return _text(block, x, width)
        case Columns():
            return _spread(block.left, block.right, _STYLES[block.weight], x, width)
        case LineItem():
            return _item(block, x, width)
        case Table():
            return _table(block, x, width)
        case Panel():
            return [_gap(_RULE_SPACE), _panel(block, x, width)]
        case Banner():
            return [_gap(_RULE_SPACE), _banner(block, x, width)]
        case Rule():
            return [_rule(x, width)]
        case Space():
            return [_gap(_SPACE)]
        case Qr():
            return _qr(block, x, width)
        case Barcode():
            return _barcode(block, x, width)
        case Cut():
            return []
        case _:
            assert_never(block)


def _text(block: Text, x: float, width: float) -> list[Piece]:
    style = _STYLES[block.weight]
    if block.align is Align.LEFT:
        return [_row(text, style, x) for text in wrap(block.text, style, width)]
    return _centred(block.text, style, x, width)


def _centred(text: str, style: Style, x: float, width: float) -> list[Piece]:
    rows = wrap_evenly(plain(text), lambda narrower: wrap(text, style, narrower), int(width))
    return [_row(row, style, x + (width - text_width(row, style)) / 2) for row in rows]


def _row(text: str, style: Style, x: float, right: str = "", right_edge: float = 0) -> Piece:
    def draw(canvas: Canvas, top: float) -> None:
        baseline = top - style.leading * _ASCENT_OF_LEADING
        put_text(canvas, text, style, x=x, baseline=baseline)
        put_text(canvas, right, style, x=right_edge - text_width(right, style), baseline=baseline)

    return Piece(style.leading, draw)


def _spread(left: str, right: str, style: Style, x: float, width: float) -> list[Piece]:
    """``left`` wrapped, ``right`` at the right edge of its last row, or on rows of its own where there is no room."""
    right = plain(right)
    room = width - text_width(right, style) - _GAP
    if room < _LEFT_WIDTH_MIN:
        rights = wrap(right, style, width)
        return [
            *(_row(text, style, x) for text in wrap(left, style, width)),
            *(_row("", style, x, text, x + width) for text in rights),
        ]
    *above, last = wrap(left, style, room)
    return [*(_row(text, style, x) for text in above), _row(last, style, x, right, x + width)]


def _item(block: LineItem, x: float, width: float) -> list[Piece]:
    fine, normal = _STYLES[Weight.FINE], _STYLES[Weight.NORMAL]
    inner_x, inner_width = x + _DETAIL_INDENT, width - _DETAIL_INDENT
    pieces = _spread(block.name, block.amount, normal, x, width)
    if block.detail:
        pieces += _spread(block.detail, "", fine, inner_x, inner_width)
    for note in block.notes:
        pieces += _spread(note.left, note.right, fine, inner_x, inner_width)
    return [*pieces, _gap(_ITEM_SPACE)]


def _table(block: Table, x: float, width: float) -> list[Piece]:
    """The first column as wide as it must be, the others of equal width."""
    style = _STYLES[Weight.FINE]
    first_width = max(text_width(plain(row[0]), style) for row in (block.header, *block.rows))
    step = (width - first_width) / max(1, len(block.header) - 1)

    def row(cells: tuple[str, ...]) -> Piece:
        def draw(canvas: Canvas, top: float) -> None:
            baseline = top - style.leading * _ASCENT_OF_LEADING
            put_text(canvas, plain(cells[0]), style, x=x, baseline=baseline)
            for place, cell in enumerate(map(plain, cells[1:]), start=1):
                right_edge = x + first_width + place * step
                put_text(canvas, cell, style, x=right_edge - text_width(cell, style), baseline=baseline)

        return Piece(style.leading, draw)

    return [row(cells) for cells in (block.header, *block.rows)]


def _panel(block: Panel, x: float, width: float) -> Piece:
    inner = [
        piece
        for inner_block in block.blocks
        for piece in _pieces(inner_block, x + _PANEL_PADDING, width - 2 * _PANEL_PADDING)
    ]
    height = sum(piece.height for piece in inner) + 2 * _PANEL_PADDING

    def draw(canvas: Canvas, top: float) -> None:
        canvas.setFillColorRGB(*_PANEL_COLOUR)
        canvas.roundRect(x, top - height, width, height, _CORNER, stroke=0, fill=1)
        _draw_down(canvas, inner, top - _PANEL_PADDING)

    return Piece(height, draw)


def _banner(block: Banner, x: float, width: float) -> Piece:
    rows = _centred(block.text, _BANNER_STYLE, x + _BANNER_PADDING, width - 2 * _BANNER_PADDING)
    height = sum(row.height for row in rows) + 2 * _BANNER_PADDING

    def draw(canvas: Canvas, top: float) -> None:
        canvas.setFillColorRGB(*BLACK)
        canvas.roundRect(x, top - height, width, height, _CORNER, stroke=0, fill=1)
        _draw_down(canvas, rows, top - _BANNER_PADDING)

    return Piece(height, draw)


def _rule(x: float, width: float) -> Piece:
    def draw(canvas: Canvas, top: float) -> None:
        canvas.setStrokeColorRGB(*_RULE_COLOUR)
        canvas.setLineWidth(0.5)
        canvas.line(x, top - _RULE_SPACE, x + width, top - _RULE_SPACE)

    return Piece(2 * _RULE_SPACE, draw)


def _gap(height: float) -> Piece:
    return Piece(height, lambda _canvas, _top: None)


def _qr(block: Qr, x: float, width: float) -> list[Piece]:
    matrix = codes.qr(block.data)
    module = min(_SMALL_QR_MODULE if block.is_small else _QR_MODULE, width / (len(matrix) + 2 * codes.QR_QUIET_MODULES))
    side = len(matrix) * module

    def draw(canvas: Canvas, top: float) -> None:
        draw_matrix(canvas, matrix, x=x + (width - side) / 2, y=top - _QR_SPACE - side, module=module)

    caption = _centred(block.caption, _STYLES[Weight.NORMAL], x, width) if block.caption else ()
    return [Piece(side + 2 * _QR_SPACE, draw), *caption]


def _barcode(block: Barcode, x: float, width: float) -> list[Piece]:
    bars = codes.code128(block.data)
    module = min(_BAR_MODULE, width / (len(bars) + 2 * codes.BAR_QUIET_MODULES))
    start = x + (width - len(bars) * module) / 2

    def draw(canvas: Canvas, top: float) -> None:
        draw_bars(canvas, bars, x=start, y=top - _BAR_HEIGHT, module=module, height=_BAR_HEIGHT)

    return [Piece(_BAR_HEIGHT + 2, draw), *_centred(block.data, _STYLES[Weight.FINE], x, width)]
