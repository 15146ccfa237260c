"""What rules look at beside the receipt: caps, pools, birthdays, goods bought lately, second prices of today's catalogue."""

import msgspec
import pytest

from pos_app.errors import NotAllowedError
from pos_app.protocol.events import AdjustmentReason
from pos_app.use_cases import account_acts
from pos_app.use_cases.members import sums_in_period
from pos_app.use_cases.what_if.asking import Question, what_if
from pos_app.use_cases.what_if.at_till import what_if_at
from pos_app.use_cases.what_if.figures import SideFigures
from pos_app.use_cases.what_if.history import Adjusted, Happening, Merged
from pos_app.use_cases.what_if.standing import Sums
from storage import accounts
from storage.accounts import MonthlySum
from tests.conftest import OpenShop
from tests.pos_app.use_cases.what_if.histories import (
    bought,
    came_back,
    history,
    line,
    moment_ms,
    programmes,
    receipt_id,
)
from tests.shop import ANA, BOB, NOBODY, TEA
from tests.staff import enter, hire

NONE = programmes("none")
HEAD = '\nschema = 1\nid = "one"\nversion = 1\nname = "One"\npoint_worth_minor = 1\n'
CAPS = HEAD + '[[rules]]\nkind = "percent"\nid = "ten"\nrate_bp = 1000\ncaps = { day = 150, receipts_month = 3 }\n'
STAMPS = (
    HEAD
    + '[[rules]]\nkind = "collect"\nid = "stamp"\npool = "stamps"\n'
    + '[[rules]]\nkind = "reward"\nid = "free"\npool = "stamps"\ncost = 3\nfree_pieces = 1\n'
)
BIRTHDAY = HEAD + (
    '[[rules]]\nkind = "percent"\nid = "day"\nlane = "price"\nrate_bp = 1000\n'
    "[rules.when.birthday]\nbefore_days = 2\nafter_days = 1\n"
)
LATELY = HEAD + (
    '[[rules]]\nkind = "percent"\nid = "bread"\nlane = "price"\nrate_bp = 1000\nonly_products = ["bread"]\n'
    '[rules.when.bought]\ndays = 7\nproducts = ["tea"]\n'
)
ANYONE = HEAD + '[[rules]]\nkind = "percent"\nid = "all"\nlane = "price"\nanyone = true\nrate_bp = 1000\n'
OF_NEXT_MONTH = HEAD + (
    '[[rules]]\nkind = "progressive"\nid = "ladder"\non = "accumulated"\nperiod = "previous_month"\n'
    "steps = [{ from_minor = 0, rate_bp = 0 }, { from_minor = 1000, rate_bp = 1000 }]\n"
)


def replayed(candidate: str, *happenings: Happening, **more: object) -> SideFigures:
    question = Question(programmes(candidate), NONE, NONE, "2026-01-01", burn_percent=0)
    return what_if(history(happenings, **more), question).candidate


def tea(number: int, day: str, minor: int = 1000, **more: object) -> Happening:
    return bought(number, day, "ana", line(1, "tea", minor), **more)  # type: ignore[arg-type]


def test_that_caps_count_by_day_and_by_receipts_of_a_month() -> None:
    days = ("2026-01-01", "2026-01-01", "2026-01-02", "2026-01-03", "2026-02-01")
    side = replayed(CAPS, *(tea(number, day) for number, day in enumerate(days, start=1)))
    assert [100 + 50 + 100, 100] == [month.tally.given_units for month in side.months]


def test_that_stamps_buy_a_piece_which_comes_back_with_its_stamps() -> None:
    sales = [tea(number, f"2026-01-0{number}") for number in range(1, 6)]
    # Three stamps make the fourth tea free, and a free piece gives no stamp.
    side = replayed(STAMPS, *sales)
    assert (1, 1000, 0) == (side.total.rewards_taken, side.total.reward_minor, side.owed_units)
    # The free tea comes back: its three stamps do too, and the next one is free again.
    again = replayed(STAMPS, *sales[:4], came_back(9, 4, "2026-01-04", "ana", line_1=1), sales[4])
    assert (2, 1000) == (again.total.rewards_taken, again.total.reward_minor)
    # What members could ask for in reality they take as they did.
    asked = replayed(STAMPS, *sales, offered_rewards=frozenset({"one/free"}))
    assert 0 == asked.total.rewards_taken
    took = msgspec.structs.replace(sales[4], takes=("one/free",))
    assert 1 == replayed(STAMPS, *sales[:4], took, offered_rewards=frozenset({"one/free"})).total.rewards_taken


@pytest.mark.parametrize(
    ("birthday", "day", "discount_minor"),
    [
        ("02-28", "2026-02-26", 100),
        ("02-28", "2026-02-25", 0),
        ("02-29", "2026-03-01", 100),
        ("02-29", "2026-03-02", 0),
        ("01-01", "2026-12-31", 100),
        ("12-31", "2026-01-01", 100),
    ],
)
def test_that_a_birthday_has_days_around_it(birthday: str, day: str, discount_minor: int) -> None:
    assert discount_minor == replayed(BIRTHDAY, tea(1, day), birthdays={"ana": birthday}).total.discount_minor


def test_that_a_birthday_that_is_not_known_is_what_the_till_said() -> None:
    said = tea(1, "2026-01-01", facts=("one/day:birthday",))
    assert 100 == replayed(BIRTHDAY, said).total.discount_minor


def test_that_what_was_bought_lately_is_carried_along() -> None:
    bread = [bought(number, f"2026-01-{day}", "ana", line(1, "bread", 1000)) for number, day in ((2, "08"), (3, "09"))]
    assert 100 == replayed(LATELY, tea(1, "2026-01-01"), *bread).total.discount_minor


def test_that_a_rule_for_anyone_is_for_strangers_too() -> None:
    stranger = bought(1, "2026-01-01", "", line(1, "tea", 1000))
    side = replayed(ANYONE, stranger, came_back(2, 1, "2026-01-02", "", line_1=1), tea(3, "2026-01-03"))
    assert (100, 900, 900) == (side.total.discount_minor, side.total.sales_minor, side.total.member_sales_minor)


def test_that_last_month_decides_where_a_rule_says_so() -> None:
    days = ("2026-01-05", "2026-02-05", "2026-04-05")
    side = replayed(OF_NEXT_MONTH, *(tea(number, day) for number, day in enumerate(days, start=1)))
    assert [0, 100, 0] == [month.tally.given_units for month in side.months]


def test_that_accounts_that_are_merged_add_up() -> None:
    def gift(number: int, member: str, units: int) -> Adjusted:
        return Adjusted(
            receipt_id(number), member, moment_ms("2026-01-02"), "2026-01-02", units, "shop", lot_id=receipt_id(number)
        )

    side = replayed(
        CAPS,
        tea(1, "2026-01-01", card_class="gold"),
        gift(10, "bob", 40),
        Merged("bob", "ana", moment_ms("2026-01-03"), "2026-01-03"),
        Merged("bob", "ana", moment_ms("2026-01-03"), "2026-01-03"),
        tea(2, "2026-01-03"),
        gift(11, "ana", -1_000),
        msgspec.structs.replace(gift(12, "bob", 60), forgives=True),
    )
    assert 1 == side.total.member_receipts - side.total.members_touched
    assert (0, 1_000 - 240 - 60) == (side.owed_units, side.overdraft_units)
    assert 40 - 1_000 + 60 == side.total.adjusted_units


def test_that_todays_second_price_is_tried_on_receipts_of_before(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.sell(TEA, card=ANA)
    shop.put(msgspec.structs.replace(TEA, member_price_minor=800))
    answer = what_if_at(shop.till, programmes("member-price"), since="2026-07-01")
    assert (200, 0) == (answer.candidate.total.discount_minor, answer.current.total.discount_minor)


def test_that_costs_are_for_managers_and_auditors(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.sell(TEA, card=ANA)
    hire(shop.till)
    with pytest.raises(NotAllowedError):
        what_if_at(shop.till, NONE, since="2026-07-01")
    for may in ("dora", "anna"):
        enter(shop.till, may)
        assert 1 == what_if_at(shop.till, NONE, since="2026-07-01").members
    enter(shop.till, "ben")
    with pytest.raises(NotAllowedError):
        what_if_at(shop.till, NONE, since="2026-07-01")


def test_that_receipts_whose_details_are_gone_are_counted(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.sell(TEA, card=ANA)
    shop.sell(TEA, card=ANA)
    shop.damage("UPDATE event SET body = NULL WHERE event_id = (SELECT min(event_id) FROM sale)")
    answer = what_if_at(shop.till, programmes("fixed-card"), since="2026-07-01")
    assert (1, 1) == (answer.left_out, answer.candidate.total.receipts)


def test_that_birthdays_are_those_of_the_members_record(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.join(NOBODY, birthday="07-02")
    shop.sell(TEA, card=NOBODY)
    assert 100 == what_if_at(shop.till, programmes(BIRTHDAY), since="2026-07-01").candidate.total.discount_minor


def test_that_points_by_hand_and_an_own_class_are_part_of_the_history(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card")
    shop.till.book_act(account_acts.adjust, BOB, 50, reason=AdjustmentReason.GOODWILL).result()
    shop.sell(TEA, card=BOB)
    shop.till.database.write(lambda connection: accounts.set_card_class(connection, f"account-{BOB}", "gold"))
    shop.sell(TEA, card=BOB)
    side = what_if_at(shop.till, shop.till.terms.programmes, since="2026-07-01").candidate
    assert (50, 30 + 50) == (side.total.adjusted_units, side.total.given_units)


@pytest.mark.parametrize("period", ["calendar_month", "rolling_12_months", "for_ever"])
def test_that_sums_are_those_that_the_till_reckons(period: str) -> None:
    counted = {f"{2025 + number // 12}-{number % 12 + 1:02d}": 3**number for number in range(20)}
    sums = Sums()
    for month, minor in counted.items():
        sums.add(month, minor)
    for month in ("2025-03", "2026-01", "2026-08", "2027-05"):
        known = [MonthlySum("one", at, minor) for at, minor in counted.items() if at <= month]
        expected = sums_in_period(known, periods={"one": period}, business_date=f"{month}-15")["one"]
        told = Sums()
        for one in known:
            told.add(one.month, one.sum_minor)
        assert [expected, expected] == [told.in_period(period, month), told.in_period(period, month)]
    assert sum(counted.values()) == sums.in_period("for_ever", "2026-08")


def test_that_caps_and_goods_of_merged_accounts_count_together() -> None:
    both = CAPS.replace("day = 150", "day = 150, month = 250")
    bob = bought(2, "2026-01-01", "bob", line(1, "tea", 1000))
    merged = Merged("bob", "ana", moment_ms("2026-01-02"), "2026-01-02")
    later = [tea(3, "2026-01-02"), tea(4, "2026-01-03")]
    assert 100 + 100 + 50 == replayed(both, tea(1, "2026-01-01"), bob, merged, *later).total.given_units
    bread = bought(5, "2026-01-03", "bob", line(1, "bread", 1000))
    assert 100 == replayed(LATELY, tea(1, "2026-01-01"), bob, merged, bread).total.discount_minor


def test_that_receipts_of_merged_accounts_are_counted_together() -> None:
    third = CAPS.replace("caps =", "when = { receipt_number = { from = 3 } }\ncaps =")
    bob = bought(2, "2026-01-01", "bob", line(1, "tea", 1000))
    merged = Merged("bob", "ana", moment_ms("2026-01-02"), "2026-01-02")
    assert 100 == replayed(third, tea(1, "2026-01-01"), bob, merged, tea(3, "2026-01-03")).total.given_units
