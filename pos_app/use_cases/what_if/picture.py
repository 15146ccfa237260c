"""A picture of boxes, lines and words, as a PNG or a PDF of the same look. Lengths are points (1/72 inch) from the top left corner.

Import it when drawing only: it brings Pillow and ReportLab along.
"""

from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from typing import Literal

import msgspec
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

from receipts.fonts import SANS_FONT
from receipts.pdf_drawing import Colour, Style, put_text, text_width

_SCALE = 4
"""Pixels a point while it is drawn; half of them are left in the end, so that slanting lines are smooth."""
_WIDTH_AXIS, _STRONG_WEIGHT = 100, 650
Anchor = Literal["left", "middle", "right"]


class Box(msgspec.Struct, frozen=True):
    """A filled box."""

    x: float
    y: float
    width: float
    height: float
    colour: str


class Line(msgspec.Struct, frozen=True):
    """A line through these points."""

    points: tuple[tuple[float, float], ...]
    colour: str
    thickness: float = 1.0


class Words(msgspec.Struct, frozen=True):
    """Words on a base line; ``x`` is where they begin, end or have their middle."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    anchor: Anchor = "left"
    is_strong: bool = False


class Picture(msgspec.Struct, frozen=True):
    """Shapes on white, the first lowest."""

    width: float
    height: float
    shapes: tuple[Box | Line | Words, ...]


def png_of(picture: Picture) -> bytes:
    """The picture as a PNG, two pixels a point."""
    image = Image.new("RGB", (round(picture.width * _SCALE), round(picture.height * _SCALE)), "#FFFFFF")
    draw = ImageDraw.Draw(image)
    for shape in picture.shapes:
        match shape:
            case Box():
                corners = (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
                left, top, right, bottom = (round(corner * _SCALE) for corner in corners)
                if right > left and bottom > top:
                    draw.rectangle((left, top, right - 1, bottom - 1), fill=shape.colour)
            case Line():
                points = [(x * _SCALE, y * _SCALE) for x, y in shape.points]
                draw.line(points, fill=shape.colour, width=max(1, round(shape.thickness * _SCALE)), joint="curve")
            case Words():
                place = (shape.x * _SCALE, shape.y * _SCALE)
                anchor = {"left": "ls", "middle": "ms", "right": "rs"}[shape.anchor]
                font = _font(round(shape.size * _SCALE), shape.is_strong)
                draw.text(place, shape.text, fill=shape.colour, font=font, anchor=anchor)
    stream = BytesIO()
    image.reduce(2).save(stream, "PNG", optimize=True)
    return stream.getvalue()


@lru_cache(maxsize=16)
def _font(size: int, is_strong: bool) -> ImageFont.FreeTypeFont:  # noqa: FBT001 - a key of the cache
    font = ImageFont.truetype(SANS_FONT, size, layout_engine=ImageFont.Layout.BASIC)
    if is_strong:
        by_name = {b"Weight": _STRONG_WEIGHT, b"Width": _WIDTH_AXIS}
        font.set_variation_by_axes(
            [by_name.get(axis["name"] or b"", axis["default"] or 0) for axis in font.get_variation_axes()]
        )
    return font


def pdf_of(picture: Picture) -> bytes:
    """The picture as a PDF of one page of its size; the same picture gives the same bytes."""
    stream = BytesIO()
    canvas = Canvas(stream, pagesize=(picture.width, picture.height), invariant=1, pageCompression=1)
    for shape in picture.shapes:
        match shape:
            case Box():
                _put_box(canvas, shape, picture.height)
            case Line():
                _put_line(canvas, shape, picture.height)
            case Words():
                _put_words(canvas, shape, picture.height)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _put_box(canvas: Canvas, box: Box, height: float) -> None:
    path = canvas.beginPath()
    path.rect(box.x, height - box.y - box.height, box.width, box.height)
    canvas.setFillColorRGB(*_rgb(box.colour))
    canvas.drawPath(path, stroke=0, fill=1)


def _put_line(canvas: Canvas, line: Line, height: float) -> None:
    canvas.setStrokeColorRGB(*_rgb(line.colour))
    canvas.setLineWidth(line.thickness)
    for (x1, y1), (x2, y2) in pairwise(line.points):
        canvas.line(x1, height - y1, x2, height - y2)


def _put_words(canvas: Canvas, words: Words, height: float) -> None:
    style = Style(words.size, words.size, is_strong=words.is_strong, colour=_rgb(words.colour))
    width = text_width(words.text, style)
    begin = words.x - {"left": 0.0, "middle": width / 2, "right": width}[words.anchor]
    put_text(canvas, words.text, style, x=begin, baseline=height - words.y)


def _rgb(colour: str) -> Colour:
    """The parts of a colour like ``#0B6259``, from 0 to 1.

    >>> _rgb("#FF0000")
    (1.0, 0.0, 0.0)
    """
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue
