"""Marks a sentence for translation where it only stands in a table."""


def QT_TRANSLATE_NOOP(_context: str, text: str) -> str:  # noqa: N802 - the name by which lupdate finds the sentence
    """The sentence as it is. Qt's own function of this name does the same, but says that it gives an object."""
    return text
