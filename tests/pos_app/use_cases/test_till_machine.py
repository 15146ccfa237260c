"""Long histories at a real till against a naive model: buying, burning, returning, waiting, merging, adjusting, cards, restarts.

The model is plain dictionaries and lists, written from the promise and not from the code. It takes from the till only what the
engine gave for a basket, which other tests look at. After every step the balances are equal, all entries sum to zero, and the doctor's
checks of ledger, receipts and counters find nothing.
"""

import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pos_app.protocol.events import AdjustmentReason
from pos_app.use_cases import account_acts, checking
from pos_app.use_cases.checking import Verdict
from pos_app.use_cases.closing import closing_report
from pos_app.use_cases.views import BasketLine, ClosedSale
from tests.shop import BREAD, DAY_MS, ENOUGH, HOUR_MS, TEA, Shop

EXAMPLES = int(os.environ.get("POS_APP_MACHINE_EXAMPLES", "10"))
STEPS = 25
GRACE_MS = 14 * DAY_MS
NEVER = float("inf")
PROGRAMME = """
schema = 1
id = "points"
version = 1
name = "A tenth back"
point_worth_minor = 1

[earning]
pending = { hours = 1 }
life = { days = 10 }

[burning]
burn_as = "tender"

[[rules]]
kind = "fixed-card"
id = "tenth"
other_rate_bp = 1000
rates_bp = {}
"""
AFTER_EACH_STEP = (checking._zero_sum, checking._balances, checking._counters, checking._receipts)


def card_number(number: int) -> str:
    """A card of the shop's range, with its check digit."""
    digits = f"29900000{number:04d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"


class Model:
    """What one account has: lots as [lot id, units, starts, expires], what of each has expired, and what is owed."""

    def __init__(self) -> None:
        self.lots: list[list[Any]] = []
        self.expired: dict[str, int] = {}
        self.owed = 0

    def let_expire(self, now: int) -> None:
        for lot in self.lots:
            if lot[3] <= now and lot[1]:
                self.expired[lot[0]] = self.expired.get(lot[0], 0) + lot[1]
                lot[1] = 0

    def soonest(self) -> list[list[Any]]:
        return sorted(self.lots, key=lambda lot: (lot[3], lot[0]))

    def credit(self, lot_id: str, units: int, starts: int, expires: float) -> None:
        repaid = min(self.owed, units)
        self.owed -= repaid
        self.lots.append([lot_id, units - repaid, starts, expires])

    def take(self, units: int, lots: list[list[Any]]) -> list[tuple[float, int]]:
        """Take from these lots in order, as far as it goes; gives when the parts would have expired."""
        taken = []
        for lot in lots:
            part = min(units, lot[1])
            if part:
                lot[1] -= part
                units -= part
                taken.append((lot[3], part))
        return taken

    def available(self, now: int) -> int:
        return sum(lot[1] for lot in self.lots if lot[2] <= now < lot[3])

    def pending(self, now: int) -> int:
        return sum(lot[1] for lot in self.lots if lot[2] > now and now < lot[3])


class Sold:
    """A sale that goods may come back of."""

    def __init__(self, sale: ClosedSale, account: str, pieces: list[int], burned: list[tuple[float, int]]) -> None:
        self.sale = sale
        self.account = account
        self.pieces = pieces
        self.back = [0] * len(pieces)
        self.burned = burned
        result = sale.quote.result
        self.awards = [(award.line_no, award.units) for award in result.awards]
        self.burn_shares = [(share.line_no, share.units) for share in result.burn_shares]

    def share(self, shares: list[tuple[int, int]]) -> int:
        """How much of these shares is back, cumulative and rounded down for each."""
        return sum(units * self.back[line_no - 1] // self.pieces[line_no - 1] for line_no, units in shares)


class TillMachine(RuleBasedStateMachine):
    """Three members and their families."""

    def __init__(self, folder: Path, empty_till: Path) -> None:
        super().__init__()
        self.folder = folder / uuid.uuid4().hex
        shutil.copytree(empty_till, self.folder)

    @initialize()
    def open(self) -> None:
        self.shop = Shop(self.folder, PROGRAMME)
        self.models: dict[str, Model] = {}
        self.cards: dict[str, str] = {}
        self.replaced: set[str] = set()
        self.sold: list[Sold] = []
        for _ in range(3):
            card = self.next_card()
            self.cards[card] = self.shop.join(card)
            self.models[self.cards[card]] = Model()

    def teardown(self) -> None:
        if hasattr(self, "shop"):
            found = self.shop.bad_findings()
            dates = [
                date for (date,) in self.shop.query("SELECT DISTINCT business_date FROM sale ORDER BY 1 DESC LIMIT 3")
            ]
            differences = {date: closing_report(self.shop.till, date).differences for date in dates}
            self.shop.close()
            assert ({}, dict.fromkeys(dates, ())) == (found, differences)
        shutil.rmtree(self.folder)

    @property
    def now(self) -> int:
        return self.shop.clock.now_ms

    def next_card(self) -> str:
        return card_number(1 + len(self.cards))

    def draw_card(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.cards)))

    def model_of(self, card: str) -> Model:
        """The model of the card's account as of now."""
        model = self.models[self.cards[card]]
        model.let_expire(self.now)
        return model

    @rule(data=st.data(), tea=st.integers(1, 5), bread=st.integers(0, 3), part=st.integers(0, 4))
    def buy(self, data: st.DataObject, tea: int, bread: int, part: int) -> None:
        card = self.draw_card(data)
        pieces = [tea, bread] if bread else [tea]
        goods = [BasketLine(product, 1000 * count) for product, count in zip((TEA, BREAD), pieces, strict=False)]
        basket = self.shop.basket(*goods, card=card)
        burn = 0
        if card not in self.replaced:
            burn = self.shop.till.quote(basket).result.burnable_units * part // 4
        basket = msgspec.structs.replace(basket, burn_units=burn)
        sale = self.shop.till.close_sale(basket, ENOUGH).result()
        model = self.model_of(card)
        usable = [lot for lot in model.soonest() if lot[2] <= self.now]
        burned = model.take(burn, usable)
        assert burn == sum(units for _expires, units in burned), "no more is burned than there is"
        for number, grant in enumerate(sale.quote.result.lots, start=1):
            lot_id = str(uuid.uuid5(uuid.UUID(sale.event_id), f"lot-{number}"))
            model.credit(lot_id, grant.units, grant.starts_at_ms, grant.expires_at_ms or NEVER)
        self.sold.append(Sold(sale, self.cards[card], pieces, burned))

    @precondition(lambda self: self.sold)
    @rule(data=st.data())
    def bring_back(self, data: st.DataObject) -> None:
        sold = data.draw(st.sampled_from(self.sold))
        left = [count - back for count, back in zip(sold.pieces, sold.back, strict=True)]
        line = data.draw(st.sampled_from([number for number, count in enumerate(left) if count]))
        pieces = data.draw(st.integers(1, left[line]))
        earned_before, burned_before = sold.share(sold.awards), sold.share(sold.burn_shares)
        sold.back[line] += pieces
        closed = self.shop.take_back(sold.sale, **{f"line_{line + 1}": pieces})
        model = self.models[sold.account]
        model.let_expire(self.now)
        self.give_back(model, sold, burned_before, closed.event_id)
        self.claw_back(model, sold, sold.share(sold.awards) - earned_before)
        if sold.back == sold.pieces:
            self.sold.remove(sold)

    def give_back(self, model: Model, sold: Sold, before: int, event_id: str) -> None:
        """The points burned from ``before`` on, in the order in which they were burned, with 14 days of grace."""
        after = sold.share(sold.burn_shares)
        position = 0
        for number, (expires, units) in enumerate(sold.burned, start=1):
            part = min(after, position + units) - max(before, position)
            position += units
            if part > 0:
                lot_id = str(uuid.uuid5(uuid.UUID(event_id), f"restored-{number}"))
                model.credit(lot_id, part, self.now, max(expires, self.now + GRACE_MS))

    def claw_back(self, model: Model, sold: Sold, units: int) -> None:
        """From the sale's own lot, then what has expired of it, then the others, then as a debt."""
        own_id = str(uuid.uuid5(uuid.UUID(sold.sale.event_id), "lot-1"))
        units -= sum(part for _expires, part in model.take(units, [lot for lot in model.lots if lot[0] == own_id]))
        lapsed = min(units, model.expired.get(own_id, 0))
        if lapsed:
            model.expired[own_id] -= lapsed
        units -= lapsed
        units -= sum(part for _expires, part in model.take(units, model.soonest()))
        model.owed += units

    @rule(hours=st.integers(1, 120))
    def wait(self, hours: int) -> None:
        self.shop.wait(hours * HOUR_MS)

    @rule()
    def book_what_is_due(self) -> None:
        self.shop.till.book_due().result()

    @rule(data=st.data(), units=st.integers(1, 300), days=st.none() | st.integers(1, 20))
    def give(self, data: st.DataObject, units: int, days: int | None) -> None:
        card = self.draw_card(data)
        expires = None if days is None else self.now + days * DAY_MS
        self.act(account_acts.adjust, card, units, reason=AdjustmentReason.GOODWILL, expires_at_ms=expires)
        (event_id,) = self.shop.query("SELECT event_id FROM event WHERE kind = 'adjustment' ORDER BY seq DESC")[0]
        lot_id = str(uuid.uuid5(uuid.UUID(event_id), "lot-1"))
        self.model_of(card).credit(lot_id, units, self.now, expires or NEVER)

    @rule(data=st.data())
    def take_away(self, data: st.DataObject) -> None:
        card = self.draw_card(data)
        model = self.model_of(card)
        has = sum(lot[1] for lot in model.lots)
        if has:
            units = data.draw(st.integers(1, has))
            self.act(account_acts.adjust, card, -units, reason=AdjustmentReason.FRAUD)
            model.take(units, model.soonest())

    @rule(data=st.data())
    def forgive(self, data: st.DataObject) -> None:
        card = self.draw_card(data)
        model = self.model_of(card)
        if model.owed:
            units = data.draw(st.integers(1, model.owed))
            self.act(account_acts.adjust, card, units, reason=AdjustmentReason.FORGIVEN_OVERDRAFT)
            model.owed -= units

    @precondition(lambda self: len(self.models) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        survivor_ref, merged_ref = data.draw(st.permutations(sorted(self.models)))[:2]
        holder = {account: card for card, account in self.cards.items()}
        survivor, merged = self.model_of(holder[survivor_ref]), self.model_of(holder[merged_ref])
        self.act(account_acts.merge, holder[survivor_ref], holder[merged_ref])
        survivor.lots += merged.lots
        survivor.expired |= merged.expired
        survivor.owed += merged.owed
        survivor.owed -= sum(units for _expires, units in survivor.take(survivor.owed, survivor.soonest()))
        del self.models[merged_ref]
        self.cards = {card: survivor_ref if ref == merged_ref else ref for card, ref in self.cards.items()}
        for sold in self.sold:
            if sold.account == merged_ref:
                sold.account = survivor_ref

    @precondition(lambda self: len(self.cards) < 8)
    @rule(data=st.data(), replaces=st.booleans())
    def another_card(self, data: st.DataObject, *, replaces: bool) -> None:
        old, new = self.draw_card(data), self.next_card()
        if not replaces:
            self.act(account_acts.add_card, old, new)
        elif old not in self.replaced:
            self.act(account_acts.replace_card, old, new)
            self.replaced.add(old)
        else:
            return
        self.cards[new] = self.cards[old]

    @rule()
    def restart(self) -> None:
        self.shop.reopen()

    def act(self, act: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        self.shop.till.book_act(act, *arguments, **named).result()

    @invariant()
    def balances_equal_the_model(self) -> None:
        for card in self.cards:
            model, balance = self.model_of(card), self.shop.member(card).balance
            expected = (model.available(self.now), model.pending(self.now), model.owed)
            assert expected == (balance.available_units, balance.pending_units, balance.overdraft_units)

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert [(0,)] == self.shop.query("SELECT coalesce(sum(units), 0) FROM entry")
        database = self.shop.till.database
        answers = [database.read(lambda connection: check(self.shop.till, connection)) for check in AFTER_EACH_STEP]  # noqa: B023 - read at once
        assert [] == [words for verdict, words in answers if verdict is Verdict.BAD]


@pytest.mark.unmeasured
@pytest.mark.usefixtures("no_keystore")
def test_that_a_till_and_a_naive_model_agree_on_every_history(tmp_path: Path, empty_till: Path) -> None:
    run_state_machine_as_test(
        lambda: TillMachine(tmp_path, empty_till),  # type: ignore[arg-type]  # anything that makes one will do
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
