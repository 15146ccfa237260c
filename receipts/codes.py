"""Bar codes and QR codes as modules: checked data in, dark and light out. Each rendering draws them in its own way.

python-barcode mends a wrong check digit in silence and trims what is too long, so everything is checked here first.
"""

from pos_app.errors import InputError

CODE128_CHARACTERS_MAX = 24
"""What still has bars of 0.2 mm on a card or a receipt."""
QR_BYTES_MAX = 300
EAN13_DIGITS = 13
_FIRST_PRINTABLE, _LAST_PRINTABLE = " ", "~"
BAR_QUIET_MODULES = 10
QR_QUIET_MODULES = 4
_CODE128_SYMBOL_MODULES = 11
_CODE128_STOP_MODULES = 13

Bars = str
"""A linear code's modules from left to right: ``1`` dark, ``0`` light; without quiet zones."""

Matrix = tuple[tuple[bool, ...], ...]
"""A QR code's modules by row, True for dark; without quiet zone."""


def code128(data: str) -> Bars:
    """The modules of a Code 128; raises ``InputError`` for anything but 1 to 24 printable ASCII characters."""
    if not 1 <= len(data) <= CODE128_CHARACTERS_MAX or not _is_printable_ascii(data):
        raise _refused(f"a Code 128 holds 1 to {CODE128_CHARACTERS_MAX} printable ASCII characters")
    return _code128_bars(data)


def code128_set_b_modules(data: str) -> int:
    """How many modules a Code 128 takes when all is in code set B, which a printer can always draw: start, data, check, stop."""
    return (len(data) + 2) * _CODE128_SYMBOL_MODULES + _CODE128_STOP_MODULES


def ean13(number: str) -> Bars:
    """The 95 modules of an EAN-13; raises ``InputError`` unless it is 13 digits with the right check digit."""
    from barcode.ean import EuropeanArticleNumber13

    if not is_ean13(number):
        raise _refused("an EAN-13 has 13 digits, the last of which checks the others")
    return EuropeanArticleNumber13(number).build()[0]


def is_ean13(number: str) -> bool:
    """Whether this is an EAN-13 with the right check digit."""
    from stdnum import ean

    return len(number) == EAN13_DIGITS and number.isascii() and number.isdigit() and ean.is_valid(number)


def qr(data: str) -> Matrix:
    """The modules of a QR code with error correction M; raises ``InputError`` for anything but an address of 1 to 300 bytes."""
    import qrcode
    from qrcode.constants import ERROR_CORRECT_M

    if not 1 <= len(data) <= QR_BYTES_MAX or not _is_printable_ascii(data) or " " in data:
        raise _refused(f"a receipt's QR code holds an address of 1 to {QR_BYTES_MAX} printable ASCII characters")
    code = qrcode.QRCode(border=0, error_correction=ERROR_CORRECT_M)
    code.add_data(data)
    code.make(fit=True)
    return tuple(tuple(map(bool, row)) for row in code.get_matrix())


def _code128_bars(data: str) -> Bars:
    from barcode.codex import Code128

    class Corrected(Code128):
        """python-barcode takes the digits 99 at the start for a switch to the code set of digits, and drops them."""

        def _try_to_optimize(self, encoded: list[int]) -> list[int]:
            return encoded if data.startswith("99") else super()._try_to_optimize(encoded)

    return Corrected(data).build()[0]


def _is_printable_ascii(data: str) -> bool:
    return all(_FIRST_PRINTABLE <= character <= _LAST_PRINTABLE for character in data)


def _refused(reason: str) -> InputError:
    return InputError(
        "receipts.code_refused",
        what=f"The code cannot be printed: {reason}.",
        safe="Nothing was printed or changed.",
        todo="Correct the number and print again.",
    )
