"""The page of a programme, in Markdown."""

from collections.abc import Iterator

import msgspec

from pos_app.loyalty.document import Programme
from pos_app.use_cases.describing.comments import Comments, KeyNote, read_comments
from pos_app.use_cases.describing.examples import receipt, tell
from pos_app.use_cases.describing.words import Wording, gives_points, reach_in_words, rule_in_words, section_in_words
from pos_app.use_cases.scenario_file import Scenario

_HEADINGS = {"earning": "Points", "burning": "Paying with points"}
_HEAD_KEYS = ("schema", "id", "version")


class Example(msgspec.Struct, frozen=True):
    """A scenario of the programme, the text of its file, and the link to it."""

    scenario: Scenario
    text: str
    link: str


def page_of(programme: Programme, text: str, example: Example | None = None) -> str:
    """What a programme does, in words; what comes of it on receipts; how to change it; and its file."""
    comments = read_comments(text)
    wording = Wording(2 if example is None else example.scenario.shop.currency_exponent)
    parts = [f"# {comments.title or programme.name}", *comments.about[:1], *_does(programme, comments, wording)]
    parts += _chosen(programme, comments)
    if example is not None:
        parts += _happens(example)
    parts += _change(programme, comments)
    language = "json" if text.lstrip().startswith("{") else "toml"
    parts += ["## The file", f"`{programme.id}.{language}`:", f"```{language}\n{text.strip()}\n```"]
    return "\n\n".join(part for part in parts if part) + "\n"


def summary_of(programme: Programme, text: str) -> tuple[str, str]:
    """The title of a programme, and what it does in a sentence or two."""
    comments = read_comments(text)
    return comments.title or programme.name, next(iter(comments.about), programme.name)


def _does(programme: Programme, comments: Comments, wording: Wording) -> Iterator[str]:
    yield "## What it does"
    items = [
        f"**{rule.id}**: {rule_in_words(programme, rule, wording)}{_aside(comments.of_rule(number))}"
        for number, rule in enumerate(programme.rules)
    ]
    if reach := reach_in_words(programme):
        items.append(f"**When and where**: {reach}")
    for field in msgspec.structs.fields(Programme):
        section = getattr(programme, field.name)
        if not isinstance(section, msgspec.Struct) or not _is_said(programme, field, section):
            continue
        heading = _HEADINGS.get(field.name, field.name.replace("_", " ").capitalize())
        items.append(f"**{heading}**: {section_in_words(section, wording)}")
    yield "\n".join(f"- {item}" for item in items) or "Nothing: nobody earns anything, and nothing is cheaper."


def _aside(comment: str) -> str:
    return f" *{comment}*" if comment else ""


def _is_said(programme: Programme, field: msgspec.structs.FieldInfo, section: object) -> bool:
    """Whether a section says anything: it is not as it is anyway, or it is about points, and there are some."""
    return section != field.default or (field.name == "earning" and gives_points(programme))


def _chosen(programme: Programme, comments: Comments) -> Iterator[str]:
    if not comments.ours:
        return
    yield "## What we chose"
    yield "What retailers publish about such programmes does not give these figures. They are plausible; yours may be better."
    yield "\n".join(f"- {_about(programme, note)}{_upper(note.comment)}" for note in comments.ours)


def _about(programme: Programme, note: KeyNote) -> str:
    if note.line == "[[rules]]":
        return f"`{programme.rules[note.rule].id}`: "
    line = note.line.removesuffix("= [").strip()
    return f"`{line}`: " if line else ""


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _happens(example: Example) -> Iterator[str]:
    scenario = example.scenario
    yield f"## An example: {scenario.title}"
    yield " ".join(scenario.story.split())
    shown = receipt(scenario)
    if shown:
        yield f"A receipt of it:\n\n```text\n{shown}\n```"
    rows = [_row(one.when, one.what, one.outcome, one.comment) for one in tell(scenario, example.text)]
    yield "\n".join(["| When | What happens | What comes out | Why |", "|---|---|---|---|", *rows])
    yield f"These figures are tested. The same as a file that runs: [{example.link.rpartition('/')[2]}]({example.link})."


def _change(programme: Programme, comments: Comments) -> Iterator[str]:
    yield "## Change it"
    yield (
        f"Write the file below into your folder of programmes as `{programme.id}.toml`, change what you like, and raise `version`. "
        "Then see what it does before your customers do:"
    )
    yield (
        f"```sh\npos-app programme check {programme.id}.toml\n"
        f"pos-app what-if {programme.id}.toml --since 2026-01-01\n```"
    )
    yield from comments.about[1:]
    notes = [note for note in comments.notes if note.line[0] != "[" and note.line.split(" ")[0] not in _HEAD_KEYS]
    rows = [_row(f"`{note.line}`", note.comment) for note in notes]
    if rows:
        yield "\n".join(["| In the file | What it means |", "|---|---|", *rows])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
