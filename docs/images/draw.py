"""Draw the pictures of the documentation anew, with few colours so that they stay small: ``python docs/images/draw.py``."""

import subprocess
import sys
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parent
PICTURES = ("basket", "burning", "returning")
"""Names of ``ui.gallery``."""
_COLOURS = 128


def main() -> None:
    """Draw each and store it with a palette."""
    subprocess.run([sys.executable, "-m", "ui.gallery", "--out", FOLDER, *PICTURES], check=True)  # noqa: S603 - our own module
    for name in PICTURES:
        path = FOLDER / f"{name}.png"
        with Image.open(path) as image:
            small = image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        small.save(path, optimize=True)


if __name__ == "__main__":
    main()
