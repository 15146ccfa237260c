"""The two fonts that receipts are drawn with, as files: both come inside libraries, so that no machine lacks them."""

from pathlib import Path

import barcode
import fontpkg_noto_sans

MONO_FONT = Path(barcode.__file__).parent / "fonts" / "DejaVuSansMono.ttf"
"""Letters of one width (Latin, Cyrillic, Greek, €, ₱), made for low resolutions."""

SANS_FONT = fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf"
"""The typeface of the PDF, and of signs that the other font lacks (₽, ₸, ₾). Variable: its default is the regular weight."""
