"""A scenario told: who buys what and when, and what comes out, with the file's own comments."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from pos_app.model.money import line_amount_minor, minor_from_text, text_from_minor
from pos_app.use_cases.describing.words import listed, spoken
from pos_app.use_cases.scenario_file import Bought, Expected, Scenario, Step

_QUANTITY_EXPONENT = 3
_WIDTH = 32
_AMOUNT_WIDTH = 12
_TOLD = {"at", "id", "member", "buy", "burn", "take", "return_of", "lines", "expect"}
_REFUSALS = {
    "sale.burn": "refused: these points cannot pay here",
    "sale.locked": "refused: these goods are for others",
    "return.quantity": "refused: there is not so much left to bring back",
}
_OUTCOMES = {
    "refused": "{}",
    "total": "total {}",
    "discount": "{} off",
    "taken": "gets {}",
    "burned": "{} points pay",
    "to_pay": "to pay {}",
    "refund": "{} paid back",
    "earned": "earns {} points",
    "points_by_line": "by line {}",
    "collected": "collects {}",
    "clawed_back": "{} points taken back",
    "restored": "{} points given back",
    "card_class": "class {}",
    "missing": "{} missing to the next step",
    "notices": "the cashier sees “{}”",
    "available": "balance {}",
    "pending": "{} still pending",
    "overdraft": "owes {}",
    "pools": "has {}",
}
"""In the order in which they are told; what is new comes last."""
_UNSAID = {"reasons", "saved"}
"""What ``explain`` and the receipt say."""
_ONLY_SOME = {"discount", "burned", "overdraft", "pending", "restored", "clawed_back", "collected", "taken", "pools"}
_ONLY_SOME |= {"missing", "notices", "card_class"}
"""Outcomes of which nothing is not worth saying."""


class Told(msgspec.Struct, frozen=True):
    """One step: when, what happens, what comes out, and the comment of the file."""

    when: str
    what: str
    outcome: str
    comment: str


def tell(scenario: Scenario, text: str) -> tuple[Told, ...]:
    """The steps of a scenario in order; ``text`` is its file, for the comments."""
    comments = list(_comments(text))
    return tuple(
        Told(
            _when(step),
            _what(scenario, step),
            _outcome(step.expect),
            comments[number] if number < len(comments) else "",
        )
        for number, step in enumerate(scenario.steps)
    )


def receipt(scenario: Scenario) -> str:
    """The first receipt of the scenario that gives its member something, as the goods, what they cost, and what comes of it."""
    worth_showing = [step for step in scenario.steps if step.buy and step.expect.total and not step.expect.refused]
    step = next(iter([one for one in worth_showing if _gives(one.expect)] or worth_showing), None)
    if step is None:
        return ""
    exponent = scenario.shop.currency_exponent
    rows = [
        (_bought(scenario, one), text_from_minor(_amount_minor(scenario, one), exponent=exponent)) for one in step.buy
    ]
    said = step.expect
    rows += [
        (label, f"{sign}{value}")
        for label, sign, value in (
            ("Taken off", "-", said.discount),
            ("Total", "", said.total),
            ("To pay", "", said.to_pay),
            ("Points that paid", "", said.burned),
            ("Points earned", "", said.earned),
        )
        if value and value.strip("0.")
    ]
    rows += [(f"Collected: {pool}", number) for pool, _, number in (one.partition("=") for one in said.collected or ())]
    return "\n".join(f"{label:<{_WIDTH}}{value:>{_AMOUNT_WIDTH}}" for label, value in rows)


def _gives(said: Expected) -> bool:
    return bool(said.collected or said.taken or said.notices) or any(
        value and value.strip("0.") for value in (said.earned, said.discount)
    )


def _comments(text: str) -> Iterator[str]:
    """The comments of each step: in it, or right above it."""
    above: list[str] = []
    steps: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("#"):
            above.append(line.removeprefix("#").strip())
        elif line.strip():
            if line.startswith("[[steps]]"):
                steps.append([])
            if steps:
                steps[-1] += above
            above = []
    return (" ".join(comments) for comments in steps)


def _when(step: Step) -> str:
    moment = datetime.fromisoformat(step.at)
    return f"{moment.day} {moment:%B %Y, %H:%M}"


def _what(scenario: Scenario, step: Step) -> str:
    who = step.member.capitalize() or "Somebody without a card"
    doing = []
    if step.buy:
        doing.append(f"buys {listed([_bought(scenario, one) for one in step.buy])}")
    if step.burn.strip("0."):
        doing.append(f"asks to pay with {step.burn} points")
    if step.take:
        doing.append(f"asks for {listed([one.rpartition('/')[2] for one in step.take])}")
    if step.return_of:
        doing.append(f"brings back {listed(_returned(scenario, step))}")
    doing += [f"{spoken(key)}: {_plain(value)}" for key, value in _more(step)]
    return f"{who} {', '.join(doing) or 'looks at the balance'}"


def _more(step: Step) -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(step):
        value = getattr(step, field.name)
        if field.name not in _TOLD and value != field.default and value:
            yield field.name, value


def _plain(value: Any) -> str:
    if isinstance(value, tuple | list):
        return listed([_plain(one) for one in value])
    if isinstance(value, msgspec.Struct):
        return _plain(msgspec.to_builtins(value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(one)}" for key, one in value.items() if one)
    return "yes" if value is True else str(value)


def _bought(scenario: Scenario, one: Bought) -> str:
    name = _name(scenario, one.product)
    return name if one.quantity == "1" else f"{one.quantity} × {name}"


def _name(scenario: Scenario, code: str) -> str:
    return next((product.name for product in scenario.products if product.code == code and product.name), code)


def _amount_minor(scenario: Scenario, one: Bought) -> int:
    exponent = scenario.shop.currency_exponent
    if one.amount:
        return minor_from_text(one.amount, exponent=exponent)
    price = next(product.price for product in scenario.products if product.code == one.product)
    return line_amount_minor(
        unit_price_minor=minor_from_text(price, exponent=exponent),
        quantity_milli=minor_from_text(one.quantity, exponent=_QUANTITY_EXPONENT),
    )


def _returned(scenario: Scenario, step: Step) -> list[str]:
    named = {one.id or str(number): one for number, one in enumerate(scenario.steps, start=1)}
    sold = named[step.return_of].buy if step.return_of in named else ()
    return [
        (f"{line.quantity} × " if line.quantity != "1" else "")
        + (_name(scenario, sold[line.line - 1].product) if line.line <= len(sold) else f"line {line.line}")
        for line in step.lines
    ]


def _outcome(said: Expected) -> str:
    names = [*_OUTCOMES, *(name for name in Expected.__struct_fields__ if name not in _OUTCOMES)]
    return ", ".join(filter(None, (_told(name, getattr(said, name)) for name in names if name not in _UNSAID)))


def _told(name: str, value: Any) -> str:
    """One outcome; empty where it is not compared, or nothing and not worth saying."""
    is_known = name in _OUTCOMES and name not in _ONLY_SOME
    if value is None or (not is_known and not _plain(value).strip("0.")):
        return ""
    if name == "refused":
        return _REFUSALS.get(value, f"refused (`{value}`)")
    if name == "earned" and not value.strip("0."):
        return "earns nothing"
    return _OUTCOMES.get(name, f"{spoken(name)} {{}}").format(_named_counts(value))


def _named_counts(value: Any) -> str:
    """``burger=4`` as people say it: 4 × burger; a rule by its own name."""
    texts = value if isinstance(value, tuple) else (value,)
    said = []
    for text in texts:
        name, is_count, count = text.partition("=")
        named = name.rpartition("/")[2]
        said.append(text if not is_count else named if count == "1" else f"{count} × {named}")
    return listed(said)
