"""What the comments of a programme's file say: about the whole, about a rule, about a key."""

import re
from collections.abc import Iterator

import msgspec

_KEY_AND_COMMENT = re.compile(r"""^((?:[^"'#]|"(?:\\.|[^"\\])*"|'[^']*')*)#\s*(.*)$""")
_HEADER = re.compile(r"^\[{1,2}([\w.-]+)\]{1,2}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
_EDITORS_HINT = "#:"
_OURS = re.compile(r"\bours\b|\bour own\b", re.IGNORECASE)


class KeyNote(msgspec.Struct, frozen=True):
    """A line of the file, and the comment beside or above it. ``rule``: the number of the rule that it belongs to, from 0, or -1."""

    line: str
    comment: str
    rule: int


class Comments(msgspec.Struct, frozen=True):
    """The comments of a file: ``title`` and ``about`` at its top, one paragraph each, and those of its lines."""

    title: str
    about: tuple[str, ...]
    notes: tuple[KeyNote, ...]

    def of_rule(self, number: int) -> str:
        """What stands above a rule, but for what is said of our choices."""
        above = next((note.comment for note in self.notes if note.rule == number and note.line == "[[rules]]"), "")
        return " ".join(part for part in _SENTENCE.split(above) if not _OURS.search(part))

    @property
    def ours(self) -> tuple[KeyNote, ...]:
        """What the comments call our own choice, the sentence alone."""
        whole = [KeyNote("", paragraph, -1) for paragraph in self.about]
        found = []
        for note in (*whole, *self.notes):
            said = " ".join(part for part in _SENTENCE.split(note.comment) if _OURS.search(part))
            if said:
                found.append(msgspec.structs.replace(note, comment=said))
        return tuple(found)


def read_comments(text: str) -> Comments:
    """The comments of a TOML document that begins with some."""
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith(_EDITORS_HINT)]
    head: list[str] = []
    while lines and lines[0].startswith("#"):
        head.append(lines.pop(0).removeprefix("#").removeprefix(" "))
    paragraphs = _paragraphs(head)
    title, _, first = paragraphs[0].partition(": ") if paragraphs else ("", "", "")
    about = (first[:1].upper() + first[1:], *paragraphs[1:])
    return Comments(title, tuple(filter(None, about)), tuple(_notes(lines)))


def _paragraphs(lines: list[str]) -> list[str]:
    """Lines joined to paragraphs; an indented line is an item of a list: what it is about, two spaces, what is said of it."""
    paragraphs = [""]
    was_item = False
    for line in lines:
        is_item = line.startswith("  ")
        if not line or (was_item and not is_item):
            paragraphs.append("")
        if is_item:
            name, _, said = line.strip().partition("  ")
            paragraphs[-1] += f"{'' if was_item else chr(10)}\n- `{name}`: {said.strip()}"
        else:
            paragraphs[-1] = f"{paragraphs[-1]} {line}".strip()
        was_item = is_item
    return [paragraph for paragraph in paragraphs if paragraph]


def _notes(lines: list[str]) -> Iterator[KeyNote]:
    above: list[str] = []
    rules, is_in_rules = 0, False
    for line in lines:
        if line.lstrip().startswith("#"):
            above.append(line.strip().removeprefix("#").strip())
            continue
        if header := _HEADER.match(line):
            is_in_rules = header[1].startswith("rules")
            rules += line.startswith("[[rules]]")
        match = _KEY_AND_COMMENT.match(line)
        if match or (above and line):
            key = (match[1] if match else line).strip().rstrip(",")
            comment = " ".join([*above, *([match[2]] if match else [])])
            yield KeyNote(key, comment, rules - 1 if is_in_rules else -1)
        if line:
            above = []
