"""A scanner for pictures and pages: what is read from them."""

import zxingcpp
from PIL import Image

_PAPER = 255
_MARGIN_DOTS = 40


def scanned(image: Image.Image) -> list[tuple[str, str]]:
    """Format and text of each code in an image, with white paper around it, at twice its size."""
    paper = Image.new("L", (image.width + 2 * _MARGIN_DOTS, image.height + 2 * _MARGIN_DOTS), _PAPER)
    paper.paste(image.convert("L"), (_MARGIN_DOTS, _MARGIN_DOTS))
    enlarged = paper.resize((paper.width * 2, paper.height * 2))
    # As it is, not at half its size too: there the reader takes a short code for another one now and then.
    found = zxingcpp.read_barcodes(enlarged, try_downscale=False)
    return [(one.format.name, one.text) for one in found]
