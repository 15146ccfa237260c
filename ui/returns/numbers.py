"""Which receipt was meant: by what a cashier types, or by either code on its paper."""

import re

from devices.barcodes import ClaimScan, ReceiptScan, Scan
from pos_app.model.identifiers import receipt_number
from pos_app.protocol.claims import read_claim

_DIGITS = re.compile(r"([0-9]{3})([0-9]{2})([0-9]{7})")
_BETWEEN = str.maketrans("", "", " -.\u00a0\u2013")


def receipt_number_of(text: str) -> str:
    """The number as it is printed, whether or not its hyphens were typed; any other text as it is.

    >>> receipt_number_of("001010000123"), receipt_number_of("001 01 0000123"), receipt_number_of("A-7")
    ('001-01-0000123', '001-01-0000123', 'A-7')
    """
    match = _DIGITS.fullmatch(text.translate(_BETWEEN))
    return text.strip() if match is None else "-".join(match.groups())


def receipt_in(scan: Scan) -> tuple[str, str]:
    """The number of the receipt whose bars, or whose code for points, were scanned; empty for anything else.

    With it the sale's event, which the code for points names and the bars do not.
    """
    if isinstance(scan, ReceiptScan):
        return scan.number, ""
    signed = read_claim(scan.code) if isinstance(scan, ClaimScan) else None
    if signed is None:
        return "", ""
    claim = signed.claim
    number = receipt_number(terminal_number=claim.terminal_number, incarnation=claim.incarnation, seq=claim.seq)
    return number, claim.event_id
