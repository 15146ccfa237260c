"""Rules that give by chance: what the engine makes of a roll, and what a document may say."""

from datetime import date
from typing import Any

import msgspec
import pytest

from pos_app.errors import ProgrammeError
from pos_app.loyalty import reasons
from pos_app.loyalty.chances import Chance, chances_asked, chances_of, last_day, seeds_on, wins_of
from pos_app.loyalty.document import Caps, Collect, Dates, Draw, Percent, Prize, Programme, When
from pos_app.loyalty.programme import ProgrammeSet, encode_programme, parse_programme, programme_set
from pos_app.loyalty.reasons import words
from pos_app.model.evaluation import Collected, EngineResult, Refusal
from tests.pos_app.loyalty.builders import line, member, programme, receipt, sold, why

SEED_HASH = "ab" * 32


def dessert(**more: Any) -> Collect:
    return Collect(**{"id": "dessert", "pool": "dessert", "per": "receipt", "chance_bp": 2500, **more})


def game(*rules: Any, **more: Any) -> ProgrammeSet:
    return programme_set([programme(*rules, draw=Draw(seed_hash=SEED_HASH), **more)])


def rolled(programmes: ProgrammeSet, roll: int, *lines: Any, **more: Any) -> EngineResult:
    return sold(programmes, *(lines or (line(),)), rolls={"p/dessert": roll}, **more)


def said(result: EngineResult) -> list[str]:
    given: tuple[Collected | Refusal, ...] = (*result.collected, *result.refusals)
    return [words(one.reason, currency_exponent=2, points_exponent=0) for one in given if one.rule_id == "dessert"]


@pytest.mark.parametrize(("roll", "units"), [(0, 1), (2499, 1), (2500, 0), (9999, 0)])
def test_that_a_roll_below_the_chance_gives(roll: int, units: int) -> None:
    result = rolled(game(dessert()), roll)
    assert units == sum(lot.units for lot in result.pool_lots) == sum(one.units for one in result.collected)


def test_that_a_win_and_a_loss_tell_the_roll() -> None:
    won, lost = (rolled(game(dessert()), roll) for roll in (7, 2500))
    assert ["Collected for dessert. Won: chance said 7, it gives below 2500."] == said(won)
    assert (["Chance said 2500; it gives below 2500."], reasons.CHANCE_LOST) == (said(lost), why(lost, "dessert"))


def test_that_nothing_is_won_before_chance_has_spoken() -> None:
    result = sold(game(dessert()), line())
    assert ((), reasons.CHANCE_LATER) == (result.collected, why(result, "dessert"))
    assert (
        "Chance (25 %) has not spoken: it does when the sale is booked, at a till that has the seed." == said(result)[0]
    )


def test_that_goods_that_cannot_win_say_why_whatever_chance_says() -> None:
    rule = dessert(exclude_categories=frozenset({"TEA"}))
    assert reasons.EXCLUDED == why(rolled(game(rule), 0), "dessert", 1)
    used = {"p/dessert:ever": 1}
    result = rolled(game(dessert(caps=Caps(ever=1))), 0, holder=member(used=used))
    assert reasons.CAP_REACHED == why(result, "dessert", 1)


def test_that_chance_is_asked_for_what_it_could_give_and_nothing_else() -> None:
    other = dessert(id="other", only_categories=frozenset({"MILK"}))
    sure = Collect(id="stamp", pool="stamps")
    programmes = game(dessert(), other, sure)
    wanted = receipt(programmes, line(), holder=member())
    assert (Chance("p/dessert", 2500, SEED_HASH),) == chances_asked(wanted, programmes)
    assert () == chances_asked(msgspec.structs.replace(wanted, member=None), programmes)
    without = programme_set([programme(sure)])
    assert () == chances_asked(receipt(without, line(), holder=member()), without)
    ended = game(dessert(), active_until=date(2026, 6, 30))
    assert () == chances_asked(receipt(ended, line(), holder=member()), ended)


def test_that_what_was_won_is_named_once_in_the_words_of_its_rule() -> None:
    lines = (line(1), line(2))
    programmes = game(dessert(per="piece", wins="a free dessert"), dessert(id="drink", pool="drinks", per="receipt"))
    result = sold(programmes, *lines, rolls={"p/dessert": 1, "p/drink": 2})
    assert ("a free dessert", "drinks") == wins_of(result.collected, programmes.programmes)
    sure = programme_set([programme(Collect(id="stamp", pool="stamps"))])
    assert () == wins_of(sold(sure, *lines).collected, sure.programmes)


def test_that_programmes_without_a_draw_have_no_chances() -> None:
    assert () == chances_of([programme(Percent(id="five", rate_bp=500))])


TICKETS = Collect(id="ticket", pool="tickets", per="amount", per_minor=1000)
LOTTERY = Draw(seed_hash=SEED_HASH, pool="tickets", draw_on=date(2026, 12, 20), prizes=(Prize(name="Mug", count=2),))


def read(*rules: Any, **more: Any) -> Programme:
    """What the reader makes of a programme; it checks."""
    return parse_programme(encode_programme(programme(*rules, **more)).decode(), source="p.json")


def test_that_a_game_and_a_lottery_are_read() -> None:
    assert LOTTERY == read(TICKETS, draw=LOTTERY).draw
    assert (Chance("p/dessert", 2500, SEED_HASH),) == chances_of([read(dessert(), draw=Draw(seed_hash=SEED_HASH))])


@pytest.mark.parametrize(
    ("rules", "draw", "said"),
    [
        ((dessert(),), None, "rules\\[1\\].chance_bp: chance wants a draw"),
        ((TICKETS, dessert()), LOTTERY, "rules\\[2\\].chance_bp: a lottery's seed stays secret"),
        ((dessert(chance_bp=None, wins="Tea"),), None, "rules\\[1\\].wins: only what chance gives"),
        ((TICKETS,), Draw(seed_hash=SEED_HASH), "draw: it decides nothing"),
        ((TICKETS,), msgspec.structs.replace(LOTTERY, draw_on=None), "draw: a lottery has all three"),
        ((TICKETS,), msgspec.structs.replace(LOTTERY, prizes=()), "draw: a lottery has all three"),
        ((TICKETS,), msgspec.structs.replace(LOTTERY, pool="other"), "draw.pool: no rule collects tickets"),
        (
            (TICKETS,),
            msgspec.structs.replace(LOTTERY, prizes=(Prize(name="Mug", pool="tickets"),)),
            "draw.prizes\\[1\\].pool: a prize is a unit",
        ),
    ],
    ids=["no-draw", "lottery", "wins", "nothing", "no-date", "no-prizes", "no-tickets", "prize-pool"],
)
def test_that_a_contradiction_is_refused_by_its_key(rules: tuple[Any, ...], draw: Draw | None, said: str) -> None:
    with pytest.raises(ProgrammeError, match=said):
        read(*rules, draw=draw)


def test_that_the_last_day_of_a_seed_is_that_of_all_its_rules() -> None:
    until = date(2026, 7, 31)
    dated = dessert(id="dated", when=When(dates=(Dates(begin=date(2026, 7, 1), end=date(2026, 7, 10)),)))
    other = programme(dessert(), programme_id="q", draw=Draw(seed_hash="cd" * 32))
    sure = Collect(id="stamp", pool="stamps")

    def of(*rules: Any, **more: Any) -> date | None:
        return last_day([programme(*rules, draw=Draw(seed_hash=SEED_HASH), **more), other], SEED_HASH)

    assert date(2026, 7, 10) == of(dated, sure) == of(dated, active_until=until)
    assert until == of(dated, dessert(), active_until=until)
    assert (None, date.min) == (of(dessert()), of(sure))


def test_that_receipts_name_the_seeds_that_something_is_left_to() -> None:
    dated = dessert(when=When(dates=(Dates(begin=date(2026, 7, 1), end=date(2026, 7, 10)),)))
    lottery = programme(TICKETS, programme_id="q", draw=msgspec.structs.replace(LOTTERY, seed_hash="cd" * 32))
    plain = programme(Percent(id="five", rate_bp=500), programme_id="r")
    both = programme_set([programme(dated, draw=Draw(seed_hash=SEED_HASH)), lottery, plain])
    assert (SEED_HASH, "cd" * 32) == seeds_on(both, "2026-07-10", "")
    assert ("cd" * 32,) == seeds_on(both, "2026-12-20", "")
    assert () == seeds_on(both, "2026-12-21", "")
