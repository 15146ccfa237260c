"""A programme's text read: a programme, or everything that is wrong with the text and where it stands."""

import json
import re
import tomllib
from typing import Any

import msgspec

from pos_app.loyalty.checks import Path, problems
from pos_app.loyalty.document import Programme
from pos_app.loyalty.document_errors import explained
from pos_app.loyalty.text_lines import Place, place_at, place_of

DOCUMENT_BYTES_MAX = 65_536
FAULTS_MAX = 50
"""After so many a text is no longer looked through."""
_SYNTAX_WORDS = (
    (re.compile(r"^Cannot overwrite a value"), "the key of this value is there twice"),
    (re.compile(r"^Exceeds the limit .*"), "a number has too many digits"),
)
"""What the parsers say in words for programmers, and what is said instead."""


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a document, in words: the key (``path``) and its place, None where it is about the text as a whole."""

    why: str
    path: Path = ()
    place: Place | None = None


def read_document(text: str) -> Programme | tuple[Fault, ...]:
    """The programme in a document, TOML, or JSON where it begins with a brace; or its faults, the first that was found first.

    Where values have a wrong shape, contradictions between them are not looked for: they would come of that.
    """
    try:
        if len(text.encode()) > DOCUMENT_BYTES_MAX:
            return (Fault(f"it is longer than {DOCUMENT_BYTES_MAX} bytes"),)
        raw = _parsed(text)
        return (raw,) if isinstance(raw, Fault) else _checked(raw, text)
    except UnicodeEncodeError:
        return (Fault("it is not Unicode text"),)
    except RecursionError:
        return (Fault("it is nested too deeply"),)


def dotted(path: Path) -> str:
    """The path as people count.

    >>> dotted(("rules", 0, "steps", 1))
    'rules[1].steps[2]'
    """
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{visible(part)}" for part in path)
    return text.removeprefix(".")


def visible(text: str) -> str:
    r"""A text out of a file, with an escape for what cannot be printed: it could command the terminal that shows it.

    >>> visible("a\x1b[2J")
    'a\\x1b[2J'
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _parsed(text: str) -> object:
    """The document as plain values, or the fault of its syntax."""
    is_json = text.lstrip().startswith("{")
    try:
        return _json(text) if is_json else tomllib.loads(text)
    except _RepeatedKeyError as error:
        return Fault(f"the key {str(error)!r} is there twice")
    except (ValueError, msgspec.DecodeError) as error:
        kind = "JSON" if is_json else "TOML"
        return Fault(f"it is not valid {kind}: {_syntax_words(str(error))}", place=_syntax_place(str(error), text))


class _RepeatedKeyError(Exception):
    """A key that a table of a JSON document has twice: which value is meant, nobody knows."""


def _json(text: str) -> object:
    """The plain values of a JSON document, whose decoder would silently take the last one of two equal keys."""
    raw = msgspec.json.decode(text.encode())
    json.loads(text, object_pairs_hook=_once)
    return raw


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, value in pairs:
        if key in values:
            raise _RepeatedKeyError(key)
        values[key] = value
    return values


def _syntax_words(message: str) -> str:
    for said, words in _SYNTAX_WORDS:
        message = said.sub(words, message)
    return message


def _syntax_place(message: str, text: str) -> Place | None:
    if match := re.search(r"\(at line (\d+), column (\d+)\)", message):
        return Place(int(match[1]), int(match[2]))
    if match := re.search(r"\(byte (\d+)\)", message):
        return place_at(text, len(text.encode()[: int(match[1])].decode(errors="ignore")))
    if message.endswith("(at end of document)"):
        return place_at(text, len(text.rstrip()))
    return None


def _checked(raw: object, text: str) -> Programme | tuple[Fault, ...]:
    found: list[tuple[Path, str]] = []
    rest = _Rest(raw)
    while len(found) < FAULTS_MAX:
        try:
            programme = msgspec.convert(rest.raw, Programme)
        except msgspec.ValidationError as error:
            path, why = explained(str(error), rest.raw)
            place = rest.original(path)
            if not rest.is_torn(place):
                found.append((place, why))
            if rest.take_out(path, place):
                continue
        else:
            found = found or list(problems(programme))
            if not found:
                return programme
        break
    return tuple(Fault(visible(why), path, place_of(text, path)) for path, why in found)


class _Rest:
    """The plain values of a document without what was found wrong in them, so that the next wrong thing is found."""

    def __init__(self, raw: object) -> None:
        self.raw: Any = raw
        self._gone: set[Path] = set()

    def original(self, path: Path) -> Path:
        """Where something stood before items of lists were taken out."""
        place: Path = ()
        for part in path:
            place = (*place, part if isinstance(part, str) else self._number(place, part))
        return place

    def _number(self, items: Path, number: int) -> int:
        for gone in sorted(part for *above, part in self._gone if tuple(above) == items and isinstance(part, int)):
            number += gone <= number
        return number

    def is_torn(self, place: Path) -> bool:
        """Whether something within it was taken out: what is wrong with it then comes of that."""
        return any(gone[: len(place)] == place and gone != place for gone in self._gone)

    def take_out(self, path: Path, place: Path) -> bool:
        """Take out what is at ``path``; False where the path leads nowhere, as that of a key that looks like one may."""
        if not path:
            return False
        holder = self.raw
        try:
            for part in path[:-1]:
                holder = holder[part]
            del holder[path[-1]]
        except (LookupError, TypeError):
            return False
        self._gone.add(place)
        return True
