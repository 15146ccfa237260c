"""A receipt as the bytes of an ESC/POS printer.

python-escpos knows the printers' profiles and commands. The choice of the code page is ours: the library would print ``?``
for ₽ and ₱ without a word. A line goes out in the first code page of the settings that can say all of it, else in plainer
punctuation, else as a picture of itself. Import this when rendering only: the library reads all profiles when imported.
"""

import os
import shutil
from typing import assert_never

from escpos import capabilities
from escpos.constants import BARCODE_HEIGHT, BARCODE_TXT_OFF, BARCODE_TYPE_B, BARCODE_WIDTH, QR_ECLEVEL_M
from escpos.magicencode import Encoder, MagicEncode
from escpos.printer import Dummy
from PIL import Image

from pos_app.errors import DeviceError
from pos_app.settings import Printer
from receipts import codes, raster
from receipts.document import Barcode, Cut, Document, Qr
from receipts.lines import AnyLine, Line, set_lines

if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:
    # The library leaves a folder of its own among the temporary files at every start; nothing is read from it again.
    shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)

_CANCEL_DOUBLE_BYTE = b"\x1c."
_LETTER_DOTS = 24
_LINES_PER_INCH = 6
_USUAL_DPI = 203
_QR_MODULE_DOTS_MAX = 6
_SMALL_QR_MODULE_DOTS = 3
_BAR_MODULE_DOTS = 2
_BAR_HEIGHT_DOTS = 72
_FEED_LINES_WITHOUT_CUT = 4

_PLAINER = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "─": "-", "═": "=", "×": "x", "·": "-", "•": "*", "’": "'", "‘": "'"}
    | dict.fromkeys("«»„“”", '"')
)
"""Punctuation that may be simplified without a loss; letters and currency signs never are."""


def render_escpos(document: Document, printer: Printer) -> bytes:
    """Everything to send to the printer for this document: the same bytes each time.

    Raises ``DeviceError`` for a profile that does not exist or that can print neither a line's letters nor pictures,
    ``InputError`` for codes that cannot be drawn.
    """
    roll = _Roll(printer)
    for line in set_lines(document, columns=printer.columns, doubles=True):
        roll.put(line)
    return roll.output


class _Roll(Dummy):
    """The paper: python-escpos' printer that keeps its bytes, with our way to put lines on it."""

    def __init__(self, settings: Printer) -> None:
        try:
            super().__init__(profile=settings.profile)
        except KeyError as error:
            raise _refused(f"python-escpos has no printer profile {settings.profile!r}") from error
        media = self.profile.profile_data.get("media", {})
        dots, dpi = media.get("width", {}).get("pixels"), media.get("dpi")
        self._width_dots = min(settings.width_dots, dots) if isinstance(dots, int) else settings.width_dots
        # Our width, so that the library neither guesses nor prints remarks about a missing one.
        self.profile.profile_data = {**self.profile.profile_data, "media": {"width": {"pixels": self._width_dots}}}
        self._grid = raster.Grid(
            columns=settings.columns,
            cell_dots=self._width_dots // settings.columns,
            letter_dots=_LETTER_DOTS,
            line_dots=round((dpi if isinstance(dpi, int) else _USUAL_DPI) / _LINES_PER_INCH),
        )
        # Some profiles name a code page twice; printers are surest to have it in its lowest slot.
        slots = sorted(((int(slot), page) for slot, page in self.profile.codePages.items()), reverse=True)
        self.magic = MagicEncode(self, encoder=Encoder({page: slot for slot, page in slots}))
        self._pages = [page for page in settings.code_pages if page in self.magic.encoder.codepages]
        self._cuts = settings.cut
        self._style = Line("")
        self.hw("INIT")
        # Printers made for China read two high bytes as one character until they are told not to.
        self._raw(_CANCEL_DOUBLE_BYTE)

    def put(self, line: AnyLine) -> None:
        """Print one line or code."""
        match line:
            case Line():
                self._put_line(line)
            case Qr():
                self._put_qr(line)
            case Barcode():
                self._put_barcode(line.data)
            case Cut():
                self._put_cut()
            case _:
                assert_never(line)

    def _put_line(self, line: Line) -> None:
        said = self._say(line.text if line.is_inverse else line.text.rstrip())
        if said is None:
            self._put_image(raster.line_image(line, self._grid))
            return
        page, text = said
        self._put_style(line)
        self.magic.write_with_encoding(page, f"{text}\n")

    def _say(self, text: str) -> tuple[str, str] | None:
        """The code page for a text, and the text with plainer punctuation where it needs that; None if no page can say it."""
        for candidate in (text, text.translate(_PLAINER)):
            for page in self._pages:
                if self._can_say(candidate, page):
                    return page, candidate
        return None

    def _can_say(self, text: str, page: str) -> bool:
        encoder = self.magic.encoder
        if not all(encoder.can_encode(page, character) for character in text):
            return False
        assert encoder.encode(text, page).count(b"?") == text.count("?"), "python-escpos lost a character"
        return True

    def _put_style(self, line: Line) -> None:
        """Switch what differs from the line before."""
        before, self._style = self._style, line
        if (line.is_wide, line.is_tall) != (before.is_wide, before.is_tall):
            self.set(custom_size=True, width=1 + line.is_wide, height=1 + line.is_tall)
        if line.is_strong != before.is_strong:
            self.set(bold=line.is_strong)
        if line.is_inverse != before.is_inverse:
            self.set(invert=line.is_inverse)

    def _put_qr(self, block: Qr) -> None:
        matrix = codes.qr(block.data)
        modules = len(matrix) + 2 * codes.QR_QUIET_MODULES
        most_dots = _SMALL_QR_MODULE_DOTS if block.is_small else _QR_MODULE_DOTS_MAX
        module_dots = min(most_dots, self._width_dots // modules)
        if self.profile.supports("qrCode"):
            self.set(align="center")
            self.qr(block.data, ec=QR_ECLEVEL_M, size=module_dots, native=True)
            self.set(align="left")
        else:
            self._put_image(raster.matrix_image(matrix, module_dots=module_dots, width_dots=self._width_dots))

    def _put_barcode(self, data: str) -> None:
        """As Code 128, by the printer itself where it can and where its plain code set B fits on the paper.

        On paper too narrow for any bars the number that follows has to do.
        """
        bars = codes.code128(data)
        if self.profile.supports("barcodeB") and self._fits(codes.code128_set_b_modules(data)):
            self.set(align="center")
            self._raw(BARCODE_HEIGHT + bytes([_BAR_HEIGHT_DOTS]))
            self._raw(BARCODE_WIDTH + bytes([_BAR_MODULE_DOTS]))
            self._raw(BARCODE_TXT_OFF)
            # "{" begins a command of the printer, so it is doubled where it is meant.
            payload = b"{B" + data.replace("{", "{{").encode("ascii")
            self._raw(BARCODE_TYPE_B["CODE128"] + bytes([len(payload)]) + payload)
            self.set(align="left")
        elif self._fits(len(bars)):
            self._put_image(
                raster.bars_image(
                    bars, module_dots=_BAR_MODULE_DOTS, height_dots=_BAR_HEIGHT_DOTS, width_dots=self._width_dots
                )
            )

    def _fits(self, bar_modules: int) -> bool:
        """Whether a bar code fits on the paper; the margins that no printer reaches are its quiet zones."""
        return bar_modules * _BAR_MODULE_DOTS <= self._width_dots

    def _put_image(self, image: Image.Image) -> None:
        ways = [way for way in ("bitImageRaster", "graphics", "bitImageColumn") if self.profile.supports(way)]
        if not ways:
            raise _refused("the printer's profile has neither the letters of a line nor pictures")
        self.image(image, impl=ways[0])

    def _put_cut(self) -> None:
        if self._cuts:
            self.cut()
        else:
            self.print_and_feed(_FEED_LINES_WITHOUT_CUT)


def _refused(reason: str) -> DeviceError:
    return DeviceError(
        "printer.cannot_print",
        what=f"The receipt cannot be printed: {reason}.",
        safe="The sale is saved.",
        todo="Correct the section [printer] of the settings, then print the receipt again from History.",
    )
