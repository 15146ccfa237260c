"""The receipt as a document: blocks from top to bottom, the same for paper, PDF and screen. Light to import.

A block says what something is, never how wide it is: each rendering breaks lines for its own width.
"""

from enum import StrEnum

import msgspec


class Align(StrEnum):
    """Where a text stands."""

    LEFT = "left"
    CENTRE = "centre"


class Weight(StrEnum):
    """How loud a text speaks."""

    FINE = "fine"
    """Small print: an address, a date."""
    NORMAL = "normal"
    STRONG = "strong"
    LARGE = "large"
    """The shop's name, the total: strong, and twice the size where the device can."""


class Text(msgspec.Struct, frozen=True):
    """A paragraph."""

    text: str
    align: Align = Align.LEFT
    weight: Weight = Weight.NORMAL


class Banner(msgspec.Struct, frozen=True):
    """A warning that nobody can miss, such as COPY."""

    text: str


class Columns(msgspec.Struct, frozen=True):
    """A label at the left and a value at the right edge."""

    left: str
    right: str
    weight: Weight = Weight.NORMAL


class Note(msgspec.Struct, frozen=True):
    """A row of small print below an item; ``right`` may be empty."""

    left: str
    right: str = ""


class LineItem(msgspec.Struct, frozen=True):
    """One thing sold: ``detail`` ("2 × 4.50") goes below the name, with the amount at the right of the last of the two."""

    name: str
    amount: str
    detail: str = ""
    notes: tuple[Note, ...] = ()


class Table(msgspec.Struct, frozen=True):
    """A small table: the first column stands left, the others right. All rows are as long as ``header``."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Rule(msgspec.Struct, frozen=True):
    """A line across."""


class Space(msgspec.Struct, frozen=True):
    """An empty line."""


class Qr(msgspec.Struct, frozen=True):
    """A QR code; ``caption`` is printed below it. A small one is for the shop's scanner, the others for people's phones."""

    data: str
    caption: str = ""
    is_small: bool = False


class Barcode(msgspec.Struct, frozen=True):
    """A Code 128 bar code with its data printed below."""

    data: str


class Cut(msgspec.Struct, frozen=True):
    """The end of the paper."""


class Panel(msgspec.Struct, frozen=True):
    """Blocks that belong together and stand out: a tinted box in the PDF, a frame of rules elsewhere."""

    blocks: "tuple[Text | Columns | Space, ...]"


AnyBlock = Text | Banner | Columns | LineItem | Table | Rule | Space | Qr | Barcode | Cut | Panel


class Document(msgspec.Struct, frozen=True):
    """A whole receipt."""

    blocks: tuple[AnyBlock, ...]
    title: str = ""
