"""The answer of a what-if for people, and as a CSV file."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from pos_app.command_line.output import console, counted, folded
from pos_app.errors import InputError
from pos_app.model.money import text_from_minor
from pos_app.use_cases.what_if.figures import Affected, RuleTally, SideFigures, Tally, WhatIf, share_bp

_IN_ORDER = {"budget": "a rule has a budget for all members together"}
_KINDS = {
    "segment": "By habit",
    "card_class": "By card",
    "spending_decile": "By spending (01: the tenth that spends most)",
}
CSV_COLUMNS = ("side", "kind", "name", "figure", "value")
_TALLY_FIGURES = (*(name for name in Tally.__struct_fields__ if name != "rules"), "cost_minor", "margin_minor")
_GROUP_FIGURES = ("members", "winners", "losers", "sales_minor", "gain_minor")


def print_answer(answer: WhatIf) -> None:
    """Sums, months, rules, members, and what to know about them."""
    console.print(_sums(answer))
    console.print(_months(answer))
    console.print(_rules(answer))
    for kind, title in _KINDS.items():
        console.print(_groups(answer, kind, title))
    console.print(_extremes(answer))
    for note in _notes(answer):
        console.print(note, markup=False)


def _sums(answer: WhatIf) -> Table:
    names = [escape(side.names) for side in (answer.candidate, answer.current)]
    compared = "now" if answer.is_against_now else "against"
    title = f"What if, {answer.since} to {answer.until} ({answer.currency_code})"
    table = Table(
        "", f"candidate\n{names[0]}", f"{compared}\n{names[1]}", "difference", title=title, title_justify="left"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for name, value_of, text_of in _figures(answer):
        values = [value_of(answer.candidate), value_of(answer.current)]
        table.add_row(name, *(text_of(value) for value in (*values, values[0] - values[1])))
    return table


def _figures(answer: WhatIf) -> Iterator[tuple[str, Callable[[SideFigures], int], Callable[[int], str]]]:
    def money(minor: int) -> str:
        return _grouped(minor, answer.currency_exponent)

    def points(units: int) -> str:
        return _grouped(units, answer.points_exponent)

    yield "receipts", lambda side: side.total.receipts, _count
    yield "receipts with a card", lambda side: side.total.member_receipts, _count
    yield "members touched", lambda side: side.total.members_touched, _count
    yield "points given", lambda side: side.total.given_units, points
    yield "points taken back with goods", lambda side: side.total.taken_back_units, points
    yield "points that paid", lambda side: side.total.burned_units, points
    yield "points for rewards", lambda side: side.total.reward_units, points
    yield "points given back with goods", lambda side: side.total.given_back_units, points
    yield "points expired", lambda side: side.total.expired_units, points
    yield "points by hand", lambda side: side.total.adjusted_units, points
    yield "breakage, % of points given", lambda side: side.breakage_bp, _percent
    yield "rewards taken", lambda side: side.total.rewards_taken, _count
    yield "discounts", lambda side: side.total.discount_minor, money
    yield "rewards", lambda side: side.total.reward_minor, money
    yield "points that paid, worth", lambda side: side.total.burned_minor, money
    yield "cost", lambda side: side.cost_minor, money
    yield "cost, % of sales with a card", _cost_bp, _percent
    yield "points owed at the end", lambda side: side.owed_units, points
    yield "points owed, worth", lambda side: side.liability_minor, money
    yield "points that members owe", lambda side: side.overdraft_units, points
    yield "sales", lambda side: side.total.sales_minor, money
    yield "margin, where the cost is known", lambda side: side.margin_minor, money
    yield "sales of goods without a known cost", lambda side: side.total.uncosted_minor, money


def _cost_bp(side: SideFigures) -> int:
    return share_bp(side.cost_minor, side.total.member_sales_minor + side.cost_minor)


def _months(answer: WhatIf) -> Table:
    table = Table("month", title=escape(f"By month: candidate / {answer.current_words}"), title_justify="left")
    for name in ("receipts", "members touched", "points given", "cost", "points owed, worth", "margin"):
        table.add_column(name, justify="right")
    for one, other in zip(answer.candidate.months, answer.current.months, strict=True):
        table.add_row(
            one.month,
            _count(one.tally.receipts),
            *_both(one.tally.members_touched, other.tally.members_touched, _count),
            *_both(one.tally.given_units, other.tally.given_units, lambda n: _grouped(n, answer.points_exponent)),
            *_both(one.tally.cost_minor, other.tally.cost_minor, lambda n: _grouped(n, answer.currency_exponent)),
            *_both(one.liability_minor, other.liability_minor, lambda n: _grouped(n, answer.currency_exponent)),
            *_both(one.tally.margin_minor, other.tally.margin_minor, lambda n: _grouped(n, answer.currency_exponent)),
        )
    return table


def _both(one: int, other: int, text_of: Callable[[int], str]) -> tuple[str]:
    return (f"{text_of(one)}\n[dim]{text_of(other)}[/dim]",)


def _rules(answer: WhatIf) -> Table:
    table = Table(folded("side"), title="By rule, points before what went back", title_justify="left")
    table.add_column("rule", overflow="fold")
    for name in ("receipts", "points given", "worth", "money off"):
        table.add_column(name, justify="right")
    for words, side in (("candidate", answer.candidate), (answer.current_words, answer.current)):
        for key, rule in sorted(side.total.rules.items()):
            table.add_row(escape(words), escape(key), *_rule_cells(rule, side, answer))
    return table


def _rule_cells(rule: RuleTally, side: SideFigures, answer: WhatIf) -> tuple[str, ...]:
    worth_minor = rule.units * side.point_worth_minor // 10**answer.points_exponent
    return (
        _count(rule.receipts),
        _grouped(rule.units, answer.points_exponent),
        _grouped(worth_minor, answer.currency_exponent),
        _grouped(rule.off_minor, answer.currency_exponent),
    )


def _groups(answer: WhatIf, kind: str, title: str) -> Table:
    table = Table("", title=f"{title}: who gets more, who gets less", title_justify="left")
    for name in ("members", "more", "less", "their sales", "they get more by"):
        table.add_column(name, justify="right")
    for one in answer.groups:
        if one.kind == kind:
            table.add_row(
                escape(one.name.replace("_", ", ")) or "no class",
                _count(one.members),
                _count(one.winners),
                _count(one.losers),
                _grouped(one.sales_minor, answer.currency_exponent),
                _grouped(one.gain_minor, answer.currency_exponent),
            )
    return table


def _extremes(answer: WhatIf) -> Table:
    table = Table("", title="The most affected members, in numbers only", title_justify="left")
    for name in ("gets more by", "sales", "receipts", "tenth by spending"):
        table.add_column(name, justify="right")
    for words, members in (("gains", answer.most_gained), ("loses", answer.most_lost)):
        for one in members:
            table.add_row(words, *_affected_cells(one, answer))
    return table


def _affected_cells(one: Affected, answer: WhatIf) -> tuple[str, ...]:
    money = [_grouped(minor, answer.currency_exponent) for minor in (one.gain_minor, one.sales_minor)]
    return (*money, _count(one.receipts), str(one.spending_decile))


def _notes(answer: WhatIf) -> Iterator[str]:
    if answer.spending_words:
        yield answer.spending_words
    yield (
        f"{answer.card_receipts_bp / 100:.1f} % of the receipts and {answer.card_sales_bp / 100:.1f} % of the sales are with a card."
    )
    how = "assumed: no receipt says it" if answer.burn_is_assumed else "the shop's average, or as you said"
    yield f"Where a receipt does not say what its member would have burned: {answer.burn_bp / 100:.1f} % of what could be ({how})."
    for reason in answer.in_order_because:
        yield f"Everything was played in the order of time on one core: {_IN_ORDER[reason]}."
    if answer.left_out:
        yield f"{counted(answer.left_out, 'receipt')} left out: only headquarters still has what they were made of."
    if answer.skipped:
        yield f"{counted(answer.skipped, 'return')} left out, of goods that were sold elsewhere or before."
    yield "Buyers are taken to buy the same whatever the programme. The figures hold costs: they are for managers."


def write_csv(answer: WhatIf, file: Path) -> None:
    """Every figure as a row: whole numbers, ``_minor`` in the smallest unit of money, ``_units`` in that of points."""
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(CSV_COLUMNS)
            writer.writerows(_rows(answer))
    except OSError as error:
        raise InputError(
            "what_if.csv",
            what=f"{file} cannot be written ({error.strerror}).",
            safe="Nothing was changed.",
            todo="Name another place with --csv.",
        ) from error


def _rows(answer: WhatIf) -> Iterator[tuple[str, str, str, str, int]]:
    compared = "current" if answer.is_against_now else answer.current_words
    for words, side in (("candidate", answer.candidate), (compared, answer.current)):
        for name in ("owed_units", "overdraft_units", "liability_minor", "breakage_bp"):
            yield words, "total", "", name, getattr(side, name)
        yield from _tally_rows(words, "total", "", side.total)
        for month in side.months:
            yield words, "month", month.month, "owed_units", month.owed_units
            yield words, "month", month.month, "liability_minor", month.liability_minor
            yield from _tally_rows(words, "month", month.month, month.tally)
    for group in answer.groups:
        for name in _GROUP_FIGURES:
            yield "difference", group.kind, group.name, name, getattr(group, name)


def _tally_rows(side: str, kind: str, name: str, tally: Tally) -> Iterator[tuple[str, str, str, str, int]]:
    for figure in _TALLY_FIGURES:
        yield side, kind, name, figure, getattr(tally, figure)
    for key, rule in sorted(tally.rules.items()):
        for figure in RuleTally.__struct_fields__:
            yield side, f"rule in {name}" if name else "rule", key, figure, getattr(rule, figure)


def _count(number: int) -> str:
    return f"{number:,}"


def _percent(bp: int) -> str:
    return f"{bp / 100:.2f}"


def _grouped(amount: int, exponent: int) -> str:
    """Plain digits with thousands apart.

    >>> _grouped(-1234567, 2), _grouped(1234, 0)
    ('-12,345.67', '1,234')
    """
    units, dot, decimals = text_from_minor(abs(amount), exponent=exponent).partition(".")
    return f"{'-' if amount < 0 else ''}{int(units):,}{dot}{decimals}"
