"""A receipt as plain text: for the preview on the screen, and for files."""

import textwrap
from collections.abc import Iterator

from receipts.document import Document, Qr
from receipts.lines import Line, plain, set_lines


def render_text(document: Document, columns: int) -> str:
    """The document as lines of at most ``columns`` characters, with a line break at the end of each.

    A QR code is shown by its address; a bar code by the number that every rendering prints below it.
    """
    return "".join(f"{row}\n" for row in _rows(document, columns))


def _rows(document: Document, columns: int) -> Iterator[str]:
    for line in set_lines(document, columns=columns, doubles=False):
        if isinstance(line, Line):
            yield (_framed(line.text.strip(), columns) if line.is_inverse else line.text).rstrip()
        elif isinstance(line, Qr):
            address = textwrap.wrap(plain(line.data), columns, break_on_hyphens=False)
            yield from (row.center(columns).rstrip() for row in address)


def _framed(warning: str, columns: int) -> str:
    """What other renderings print white on black."""
    framed = f"*** {warning} ***"
    return (framed if len(framed) <= columns else warning).center(columns)
