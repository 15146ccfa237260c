"""The reference pages say what the engine does: their examples run, and no code and no key is missing."""

import doctest
import re
from datetime import UTC, datetime
from pathlib import Path

from pos_app.loyalty import reasons
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.programme import json_schema
from pos_app.model.evaluation import EngineResult
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import line, member, presets, receipt

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
RULES = (REFERENCE / "loyalty-rules.md").read_text(encoding="utf-8")
FILES = (REFERENCE / "programme-files.md").read_text(encoding="utf-8")

Goods = dict[str, tuple[str, int] | tuple[str, int, str]]


class Examples:
    """The two words of the page's examples: ``sell`` a receipt, show its ``points``."""

    def __init__(self) -> None:
        self._sold: list[tuple[EngineResult, dict[int, str]]] = []

    def sell(
        self,
        names: str | list[str],
        goods: Goods,
        *,
        card_class: str = "",
        accumulated: int = 0,
        balance: int = 0,
        burn: int = 0,
        receipts_before: int = 5,
    ) -> EngineResult:
        programmes = presets(*([names] if isinstance(names, str) else names))
        codes = dict(enumerate(goods, start=1))
        lines = [
            line(line_no, amount, code=codes[line_no], product_class=ProductClass(name), band="".join(band))
            for line_no, (name, amount, *band) in enumerate(goods.values(), start=1)
        ]
        holder = member(
            card_class,
            accumulators={"progressive": accumulated},
            receipts_before=receipts_before,
            spendable_units=balance,
        )
        result = evaluate(receipt(programmes, *lines, holder=holder, burn_units=burn), programmes)
        self._sold.append((result, codes))
        return result

    def points(self, result: EngineResult) -> dict[str, int]:
        codes = next(codes for sold, codes in self._sold if sold is result)
        return {codes[award.line_no]: award.units for award in result.awards}


def utc(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M")


def test_that_the_worked_numbers_of_the_specification_are_the_engines() -> None:
    examples = Examples()
    names = {"sell": examples.sell, "points": examples.points, "utc": utc}
    page = doctest.DocTestParser().get_doctest(RULES, names, "loyalty-rules.md", "loyalty-rules.md", 0)
    assert len(page.examples) > 15
    said: list[str] = []
    results = doctest.DocTestRunner().run(page, out=said.append)
    assert 0 == results.failed, "".join(said)


def test_that_every_reason_code_is_described() -> None:
    described = re.findall(r"^\| `([a-z_.]+)` \|", RULES.partition("## 11. Reasons")[2], flags=re.MULTILINE)
    assert sorted(reasons.SENTENCES) == sorted(described)


def test_that_every_key_of_a_programme_file_is_described() -> None:
    keys = {key for definition in json_schema()["$defs"].values() for key in definition.get("properties", {})}
    assert set() == {key for key in keys if not re.search(rf"\b{key}\b", FILES)}


def test_that_every_value_of_choice_is_described() -> None:
    values = set(re.findall(r"'enum': \[([^]]*)\]", str(json_schema())))
    words = {word.strip("' ") for listed in values for word in listed.split(",")}
    assert {"rolling_12_months", "high_margin", "tender", "end_of_year"} <= words
    assert set() == {word for word in words if not re.search(rf"\b{word}\b", FILES)}
