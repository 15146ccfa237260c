import multiprocessing.spawn
import random
import threading
from collections.abc import Iterator
from multiprocessing import resource_tracker

import msgspec
import pytest

from pos_app.errors import InputError, PosError
from pos_app.use_cases.what_if.asking import ASSUMED_BURN_BP, Question, what_if, work_of
from pos_app.use_cases.what_if.figures import RuleTally, SideFigures, WhatIf
from pos_app.use_cases.what_if.history import Bought, Happening, History, Merged
from tests.pos_app.use_cases.what_if.histories import (
    bought,
    came_back,
    history,
    line,
    programmes,
    random_history,
)

NONE = programmes("none")
TEN = """
schema = 1
id = "ten"
version = 1
name = "Ten percent, two months"
point_worth_minor = 10

[earning]
pending = "next_day"
life = { days = 40 }

[burning]
cap_bp = 5000

[[rules]]
kind = "percent"
id = "tenth"
rate_bp = 1000

[[rules]]
kind = "percent"
id = "bread-off"
lane = "price"
rate_bp = 2000
only_products = ["bread"]
"""
LADDER = """
schema = 1
id = "levels"
version = 1
name = "Double from 30.00 in three months"
point_worth_minor = 1

[tiers]
window_months = 2
kept_months = 0
steps = [{ id = "gold", from_minor = 3000 }]

[[rules]]
kind = "percent"
id = "five"
rate_bp = 500

[[rules]]
kind = "multiply"
id = "double"
tier_percent = { gold = 200 }
"""
BUDGET = TEN.replace('id = "ten"', 'id = "budget"', 1) + "\n[rules.caps]\nbudget = 500\n"


def ask(told: History, candidate: str, *, since: str = "2026-01-01", cores: int = 1, **more: object) -> WhatIf:
    question = Question(programmes(candidate), NONE, NONE, since, **more)  # type: ignore[arg-type]
    return what_if(told, question, cores=cores)


def figures(side: SideFigures, *names: str) -> list[int]:
    return [getattr(side.total, name) for name in names]


QUARTER = (
    bought(1, "2026-01-05", "ana", line(1, "tea", 1000)),
    bought(2, "2026-01-20", "ana", line(1, "tea", 2000, pieces=2), line(2, "bread", 500)),
    bought(3, "2026-01-21", "", line(1, "bread", 500)),
    bought(4, "2026-02-10", "bob", line(1, "tea", 4000, pieces=4)),
    came_back(5, 4, "2026-02-12", "bob", line_1=2),
    bought(6, "2026-02-28", "ana", line(1, "tea", 1000)),
    bought(7, "2026-03-31", "bob", line(1, "tea", 300)),
)
"""Worked by hand with 10 % in points of 0.10, from the next day for 40 days, half of each price at most by points, of which half is
burned (no receipt says it), and 20 % off bread.

1. Ana, tea 10.00: 10 points, until 15 February.
2. Ana, tea 20.00, bread 5.00 - 1.00 = 4.00. She has 10 points, half of the price is 12.00: 10 could be burned, 5 are (0.50). She pays
   23.50: 23 points, until 2 March; 5 are left of the first.
3. A stranger: nothing.
4. Bob, tea 40.00: 40 points, until 23 March.
5. Two of his four pieces come back: 20.00 and 20 points. 20 points are left.
6. Ana, tea 10.00: the 5 points have expired in February; she has 23, half of 2 x 5.00 in points is 50: 11 are burned (1.10).
   She pays 8.90: 8 points, until 9 April. Of the 23, 12 are left, and expire in March.
7. Bob, tea 3.00: his 20 points expired in March. 3 points, from April on.
"""


def test_that_a_quarter_comes_to_what_was_worked_out_by_hand() -> None:
    answer = ask(history(QUARTER), TEN)
    side = answer.candidate
    assert [5 + 11, 160, 100, 260] == figures(side, "burned_units", "burned_minor", "discount_minor", "cost_minor")
    assert [10 + 23 + 40 + 8 + 3, 20, 5 + 12 + 20] == figures(side, "given_units", "taken_back_units", "expired_units")
    assert (8 + 3, 110) == (side.owed_units, side.liability_minor)
    # 93.00 were asked for, 20.00 went back.
    assert [9300 - 2000 - 260] == figures(side, "sales_minor")
    assert [6, 5, 1, 2] == figures(side, "receipts", "member_receipts", "returns", "members_touched")
    assert {"ten/tenth": RuleTally(84, 0, 5), "ten/bread-off": RuleTally(0, 100, 1)} == side.total.rules
    assert 37 * 10_000 // 84 == side.breakage_bp


def test_that_each_month_has_its_own_figures() -> None:
    months = ask(history(QUARTER), TEN).candidate.months
    assert [("2026-01", 150), ("2026-02", 110), ("2026-03", 0)] == [(one.month, one.tally.cost_minor) for one in months]
    assert [0, 5, 32] == [one.tally.expired_units for one in months]
    assert [28, 40, 11] == [one.owed_units for one in months]
    assert [280, 400, 110] == [one.liability_minor for one in months]
    assert [1, 2, 1] == [one.tally.members_touched for one in months]


def test_that_the_margin_is_without_tax_and_of_goods_whose_cost_is_known() -> None:
    answer = ask(history(QUARTER), TEN)
    # Tea without tax: 8.33, 16.67, 33.33, 8.33, 2.50 less 16.67 that went back; seven pieces kept at 6.00 each.
    assert 833 + 1667 + 3333 + 833 + 250 - 1667 == answer.current.total.net_minor
    assert 7 * 600 == answer.current.total.goods_cost_minor
    assert 1000 == answer.current.total.uncosted_minor
    # Of the 0.50 by points tea has 20/24 of the price: 0.42, without tax 0.35; and of the 1.10 all: 7.42 instead of 8.33.
    assert answer.current.margin_minor - 35 - 91 == answer.candidate.margin_minor
    assert 1000 - 100 - 8 == answer.candidate.total.uncosted_minor


def test_that_winners_and_losers_are_told_by_what_they_are_promised() -> None:
    question = Question(programmes(TEN), programmes("fixed-card"), NONE, "2026-01-01")
    classes = {1: "gold", 4: "gold"}
    happenings: list[Happening] = [
        msgspec.structs.replace(one, card_class=classes.get(int(one.receipt_id[-1])))
        if isinstance(one, Bought)
        else one
        for one in QUARTER
    ]
    answer = what_if(history(happenings), question)
    # Ana: 41 points of 0.10 and 1.00 off, against 5 % of 10.00, 24.75 and 9.26, since she burns half of 0.50 and of 1.48.
    # Bob: 23 points against 5 % of 20.00 and of 2.50.
    by_class = [one for one in answer.groups if one.kind == "card_class"]
    assert [("gold", 2, 2, 0)] == [(one.name, one.members, one.winners, one.losers) for one in by_class]
    assert [410 + 100 - (50 + 123 + 46), 230 - (100 + 12)] == [one.gain_minor for one in answer.most_gained]
    assert () == answer.most_lost
    assert (2, 0) == (answer.members, answer.unchanged)
    assert (8333, 9462) == (answer.card_receipts_bp, answer.card_sales_bp)


def test_that_a_tier_follows_the_sums_of_the_months() -> None:
    happenings: list[Happening] = [
        bought(1, "2026-01-05", "ana", line(1, "tea", 3000)),
        bought(2, "2026-01-06", "ana", line(1, "tea", 1000)),
        bought(3, "2026-02-06", "ana", line(1, "tea", 1000)),
        bought(4, "2026-03-06", "ana", line(1, "tea", 1000)),
    ]
    # Gold from the second receipt on; in March the window of two months holds 10.00 only.
    answer = ask(history(happenings), LADDER)
    assert [150 + 100, 100, 50] == [one.tally.given_units for one in answer.candidate.months]
    # Without what came back in January the sum was not reached.
    back = [happenings[0], came_back(9, 1, "2026-01-05", "ana", line_1=1), *happenings[1:]]
    assert [150 + 50, 50, 50] == [one.tally.given_units for one in ask(history(back), LADDER).candidate.months]


def test_that_members_burn_the_share_that_they_burned() -> None:
    told = history(
        [
            bought(1, "2026-01-05", "ana", line(1, "tea", 1000)),
            bought(2, "2026-01-07", "ana", line(1, "tea", 1000), burned_units=1, burnable_units=4),
            bought(3, "2026-01-09", "ana", line(1, "tea", 1000)),
        ]
    )
    # A quarter of the 10 that could be burned; then, where nothing could be in reality, the shop's average: a quarter of 17.
    answer = ask(told, TEN)
    assert [2 + 4] == figures(answer.candidate, "burned_units")
    assert (2500, False) == (answer.burn_bp, answer.burn_is_assumed)
    assert [2 + 17] == figures(ask(told, TEN, burn_percent=100).candidate, "burned_units")


def test_that_an_unknown_share_is_assumed_and_said() -> None:
    answer = ask(history(QUARTER), TEN)
    assert (ASSUMED_BURN_BP, True) == (answer.burn_bp, answer.burn_is_assumed)


def test_that_what_was_before_the_first_day_is_played_by_the_programmes_in_force() -> None:
    question = Question(programmes(TEN), NONE, programmes(TEN), "2026-02-01")
    answer = what_if(history(QUARTER), question)
    # Both begin with the 28 points that January left; where no programme runs nothing is burned, and all of them expire.
    assert [40 + 8 + 3] == figures(answer.candidate, "given_units")
    assert [("2026-02", 5), ("2026-03", 23)] == [(one.month, one.tally.expired_units) for one in answer.current.months]
    assert 11 == answer.candidate.owed_units
    assert [3] == figures(answer.candidate, "receipts")
    assert 3 + 2 * 4 == work_of(history(QUARTER), question)


def test_that_nothing_after_the_last_day_counts() -> None:
    answer = ask(history(QUARTER), TEN, until="2026-02-28")
    assert ("2026-02-28", [5]) == (answer.until, figures(answer.candidate, "receipts"))


def test_that_a_window_without_receipts_is_refused() -> None:
    with pytest.raises(InputError, match="There are no receipts between these dates"):
        ask(history(QUARTER), TEN, since="2027-01-01")


def test_that_goods_of_a_sale_that_is_not_there_are_skipped() -> None:
    answer = ask(history([*QUARTER, came_back(8, 77, "2026-03-31", "bob", line_1=1)]), TEN)
    assert 1 == answer.skipped


@pytest.mark.parametrize("seed", [1, 2])
def test_that_one_core_and_two_say_the_same(seed: int) -> None:
    told = random_history(seed, receipts=2500)
    one, two = (ask(told, TEN, since="2026-02-01", cores=cores) for cores in (1, 2))
    assert one == two
    assert any(isinstance(happening, Merged) for happening in told.happenings)


@pytest.fixture
def another_thread() -> Iterator[None]:
    """The program has another thread, so processes are not forked but started."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("another_thread")
def test_that_a_program_with_threads_gets_the_same_from_other_processes() -> None:
    told = random_history(5, receipts=2500)
    done: list[int] = []
    question = Question(programmes(TEN), NONE, NONE, "2026-01-01")
    assert what_if(told, question) == what_if(told, question, cores=2, progress=done.append)
    assert work_of(told, question) == sum(done)


@pytest.mark.usefixtures("another_thread")
def test_that_a_process_that_dies_at_its_start_is_said_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    told = random_history(5, receipts=2500)
    resource_tracker.ensure_running()
    monkeypatch.setattr(multiprocessing.spawn, "_python_exe", b"/bin/false")
    with pytest.raises(PosError, match="process that replayed receipts has ended"):
        ask(told, TEN, cores=2)


def test_that_the_order_of_accounts_does_not_matter() -> None:
    told = random_history(3, receipts=400)
    names = sorted({one.account_ref for one in told.happenings if one.account_ref})
    others = names[:]
    random.Random(1).shuffle(others)
    new_name = dict(zip(names, others, strict=True))
    renamed = [msgspec.structs.replace(one, account_ref=new_name.get(one.account_ref, "")) for one in told.happenings]
    renamed = [
        msgspec.structs.replace(one, merged_ref=new_name[one.merged_ref]) if isinstance(one, Merged) else one
        for one in renamed
    ]
    assert ask(told, TEN) == ask(history(renamed), TEN)


def test_that_a_budget_is_used_in_the_order_of_time() -> None:
    told = random_history(4, receipts=2500)
    answer = ask(told, BUDGET, cores=2)
    assert ("budget",) == answer.in_order_because
    assert 500 == answer.candidate.total.rules["budget/bread-off"].off_minor + _back_of(told, answer)


def _back_of(told: History, answer: WhatIf) -> int:
    """What of the discounts went back with goods: the budget is not given back."""
    without = history(one for one in told.happenings if not hasattr(one, "quantities_milli"))
    return ask(without, BUDGET).candidate.total.discount_minor - answer.candidate.total.discount_minor


def test_that_what_expired_is_not_owed_a_second_time() -> None:
    told = history(
        [
            bought(1, "2026-01-01", "ana", line(1, "tea", 4000, pieces=4)),
            bought(2, "2026-01-03", "ana", line(1, "tea", 6000), burned_units=30, burnable_units=40),
            came_back(3, 1, "2026-03-01", "ana", line_1=2),
            came_back(4, 1, "2026-03-02", "ana", line_1=2),
        ]
    )
    # Of the first 40 points 30 were burned and 10 expired; of what goes back these 10 are not owed, 30 are.
    side = ask(told, TEN).candidate
    assert (30, 57) == (side.overdraft_units, side.total.expired_units)
