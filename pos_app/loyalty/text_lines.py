"""Where a key stands in the text of a valid TOML or JSON document: parsers give values without places, people need line and column."""

import re
from typing import NamedTuple

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


class Place(NamedTuple):
    """A line of a text and a character in it, both from 1."""

    line: int
    column: int


_BEGIN = Place(1, 1)


def place_of(text: str, path: Path) -> Place:
    """Where the key or list item at ``path`` begins, or its nearest parent that the text names."""
    walk = _Walk(text)
    walk.document()
    while path and path not in walk.places:
        path = path[:-1]
    return walk.places.get(path, _BEGIN)


def place_at(text: str, position: int) -> Place:
    """Where the character at ``position`` (from 0) stands.

    >>> place_at("key = 1", 6)
    Place(line=1, column=7)
    """
    return Place(text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position))


class _Walk:
    """Reads tokens from left to right and notes the place of every key, table and list item."""

    def __init__(self, text: str) -> None:
        self.places: dict[Path, Place] = {}
        self._tables: dict[Path, int] = {}
        self._tokens: list[tuple[str, Place]] = []
        line, begun, position = 1, 0, 0
        for match in _TOKEN.finditer(text):
            line += text.count("\n", position, match.start())
            begun = max(begun, text.rfind("\n", position, match.start()) + 1)
            position = match.start()
            if not match[0].startswith("#"):
                self._tokens.append((match[0], Place(line, position - begun + 1)))
        self._tokens.append((_END, Place(line, 1)))
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

    def _next(self) -> tuple[str, Place]:
        piece = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return piece

    def _skip(self, tokens: str) -> str:
        while (piece := self._peek()) != _END and piece in tokens:
            self._next()
        return piece

    def _key(self, ends: str) -> tuple[list[str], Place]:
        """The parts of a dotted key and its place; the piece that ends it is taken too."""
        parts = []
        place = self._tokens[self._at][1]
        while (piece := self._next()[0]) not in (*ends, _END):
            if piece != ".":
                parts.append(piece.strip("\"'"))
        return parts, place

    def _header(self) -> Path:
        """``[table]``, or ``[[table of an array]]``."""
        self._next()
        is_array = self._peek() == "["
        self._skip("[")
        parts, place = self._key("]")
        self._skip("]")
        path: Path = ()
        for part in parts[:-1]:
            path = (*path, part)
            if path in self._tables:
                path = (*path, self._tables[path])
        path = (*path, *parts[-1:])
        if is_array:
            self.places.setdefault(path, place)
            self._tables[path] = self._tables.get(path, -1) + 1
            path = (*path, self._tables[path])
        self.places[path] = place
        return path

    def _pair(self, prefix: Path) -> None:
        parts, place = self._key("=:")
        for part in parts:
            prefix = (*prefix, part)
            self.places.setdefault(prefix, place)
        self._value(prefix)

    def _value(self, path: Path) -> None:
        piece, _place = self._next()
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
            self.places[(*path, index)] = self._tokens[self._at][1]
            self._value((*path, index))
            index += 1
        self._next()
