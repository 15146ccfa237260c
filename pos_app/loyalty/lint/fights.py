"""Rules that stand in each other's way, and those that have nothing to work on."""

from collections.abc import Iterator, Sequence

from pos_app.loyalty.document import CAP_PERIODS, PRICE_LANE, Access, Caps, Collect, Multiply, Notice, Reward
from pos_app.loyalty.lint import finding as codes
from pos_app.loyalty.lint.finding import Finding, Ruled
from pos_app.loyalty.lint.scope import covers, may_meet
from pos_app.loyalty.lint.worth import beats, is_equal

_OUT_OF_LANES = (Access, Collect, Notice, Reward)


def beaten(ruled: Ruled, everyone: Sequence[Ruled]) -> Iterator[Finding]:
    """A rule that another one of its lane or group always keeps from giving anything."""
    for other in everyone:
        place = "" if other is ruled else _meeting_place(other, ruled)
        if place and _always_wins(other, ruled):
            yield ruled.finding(
                codes.NEVER_BEATEN,
                by_programme=other.programme.id,
                by_rule=other.rule.id,
                **{place: _shared(ruled, place)},
            )
            return


def _shared(ruled: Ruled, place: str) -> str:
    return ruled.rule.lane if place == "lane" else ruled.rule.group or ""


def _meeting_place(winner: Ruled, loser: Ruled) -> str:
    """Where one rule would keep the other from giving: ``group``, ``lane``, or nowhere."""
    one, other = winner.rule, loser.rule
    if isinstance(one, _OUT_OF_LANES) or isinstance(one, Multiply) != isinstance(other, Multiply):
        return ""
    if one.group is not None:
        # Points are compared on all goods, discounts on those whose prices nobody has set.
        is_seen = other.lane == PRICE_LANE or one.lane != PRICE_LANE
        return "group" if one.group == other.group and is_seen else ""
    return "lane" if one.lane == other.lane and not one.adds and not other.adds else ""


def _always_wins(winner: Ruled, loser: Ruled) -> bool:
    is_first = _rank(winner) < _rank(loser)
    return (
        beats(winner, loser, is_first=is_first)
        and _has_a_free_hand(winner)
        and _has_the_larger_base(winner, loser)
        and covers(winner, loser)
    )


def _rank(ruled: Ruled) -> tuple[bool, int, int, str, str]:
    """The order in which rules go before each other where they are worth the same; in a group discounts go first."""
    programme, rule = ruled.programme, ruled.rule
    return rule.lane != PRICE_LANE, programme.priority, rule.priority, programme.id, rule.id


def _has_a_free_hand(ruled: Ruled) -> bool:
    """Whether no limit may make a rule offer a line less; what is used up for a receipt or longer still wins its lines."""
    caps, earning = ruled.rule.caps or Caps(), ruled.programme.earning
    is_limited = ruled.rule.lane != PRICE_LANE and earning.line_max_points is not None
    return caps.line is None and not is_limited and all(getattr(caps, f"receipts_{one}") is None for one in CAP_PERIODS)


def _has_the_larger_base(winner: Ruled, loser: Ruled) -> bool:
    one, other = winner.programme.earning.base, loser.programme.earning.base
    return winner.rule.lane == PRICE_LANE or one in {"gross", other}


def ties(everyone: Sequence[Ruled]) -> Iterator[Finding]:
    """Rules of one lane that give the same to goods and members of which some are the same, where only their names decide."""
    for number, ruled in enumerate(everyone):
        for other in everyone[:number]:
            is_tie = (
                _meeting_place(ruled, other) == "lane"
                and _rank(ruled)[:3] == _rank(other)[:3]
                and is_equal(ruled, other)
                and not covers(ruled, other)
                and not covers(other, ruled)
                and may_meet(ruled, other)
            )
            if is_tie:
                yield ruled.finding(codes.TIE, with_programme=other.programme.id, with_rule=other.rule.id)
                break


def idle_multipliers(everyone: Sequence[Ruled]) -> Iterator[Finding]:
    """Multipliers in whose lane no rule gives anything when they apply."""
    givers = [one for one in everyone if not one.rule.adds and not isinstance(one.rule, (*_OUT_OF_LANES, Multiply))]
    for ruled in everyone:
        if isinstance(ruled.rule, Multiply) and not any(
            giver.rule.lane == ruled.rule.lane and may_meet(ruled, giver) for giver in givers
        ):
            yield ruled.finding(codes.MULTIPLY_NOTHING, lane=ruled.rule.lane)
