"""Chance at a till: rolls of a committed seed, what is won, a lottery that is held once, and what is published of it."""

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pos_app.errors import InputError, NotAllowedError, ProgrammeError
from pos_app.loyalty import reasons
from pos_app.protocol.draws import EXAMPLE_SEED, ChanceReport, LotteryReport, hash_of, roll, verify
from pos_app.protocol.events import SaleEvent, decode_body
from pos_app.use_cases import drawing
from pos_app.use_cases.chance import missing_seeds
from pos_app.use_cases.draw_files import commit_seed, find_programme, read_report, write_report
from pos_app.use_cases.explaining import explain_receipt
from pos_app.use_cases.receipt_facts import receipt_facts
from pos_app.use_cases.views import BasketLine
from receipts.layout import lay_out
from receipts.text import render_text
from storage import draws, journal
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, DAY_MS, TEA, Shop, programme
from tests.staff import PINS, hire

SEED = bytes(range(1, 33))
RULE = "game/dessert"


def game(chance_bp: int = 2500, until: str = "2026-07-10", seed: bytes = SEED, more: str = "") -> str:
    return f"""
schema = 1
id = "game"
version = 1
name = "Prizes"
point_worth_minor = 1
active_until = {until}

[draw]
seed_hash = "{hash_of(seed)}"

[[rules]]
kind = "collect"
id = "dessert"
pool = "dessert"
per = "receipt"
chance_bp = {chance_bp}
wins = "a free tea"
{more}

[[rules]]
kind = "reward"
id = "free"
pool = "dessert"
cost = 1
free_pieces = 1
"""


LOTTERY = f"""
schema = 1
id = "lottery"
version = 1
name = "Tickets"
point_worth_minor = 1

[draw]
seed_hash = "{hash_of(SEED)}"
pool = "tickets"
draw_on = 2026-07-03
prizes = [{{ name = "Bicycle", pool = "bicycle" }}, {{ name = "Mug", count = 2, pool = "mug" }}]

[[rules]]
kind = "collect"
id = "ticket"
pool = "tickets"
per = "amount"
per_minor = 1000

[[rules]]
kind = "reward"
id = "bicycle"
pool = "bicycle"
cost = 1
gives = "Bicycle"
"""


def with_seed(open_shop: OpenShop, *programmes: str, **sections: Any) -> Shop:
    shop = open_shop(*programmes, **sections)
    shop.till.database.write(lambda connection: draws.keep_seed(connection, SEED))
    return shop


def sale_of(shop: Shop, event_id: str) -> SaleEvent:
    row = shop.till.database.read(lambda connection: journal.find_event(connection, event_id))
    assert row is not None
    assert row.body is not None
    event = decode_body(row.body)
    assert isinstance(event, SaleEvent)
    return event


def paper(shop: Shop, event_id: str) -> str:
    facts = shop.till.database.read(lambda connection: receipt_facts(shop.till, connection, event_id, is_copy=False))
    return render_text(lay_out(facts), 42)


def test_that_a_sale_rolls_what_follows_from_seed_and_number(open_shop: OpenShop) -> None:
    shop = with_seed(open_shop, game())
    sales = [shop.sell(TEA, card=ANA) for _ in range(12)]
    for sale in sales:
        event = sale_of(shop, sale.event_id)
        number = roll(SEED, receipt_number=sale.receipt_number, rule=RULE)
        assert {RULE: number} == event.engine_input.rolls
        assert (("a free tea",) if number < 2500 else ()) == sale.wins
        explanation = explain_receipt(shop.till, sale.receipt_number)
        codes = {one.reason.code for one in explanation.result.refusals if one.rule_id == "dessert"}
        assert (explanation.agrees, set() if sale.wins else {reasons.CHANCE_LOST}) == (True, codes)
    assert {(), ("a free tea",)} == {sale.wins for sale in sales}


def test_that_before_the_sale_is_booked_nothing_is_won(open_shop: OpenShop) -> None:
    shop = with_seed(open_shop, game(10_000))
    basket = shop.basket(TEA, card=ANA)
    assert () == shop.till.quote(basket).result.collected
    assert ("a free tea",) == shop.sell(TEA, card=ANA).wins
    assert () == shop.sell(TEA).wins


def test_that_what_was_won_is_on_paper_with_the_hash_and_can_be_taken(open_shop: OpenShop) -> None:
    shop = with_seed(open_shop, game(10_000))
    sale = shop.sell(TEA, card=ANA)
    lines = [line.strip(" │") for line in paper(shop, sale.event_id).splitlines()]
    digits = hash_of(SEED)
    assert {"You have won: a free tea", "Draw, SHA-256 of its seed:", digits[:32], digits[32:]} <= set(lines)
    taken = shop.sell(TEA, card=ANA, takes=("game/free",))
    assert (0, {"shop#dessert": 0}) == (taken.quote.total_minor, {"shop#dessert": 0} | taken.pools_after)


def test_that_goods_that_come_back_take_the_win_with_them(open_shop: OpenShop) -> None:
    shop = with_seed(open_shop, game(10_000))
    sale = shop.sell(TEA, card=ANA)
    assert 1 == shop.member(ANA).pool_balances["shop#dessert"].available_units
    returned = shop.till.return_goods(sale.receipt_number, {1: 1000}).result()
    assert {} == shop.member(ANA).pools
    assert "SHA-256" not in paper(shop, returned.event_id)


@pytest.mark.expects_log("chance.seed_missing rule=game/dessert")
def test_that_a_till_without_the_seed_gives_nothing_by_chance_and_says_so(open_shop: OpenShop) -> None:
    shop = open_shop(game(10_000, seed=EXAMPLE_SEED))
    sale = shop.sell(TEA, card=ANA)
    shop.sell(TEA, card=ANA)
    assert ((), {}) == (sale.wins, sale_of(shop, sale.event_id).engine_input.rolls)
    (missing,) = shop.till.database.read(lambda connection: missing_seeds(shop.till, connection))
    assert ("game", True) == (missing.programme_id, missing.is_example)


def test_that_a_till_with_its_seeds_misses_none(open_shop: OpenShop) -> None:
    for programmes in ((game(),), ("fixed-card",)):
        shop = with_seed(open_shop, *programmes)
        assert () == shop.till.database.read(partial(missing_seeds, shop.till))


def test_that_everything_rolled_is_published_after_the_end_and_not_before(open_shop: OpenShop, tmp_path: Path) -> None:
    shop = with_seed(open_shop, game(5000), "fixed-card")
    sales = [shop.sell(TEA, card=ANA) for _ in range(5)]
    shop.sell(TEA)
    (one,) = [one for one in shop.till.terms.programmes.programmes if one.id == "game"]
    with pytest.raises(InputError, match="gives until 2026-07-10"):
        shop.till.book_act(drawing.publish, one).result()
    shop.clock.now_ms += 10 * DAY_MS
    report = shop.till.book_act(drawing.publish, one).result()
    assert isinstance(report, ChanceReport)
    told = [(one.receipt, one.rule, one.chance_bp, one.won) for one in report.rolls]
    assert [(sale.receipt_number, RULE, 5000, bool(sale.wins)) for sale in sales] == told
    write_report(report, tmp_path / "out.json")
    assert () == verify(read_report(tmp_path / "out.json"))


@pytest.mark.expects_log("chance.seed_missing")
def test_that_nothing_is_drawn_by_a_seed_that_everybody_knows(open_shop: OpenShop) -> None:
    shop = with_seed(open_shop, game(10_000))
    over = programme(game(10_000, until="2026-06-30"))
    with pytest.raises(InputError, match="gives until 2026-07-10"):
        shop.till.book_act(drawing.publish, over).result()
    shop.reopen(game(10_000, until="2026-06-30"))
    shop.till.book_act(drawing.publish, over).result()
    shop.reopen(game(10_000))
    assert () == shop.sell(TEA, card=ANA).wins


def test_that_a_draw_without_an_end_or_a_seed_is_not_published(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card")
    unknown, example = (programme(game(seed=seed)) for seed in (SEED, EXAMPLE_SEED))
    with pytest.raises(InputError, match="The seed of this draw is not here"):
        shop.till.book_act(drawing.publish, unknown).result()
    with pytest.raises(InputError, match="the seed of the examples"):
        shop.till.book_act(drawing.publish, example).result()
    shop.till.database.write(lambda connection: draws.keep_seed(connection, SEED))
    endless = msgspec.structs.replace(unknown, active_until=None)
    with pytest.raises(InputError, match="has no end"):
        shop.till.book_act(drawing.publish, endless).result()
    with pytest.raises(InputError, match="has no draw"):
        shop.till.book_act(drawing.publish, programme("fixed-card")).result()


def held(shop: Shop) -> LotteryReport:
    (one,) = shop.till.terms.programmes.programmes
    return shop.till.book_act(drawing.hold, one).result()


def prizes(shop: Shop, card: str) -> dict[str, int]:
    views = shop.member(card).pool_balances
    return {
        unit: view.available_units for unit, view in views.items() if unit != "shop#tickets" and view.available_units
    }


def test_that_a_lottery_is_held_once_and_its_prizes_are_units_that_rewards_take(open_shop: OpenShop) -> None:
    shop = with_seed(open_shop, LOTTERY)
    receipts = {shop.sell(BasketLine(TEA, 3000), card=card).receipt_number for card in (ANA, BOB)}
    shop.clock.now_ms += 2 * DAY_MS
    report = held(shop)
    assert (receipts, 6) == ({one.receipt for one in report.tickets}, sum(one.count for one in report.tickets))
    assert ("Bicycle", "Mug", "Mug") == tuple(won.prize for won in report.winners)
    assert () == verify(report)
    before = (prizes(shop, ANA), prizes(shop, BOB))
    assert 3 == sum(sum(of_member.values()) for of_member in before)
    assert report == held(shop)
    assert before == (prizes(shop, ANA), prizes(shop, BOB))
    winner = ANA if "shop#bicycle" in before[0] else BOB
    taken = shop.sell(TEA, card=winner, takes=("lottery/bicycle",))
    assert ["Bicycle"] == [one.gives for one in taken.quote.result.taken]
    assert {} == shop.bad_findings()


def test_that_tickets_of_goods_that_came_back_or_that_came_too_late_do_not_take_part(open_shop: OpenShop) -> None:
    shop = with_seed(open_shop, LOTTERY)
    kept, back = (shop.sell(BasketLine(TEA, 3000), card=ANA) for _ in range(2))
    shop.till.return_goods(back.receipt_number, {1: 2000}).result()
    shop.clock.now_ms += 2 * DAY_MS
    shop.sell(BasketLine(TEA, 9000), card=BOB)
    report = held(shop)
    counts = {one.receipt: one.count for one in report.tickets}
    assert {kept.receipt_number: 3, back.receipt_number: 1} == counts


def test_that_there_may_be_fewer_tickets_than_prizes(open_shop: OpenShop) -> None:
    shop = with_seed(open_shop, LOTTERY)
    shop.sell(TEA, card=ANA)
    shop.clock.now_ms += 2 * DAY_MS
    report = held(shop)
    assert (1, 1, 3) == (len(report.tickets), len(report.winners), len(report.prizes))


def test_that_a_lottery_without_a_ticket_is_not_used_up(open_shop: OpenShop) -> None:
    shop = with_seed(open_shop, LOTTERY)
    shop.clock.now_ms += 2 * DAY_MS
    shop.sell(TEA, card=ANA)
    with pytest.raises(InputError, match="Nobody has a ticket of the lottery lottery from before 2026-07-03") as caught:
        held(shop)
    assert "set draw_on to a later day" in caught.value.todo
    shop.reopen(LOTTERY.replace("2026-07-03", "2026-07-04"))
    shop.clock.now_ms += DAY_MS
    assert [1] == [one.count for one in held(shop).tickets]


def test_that_a_lottery_is_not_held_before_its_day_nor_published_before_it_was_held(open_shop: OpenShop) -> None:
    shop = with_seed(open_shop, LOTTERY)
    shop.sell(TEA, card=ANA)
    with pytest.raises(InputError, match="The draw is on 2026-07-03"):
        held(shop)
    (one,) = shop.till.terms.programmes.programmes
    with pytest.raises(InputError, match="was not held yet"):
        shop.till.book_act(drawing.publish, one).result()
    shop.clock.now_ms += 2 * DAY_MS
    assert held(shop) == shop.till.book_act(drawing.publish, one).result()


def test_that_a_lottery_wants_its_seed_a_right_clock_and_a_till_that_decides(open_shop: OpenShop) -> None:
    shop = open_shop(LOTTERY)
    shop.clock.now_ms += 2 * DAY_MS
    with pytest.raises(InputError, match="not here, or was published"):
        held(shop)
    shop.sell(TEA)
    shop.clock.is_trusted = False
    shop.clock.now_ms += 30 * DAY_MS
    with pytest.raises(InputError, match="The clock cannot be right"):
        held(shop)
    with pytest.raises(InputError, match="there is nothing to hold"):
        shop.till.book_act(drawing.hold, programme(game())).result()
    shop.reopen(LOTTERY, till={"authority": "hq"}, hq={"url": "http://127.0.0.1:1"})
    with pytest.raises(InputError, match="Headquarters has the tickets"):
        held(shop)


def test_that_only_who_may_give_points_holds_and_publishes(open_shop: OpenShop) -> None:
    shop = with_seed(open_shop, LOTTERY)
    shop.sell(TEA, card=ANA)
    hire(shop.till)
    shop.till.sign_in("ben", PINS["ben"]).result()
    shop.clock.now_ms += 2 * DAY_MS
    with pytest.raises(NotAllowedError):
        held(shop)


def test_that_opening_writes_the_hash_and_leaves_the_rest_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "game.toml"
    text = "# Ours.\n" + game(seed=EXAMPLE_SEED)
    file.write_text(text, encoding="utf-8")
    kept: list[bytes] = []
    opened = commit_seed(file, SEED, keep=kept.append)
    assert (programme(game()), [SEED]) == (opened, kept)
    assert text.replace(hash_of(EXAMPLE_SEED), hash_of(SEED)) == file.read_text(encoding="utf-8")
    with pytest.raises(InputError, match="is open already"):
        commit_seed(file, SEED, keep=kept.append)


def test_that_opening_adds_the_draw_that_is_missing_and_keeps_no_seed_of_a_bad_file(tmp_path: Path) -> None:
    file = tmp_path / "game.toml"
    file.write_text(game().replace(f'[draw]\nseed_hash = "{hash_of(SEED)}"\n', ""), encoding="utf-8")
    kept: list[bytes] = []
    assert programme(game()) == commit_seed(file, SEED, keep=kept.append)
    file.write_text("schema = 1", encoding="utf-8")
    with pytest.raises(ProgrammeError):
        commit_seed(file, SEED, keep=kept.append)
    for content in (b"no toml", b"\xff\xfe\x00"):
        file.write_bytes(content)
        with pytest.raises(InputError, match=r"game\.toml"):
            commit_seed(file, SEED, keep=kept.append)
    with pytest.raises(InputError, match="cannot be read"):
        commit_seed(tmp_path / "none.toml", SEED, keep=kept.append)
    assert [SEED] == kept


def test_that_a_programme_is_found_by_its_id_or_its_file(tmp_path: Path) -> None:
    one = programme(game())
    (tmp_path / "game.toml").write_text(game(), encoding="utf-8")
    assert one == find_programme("game", (one,)) == find_programme(str(tmp_path / "game.toml"), ())
    with pytest.raises(InputError, match="no programme game in force"):
        find_programme("game", ())


def test_that_a_report_that_cannot_be_read_or_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_report(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="is no published draw"):
        read_report(tmp_path / "bad.json")
    report = ChanceReport("game", "Prizes", hash_of(SEED), SEED.hex(), ())
    with pytest.raises(InputError, match="cannot be written"):
        write_report(report, tmp_path / "none" / "out.json")
