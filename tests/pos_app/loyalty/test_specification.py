"""The reference pages say what the engine does: their examples run, and no code and no key is missing."""

import doctest
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pos_app.loyalty import reasons
from pos_app.loyalty.document import Guard
from pos_app.loyalty.engine import explain
from pos_app.loyalty.programme import json_schema, programme_set
from pos_app.model.evaluation import EngineLine, EngineResult
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import line, member, preset, receipt

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
RULES = (REFERENCE / "loyalty-rules.md").read_text(encoding="utf-8")
FILES = (REFERENCE / "programme-files.md").read_text(encoding="utf-8")

Goods = dict[str, tuple[Any, ...]]


class Examples:
    """The words of the page's examples: ``sell`` a receipt, show its ``prices``, ``points``, ``pools``, and ``why`` a rule gave nothing."""

    def __init__(self) -> None:
        self._sold: list[tuple[EngineResult, dict[int, EngineLine]]] = []

    def sell(
        self,
        names: str | list[str],
        goods: Goods,
        *,
        card_class: str = "",
        accumulated: int = 0,
        sums: dict[str, int] | None = None,
        balance: int = 0,
        burn: int = 0,
        receipts_before: int = 5,
        at: str = "12:00",
        on: str = "2026-07-01",
        guard: Guard | None = None,
        coupons: Sequence[str] = (),
        takes: Sequence[str] = (),
        facts: Sequence[str] = (),
        rolls: dict[str, int] | None = None,
        budgets: dict[str, int] | None = None,
        **of_member: Any,
    ) -> EngineResult:
        chosen = [preset(name) for name in ([names] if isinstance(names, str) else names)]
        programmes = programme_set([msgspec.structs.replace(chosen[0], guard=guard), *chosen[1:]])
        lines = {number: _line(number, code, *said) for number, (code, said) in enumerate(goods.items(), start=1)}
        holder = msgspec.structs.replace(
            member(
                card_class,
                accumulators=sums or {"progressive": accumulated},
                receipts_before=receipts_before,
                spendable_units=balance,
            ),
            facts=tuple(facts),
            **of_member,
        )
        engine_input = msgspec.structs.replace(
            receipt(programmes, *lines.values(), holder=holder, burn_units=burn, business_date=on),
            utc_ms=int(datetime.fromisoformat(f"{on}T{at}+00:00").timestamp() * 1000),
            coupons=tuple(coupons),
            takes=tuple(takes),
            rolls=rolls or {},
            budgets=budgets or {},
        )
        result = explain(engine_input, programmes)
        self._sold.append((result, lines))
        return result

    def points(self, result: EngineResult) -> dict[str, int]:
        lines = self._lines(result)
        units: dict[str, int] = {}
        for award in result.awards:
            code = lines[award.line_no].product_code
            units[code] = units.get(code, 0) + award.units
        return units

    def prices(self, result: EngineResult) -> dict[str, int]:
        prices = {line.product_code: line.amount_minor for line in self._lines(result).values()}
        for discount in result.discounts:
            prices[self._lines(result)[discount.line_no].product_code] -= discount.amount_minor
        return prices

    def pools(self, result: EngineResult) -> dict[str, int]:
        return {lot.issuer: lot.units for lot in result.pool_lots}

    def why(self, result: EngineResult, rule_id: str) -> str:
        return next(refusal.reason.code for refusal in result.refusals if refusal.rule_id == rule_id)

    def act(self, name: str, act: str, **of_member: Any) -> int | str:
        """The points of an act, or why there are none."""
        programmes = programme_set([preset(name)])
        holder = msgspec.structs.replace(member(""), **of_member)
        result = explain(msgspec.structs.replace(receipt(programmes, holder=holder), act=act), programmes)
        return result.earned_units or result.refusals[0].reason.code

    def _lines(self, result: EngineResult) -> dict[int, EngineLine]:
        return next(lines for sold, lines in self._sold if sold is result)


def _line(number: int, code: str, product_class: str, amount_minor: int, more: Any = None) -> EngineLine:
    """A line of a page's example; a third word is a band where it is a digit, else a category, and a table says more."""
    said = more if isinstance(more, dict) else {}
    word = more if isinstance(more, str) else ""
    built = line(
        number,
        amount_minor,
        code=code,
        product_class=ProductClass(product_class),
        band=word if word.isdigit() else "",
        category="TEA" if word.isdigit() or not word else word,
        department=said.get("department", "FOOD"),
    )
    return msgspec.structs.replace(
        built, member_minor=said.get("member_price"), margin_floor_percent=said.get("margin")
    )


def utc(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M")


def test_that_the_worked_numbers_of_the_specification_are_the_engines() -> None:
    examples = Examples()
    words = {name: getattr(examples, name) for name in ("sell", "points", "prices", "pools", "why", "act")}
    names = {**words, "utc": utc, "Guard": Guard}
    page = doctest.DocTestParser().get_doctest(RULES, names, "loyalty-rules.md", "loyalty-rules.md", 0)
    assert len(page.examples) > 40
    said: list[str] = []
    results = doctest.DocTestRunner().run(page, out=said.append)
    assert 0 == results.failed, "".join(said)


def test_that_every_reason_code_is_described() -> None:
    described = re.findall(r"^\| `([a-z_.]+)` \|", RULES.partition("## 17. Reasons")[2], flags=re.MULTILINE)
    assert sorted(reasons.SENTENCES) == sorted(described)


def test_that_every_key_of_a_programme_file_is_described() -> None:
    keys = {key for definition in json_schema()["$defs"].values() for key in definition.get("properties", {})}
    assert set() == {key for key in keys if not re.search(rf"\b{key}\b", FILES)}


def test_that_every_value_of_choice_is_described() -> None:
    values = set(re.findall(r"'enum': \[([^]]*)\]", str(json_schema())))
    words = {word.strip("' ") for listed in values for word in listed.split(",")}
    assert {"rolling_12_months", "high_margin", "tender", "end_of_year"} <= words
    assert set() == {word for word in words if not re.search(rf"\b{word}\b", FILES)}
