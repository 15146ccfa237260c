"""Make the pages of the shipped programmes and the JSON Schema for editors anew: ``python docs/programmes/update.py``."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from pos_app.loyalty.programme import json_schema, parse_programme
from pos_app.programmes import SCHEMA_FILE, preset_names, preset_text
from pos_app.use_cases.describing.page import Example, page_of, summary_of
from pos_app.use_cases.scenario_file import read_scenario

FOLDER = Path(__file__).parent
DOCS = FOLDER.parent
PRESETS = DOCS.parent / "pos_app" / "programmes"
REFERENCE = DOCS / "reference" / "programme-files.md"

CATALOGUE = (
    ("At the heart", ("fixed-card", "progressive", "pharmacy")),
    ("Price", ("member-price", "dynamic-month", "personal-offer", "follow-up-offer", "happy-hours", "coupon")),
    (
        "Points",
        (
            "points",
            "threshold-gift",
            "spend-and-get",
            "stamp-card",
            "tiers",
            "points-for-everything",
            "referral",
            "family",
        ),
    ),
    (
        "Beyond points",
        (
            "paid-club",
            "coalition",
            "prize-game",
            "lottery",
            "services",
            "vip",
            "closed-club",
            "profit-share",
            "charity",
            "instalments",
            "none",
        ),
    ),
)
"""The order of importance of what retailers run. A programme that is not named here comes after the one whose name it begins with."""

_INDEX = """\
# The programmes that ship

A page each: what the programme does in words, a worked example with its figures, how to change it, and its file. Take the nearest one,
change it, [try it](../how-to/try-a-programme.md). Several run together; `pos-app programme check` says where they stand in each other's
way.
[Programme files](../reference/programme-files.md) describes every key.

{}

The pages are made from the files, their comments and their [scenarios](../scenarios), which are tested.
"""


def main() -> None:
    """Write every file that differs."""
    for path, text in files().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def files() -> dict[Path, str]:
    """Every file that is made here, as it should be."""
    pages = {FOLDER / f"{name}.md": _page(name) for name in preset_names()}
    return {**pages, FOLDER / "README.md": _index(), PRESETS / SCHEMA_FILE: _schema()}


def _page(name: str) -> str:
    text = preset_text(name)
    file = DOCS / "scenarios" / f"{name}.toml"
    example = None
    if file.exists():
        example = Example(read_scenario(file), file.read_text(encoding="utf-8"), f"../scenarios/{name}.toml")
    return page_of(parse_programme(text, source=name), text, example)


def _index() -> str:
    return _INDEX.format("\n\n".join(f"## {heading}\n\n{_rows(names)}" for heading, names in _sections()))


def _sections() -> Iterator[tuple[str, list[str]]]:
    known = [name for _, names in CATALOGUE for name in names]
    others = {name: _like(name, known) for name in preset_names() if name not in known}
    for heading, names in CATALOGUE:
        here = [each for name in names for each in (name, *(other for other, like in others.items() if like == name))]
        yield heading, [name for name in here if name in preset_names()]


def _like(name: str, known: list[str]) -> str:
    """The programme after which another one stands; the last one where its name begins with none."""
    return max((one for one in known if name.startswith(one)), key=len, default=known[-1])


def _rows(names: list[str]) -> str:
    rows = []
    for name in names:
        text = preset_text(name)
        title, about = summary_of(parse_programme(text, source=name), text)
        rows.append(f"| [{title}]({name}.md) | `{name}` | {about} |")
    return "\n".join(["| Programme | Preset | What it does |", "|---|---|---|", *rows])


def _schema() -> str:
    """The JSON Schema, in which every key says what the reference says about it."""
    schema = json_schema()
    words = _words(REFERENCE.read_text(encoding="utf-8"))
    names = _places(schema["$defs"])
    for name, definition in schema["$defs"].items():
        is_rule = "kind" in definition.get("properties", {})
        places = [*names.get(name, ()), *(["[[rules]]"] if is_rule else []), "Keys of goods"]
        for key, value in definition.get("properties", {}).items():
            said = next((words[place][key] for place in places if key in words.get(place, {})), "")
            if said:
                value["description"] = said
    return msgspec.json.format(msgspec.json.encode(schema), indent=1).decode() + "\n"


def _places(definitions: dict[str, Any]) -> dict[str, list[str]]:
    """The headings of the reference under which the keys of each definition may stand."""
    places = {name: [f'kind = "{one["title"]}"', f'"{one["title"]}"'] for name, one in definitions.items()}
    places["Programme"] = ["The programme"]
    for definition in definitions.values():
        for key, value in definition.get("properties", {}).items():
            for name in re.findall(r"#/\$defs/(\w+)", str(value)):
                places[name] += [f"[{key}]", f"[rules.{key}]"]
    return places


def _words(page: str) -> dict[str, dict[str, str]]:
    """What the tables of a page say about keys, by their heading and by each name in it."""
    words: dict[str, dict[str, str]] = {}
    for part in re.split(r"^#{2,3} ", page, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        rows = re.findall(r"^\| (`.+?) \| (.+?) \|", body, re.MULTILINE)
        keys = {key: _plain(said) for cell, said in rows for key in re.findall(r"`\[{0,2}(\w+)\]{0,2}`", cell)}
        for name in (heading, *re.findall(r"`([^`]+)`", heading)):
            words[name] = keys
    return words


def _plain(said: str) -> str:
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", said).replace("\\|", "|")


if __name__ == "__main__":
    main()
