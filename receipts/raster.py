"""Pictures in printer dots: lines of text that no code page can say, and codes that a printer cannot draw by itself.

All images are black (0) on white (1), one bit a dot.
"""

from functools import cache

import msgspec
from PIL import Image, ImageDraw, ImageFont

from receipts.codes import QR_QUIET_MODULES, Bars, Matrix
from receipts.fonts import MONO_FONT, SANS_FONT
from receipts.lines import Line

_BLACK, _WHITE = 0, 1
_MONO_ADVANCE_PER_MILLE = 602
"""The width of every letter of DejaVu Sans Mono, in thousandths of the font's size."""
_BASELINE_PERCENT = 79
"""Where letters stand, from the top of a letter's cell."""
_GREY_MIDDLE = 128
_NO_CHARACTER = "\uffff"


class Grid(msgspec.Struct, frozen=True):
    """The printer's own letters in dots: how many fit, how wide and high each is, and from one line to the next."""

    columns: int
    cell_dots: int
    letter_dots: int
    line_dots: int

    @property
    def width_dots(self) -> int:
        """The width of a whole line."""
        return self.columns * self.cell_dots


def line_image(line: Line, grid: Grid) -> Image.Image:
    """A line with each letter in the middle of its cell, so that columns stand below those of the printer's own letters."""
    # A letter that is only tall is drawn twice as large both ways and then pressed to half its width.
    scale = 2 if line.is_tall else 1
    is_pressed = line.is_tall and not line.is_wide
    width = grid.width_dots * (2 if is_pressed else 1)
    height = grid.letter_dots * scale + grid.line_dots - grid.letter_dots
    paper, ink = (_BLACK, _WHITE) if line.is_inverse else (_WHITE, _BLACK)
    image = Image.new("1", (width, height), paper)
    _draw_cells(ImageDraw.Draw(image), line, grid, scale=scale, ink=ink)
    if is_pressed:
        grey = image.convert("L").resize((grid.width_dots, height), Image.Resampling.BOX)
        image = grey.point(lambda level: 255 if level >= _GREY_MIDDLE else 0).convert("1")
    return image


def bars_image(bars: Bars, *, module_dots: int, height_dots: int, width_dots: int) -> Image.Image:
    """A linear code in the middle of a white strip of ``width_dots``."""
    code = Image.new("1", (len(bars), 1), _WHITE)
    code.putdata([_BLACK if bar == "1" else _WHITE for bar in bars])
    return _centred(code.resize((len(bars) * module_dots, height_dots), Image.Resampling.NEAREST), width_dots)


def matrix_image(matrix: Matrix, *, module_dots: int, width_dots: int) -> Image.Image:
    """A QR code in the middle of a white strip of ``width_dots``, with its quiet zone above and below."""
    side = len(matrix)
    code = Image.new("1", (side, side + 2 * QR_QUIET_MODULES), _WHITE)
    for y, row in enumerate(matrix):
        for x, is_dark in enumerate(row):
            code.putpixel((x, y + QR_QUIET_MODULES), _BLACK if is_dark else _WHITE)
    return _centred(code.resize((side * module_dots, code.height * module_dots), Image.Resampling.NEAREST), width_dots)


def _centred(code: Image.Image, width_dots: int) -> Image.Image:
    strip = Image.new("1", (width_dots, code.height), _WHITE)
    strip.paste(code, ((width_dots - code.width) // 2, 0))
    return strip


def _draw_cells(draw: ImageDraw.ImageDraw, line: Line, grid: Grid, *, scale: int, ink: int) -> None:
    cell_dots = grid.cell_dots * scale
    baseline = (grid.line_dots - grid.letter_dots) // 2 + grid.letter_dots * scale * _BASELINE_PERCENT // 100
    for place, character in enumerate(line.text):
        middle = place * cell_dots + cell_dots // 2
        font = _font_for(character, cell_dots)
        # Printers make letters bold by printing each twice, a dot apart.
        for x in (middle, middle + scale) if line.is_strong else (middle,):
            draw.text((x, baseline), character, fill=ink, font=font, anchor="ms")


@cache
def _font_for(character: str, cell_dots: int) -> ImageFont.FreeTypeFont:
    mono = _mono_font(cell_dots)
    return mono if _draws(mono, character) else _sans_font(cell_dots)


def _draws(font: ImageFont.FreeTypeFont, character: str) -> bool:
    """Whether the font has the character: what it has not, it draws like one that nobody has."""
    missing, found = font.getmask(_NO_CHARACTER, mode="1"), font.getmask(character, mode="1")
    return (missing.size, bytes(missing)) != (found.size, bytes(found))


@cache
def _mono_font(cell_dots: int) -> ImageFont.FreeTypeFont:
    size = cell_dots * 1000 // _MONO_ADVANCE_PER_MILLE
    return ImageFont.truetype(MONO_FONT, size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _sans_font(cell_dots: int) -> ImageFont.FreeTypeFont:
    size = cell_dots * 1000 // _MONO_ADVANCE_PER_MILLE
    return ImageFont.truetype(SANS_FONT, size, layout_engine=ImageFont.Layout.BASIC)
