from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from ui.gallery.__main__ import PICTURES, draw
from ui.theme import tokens


@pytest.mark.usefixtures("english_after")
def test_that_every_picture_of_the_documentation_can_be_drawn(tmp_path: Path) -> None:
    draw(tmp_path, list(PICTURES))
    pictures = {file.stem: QImage(str(file)) for file in tmp_path.glob("*.png")}
    assert set(PICTURES) == set(pictures)
    assert {tokens.WINDOW_SIZE} == {(picture.width(), picture.height()) for picture in pictures.values()}
    assert len(pictures) == len({bytes(picture.constBits()) for picture in pictures.values()})


@pytest.mark.usefixtures("english_after")
def test_that_a_picture_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        draw(tmp_path / name, ["burned"])
    assert (tmp_path / "one" / "burned.png").read_bytes() == (tmp_path / "two" / "burned.png").read_bytes()
