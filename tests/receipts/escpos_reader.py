"""What a printer makes of the bytes it gets: a reader of the ESC/POS commands that receipts use. An unknown byte is an error.

It decodes with Python's own codecs, by the slots of the profile's code pages, so it shares no table with the renderer.
"""

import struct

import msgspec
from PIL import Image

SLOTS = {0: "cp437", 2: "cp850", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858", 46: "cp1251"}


class Printed(msgspec.Struct, frozen=True):
    text: str
    is_bold: bool
    size: int
    is_inverse: bool


class Picture(msgspec.Struct, frozen=True):
    width: int
    height: int
    dots: bytes

    def image(self) -> Image.Image:
        """Black on white; in the printer's bytes a set bit is black."""
        return Image.frombytes("1", (self.width, self.height), bytes(byte ^ 0xFF for byte in self.dots))

    def ink(self) -> int:
        return sum(byte.bit_count() for byte in self.dots)


class QrCode(msgspec.Struct, frozen=True):
    data: str
    module_dots: int
    level: int


class BarCode(msgspec.Struct, frozen=True):
    data: str
    module_dots: int
    height_dots: int


class CutPaper(msgspec.Struct, frozen=True):
    pass


class Feed(msgspec.Struct, frozen=True):
    lines: int


Item = Printed | Picture | QrCode | BarCode | CutPaper | Feed


class Reader:
    """Reads one stream to its end."""

    def __init__(self, stream: bytes) -> None:
        self._stream, self._at = stream, 0
        self.items: list[Item] = []
        self._page = "cp437"
        self._line, self._bold, self._size, self._inverse, self._align = "", False, 0, False, 0
        self._qr_data, self._qr_dots, self._qr_level, self._bar_height, self._bar_dots = b"", 3, 0, 162, 3
        self._double_byte = True
        while self._at < len(stream):
            self._step()
        assert not self._line, "text without an end of line"

    def _take(self, count: int) -> bytes:
        piece = self._stream[self._at : self._at + count]
        assert len(piece) == count, "the stream ends inside a command"
        self._at += count
        return piece

    def _byte(self) -> int:
        return self._take(1)[0]

    def _step(self) -> None:
        byte = self._take(1)
        if byte == b"\x1b":
            self._escape(self._take(1))
        elif byte == b"\x1d":
            self._group(self._take(1))
        elif byte == b"\x1c":
            assert self._take(1) == b"."
            self._double_byte = False
        elif byte == b"\n":
            self.items.append(Printed(self._line, self._bold, self._size, self._inverse))
            self._line = ""
        else:
            assert byte[0] >= 0x20, f"unknown control byte {byte!r} at {self._at - 1}"
            assert byte[0] < 0x80 or not self._double_byte
            self._line += byte.decode(self._page)

    def _escape(self, command: bytes) -> None:
        if command == b"@":
            self._page, self._bold, self._size, self._inverse = "cp437", False, 0, False
        elif command == b"t":
            self._page = SLOTS[self._byte()]
        elif command == b"E":
            self._bold = bool(self._byte())
        elif command == b"a":
            assert not self._line, "alignment changes only at the start of a line"
            self._align = self._byte()
        elif command == b"d":
            self.items.append(Feed(self._byte()))
        elif command == b"3":
            self._byte()
        elif command == b"*":
            self._column_picture()
        else:
            assert command == b"2", f"unknown ESC {command!r}"

    def _group(self, command: bytes) -> None:
        if command == b"!":
            self._size = self._byte()
        elif command == b"B":
            self._inverse = bool(self._byte())
        elif command == b"V":
            assert self._byte() in {0, 1}
            self.items.append(CutPaper())
        elif command == b"v":
            assert self._take(2) == b"0\x00"
            width_bytes, height = struct.unpack("<HH", self._take(4))
            self.items.append(Picture(width_bytes * 8, height, self._take(width_bytes * height)))
        elif command == b"h":
            self._bar_height = self._byte()
        elif command == b"w":
            self._bar_dots = self._byte()
        elif command == b"H":
            self._byte()
        elif command == b"k":
            assert self._byte() == 73, "only Code 128 is expected"
            payload = self._take(self._byte())
            assert payload.startswith(b"{B")
            data = payload[2:].decode("ascii").replace("{{", "{")
            self.items.append(BarCode(data, self._bar_dots, self._bar_height))
        else:
            assert command == b"(", f"unknown GS {command!r}"
            assert self._take(1) == b"k"
            self._two_dimensional(self._take(struct.unpack("<H", self._take(2))[0]))

    def _two_dimensional(self, data: bytes) -> None:
        assert data[:1] == b"1", "a QR code"
        function, value = data[1], data[2:]
        if function == 67:
            self._qr_dots = value[0]
        elif function == 69:
            self._qr_level = value[0] - 48
        elif function == 80:
            assert value[:1] == b"0"
            self._qr_data = value[1:]
        elif function == 81:
            self.items.append(QrCode(self._qr_data.decode(), self._qr_dots, self._qr_level))
        else:
            assert function == 65

    def _column_picture(self) -> None:
        """ESC *: columns of 24 dots; kept turned by a quarter, which is enough to count the ink."""
        assert self._byte() == 33
        width = struct.unpack("<H", self._take(2))[0]
        self.items.append(Picture(24, width, self._take(width * 3)))


def read(stream: bytes) -> list[Item]:
    return Reader(stream).items
