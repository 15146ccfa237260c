"""What the rule engines are measured on: a receipt, three rules or fifty, and what each of the three gives to each line.

The three are ``fixed-card``, ``pharmacy`` and ``progressive`` as they ship; a gold card earns 5 % of its class on everything, twice that on
goods of high margin, and 1 % by its sum on what is no medicine. The best one wins a line.
"""

from fractions import Fraction

from pos_app.loyalty.document import AnyRule, Hours, Percent, Points, Programme, ReceiptNumber, When
from pos_app.loyalty.engine import SEMANTICS
from pos_app.loyalty.programme import ProgrammeSet, parse_programme, programme_set
from pos_app.model.evaluation import EngineInput, EngineLine, EngineResult, MemberContext
from pos_app.model.products import ProductClass
from pos_app.programmes import preset_text

Worths = dict[int, tuple[str, Fraction]]
"""Of each line: the programme whose rule wins it, and what that is worth in minor units, exactly."""

THREE = ("fixed-card", "pharmacy", "progressive")
CARD_CLASS = "gold"
SUM_MINOR = 3_100_000
CARD_BP = {"silver": 300, "gold": 500, "platinum": 700}
LEVEL_BP = {"silver": 400, "gold": 500}
OTHER_LEVEL_BP = 300
LADDER_BP = ((3_000_000, 100), (0, 50))
"""The rates of the three, highest step first, for engines that have to be told."""

_GOODS = (
    (ProductClass.MEDICINE, ""),
    (ProductClass.HIGH_MARGIN, "2"),
    (ProductClass.GENERAL, ""),
    (ProductClass.HIGH_MARGIN, ""),
    (ProductClass.GENERAL, ""),
)
_CATEGORIES = 13
_CONDITIONS = (
    When(hours=(Hours(begin="07:00", end="23:00"),)),
    When(card_classes=frozenset({"gold", "platinum"})),
    When(segments=frozenset({"regulars"})),
    When(receipt_from_minor=1_000),
    When(receipt_number=ReceiptNumber(begin=1, end=3)),
    When(coupon=True),
    When(verified=True),
)
"""Conditions of the member's receipt, some of which hold."""


def three_rules() -> ProgrammeSet:
    """The three programmes, a rule each."""
    return programme_set(_shipped())


def fifty_rules() -> ProgrammeSet:
    """The three and forty-seven more in their lane, all of which run on the day: they lose, so what is given stays the same.

    Half of them are for one category each, half wait for a condition.
    """
    programmes = []
    for number, name in enumerate(("promotions", "partners"), start=1):
        rules: list[AnyRule] = [_promotion(name, place) for place in range(24 if number == 1 else 22)]
        if number == 1:
            rules.append(Points(id="base", points=1, per_minor=300))
        programmes.append(
            Programme(
                schema=1,
                id=name,
                version=1,
                name=name,
                point_worth_minor=1,
                card_classes=("gold", "platinum"),
                rules=tuple(rules),
            )
        )
    return programme_set([*_shipped(), *programmes])


def receipt_of(programmes: ProgrammeSet, *, lines: int) -> EngineInput:
    """A receipt with so many lines at odd prices, of all five kinds of goods by turns."""
    return EngineInput(
        semantics=SEMANTICS,
        programme_set_hash=programmes.hash,
        currency_exponent=2,
        points_exponent=0,
        utc_ms=1_782_900_000_000,
        zone="Europe/Sarajevo",
        business_date="2026-07-01",
        lines=tuple(_line(number) for number in range(1, lines + 1)),
        member=MemberContext("member", CARD_CLASS, {"progressive": SUM_MINOR}, receipts_before=3, spendable_units=100),
    )


def worths_of(result: EngineResult) -> Worths:
    """What our awards say that each line was worth, read off their reasons; raises ``AssertionError`` where points do not agree with it."""
    worths: Worths = {}
    for award in result.awards:
        values = award.reason.values
        base_minor, rate_bp, weight = values["base_minor"], values["rate_bp"], values.get("weight_percent", 100)
        assert isinstance(base_minor, int), "an amount is a number"
        assert isinstance(rate_bp, int), "a rate is a number"
        assert isinstance(weight, int), "a weight is a number"
        worths[award.line_no] = award.programme_id, Fraction(base_minor * rate_bp * weight, 1_000_000)
        assert abs(award.units - worths[award.line_no][1]) <= 1, "a line is rounded by a point at most"
    whole = sum(worth for _, worth in worths.values()) // 1
    assert sum(award.units for award in result.awards) == whole, "the receipt is rounded down once"
    return worths


def compare(name: str, expected: Worths, found: Worths) -> None:
    """Raise ``AssertionError`` where another engine gives a line something else."""
    assert expected == found, f"{name} differs: {found}, not {expected}"


def _shipped() -> list[Programme]:
    return [parse_programme(preset_text(name), source=f"{name}.toml") for name in THREE]


def _promotion(programme: str, place: int) -> AnyRule:
    """A rule that gives less than the card does: for a category, or under a condition."""
    if place % 2:
        return Percent(
            id=f"{programme}-{place}", rate_bp=100 + place, only_categories=frozenset({f"C{place % _CATEGORIES}"})
        )
    return Percent(id=f"{programme}-{place}", rate_bp=100 + place, when=_CONDITIONS[place // 2 % len(_CONDITIONS)])


def _line(number: int) -> EngineLine:
    product_class, band = _GOODS[(number - 1) % len(_GOODS)]
    return EngineLine(
        line_no=number,
        product_code=f"p{number}",
        product_class=product_class,
        band=band,
        department=f"D{number % 7}",
        category=f"C{number % _CATEGORIES}",
        quantity_milli=1_000,
        amount_minor=162 + 37 * number,
    )
