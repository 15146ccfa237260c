"""Short ways to say a receipt."""

from pathlib import Path
from typing import Any

import msgspec

from pos_app.loyalty.document import AnyRule, FixedCard, Programme
from pos_app.loyalty.engine import SEMANTICS, explain
from pos_app.loyalty.programme import ProgrammeSet, parse_programme, programme_set
from pos_app.model.evaluation import EngineInput, EngineLine, EngineResult, MemberContext
from pos_app.model.products import ProductClass
from pos_app.programmes import preset_names, preset_text

NOON_MS = 1_782_907_200_000
"""2026-07-01 12:00 UTC."""

NOT_SHIPPED = Path(__file__).parent / "data" / "programmes"
"""Programmes that the engine runs, and no till yet."""

FIVE_PERCENT = FixedCard(id="five", rates_bp={}, other_rate_bp=500)


def line(
    line_no: int = 1,
    amount_minor: int = 1000,
    *,
    code: str = "",
    product_class: ProductClass = ProductClass.GENERAL,
    band: str = "",
    department: str = "FOOD",
    category: str = "TEA",
    quantity_milli: int = 1000,
    **more: Any,
) -> EngineLine:
    return EngineLine(
        line_no,
        code or f"p{line_no}",
        product_class,
        band,
        department,
        category,
        quantity_milli=quantity_milli,
        amount_minor=amount_minor,
        **more,
    )


def member(
    card_class: str = "",
    *,
    accumulators: dict[str, int] | None = None,
    receipts_before: int = 5,
    spendable_units: int = 0,
    **more: Any,
) -> MemberContext:
    return MemberContext(
        "a-1", card_class, accumulators or {}, receipts_before=receipts_before, spendable_units=spendable_units, **more
    )


def programme(*rules: AnyRule, programme_id: str = "p", point_worth_minor: int = 1, **more: Any) -> Programme:
    return Programme(
        schema=1, id=programme_id, version=1, name="P", point_worth_minor=point_worth_minor, rules=rules, **more
    )


def preset(name: str) -> Programme:
    file = f"{name}.toml"
    text = preset_text(name) if name in preset_names() else (NOT_SHIPPED / file).read_text(encoding="utf-8")
    return parse_programme(text, source=file)


def presets(*names: str) -> ProgrammeSet:
    return programme_set(preset(name) for name in names)


def receipt(
    programmes: ProgrammeSet,
    *lines: EngineLine,
    holder: MemberContext | None,
    burn_units: int = 0,
    points_exponent: int = 0,
    zone: str = "UTC",
    business_date: str = "2026-07-01",
    semantics: int = SEMANTICS,
) -> EngineInput:
    return EngineInput(
        semantics=semantics,
        programme_set_hash=programmes.hash,
        currency_exponent=2,
        points_exponent=points_exponent,
        utc_ms=NOON_MS,
        zone=zone,
        business_date=business_date,
        lines=lines,
        member=holder,
        burn_units=burn_units,
    )


def units_by_line(result: EngineResult) -> dict[int, int]:
    units: dict[int, int] = {}
    for award in result.awards:
        units[award.line_no] = units.get(award.line_no, 0) + award.units
    return units


def refusal_codes(result: EngineResult, line_no: int) -> list[str]:
    return [refusal.reason.code for refusal in result.refusals if refusal.line_no == line_no]


def sold(
    programmes: ProgrammeSet,
    *lines: EngineLine,
    holder: MemberContext | None = None,
    burn_units: int = 0,
    points_exponent: int = 0,
    **more: Any,
) -> EngineResult:
    """What these lines give a member with five receipts, explained; ``more`` is of the input."""
    engine_input = receipt(
        programmes,
        *lines,
        holder=member() if holder is None else holder,
        burn_units=burn_units,
        points_exponent=points_exponent,
    )
    return explain(msgspec.structs.replace(engine_input, **more), programmes)


def why(result: EngineResult, rule_id: str, line_no: int = 0) -> str:
    """The code of a rule's refusal."""
    return next(r.reason.code for r in result.refusals if (r.rule_id, r.line_no) == (rule_id, line_no))


def prices(result: EngineResult) -> list[tuple[int, str, int]]:
    """The discounts: line, rule and minor units."""
    return [(one.line_no, one.rule_id, one.amount_minor) for one in result.discounts]
