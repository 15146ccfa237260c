"""What the PDF renderings draw with: one typeface in two weights, wrapped text, and codes as sharp vectors. Lengths in points."""

from collections.abc import Iterator
from functools import cache
from itertools import groupby

import msgspec
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from receipts.codes import Bars, Matrix
from receipts.fonts import SANS_FONT
from receipts.lines import plain

_FONT_NAME = "ReceiptSans"
_STROKE_OF_SIZE = 0.032
_SPACE_OF_SIZE = 0.02
_FILL, _FILL_AND_STROKE = 0, 2

Colour = tuple[float, float, float]
BLACK: Colour = (0, 0, 0)
GREY: Colour = (0.33, 0.33, 0.33)
WHITE: Colour = (1, 1, 1)


class Style(msgspec.Struct, frozen=True):
    """How letters look: ``size`` of the font, ``leading`` from line to line."""

    size: float
    leading: float
    is_strong: bool = False
    colour: Colour = BLACK


@cache
def font() -> str:
    """The name under which the typeface is known to ReportLab; embedded are only the letters that a page uses."""
    pdfmetrics.registerFont(TTFont(_FONT_NAME, str(SANS_FONT)))
    return _FONT_NAME


def text_width(text: str, style: Style) -> float:
    """The width of a text on one line."""
    return pdfmetrics.stringWidth(text, font(), style.size) + len(text) * _letter_space(style)


def _letter_space(style: Style) -> float:
    """Room for the outline of strong letters."""
    return style.size * _SPACE_OF_SIZE if style.is_strong else 0


def put_text(canvas: Canvas, text: str, style: Style, *, x: float, baseline: float) -> None:
    """Letters from ``x`` on. Strong ones are outlined in their own colour: the font file has one weight that PDF can embed."""
    line = canvas.beginText(x, baseline)
    line.setFont(font(), style.size)
    line.setFillColorRGB(*style.colour)
    line.setStrokeColorRGB(*style.colour)
    canvas.setLineWidth(style.size * _STROKE_OF_SIZE)
    line.setTextRenderMode(_FILL_AND_STROKE if style.is_strong else _FILL)
    line.setCharSpace(_letter_space(style))
    line.textOut(text)
    line.setCharSpace(0)
    line.setTextRenderMode(_FILL)
    canvas.drawText(line)


def wrap(text: str, style: Style, width: float) -> list[str]:
    """A text in lines of at most ``width``; a word that is longer than a line is broken."""
    lines = [""]
    for word in _pieces(plain(text), style, width):
        candidate = f"{lines[-1]} {word}".strip(" ")
        if text_width(candidate, style) <= width:
            lines[-1] = candidate
        else:
            lines.append(word)
    return lines


def _pieces(text: str, style: Style, width: float) -> Iterator[str]:
    """The words, those that are too long in parts. Only an ordinary space parts words: others must not break."""
    for word in text.split(" "):
        rest = word
        while text_width(rest, style) > width and len(rest) > 1:
            length = next(
                (count for count in range(len(rest) - 1, 1, -1) if text_width(rest[:count], style) <= width), 1
            )
            yield rest[:length]
            rest = rest[length:]
        yield rest


def draw_bars(canvas: Canvas, bars: Bars, *, x: float, y: float, module: float, height: float) -> None:
    """A linear code with its lower left corner at (x, y), black; each bar is one rectangle, so no seam can show."""
    path = canvas.beginPath()
    at = 0
    for bar, run in groupby(bars):
        modules = len(list(run))
        if bar == "1":
            path.rect(x + at * module, y, modules * module, height)
        at += modules
    _fill(canvas, path)


def draw_matrix(canvas: Canvas, matrix: Matrix, *, x: float, y: float, module: float) -> None:
    """A QR code with its lower left corner at (x, y), black, as one shape."""
    path = canvas.beginPath()
    for row_no, row in enumerate(reversed(matrix)):
        at = 0
        for is_dark, run in groupby(row):
            modules = len(list(run))
            if is_dark:
                path.rect(x + at * module, y + row_no * module, modules * module, module)
            at += modules
    _fill(canvas, path)


def _fill(canvas: Canvas, path: PDFPathObject) -> None:
    canvas.setFillColorRGB(*BLACK)
    canvas.drawPath(path, stroke=0, fill=1)
