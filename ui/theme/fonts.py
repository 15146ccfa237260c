"""The fonts that come with the program, so that every computer and every screenshot shows the same letters."""

from functools import cache, lru_cache
from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics

from ui.theme.tokens import Role


@cache
def font(role: Role) -> QFont:
    """The font of a role. Its digits are all of one width, so figures stand below each other."""
    made = QFont(_mono_family() if role is Role.PAPER else _sans_family())
    made.setPixelSize(role.size_px)
    # The file is a variable font: Qt finds one style in it and would smear a bold out of that.
    made.setVariableAxis(QFont.Tag("wght"), role.weight)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


@lru_cache(maxsize=1024)
def font_within(role: Role, text: str, width: int) -> QFont:
    """The font of a role, smaller where the text would not fit: a figure must never be cut off."""
    full = font(role)
    advance = QFontMetrics(full).horizontalAdvance(text)
    if advance <= width:
        return full
    made = QFont(full)
    made.setPixelSize(max(1, role.size_px * width // advance))
    return made


@cache
def _sans_family() -> str:
    import fontpkg_noto_sans

    return _load(fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf")


@cache
def _mono_family() -> str:
    from receipts.fonts import MONO_FONT  # late: the first screen shows no receipt

    return _load(MONO_FONT)


def _load(path: Path) -> str:
    number = QFontDatabase.addApplicationFont(str(path))
    assert number >= 0, f"the font {path.name} comes with the program"
    return QFontDatabase.applicationFontFamilies(number)[0]
