"""The one style sheet, and the palette for what it does not name: a widget that a sheet styles is slower to paint.

Letters are not in it: widgets get their font by role, for a sheet cannot name a weight of the font.
"""

from string import Template

from PySide6.QtGui import QColor, QPalette

from ui.theme import tokens

_SHEET = Template("""
#window, #stage { background: $ground; }
#header { background: $ink; }
#header QLabel { color: $on_accent; }
#header #soft { color: $ink_pale; }
#card { background: $paper; border: 1px solid $rule; border-radius: ${radius}px; }
#soft { color: $ink_soft; }
#pale { color: $ink_pale; }
#accent { color: $accent; }
#error { color: $error; }
#rule { background: $rule; }

#banner { background: $attention_tint; border-bottom: 1px solid $rule; }
#banner QLabel { color: $attention; }
#details { background: $paper; border-bottom: 1px solid $rule; }

#notice { color: $ink_soft; }
#notice[level="attention"] { color: $attention; background: $attention_tint; border-radius: ${radius}px; }

#factor { color: $on_accent; background: $accent; border-radius: ${radius}px; }
#note { color: $accent_deep; background: $accent_tint; border-radius: ${radius}px; }

QLineEdit {
    background: $paper; border: 2px solid $rule; border-radius: ${radius}px; padding: 0 14px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:focus { border-color: $accent; }

QHeaderView::section {
    background: $paper; color: $ink_soft; border: none; border-bottom: 1px solid $rule; padding: 0 14px;
}

QPushButton {
    background: $paper; border: 1px solid $rule; border-radius: ${radius}px;
}
QPushButton:pressed { background: $rule_soft; }
QPushButton:disabled { background: $ground; }
QPushButton QLabel { color: $ink; }
QPushButton #keyname { color: $ink_soft; }
QPushButton QLabel:disabled { color: $ink_pale; }
QPushButton#primary { background: $accent; border-color: $accent; }
QPushButton#primary:pressed { background: $accent_deep; }
QPushButton#primary QLabel { color: $on_accent; }
QPushButton#primary:disabled { background: $rule; border-color: $rule; }
QPushButton#primary QLabel:disabled { color: $ink_soft; }

#state { color: $ink_soft; }
#state[bad="true"] { color: $error; }
QPushButton#person { text-align: left; padding: 0 14px; color: $ink; }
QPushButton#person[marked="true"] { background: $accent_tint; border: 2px solid $accent; color: $accent_deep; }

#scrim { background: $scrim; }
#alert {
    background: $paper; border-left: 12px solid $error;
    border-top-right-radius: ${radius}px; border-bottom-right-radius: ${radius}px;
}
#code { color: $ink; background: $rule_soft; border-radius: 6px; }

QScrollArea, #paper { background: $paper; border: none; }
QScrollBar:vertical { background: $paper; width: 14px; margin: 2px; }
QScrollBar::handle:vertical { background: $rule; border-radius: 5px; min-height: 48px; }
QScrollBar::add-line, QScrollBar::sub-line { height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def style_sheet() -> str:
    """The sheet with the tokens in it."""
    return _SHEET.substitute(tokens.colours(), radius=tokens.RADIUS)


def palette() -> QPalette:
    """Ink on paper, and the accent where something is selected."""
    made = QPalette(QColor(tokens.PAPER), QColor(tokens.GROUND))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        made.setColor(role, QColor(tokens.INK))
    made.setColor(QPalette.ColorRole.Base, QColor(tokens.PAPER))
    made.setColor(QPalette.ColorRole.Highlight, QColor(tokens.ACCENT))
    made.setColor(QPalette.ColorRole.HighlightedText, QColor(tokens.ON_ACCENT))
    made.setColor(QPalette.ColorRole.PlaceholderText, QColor(tokens.INK_PALE))
    return made
