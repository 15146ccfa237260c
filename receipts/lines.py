"""A document set in lines of characters of one width: what the text and the ESC/POS renderings share.

Every rendering of a line is as wide as ``columns`` characters, so amounts stand below each other whether the printer's own
letters or a picture of them goes out.
"""

import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from typing import assert_never

import msgspec

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

RULE = "─"
_HEAVY_RULE = "═"
_DETAIL_INDENT = "  "
_LEFT_COLUMNS_MIN = 8
_HEADING_LINES_MAX = 2
_NO_BREAK_SPACE = "\u00a0"
_FIXED_SPACES = dict.fromkeys(map(ord, "\u2007\u2009\u202f"), _NO_BREAK_SPACE)


class Line(msgspec.Struct, frozen=True):
    """One line, already padded. ``is_tall`` doubles its height; ``is_wide`` its width too: then it has half the columns."""

    text: str
    is_strong: bool = False
    is_tall: bool = False
    is_wide: bool = False
    is_inverse: bool = False


class _Paper(msgspec.Struct, frozen=True):
    """How many letters fit on a line, and whether letters of twice the size can be printed."""

    columns: int
    doubles: bool

    def can_double(self, *texts: str) -> bool:
        """Whether each of these headings takes at most two lines of large letters, each word whole."""
        return self.doubles and all(_is_short(text, self.columns // 2) for text in texts)

    def room(self, *, is_wide: bool) -> int:
        """How many letters fit on a line, large ones or others."""
        return self.columns // 2 if is_wide else self.columns


AnyLine = Line | Qr | Barcode | Cut


def plain(text: str) -> str:
    r"""Text that is safe to send anywhere: composed letters, no control or invisible characters, one kind of fixed space.

    A name could otherwise carry a printer command.

    >>> plain("Creme\u0300\u202f\x1b@ 5")
    'Cremè\xa0@ 5'
    """
    composed = unicodedata.normalize("NFC", text.translate(_FIXED_SPACES))
    return "".join(
        " " if character in "\n\r\t" else character
        for character in composed
        if character in "\n\r\t" or unicodedata.category(character) not in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
    )


def set_lines(document: Document, *, columns: int, doubles: bool) -> Iterator[AnyLine]:
    """The document line by line. ``doubles`` says whether the device can print letters of twice the size."""
    paper = _Paper(columns=columns, doubles=doubles)
    for block in document.blocks:
        for line in _set_block(block, paper):
            # A space that must not break has done its work once the lines are broken, and few code pages have it.
            if isinstance(line, Line):
                yield msgspec.structs.replace(line, text=line.text.replace(_NO_BREAK_SPACE, " "))
            else:
                yield line


def _set_block(block: AnyBlock, paper: _Paper) -> Iterator[AnyLine]:  # noqa: C901, PLR0912 - one short case a block
    match block:
        case Text():
            yield from _set_text(block, paper)
        case Columns():
            yield from _set_columns(block, paper)
        case LineItem():
            yield from _set_item(block, paper.columns)
        case Table():
            yield from _set_table(block, paper.columns)
        case Panel():
            yield Line(_HEAVY_RULE * paper.columns)
            for inner in block.blocks:
                yield from _set_block(inner, paper)
            yield Line(_HEAVY_RULE * paper.columns)
        case Banner():
            yield from _set_banner(block, paper)
        case Rule():
            yield Line(RULE * paper.columns)
        case Space():
            yield Line("")
        case Qr():
            yield block
            if block.caption:
                yield from _set_text(Text(block.caption, align=Align.CENTRE), paper)
        case Barcode():
            yield block
            yield from _set_text(Text(block.data, align=Align.CENTRE), paper)
        case Cut():
            yield block
        case _:
            assert_never(block)


def _set_text(block: Text, paper: _Paper) -> Iterator[Line]:
    is_large = block.weight is Weight.LARGE
    is_wide = is_large and paper.can_double(block.text)
    room = paper.room(is_wide=is_wide)
    is_centred = block.align is Align.CENTRE
    for text in _wrap_evenly(block.text, room) if is_centred else _wrap(block.text, room):
        yield Line(
            text.center(room).rstrip() if is_centred else text,
            is_strong=block.weight in {Weight.STRONG, Weight.LARGE},
            is_tall=is_large,
            is_wide=is_wide,
        )


def _set_columns(block: Columns, paper: _Paper) -> Iterator[Line]:
    is_large = block.weight is Weight.LARGE
    is_wide = is_large and paper.can_double(block.left, block.right)
    for text in _spread(block.left, block.right, paper.room(is_wide=is_wide)):
        yield Line(text, is_strong=block.weight in {Weight.STRONG, Weight.LARGE}, is_tall=is_large, is_wide=is_wide)


def _set_banner(block: Banner, paper: _Paper) -> Iterator[Line]:
    is_wide = paper.can_double(block.text)
    room = paper.room(is_wide=is_wide)
    for text in _wrap_evenly(block.text, room):
        yield Line(text.center(room), is_strong=True, is_tall=True, is_wide=is_wide, is_inverse=True)


def _set_item(block: LineItem, columns: int) -> Iterator[Line]:
    if block.detail:
        yield from map(Line, _wrap(block.name, columns))
        yield from map(Line, _spread(_DETAIL_INDENT + block.detail, block.amount, columns))
    else:
        yield from map(Line, _spread(block.name, block.amount, columns))
    for note in block.notes:
        yield from map(Line, _spread(_DETAIL_INDENT + note.left, note.right, columns))


def _set_table(block: Table, columns: int) -> Iterator[Line]:
    """The first column takes what the widest cells of the others leave; on narrow paper each cell gets a line with its header."""
    rows = [[plain(cell) for cell in row] for row in (block.header, *block.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(block.header))]
    gap = (columns - sum(widths)) // len(widths)
    if gap < 1:
        yield from _set_cells(block, columns)
        return
    for row in rows:
        right = "".join(" " * gap + cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield Line(row[0].ljust(columns - len(right)) + right)


def _set_cells(block: Table, columns: int) -> Iterator[Line]:
    for first, *others in block.rows:
        yield from map(Line, _spread(block.header[0], first, columns))
        for header, cell in zip(block.header[1:], others, strict=True):
            yield from map(Line, _spread(_DETAIL_INDENT + header, cell, columns))


def _spread(left: str, right: str, columns: int) -> list[str]:
    """``left`` wrapped, ``right`` at the right edge of its last line, or on lines of its own where there is no room."""
    left, right = plain(left), plain(right)
    if not right:
        return _wrap(left, columns)
    room = columns - len(right) - 1
    if room < _LEFT_COLUMNS_MIN:
        return [*_wrap(left, columns), *(text.rjust(columns) for text in _wrap(right, columns))]
    *above, last = _wrap(left, room)
    return [*above, last.ljust(columns - len(right)) + right]


def _is_short(text: str, columns: int) -> bool:
    """Whether a heading takes at most two lines, each word whole."""
    lines = _wrap(text, columns)
    return len(lines) <= _HEADING_LINES_MAX and " ".join(lines).split() == plain(text).split()


def _wrap(text: str, columns: int) -> list[str]:
    text = plain(text)
    indent = text[: len(text) - len(text.lstrip(" "))]
    return textwrap.wrap(text, columns, subsequent_indent=indent, break_on_hyphens=False) or [""]


def wrap_evenly(text: str, wrap: Callable[[int], list[str]], width: int) -> list[str]:
    """What ``wrap`` makes of a text in as few lines as can be, of about one length: no word stands alone below the others."""
    lines = wrap(width)
    for narrower in range(width - 1, 0, -1):
        candidate = wrap(narrower)
        if len(candidate) > len(lines) or " ".join(candidate).split() != text.split():
            break
        lines = candidate
    return lines


def _wrap_evenly(text: str, columns: int) -> list[str]:
    return wrap_evenly(plain(text), lambda width: _wrap(text, width), columns)
