from reportlab.pdfbase.ttfonts import TTFont

# The library's names.
def registerFont(font: TTFont) -> None: ...  # noqa: N802
def stringWidth(text: str, fontName: str, fontSize: float) -> float: ...  # noqa: N802, N803
