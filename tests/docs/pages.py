"""The documentation as data: its pages, and what stands in them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block, and the file that the sentence before it says to write (empty for none)."""

    language: str
    text: str
    file_name: str


def text_of(name: str) -> str:
    """A page by its path in the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [
        Block(fence[1], fence[2], _file_name(page[: fence.start()].rstrip().rpartition("\n")[2]))
        for fence in _FENCE.finditer(page)
    ]


def _file_name(sentence: str) -> str:
    match = re.fullmatch(r"Write `([\w.-]+)`:", sentence)
    return "" if match is None else match[1]


def without_blocks(page: str) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page)


def tables(page: str) -> Iterator[list[list[str]]]:
    """The tables of a page: rows of cells, without the heading's row and the line below it."""
    for match in re.finditer(r"(?:^\|.*\|\n)+", page, re.MULTILINE):
        rows = [[cell.strip() for cell in _cells(line)] for line in match[0].splitlines()]
        yield rows[2:]


def _cells(line: str) -> list[str]:
    return re.split(r"(?<!\\)\|", line)[1:-1]


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next heading of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    _before, found, rest = f"\n{page}".partition(f"\n{heading}\n")
    assert found, f"there is no heading {heading!r}"
    return re.split(rf"\n#{{1,{level}}} ", rest)[0]


def code_spans(text: str) -> list[str]:
    """What stands in single back quotes outside of fenced blocks."""
    return re.findall(r"`([^`\n]+)`", without_blocks(text))
