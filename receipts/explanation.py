"""An explanation on paper: what every rule gave each line of a receipt, or did not, and why. The words come with the facts."""

from collections.abc import Iterator

import msgspec

from receipts.document import AnyBlock, Columns, Cut, Document, LineItem, Note, Rule, Space, Text, Weight


class ExplainedRow(msgspec.Struct, frozen=True):
    """What one rule gave, and why."""

    rule: str
    gives: str
    why: str


class ExplainedPart(msgspec.Struct, frozen=True):
    """A line of the receipt, or the receipt as a whole, with its rows."""

    name: str
    amount: str
    rows: tuple[ExplainedRow, ...]


class ExplanationFacts(msgspec.Struct, frozen=True):
    """Everything that is on the paper, as text: ``head`` and ``foot`` are a sentence each."""

    title: str
    head: tuple[str, ...]
    parts: tuple[ExplainedPart, ...]
    foot: tuple[str, ...]


def lay_out_explanation(facts: ExplanationFacts) -> Document:
    """The explanation as a document for every rendering."""
    return Document(tuple(_blocks(facts)), title=facts.title)


def _blocks(facts: ExplanationFacts) -> Iterator[AnyBlock]:
    yield Text(facts.title, weight=Weight.STRONG)
    yield from (Text(line, weight=Weight.FINE) for line in facts.head)
    for part in facts.parts:
        yield Rule()
        yield Columns(part.name, part.amount, weight=Weight.STRONG)
        for row in part.rows:
            yield LineItem(row.rule, row.gives, notes=(Note(row.why),))
    yield Rule()
    yield from (Text(line) for line in facts.foot)
    yield Space()
    yield Cut()
