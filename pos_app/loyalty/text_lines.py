"""Where a key stands in the text of a valid TOML or JSON document: parsers give values without lines, people need the line."""

import re

from pos_app.loyalty.checks import Path

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""'
    r"|'''.*?'''"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{}=:,.\n]"
    r"|[^\s\[\]{}=:,.#\"']+",
    re.DOTALL,
)
_END = ""
_VALUE_ENDS = (",", "]", "}", "\n", _END)


def line_of(text: str, path: Path) -> int:
    """The line (from 1) of the key or list item at ``path``, or of its nearest parent that the text names."""
    walk = _Walk(text)
    walk.document()
    while path and path not in walk.lines:
        path = path[:-1]
    return walk.lines.get(path, 1)


class _Walk:
    """Reads tokens from left to right and notes the line of every key, table and list item."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._tables: dict[Path, int] = {}
        self._tokens: list[tuple[str, int]] = []
        line, position = 1, 0
        for match in _TOKEN.finditer(text):
            line += text.count("\n", position, match.start())
            position = match.start()
            if not match[0].startswith("#"):
                self._tokens.append((match[0], line))
        self._tokens.append((_END, line))
        self._at = 0

    def document(self) -> None:
        if self._skip("\n") == "{":
            self._value(())
            return
        prefix: Path = ()
        while (piece := self._skip("\n")) != _END:
            if piece == "[":
                prefix = self._header()
            else:
                self._pair(prefix)

    def _peek(self) -> str:
        return self._tokens[self._at][0]

    def _next(self) -> tuple[str, int]:
        piece = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return piece

    def _skip(self, tokens: str) -> str:
        while (piece := self._peek()) != _END and piece in tokens:
            self._next()
        return piece

    def _key(self, ends: str) -> tuple[list[str], int]:
        """The parts of a dotted key and its line; the piece that ends it is taken too."""
        parts = []
        line = self._tokens[self._at][1]
        while (piece := self._next()[0]) not in (*ends, _END):
            if piece != ".":
                parts.append(piece.strip("\"'"))
        return parts, line

    def _header(self) -> Path:
        """``[table]``, or ``[[table of an array]]``."""
        self._next()
        is_array = self._peek() == "["
        self._skip("[")
        parts, line = self._key("]")
        self._skip("]")
        path: Path = ()
        for part in parts[:-1]:
            path = (*path, part)
            if path in self._tables:
                path = (*path, self._tables[path])
        path = (*path, *parts[-1:])
        if is_array:
            self.lines.setdefault(path, line)
            self._tables[path] = self._tables.get(path, -1) + 1
            path = (*path, self._tables[path])
        self.lines[path] = line
        return path

    def _pair(self, prefix: Path) -> None:
        parts, line = self._key("=:")
        for part in parts:
            prefix = (*prefix, part)
            self.lines.setdefault(prefix, line)
        self._value(prefix)

    def _value(self, path: Path) -> None:
        piece, _line = self._next()
        if piece == "[":
            self._items(path)
        elif piece == "{":
            while self._skip("\n,") not in ("}", _END):
                self._pair(path)
            self._next()
        else:
            while self._peek() not in _VALUE_ENDS:
                self._next()

    def _items(self, path: Path) -> None:
        index = 0
        while self._skip("\n,") not in ("]", _END):
            self.lines[(*path, index)] = self._tokens[self._at][1]
            self._value((*path, index))
            index += 1
        self._next()
