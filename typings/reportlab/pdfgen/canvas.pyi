from io import BytesIO

from reportlab.lib.colors import Color
from reportlab.pdfgen.pathobject import PDFPathObject
from reportlab.pdfgen.textobject import PDFTextObject

# The library's names.
class Canvas:
    def __init__(
        self,
        filename: BytesIO,
        *,
        pagesize: tuple[float, float],
        invariant: int,
        pageCompression: int,  # noqa: N803
    ) -> None: ...
    def setTitle(self, title: str) -> None: ...  # noqa: N802
    def setFillColorRGB(self, r: float, g: float, b: float) -> None: ...  # noqa: N802
    def setStrokeColorRGB(self, r: float, g: float, b: float) -> None: ...  # noqa: N802
    def setLineWidth(self, width: float) -> None: ...  # noqa: N802
    def line(self, x1: float, y1: float, x2: float, y2: float) -> None: ...
    def roundRect(  # noqa: N802
        self, x: float, y: float, width: float, height: float, radius: float, *, stroke: int, fill: int
    ) -> None: ...
    def linearGradient(  # noqa: N802
        self, x0: float, y0: float, x1: float, y1: float, colors: tuple[Color, ...]
    ) -> None: ...
    def beginPath(self) -> PDFPathObject: ...  # noqa: N802
    def drawPath(self, path: PDFPathObject, *, stroke: int, fill: int) -> None: ...  # noqa: N802
    def beginText(self, x: float, y: float) -> PDFTextObject: ...  # noqa: N802
    def drawText(self, text: PDFTextObject) -> None: ...  # noqa: N802
    def showPage(self) -> None: ...  # noqa: N802
    def save(self) -> None: ...
