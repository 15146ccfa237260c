"""The findings of the lint in words."""

from collections.abc import Mapping

from pos_app.loyalty.lint import finding as codes
from pos_app.use_cases.programme_checking import Remark

SENTENCES = {
    codes.NEVER_DATES: "The rule {rule} never applies: its dates are all outside those of the programme.",
    codes.NEVER_DAYS: "The rule {rule} never applies: its weekdays, holidays and dates have no day together.",
    codes.NEVER_HOURS: "The rule {rule} never applies: its hours are no time at all.",
    codes.NEVER_STORES: "The rule {rule} never applies: the programme does not run in its stores.",
    codes.NEVER_FIRST_RECEIPT: "The rule {rule} never applies: it is for a member's first receipt, but what it asks for ({needs}) "
    "only comes with an earlier one.",
    codes.NEVER_GOODS: "No goods are left: all that are named are excluded too.",
    codes.NEVER_REGULATED: "Only regulated goods are named, and no rule ever sees those.",
    codes.NEVER_NOTHING: "The rule {rule} gives nothing: what it gives is 0 for everybody.",
    codes.NEVER_CAP: "Nothing is given: the limit {cap} is 0.",
    codes.NEVER_POOL: "The rule {rule} never applies: no rule collects into the pool {pool}.",
    codes.NEVER_REACH: "The rule {rule} never applies: it asks for {units} of the pool {pool}, and caps and life leave a member "
    "{most} at most.",
    codes.NEVER_BEATEN: "The rule {rule} never gives anything: {by_rule} of {by_programme} always gives as much or more, and goes first.",
    codes.TIE: "The rules {rule} and {with_rule} (of {with_programme}) give the same to the same goods: only their names decide which "
    "one does. Give them a priority.",
    codes.MULTIPLY_NOTHING: "The rule {rule} raises nothing: when it applies, no other rule of the lane {lane} gives points. "
    "That is right only beside a programme that does.",
    codes.STORES_OUTSIDE: "The programme does not run in these stores: {stores}.",
    codes.DATES_OUTSIDE: "The window from {from_date} until {until_date} is outside the programme's dates.",
    codes.DATES_OVERLAP: "Two windows overlap: one ends on {last}, another one begins on {first}, and both days belong to them.",
    codes.DATES_GAP: "A single day is left out: one window ends on {last}, the next one begins on {first}.",
    codes.HOURS_OVERLAP: "Two windows overlap: one ends at {last}, another one begins at {first}.",
    codes.HOURS_GAP: "A single minute is left out: one window ends before {last}, the next one begins at {first}. The end is excluded "
    "already.",
    codes.HOLIDAY_NONE: "No year has the day {day}.",
    codes.PROGRAMMES_OVERLAP: "It begins on {first}, and on that day {before} runs too.",
    codes.PROGRAMMES_GAP: "It begins on {first}, and {before} ends on {last}: on the day between them neither runs.",
    codes.STEP_SAME: "The step from {from_minor} changes nothing: neither the rate nor the class.",
    codes.TIER_UNUSED: "The tier {tier} changes nothing: it has no benefits, and no rule names it.",
    codes.MARGIN_BETWEEN: "A margin of {margin} % begins within a published band: goods count from {following} % on.",
    codes.MARGIN_BEYOND: "No goods reach a margin of {margin} %: the highest published band begins at {highest} %.",
    codes.COST_MARGIN: "The rule {rule} gives up to {rate}: of goods whose margin is below {below_percent} % that is more than the margin. "
    "A [guard] would keep it within a share of the margin.",
    codes.COST_TOGETHER: "The rules {rules} always give together up to {rate}: of goods whose margin is below {below_percent} % that is "
    "more than the margin. A [guard] would keep them within a share of the margin.",
    codes.GUARD_LOWERS: "The rule {rule} promises up to {rate}, and the guard leaves {most} at most, whatever the margin of the goods.",
    codes.POINTS_TOO_LATE: "What is given can be used from {first} on, and what takes it ends on {last}.",
}
_BASIS_POINTS_OF_PERCENT = 100


def sentence(remark: Remark) -> str:
    """What a remark says."""
    if remark.is_error:
        return remark.why if remark.why.endswith(".") else f"{remark.why}."
    return SENTENCES[remark.code].format(**_with_rates(remark.values))


def _with_rates(values: Mapping[str, int | str]) -> dict[str, int | str]:
    """The values with their rates in percent: ``rate_bp`` becomes ``rate``."""
    return {
        name.removesuffix("_bp"): percent(int(value)) if name.endswith("_bp") else value
        for name, value in values.items()
    }


def percent(rate_bp: int) -> str:
    """A rate in percent, as people write it.

    >>> percent(500), percent(1250)
    ('5 %', '12.5 %')
    """
    whole, part = divmod(rate_bp, _BASIS_POINTS_OF_PERCENT)
    return f"{whole}.{part:02}".rstrip("0").rstrip(".") + " %" if part else f"{whole} %"
