# The library's names.
class PDFTextObject:
    def setFont(self, psfontname: str, size: float) -> None: ...  # noqa: N802
    def setFillColorRGB(self, r: float, g: float, b: float) -> None: ...  # noqa: N802
    def setStrokeColorRGB(self, r: float, g: float, b: float) -> None: ...  # noqa: N802
    def setCharSpace(self, charSpace: float) -> None: ...  # noqa: N802, N803
    def setTextRenderMode(self, mode: int) -> None: ...  # noqa: N802
    def textOut(self, text: str) -> None: ...  # noqa: N802
