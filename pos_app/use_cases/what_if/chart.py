"""The answer as one picture: what each month cost, what was owed at its end, the sums, and who wins and loses."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from pos_app.model.money import text_from_minor
from pos_app.use_cases.what_if.figures import MonthFigures, SideFigures, WhatIf
from pos_app.use_cases.what_if.picture import Box, Line, Picture, Words

_INK, _SOFT, _PALE, _RULE = "#16212B", "#4E5B67", "#B4BDC6", "#D8DEE3"
_CANDIDATE, _CURRENT, _LOST = "#0B6259", "#8A97A3", "#A8201A"
_WIDTH, _HEIGHT, _MARGIN = 960.0, 596.0, 40.0
_PLOT_TOP, _PLOT_HEIGHT = 128.0, 220.0
_PLOT_WIDTH, _AXIS_WIDTH, _GAP = 400.0, 64.0, 80.0
_LABELS_MAX = 12
_TICKS = 4
_BAR_SHARE = 0.36
_Shapes = Iterator[Box | Line | Words]


class _Plot(msgspec.Struct, frozen=True):
    """Where a plot is, and how high its axis goes (minor units)."""

    left: float
    width: float
    top_minor: int

    def y(self, minor: int) -> float:
        """How far down an amount is."""
        return _PLOT_TOP + _PLOT_HEIGHT * (1 - max(0, minor) / self.top_minor)


def picture_of(answer: WhatIf) -> Picture:
    """The picture of an answer; amounts in the shop's currency."""
    left = _MARGIN + _AXIS_WIDTH
    right = left + _PLOT_WIDTH - _AXIS_WIDTH + _GAP + _AXIS_WIDTH
    width = _PLOT_WIDTH - _AXIS_WIDTH
    cost, owed = _cost_minor, _owed_minor
    plots = [_Plot(x, width, _axis_top(answer, figure)) for x, figure in ((left, cost), (right, owed))]
    shapes = (
        *_heading(answer),
        *_frame(plots[0], "Cost of each month", answer),
        *_bars(plots[0], answer),
        *_frame(plots[1], "Points owed at the end of each month, at their worth", answer),
        *_curves(plots[1], answer),
        *_sums(answer),
        *_members(answer),
    )
    return Picture(_WIDTH, _HEIGHT, shapes)


def _cost_minor(month: MonthFigures) -> int:
    return month.tally.cost_minor


def _owed_minor(month: MonthFigures) -> int:
    return month.liability_minor


def _heading(answer: WhatIf) -> _Shapes:
    names = ", ".join(answer.candidate.programmes) or "no programme"
    instead = ", ".join(answer.current.programmes) or "no programme"
    words = f"now: {instead}" if answer.is_against_now else f"against {instead}"
    yield Words(_MARGIN, 50, _cut(f"What if: {names}", 70), 22, _INK, is_strong=True)
    yield Words(_MARGIN, 74, f"{answer.since} to {answer.until}, amounts in {answer.currency_code}", 12, _SOFT)
    if answer.spending_words:
        yield Words(_MARGIN, 92, _cut(answer.spending_words, 130), 12, _LOST)
    x = _WIDTH - _MARGIN
    for name, colour in ((_cut(words, 48), _CURRENT), ("candidate", _CANDIDATE)):
        yield Words(x, 74, name, 12, _SOFT, "right")
        x -= len(name) * 6.4 + 14
        yield Box(x, 65, 10, 10, colour)
        x -= 16


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _axis_top(answer: WhatIf, figure: Callable[[MonthFigures], int]) -> int:
    """A round amount that no month exceeds: ticks at 1, 2, 2.5 or 5 times a power of ten."""
    most = max((figure(month) for side in (answer.candidate, answer.current) for month in side.months), default=0)
    unit: int = 10**answer.currency_exponent
    step = unit
    while True:
        for factor in (10, 20, 25, 50):
            if step * factor * _TICKS >= most * 10:
                return step * factor * _TICKS // 10
        step *= 10


def _frame(plot: _Plot, title: str, answer: WhatIf) -> _Shapes:
    yield Words(plot.left - _AXIS_WIDTH, _PLOT_TOP - 18, title, 13, _INK, is_strong=True)
    for tick in range(_TICKS + 1):
        minor = plot.top_minor * tick // _TICKS
        y = plot.y(minor)
        yield Line(((plot.left, y), (plot.left + plot.width, y)), _PALE if not tick else _RULE, 1 if not tick else 0.75)
        yield Words(plot.left - 8, y + 4, _amount(minor, answer, whole=True), 10.5, _SOFT, "right")
    months = [month.month for month in answer.candidate.months]
    every = -(-len(months) // _LABELS_MAX)
    for index, month in enumerate(months):
        if index % every == 0:
            middle = plot.left + plot.width * (index + 0.5) / len(months)
            yield Words(middle, _PLOT_TOP + _PLOT_HEIGHT + 17, month[5:], 10.5, _SOFT, "middle")
            if index == 0 or month.endswith("-01"):
                yield Words(middle, _PLOT_TOP + _PLOT_HEIGHT + 31, month[:4], 10.5, _SOFT, "middle")


def _bars(plot: _Plot, answer: WhatIf) -> _Shapes:
    place = plot.width / max(1, len(answer.candidate.months))
    bar = place * _BAR_SHARE
    for side, colour, shift in ((answer.candidate, _CANDIDATE, -bar), (answer.current, _CURRENT, 0.0)):
        for index, month in enumerate(side.months):
            y = plot.y(_cost_minor(month))
            x = plot.left + place * (index + 0.5) + shift
            yield Box(x, y, bar, _PLOT_TOP + _PLOT_HEIGHT - y, colour)


def _curves(plot: _Plot, answer: WhatIf) -> _Shapes:
    place = plot.width / max(1, len(answer.candidate.months))
    for side, colour in ((answer.current, _CURRENT), (answer.candidate, _CANDIDATE)):
        points = tuple(
            (plot.left + place * (index + 0.5), plot.y(_owed_minor(month))) for index, month in enumerate(side.months)
        )
        if len(points) > 1:
            yield Line(points, colour, 2.25)
        for x, y in points if len(points) <= _LABELS_MAX * 2 else ():
            yield Box(x - 2.75, y - 2.75, 5.5, 5.5, colour)


def _sums(answer: WhatIf) -> _Shapes:
    """The figures of both sides, and the difference."""
    top, right = 424.0, (330.0, 430.0, 530.0)
    yield Words(_MARGIN, top, "In all", 13, _INK, is_strong=True)
    for x, name in zip(right, ("candidate", _cut(answer.current_words, 17), "difference"), strict=True):
        yield Words(x, top, name, 11, _SOFT, "right")
    for row, (name, minor_of) in enumerate(_ROWS):
        y = top + 24 + row * 23
        yield Line(((_MARGIN, y - 16), (right[-1], y - 16)), _RULE, 0.75)
        values = [minor_of(answer.candidate), minor_of(answer.current)]
        yield Words(_MARGIN, y, name, 12, _INK)
        for x, minor in zip(right, (*values, values[0] - values[1]), strict=True):
            yield Words(x, y, _amount(minor, answer), 12, _INK, "right", is_strong=x == right[0])


_ROWS: Sequence[tuple[str, Callable[[SideFigures], int]]] = (
    ("cost", lambda side: side.cost_minor),
    ("discounts and rewards", lambda side: side.total.discount_minor + side.total.reward_minor),
    ("points that paid", lambda side: side.total.burned_minor),
    ("points owed at the end", lambda side: side.liability_minor),
    ("sales", lambda side: side.total.sales_minor),
    ("margin, where cost is known", lambda side: side.margin_minor),
)


def _members(answer: WhatIf) -> _Shapes:
    """One bar of all members: who gets more, the same, and less."""
    left, top = 600.0, 424.0
    width = _WIDTH - _MARGIN - left
    yield Words(left, top, f"{answer.members:,} members", 13, _INK, is_strong=True)
    of_all = [one for one in answer.groups if one.kind == "spending_decile"]
    winners, losers = sum(one.winners for one in of_all), sum(one.losers for one in of_all)
    parts = ((winners, _CANDIDATE, "get more"), (answer.unchanged, _PALE, "the same"), (losers, _LOST, "get less"))
    x = left
    for row, (count, colour, words) in enumerate(parts):
        if count:
            part = width * count / answer.members
            yield Box(x, top + 14, part, 20, colour)
            x += part
        y = top + 62 + row * 23
        yield Box(left, y - 9, 10, 10, colour)
        yield Words(left + 18, y, words, 12, _INK)
        yield Words(left + width, y, f"{count:,}", 12, _INK, "right", is_strong=True)
    share = f"{answer.card_receipts_bp / 100:.1f} % of the receipts are with a card"
    yield Words(left, top + 62 + 3 * 23, share, 12, _SOFT)


def _amount(minor: int, answer: WhatIf, *, whole: bool = False) -> str:
    """An amount with thousands apart; ``whole``: without its decimals, for an axis whose ticks have none."""
    sign, digits = ("−", -minor) if minor < 0 else ("", minor)
    units, _, decimals = text_from_minor(digits, exponent=answer.currency_exponent).partition(".")
    grouped = f"{sign}{int(units):,}"
    is_short = not decimals or (whole and not decimals.strip("0"))
    return grouped if is_short else f"{grouped}.{decimals}"
