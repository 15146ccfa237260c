"""The design tokens: every colour, length and letter size of the screen. Plain values; no other module names a colour."""

from enum import Enum
from typing import Final

INK: Final = "#16212B"
INK_SOFT: Final = "#4E5B67"
INK_PALE: Final = "#9AA5AF"
PAPER: Final = "#FFFFFF"
GROUND: Final = "#EDF0F2"
RULE: Final = "#D8DEE3"
RULE_SOFT: Final = "#EAEEF1"

ACCENT: Final = "#0B6259"
ACCENT_DEEP: Final = "#084A43"
ACCENT_TINT: Final = "#E1F0ED"
ON_ACCENT: Final = "#FFFFFF"

ERROR: Final = "#A8201A"
ERROR_TINT: Final = "#FBE9E7"
ATTENTION: Final = "#7A4300"
ATTENTION_TINT: Final = "#FFF0D1"
SCRIM: Final = "rgba(22, 33, 43, 150)"

SPACE: Final = 8
RADIUS: Final = 10
TOUCH_MIN: Final = 48
"""No button is smaller than this, in either direction."""
KEY_HEIGHT: Final = 64
ROW_HEIGHT: Final = 52
SIDE_WIDTH: Final = 428
SIDE_WIDTH_NARROW: Final = 372
NARROW_BELOW: Final = 1200
"""A window less wide than this has a narrower side and shows no unit prices."""
WINDOW_SIZE: Final = (1366, 768)
WINDOW_SIZE_MIN: Final = (1024, 700)


class Role(Enum):
    """What a text is for: letter size in pixels, and weight."""

    FINE = (13, 400)
    SMALL = (15, 400)
    SMALL_STRONG = (15, 600)
    BODY = (17, 400)
    BODY_STRONG = (17, 600)
    ENTRY = (22, 500)
    HEADING = (22, 600)
    TITLE = (28, 600)
    FIGURE = (34, 600)
    TOTAL = (58, 700)
    HUGE = (128, 700)
    PAPER = (14, 400)  # letters of one width

    @property
    def size_px(self) -> int:
        """The height of the letters' body."""
        return self.value[0]

    @property
    def weight(self) -> int:
        """400 is regular, 700 bold."""
        return self.value[1]


def colours() -> dict[str, str]:
    """The tokens that the style sheet may name, in lower case."""
    return {name.lower(): value for name, value in globals().items() if name.isupper() and isinstance(value, str)}
