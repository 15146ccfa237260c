"""A reference for the loyalty engine: zen-engine (GoRules), with the three rules as decision tables that its static loader holds.

Three tables say the rate of each rule for the receipt, a fourth goes over the lines and says which rule wins each of them and what that
is worth: the leanest model that we found for it. It rounds no points and shares none out to lines, gives no reasons, no lots and no dates,
and burns nothing. Regulated goods are one more row of a table.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import zen

from bench.rule_engines_case import CARD_BP, LADDER_BP, LEVEL_BP, OTHER_LEVEL_BP, Worths
from pos_app.model.evaluation import EngineInput

Row = tuple[list[str], list[str]]

_KEY = "rules"
_SCALE = 1_000_000
_ANY = ""


def prepared(engine_input: EngineInput) -> Callable[[], Any]:
    """One call of the engine for this receipt; model and input are ready, as ours are."""
    loader = {"type": "static", "content": {_KEY: model()}}
    evaluate = zen.ZenEngine({"loader": loader}).evaluate
    context = context_of(engine_input)
    return lambda: evaluate(_KEY, context)


def worths_of(engine_input: EngineInput, answer: Any) -> Worths:
    """What an answer says of each line; lines that earn nothing are left out."""
    lines = zip(engine_input.lines, answer["result"]["lines"], strict=True)
    return {line.line_no: (said["by"], Fraction(said["worth"], _SCALE)) for line, said in lines if said["worth"]}


def context_of(engine_input: EngineInput) -> dict[str, Any]:
    """The receipt as the tables see it."""
    member = engine_input.member
    assert member is not None, "the rules are for members"
    return {
        "card_class": member.card_class,
        "sum_minor": member.accumulators["progressive"],
        "lines": [
            {"product_class": line.product_class.value, "band": line.band, "amount": line.amount_minor}
            for line in engine_input.lines
        ],
    }


def model() -> dict[str, Any]:
    """The decision model: request, card, level, ladder, lines, response."""
    nodes = [
        {"id": "request", "name": "request", "type": "inputNode"},
        _table("card", ["card_class"], ["bp"], [*_by_class(CARD_BP), ([_ANY], ["0"])], passThrough=True),
        _table(
            "level", ["card_class"], ["bp"], [*_by_class(LEVEL_BP), ([_ANY], [str(OTHER_LEVEL_BP)])], passThrough=True
        ),
        _table(
            "ladder", ["sum_minor"], ["bp"], [([f">= {start}"], [str(bp)]) for start, bp in LADDER_BP], passThrough=True
        ),
        _table(
            "lines",
            ["product_class", "band"],
            ["worth", "by"],
            _lines(),
            inputField="lines",
            outputPath="lines",
            executionMode="loop",
        ),
        {"id": "response", "name": "response", "type": "outputNode"},
    ]
    edges = [
        {"id": f"edge-{number}", "sourceId": before["id"], "targetId": after["id"], "type": "edge"}
        for number, (before, after) in enumerate(pairwise(nodes))
    ]
    return {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}


def _by_class(rates_bp: dict[str, int]) -> Iterable[Row]:
    return [([f"'{name}'"], [str(rate_bp)]) for name, rate_bp in rates_bp.items()]


def _lines() -> list[Row]:
    """By class of product and band: the weight of a band goes before that of a class, and medicine does not count on the ladder."""
    return [
        (["'regulated'", _ANY], ["0", "''"]),
        ([_ANY, "'2'"], _best(weight=200)),
        ([_ANY, "'3'"], _best(weight=300)),
        (["'high_margin'", _ANY], _best(weight=200)),
        (["'medicine'", _ANY], _best(weight=100, by_ladder=False)),
        ([_ANY, _ANY], _best(weight=100)),
    ]


def _best(*, weight: int, by_ladder: bool = True) -> list[str]:
    card, level = "$nodes.card.bp * 100", f"$nodes.level.bp * {weight}"
    ladder = f"$nodes.ladder.bp * {100 if by_ladder else 0}"
    by_others = f"{level} >= {ladder} ? 'pharmacy' : 'progressive'"
    winner = f"{card} >= {level} and {card} >= {ladder} ? 'fixed-card' : {by_others}"
    return [f"amount * max([{card}, {level}, {ladder}])", winner]


def _table(name: str, inputs: list[str], outputs: list[str], rows: Iterable[Row], **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "type": "decisionTableNode",
        "content": {
            "hitPolicy": "first",
            "inputs": [{"id": f"in-{field}", "name": field, "field": field} for field in inputs],
            "outputs": [{"id": f"out-{field}", "name": field, "field": field} for field in outputs],
            "rules": [
                {
                    "_id": f"{name}-{number}",
                    **{f"in-{field}": cell for field, cell in zip(inputs, cells, strict=True)},
                    **{f"out-{field}": cell for field, cell in zip(outputs, values, strict=True)},
                }
                for number, (cells, values) in enumerate(rows)
            ],
            **more,
        },
    }
