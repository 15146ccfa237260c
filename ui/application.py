"""The Qt application: its style, its fonts and its language. Made once, before the first window."""

from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication, QWidget

from pos_app.errors import SettingsError
from ui.theme.fonts import font
from ui.theme.sheet import palette, style_sheet
from ui.theme.tokens import Role

_TRANSLATIONS = Path(__file__).parent / "translations"
_INSTALLED: list[QTranslator] = []
"""What Qt was given: it keeps no reference of its own, and to ask it for its children takes 18 ms."""


def languages() -> tuple[str, ...]:
    """The languages that the screen speaks, in alphabetical order."""
    return tuple(sorted(file.stem.removeprefix("pos_") for file in _TRANSLATIONS.glob("pos_*.qm")))


def make_application(language: str) -> QApplication:
    """The application, or the one that there is already, set to a language; raises ``SettingsError`` for an unknown one."""
    running = QApplication.instance()
    # The style as an argument: setStyle gives the style back, and its many enumerations take 13 ms to build.
    application = running if isinstance(running, QApplication) else QApplication(["pos-app", "-style", "Fusion"])
    application.setApplicationName("pos-app")
    application.setPalette(palette())
    application.setFont(font(Role.BODY))
    application.setStyleSheet(style_sheet())
    set_language(application, language)
    return application


def set_language(application: QApplication, language: str) -> None:
    """Speak ``language`` from here on: windows that are made later, and Qt's own words."""
    if language not in languages():
        raise SettingsError(
            "settings.language_unknown",
            what=f"The screen does not speak {language!r}.",
            safe="Nothing was changed.",
            todo=f"Set till.language to one of: {', '.join(languages())}.",
        )
    while _INSTALLED:
        application.removeTranslator(_INSTALLED.pop())
    qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, folder in ((f"qtbase_{language}", qt_folder), (f"pos_{language}", str(_TRANSLATIONS))):
        translator = QTranslator()
        if translator.load(QLocale(language), name, "", folder) or translator.load(name, folder):
            application.installTranslator(translator)
            _INSTALLED.append(translator)


def run(window: QWidget) -> int:
    """Show the window until it is closed; gives the exit code."""
    window.show()
    application = QApplication.instance()
    assert application is not None, "make_application comes first"
    return application.exec()
