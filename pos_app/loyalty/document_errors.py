"""What is wrong with a value of a programme document, in words for the manager who wrote it, and the path of its key."""

import re
from typing import Any, get_args

import msgspec

from pos_app.loyalty.checks import Path
from pos_app.loyalty.document import SCHEMA, AnyRule, Period, Programme, Weekday
from pos_app.model.evaluation import BurnAs
from pos_app.model.products import ProductClass

_AT_PATH = re.compile(r" - at `(key` in `)?\$\.?(.*)`$")
_PATH_PART = re.compile(r"\[(\d+)\]|\[(\.\.\.)\]|([^.\[\]]+)")
_SOME_KEY = "..."
_PRODUCT_CLASSES = ", ".join(ProductClass)
_POSSIBLE = {
    "kind": ", ".join(str(kind.__struct_config__.tag) for kind in get_args(AnyRule)),
    "on": "receipt, accumulated",
    "period": ", ".join(get_args(Period)),
    "burn_as": ", ".join(BurnAs),
    "pending": "none, next_day, { hours = 36 }",
    "life": "never, end_of_month, end_of_year, { months = 12 }, { days = 90 }",
    "exclude_product_classes": _PRODUCT_CLASSES,
    "only_product_classes": _PRODUCT_CLASSES,
    "class_percent": _PRODUCT_CLASSES,
    "weekdays": ", ".join(get_args(Weekday)),
    "per": "receipt, piece, amount",
    "take": "auto, ask",
    "base": "gross, net",
    "unknown": "refuse, allow",
}
_IN_WORDS = (
    (re.compile(r"Expected `int` >= (-?\d+)"), r"it must be at least \1"),
    (re.compile(r"Expected `int` <= (\d+)"), r"it must be at most \1"),
    (re.compile(r"Expected `(?:array|object|str)` of length <= (\d+)"), r"it is longer than \1"),
    (re.compile(r"Expected `(?:array|object|str)` of length >= (\d+)"), r"it is shorter than \1"),
    (re.compile(r"Expected `str` matching regex .*:\[0-5\]\[0-9\].*"), "a time of day such as 07:30 is needed"),
    (re.compile(r"Expected `str` matching regex '\^\(0\[1-9\].*"), "a month and a day such as 12-31 are needed"),
    (re.compile(r"Expected `str` matching regex .*\{64\}\$'"), "64 digits, 0 to 9 and a to f, are needed"),
    (re.compile(r"Expected `str` matching regex .*"), "only small letters, digits, - and _ are possible, up to 64"),
    (re.compile(r"Object missing required field `(.*)`"), r"the key '\1' is missing"),
    (re.compile(r"Invalid RFC3339 encoded date"), "a date such as 2026-01-31 is needed"),
    (re.compile(r"Invalid (?:enum )?value (.*)"), r"\1 is not possible"),
)
_TYPE_WORDS = {
    "datetime": "a date with a time",
    "time": "a time",
    "array": "a list",
    "bool": "true or false",
    "date": "a date",
    "float": "a number with a fraction",
    "int": "a whole number",
    "null": "nothing",
    "object": "a table",
    "str": "a text in quotes",
}


def explained(message: str, raw: object) -> tuple[Path, str]:
    """The path that a message of msgspec about the plain values ``raw`` names, and what is wrong there."""
    match = _AT_PATH.search(message)
    why = message[: match.start()] if match else message
    path = _parts(match[2]) if match else ()
    if match and match[1]:
        path = (*path, _SOME_KEY)
    if _SOME_KEY in path:
        path = _guilty_key(path, raw)
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", why, re.DOTALL):
        return (*path, unknown[1]), "this key is unknown"
    if path == ("schema",):
        return path, f"this program reads documents of schema {SCHEMA}"
    return path, _in_words(why) + _possible(why, path)


def _in_words(why: str) -> str:
    if types := re.fullmatch(r"Expected `(.*)`, got `(.*)`", why):
        expected, got = (_type_words(types[1]), _type_words(types[2]))
        return f"{expected} is needed, not {got}"
    for pattern, words in _IN_WORDS:
        if pattern.fullmatch(why):
            return pattern.sub(words, why)
    return why


def _type_words(types: str) -> str:
    names = [_TYPE_WORDS.get(name, name) for name in types.split(" | ") if name != "null" or types == "null"]
    return " or ".join(names)


def _possible(why: str, path: Path) -> str:
    """The values that are possible, where one was chosen that is not."""
    if not why.startswith("Invalid "):
        return ""
    values = next((_POSSIBLE[part] for part in reversed(path) if part in _POSSIBLE), "")
    return f": possible are {values}" if values else ""


def _parts(dotted: str) -> Path:
    return tuple(int(index) if index else some or name for index, some, name in _PATH_PART.findall(dotted))


def _guilty_key(path: Path, raw: object) -> Path:
    """Which key of a table is wrong, found by trying them one by one: the message of msgspec does not say."""
    parent = path[: path.index(_SOME_KEY)]
    for key, value in _at(raw, parent).items():
        try:
            msgspec.convert(_replaced(raw, parent, {key: value}), Programme)
        except msgspec.ValidationError:
            return (*parent, key)
    return parent


def _at(raw: Any, path: Path) -> dict[str, Any]:
    """The table at ``path``; empty where a key that looks like a path has led us astray."""
    try:
        for part in path:
            raw = raw[part]
    except (LookupError, TypeError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _replaced(raw: Any, path: Path, value: object) -> Any:
    """A copy of plain values with another value at ``path``."""
    if not path:
        return value
    copy = raw.copy()
    copy[path[0]] = _replaced(raw[path[0]], path[1:], value)
    return copy
