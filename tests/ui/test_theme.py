import re
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtGui import QFontMetrics, QRawFont
from pytestqt.qtbot import QtBot

import ui
from ui.theme import tokens
from ui.theme.fonts import font
from ui.theme.sheet import style_sheet
from ui.theme.tokens import Role
from ui.widgets import TextLine

COLOUR = re.compile(r"#[0-9A-Fa-f]{6}\b|\brgba?\(")
READABLE = 4.5
"""WCAG 2.2, 1.4.3: the least contrast of text."""


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        (tokens.INK, tokens.PAPER),
        (tokens.INK, tokens.ACCENT_TINT),
        (tokens.INK_SOFT, tokens.PAPER),
        (tokens.INK_SOFT, tokens.GROUND),
        (tokens.INK_SOFT, tokens.ACCENT_TINT),
        (tokens.ACCENT, tokens.PAPER),
        (tokens.ON_ACCENT, tokens.ACCENT),
        (tokens.ACCENT_DEEP, tokens.ACCENT_TINT),
        (tokens.ERROR, tokens.PAPER),
        (tokens.ATTENTION, tokens.ATTENTION_TINT),
        (tokens.INK_PALE, tokens.INK),
    ],
)
def test_that_text_can_be_read_on_its_ground(ink: str, ground: str) -> None:
    assert contrast(ink, ground) >= READABLE


def test_that_no_colour_is_named_outside_the_tokens() -> None:
    folder = Path(ui.__file__).parent
    others = [path for path in folder.rglob("*.py") if path.name != "tokens.py"]
    assert [] == [path.name for path in others if COLOUR.search(path.read_text(encoding="utf-8"))]


def test_that_the_sheet_has_every_token_filled_in() -> None:
    assert "$" not in style_sheet()


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("role", list(Role))
def test_that_figures_of_every_role_stand_below_each_other(role: Role) -> None:
    metrics = QFontMetrics(font(role))
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("sign", list("ЖяčćžšđñÉ₽₱€−×…·"))
def test_that_the_fonts_have_the_signs_that_shops_need(sign: str) -> None:
    assert QRawFont.fromFont(font(Role.BODY)).supportsCharacter(ord(sign))


@pytest.mark.usefixtures("qapp")
def test_that_a_heavier_role_is_drawn_heavier() -> None:
    widths = [font_width(weight) for weight in (Role.BODY, Role.BODY_STRONG)]
    assert all(lighter < heavier for lighter, heavier in pairwise(widths))


def font_width(role: Role) -> int:
    return QFontMetrics(font(role)).horizontalAdvance("Hamburgefonts Щука" * 4)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("text", ["€3.00", "1 234 567 890,12 ₽"])
def test_that_a_figure_is_never_cut_off(qtbot: QtBot, text: str) -> None:
    line = TextLine(Role.TOTAL, is_figure=True)
    qtbot.addWidget(line)
    line.resize(388, 80)
    line.setText(text)
    letters, drawn = line.drawn()
    assert drawn == text
    assert QFontMetrics(letters).horizontalAdvance(text) <= 388


@pytest.mark.usefixtures("qapp")
def test_that_a_long_name_is_cut_off_with_an_ellipsis(qtbot: QtBot) -> None:
    line = TextLine(Role.TITLE)
    qtbot.addWidget(line)
    line.resize(100, 40)
    line.setText("Maximiliane")
    letters, drawn = line.drawn()
    assert drawn.endswith("…")
    assert letters == font(Role.TITLE)
