"""Counting what one receipt gave: points and money off by rule, and what that takes off sales and margin."""

from collections.abc import Collection, Mapping

from pos_app.model.evaluation import BurnAs, EngineLine, EngineResult
from pos_app.model.identifiers import is_points
from pos_app.use_cases.what_if.figures import RuleTally, Tally
from pos_app.use_cases.what_if.history import net_of


def count_points(tally: Tally, result: EngineResult) -> int:
    """Count the points that rules gave; gives how many, in units."""
    given: dict[str, int] = {}
    for award in result.awards:
        key = award.programme_id + "/" + award.rule_id
        given[key] = given.get(key, 0) + award.units
    units = 0
    for key, rule_units in given.items():
        rule = rule_of(tally, key)
        rule.units += rule_units
        rule.receipts += 1
        units += rule_units
    tally.given_units += units
    return units


def rule_of(tally: Tally, key: str) -> RuleTally:
    """The tally of a rule (``programme/rule``)."""
    rule = tally.rules.get(key)
    if rule is None:
        rule = tally.rules[key] = RuleTally()
    return rule


def count_money(
    tally: Tally,
    result: EngineResult,
    lines: tuple[EngineLine, ...],
    reward_keys: Collection[str],
    costs_minor: Mapping[str, int],
) -> int:
    """Count what discounts, rewards and burned points take off; gives what rules and rewards took off, in minor units."""
    by_rule = _off_by_rule(result)
    for key, minor in by_rule.items():
        rule = rule_of(tally, key)
        rule.off_minor += minor
        rule.receipts += 1
        if key in reward_keys:
            tally.reward_minor += minor
        else:
            tally.discount_minor += minor
    for taken in result.taken:
        tally.rewards_taken += taken.times
        tally.reward_units += taken.units if is_points(taken.unit) else 0
    off_minor = sum(by_rule.values())
    tally.burned_units += result.burn_units
    tally.burned_minor += result.burn_worth_minor
    tally.sales_minor -= off_minor + result.burn_worth_minor
    _count_margin(tally, result, lines, costs_minor)
    return off_minor


def _off_by_rule(result: EngineResult) -> dict[str, int]:
    """What each rule took off; a reward that took nothing off is there too."""
    by_rule: dict[str, int] = {}
    for discount in result.discounts:
        key = f"{discount.programme_id}/{discount.rule_id}"
        by_rule[key] = by_rule.get(key, 0) + discount.amount_minor
    for taken in result.taken:
        by_rule.setdefault(f"{taken.programme_id}/{taken.rule_id}", 0)
    return by_rule


def _count_margin(
    tally: Tally, result: EngineResult, lines: tuple[EngineLine, ...], costs_minor: Mapping[str, int]
) -> None:
    """A lower price lowers its tax; points as tender do not, so the shop bears all of their worth."""
    lowered: dict[int, int] = {}
    tendered: dict[int, int] = {}
    for discount in result.discounts:
        lowered[discount.line_no] = lowered.get(discount.line_no, 0) + discount.amount_minor
    by_points = tendered if result.burn_as is BurnAs.TENDER else lowered
    for share in result.burn_shares:
        by_points[share.line_no] = by_points.get(share.line_no, 0) + share.worth_minor
    for line_no in lowered.keys() | tendered.keys():
        line = lines[line_no - 1]
        off_minor, by_tender_minor = lowered.get(line_no, 0), tendered.get(line_no, 0)
        if line.product_code in costs_minor:
            kept_minor = net_of(line, line.amount_minor - off_minor) - by_tender_minor
            tally.net_minor += kept_minor - net_of(line, line.amount_minor)
        else:
            tally.uncosted_minor -= off_minor + by_tender_minor
