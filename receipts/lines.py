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


AnyLine = Line | Qr | Barcode | Cut


def plain(text: str) -> str:
    """Text that is safe to send anywhere: composed letters, no control or invisible characters, one kind of fixed space.

    A name could otherwise carry a printer command.

    >>> plain("Creme\\u0300\\u202f\\x1b@ 5")
    'Cremè\\xa0@ 5'
    """
    composed = unicodedata.normalize("NFC", text.translate(_FIXED_SPACES))
    return "".join(
        " " if character in "\n\r\t" else character
        for character in composed
        if character in "\n\r\t" or unicodedata.category(character) not in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
    )


def set_lines(document: Document, *, columns: int, doubles: bool) -> Iterator[AnyLine]:
    """The document line by line. ``doubles`` says whether the device can print letters of twice the size."""
    for block in document.blocks:
        for line in _set_block(block, columns, doubles):
            # A space that must not break has done its work once the lines are broken; no printer's code page is sure to have it.
            is_text = isinstance(line, Line)
            yield msgspec.structs.replace(line, text=line.text.replace(_NO_BREAK_SPACE, " ")) if is_text else line


def _set_block(block: AnyBlock, columns: int, doubles: bool) -> Iterator[AnyLine]:  # noqa: FBT001 - passed on as it came
    match block:
        case Text():
            yield from _set_text(block, columns, doubles)
        case Columns():
            yield from _set_columns(block, columns, doubles)
        case LineItem():
            yield from _set_item(block, columns)
        case Table():
            yield from _set_table(block, columns)
        case Panel():
            yield Line(_HEAVY_RULE * columns)
            for inner in block.blocks:
                yield from _set_block(inner, columns, doubles)
            yield Line(_HEAVY_RULE * columns)
        case Banner():
            is_wide = doubles and _is_short(block.text, columns // 2)
            width = columns // 2 if is_wide else columns
            for text in _wrap_evenly(block.text, width):
                yield Line(text.center(width), is_strong=True, is_tall=True, is_wide=is_wide, is_inverse=True)
        case Rule():
            yield Line(RULE * columns)
        case Space():
            yield Line("")
        case Qr():
            yield block
            yield from _set_text(Text(block.caption, align=Align.CENTRE), columns, doubles)
        case Barcode():
            yield block
            yield from _set_text(Text(block.data, align=Align.CENTRE), columns, doubles)
        case Cut():
            yield block
        case _:
            assert_never(block)


def _set_text(block: Text, columns: int, doubles: bool) -> Iterator[Line]:  # noqa: FBT001 - passed on as it came
    is_large = block.weight is Weight.LARGE
    is_wide = is_large and doubles and _is_short(block.text, columns // 2)
    width = columns // 2 if is_wide else columns
    is_centred = block.align is Align.CENTRE
    for text in _wrap_evenly(block.text, width) if is_centred else _wrap(block.text, width):
        yield Line(
            text.center(width).rstrip() if is_centred else text,
            is_strong=block.weight in {Weight.STRONG, Weight.LARGE},
            is_tall=is_large,
            is_wide=is_wide,
        )


def _set_columns(block: Columns, columns: int, doubles: bool) -> Iterator[Line]:  # noqa: FBT001 - passed on as it came
    is_large = block.weight is Weight.LARGE
    is_wide = is_large and doubles and len(plain(block.left)) + len(plain(block.right)) < columns // 2
    for text in _spread(block.left, block.right, columns // 2 if is_wide else columns):
        yield Line(
            text, is_strong=block.weight in {Weight.STRONG, Weight.LARGE}, is_tall=is_large, is_wide=is_wide
        )


def _set_item(block: LineItem, columns: int) -> Iterator[Line]:
    if block.detail:
        yield from map(Line, _wrap(block.name, columns))
        yield from map(Line, _spread(_DETAIL_INDENT + block.detail, block.amount, columns))
    else:
        yield from map(Line, _spread(block.name, block.amount, columns))
    for note in block.notes:
        yield from map(Line, _spread(_DETAIL_INDENT + note.left, note.right, columns))


def _set_table(block: Table, columns: int) -> Iterator[Line]:
    """The first column takes what the widest cells of the others leave."""
    rows = [[plain(cell) for cell in row] for row in (block.header, *block.rows)]
    right_widths = [max(len(row[place]) for row in rows) for place in range(1, len(block.header))]
    gap = max(1, (columns - sum(right_widths) - max(len(row[0]) for row in rows)) // len(block.header))
    for row in rows:
        right = "".join(" " * gap + cell.rjust(width) for cell, width in zip(row[1:], right_widths, strict=True))
        yield Line((row[0].ljust(columns - len(right)) + right)[:columns])


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
