"""Long histories of two real tills beneath a real headquarters against a naive model; a failing one shrinks to a short list of steps.

The model (``chain_model``) is told what each till wrote into its journal, and books it when headquarters does. After every step
headquarters is exactly where the model is. A till that has heard everything sees the model with its own later events on top; and
when everything is sent, booked and fetched, both tills, headquarters and the model agree on every card.
"""

import os
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from pos_app.errors import InputError
from pos_app.model.policy import Allowance, BurnPolicy
from pos_app.protocol.events import AdjustmentReason, AnyEvent, MergeEvent, SaleEvent
from pos_app.sync.decisions import Problem
from pos_app.use_cases import account_acts, checking
from pos_app.use_cases.checking import Verdict
from pos_app.use_cases.finding_receipts import ReceiptUnknownError, find_returnable
from pos_app.use_cases.unseen_returning import unseen_goods
from pos_app.use_cases.views import Basket, BasketLine
from tests.hq.chain_model import ChainModel
from tests.hq.chain_world import GOODS, KNOWN_CARDS, TILLS, ChainTill, Stage
from tests.shop import DAY_MS, ENOUGH, HOUR_MS

EXAMPLES = int(os.environ.get("POS_APP_CHAIN_EXAMPLES", "6"))
STEPS = int(os.environ.get("POS_APP_CHAIN_STEPS", "25"))
CARDS = (*KNOWN_CARDS, "2990000000033", "2990000000040")
LEASE_UNITS = 150
POLICIES = {
    "floor": BurnPolicy(card_day_units=300, till_budget_units=400, step_up_units=10_000),
    "lease": BurnPolicy(allowance=Allowance.LEASE, lease_units=LEASE_UNITS, step_up_units=10_000),
}
MINUTE_MS = 60_000
ROUNDS_MAX = 8
FAULTS = ("request lost", "answer lost", "doubled")
PATHS = ("/batches", "/changes", "/snapshot")
till_names = st.sampled_from(TILLS)
cards = st.sampled_from(CARDS)


class Post:
    """A till as the machine knows it: what it wrote that HQ has not booked, and what it has heard."""

    def __init__(self, chain_till: ChainTill) -> None:
        self.at = chain_till
        self.terminal_id = chain_till.terminal.terminal_id
        self.known_seq = 0
        self.waiting: deque[tuple[int, AnyEvent]] = deque()
        self.heard = -1
        """The model's ``changes`` of which the till has heard everything; -1: unknown."""


class ChainMachine(RuleBasedStateMachine):
    """Four cards, two of them known to all, two tills, one headquarters."""

    receipts = Bundle("receipts")

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage

    @initialize(policy=st.sampled_from(sorted(POLICIES)))
    def open(self, policy: str) -> None:
        self.chain = self.stage.chain(POLICIES[policy])
        self.model = ChainModel(lease_units=LEASE_UNITS if policy == "lease" else 0)
        self.posts = {name: Post(till) for name, till in self.chain.tills.items()}
        for post in self.posts.values():
            self.listen(post)
        self.tell_model()
        for post in self.posts.values():
            post.heard = self.model.changes

    def teardown(self) -> None:
        if hasattr(self, "chain"):
            self.chain.close()

    @property
    def now(self) -> int:
        return self.chain.clock.now_ms

    # What people do.

    @rule(target=receipts, name=till_names, card=cards, tea=st.integers(1, 4), bread=st.integers(0, 2))
    def buy(self, name: str, card: str, tea: int, bread: int) -> Any:
        """Whoever holds the card buys; an unknown card is given to them first."""
        return self.sell(self.begin(name), card, tea, bread, part=0)

    @rule(
        target=receipts,
        name=till_names,
        card=cards,
        tea=st.integers(1, 4),
        bread=st.integers(0, 2),
        part=st.integers(1, 4),
    )
    def buy_and_burn(self, name: str, card: str, tea: int, bread: int, part: int) -> Any:
        """The same, and they burn so many quarters of what they may."""
        return self.sell(self.begin(name), card, tea, bread, part=part)

    @rule(target=receipts, name=till_names, card=cards, hours=st.integers(0, 3))
    def buy_to_and_fro(self, name: str, card: str, hours: int) -> Any:
        """Two purchases, the second at the other till some hours later, each burning all that it may."""
        other = TILLS[1 - TILLS.index(name)]
        first = self.sell(self.begin(name), card, 3, 1, part=4)
        self.wait(hours)
        second = self.sell(self.begin(other), card, 3, 1, part=4)
        return multiple(*(one for one in (first, second) if isinstance(one, str)))

    @rule(name=till_names, card=cards, ends=st.sampled_from(["said so", "power cut", "lies about"]))
    def think_better_of_it(self, name: str, card: str, ends: str) -> None:
        """A right to burn is asked for, and no sale comes of it."""
        post = self.begin(name)
        try:
            basket = self.with_burn(post, self.basket(post, card, 3, 0), 2)
        except InputError as error:
            note(f"refused: {error.code}")
            self.listen(post)
            return
        if ends == "said so":
            post.at.till.give_up_burn(basket).result()
        elif ends == "power cut":
            post.at.close()
            post.at.open()
        self.listen(post)

    @rule(name=till_names, receipt=receipts, line=st.sampled_from([1, 2]), pieces=st.integers(1, 4))
    def bring_back(self, name: str, receipt: str, line: int, pieces: int) -> None:
        """Goods come back, to whatever till; unseen where nobody can show the receipt."""
        post = self.begin(name)
        till = post.at.till
        try:
            known = find_returnable(till, receipt).known
        except ReceiptUnknownError:
            till.return_unseen(receipt, (unseen_goods(GOODS[line - 1], quantity_milli=1000 * pieces),)).result()
        else:
            line = min(line, len(known.sale.lines))
            before = known.before.get(line)
            left = (known.sale.lines[line - 1].quantity_milli - (before.quantity_milli if before else 0)) // 1000
            if left > 0:
                till.return_goods(receipt, {line: 1000 * min(pieces, left)}).result()
        self.listen(post)

    @rule(name=till_names, receipt=receipts, hours=st.sampled_from([0, 2, 60, 260]))
    def bring_all_back(self, name: str, receipt: str, hours: int) -> None:
        """Later, when some of it may be spent or over, everything of a receipt comes back in two parts."""
        self.wait(hours)
        for line in (1, 2):
            self.bring_back(name, receipt, line=line, pieces=4)

    @rule(name=till_names, card=cards, units=st.integers(-200, 300).filter(bool), days=st.none() | st.integers(1, 20))
    def adjust(self, name: str, card: str, units: int, days: int | None) -> None:
        """A manager gives points or takes some; one who owes is forgiven."""
        member = self.posts[name].at.member(card)
        if member is not None and member.balance.overdraft_units and units > 0:
            units = min(units, member.balance.overdraft_units)
            self.act(name, account_acts.adjust, card, units, reason=AdjustmentReason.FORGIVEN_OVERDRAFT)
        else:
            expires = None if days is None or units < 0 else self.now + days * DAY_MS
            self.act(name, account_acts.adjust, card, units, reason=AdjustmentReason.CORRECTION, expires_at_ms=expires)

    @rule(name=till_names, card=cards, other=cards, act=st.sampled_from(["merge", "merge", "add_card", "replace_card"]))
    def join(self, name: str, card: str, other: str, act: str) -> None:
        """Two cards come to one account."""
        self.act(name, getattr(account_acts, act), card, other)

    @rule(name=till_names, card=cards, act=st.sampled_from(["freeze", "unfreeze", "block_card", "unblock_card"]))
    def change(self, name: str, card: str, act: str) -> None:
        self.act(name, getattr(account_acts, act), card)

    # What time, the network and the machines do.

    @rule(hours=st.sampled_from([1, 1, 2, 5, 20, 60, 120]))
    def wait(self, hours: int) -> None:
        """Points begin, and end."""
        self.chain.clock.now_ms += hours * HOUR_MS

    @rule(name=till_names, is_cut=st.booleans())
    def change_line(self, name: str, *, is_cut: bool) -> None:
        self.posts[name].at.line.is_cut = is_cut

    @rule(name=till_names, fault=st.sampled_from(FAULTS))
    def disturb_burning(self, name: str, fault: str) -> None:
        """The next request for a hold has bad luck."""
        self.disturb(self.posts[name], fault, "/holds")

    @rule(name=till_names, fault=st.sampled_from(("", "", *FAULTS)), path=st.sampled_from(PATHS))
    def sync(self, name: str, fault: str, path: str) -> None:
        """One round of the sync worker, as far as it comes."""
        post = self.begin(name)
        if fault:
            self.disturb(post, fault, path)
        self.one_round(post)
        post.at.line.fault = ""

    @rule(name=till_names)
    def restart(self, name: str) -> None:
        post = self.posts[name]
        post.at.close()
        post.at.open()
        self.listen(post)

    @rule(name=till_names)
    def look_after(self, name: str) -> None:
        post = self.begin(name)
        post.at.look_after()
        self.listen(post)

    @rule()
    def book(self) -> None:
        """HQ books what came in, in each till's order, the first till first."""
        self.chain.clock.now_ms += MINUTE_MS
        self.settle()

    @rule(names=st.sampled_from([TILLS, TILLS[:1], TILLS[1:], TILLS[::-1]]))
    def keep_in_touch(self, names: tuple[str, ...]) -> None:
        """What happens all day where nothing is wrong: tills send, HQ books, tills fetch."""
        for name in names:
            self.one_round(self.begin(name))
        self.book()
        for name in names:
            self.one_round(self.begin(name))

    @rule()
    def book_what_is_due(self) -> None:
        self.chain.clock.now_ms += MINUTE_MS
        self.chain.book_due()
        self.model.let_all_expire(self.now)

    @rule()
    def agree(self) -> None:
        """Everything is sent, booked and fetched: everybody has the same."""
        for post in self.posts.values():
            post.at.line.is_cut = False
        for _ in range(ROUNDS_MAX):
            self.chain.clock.now_ms += MINUTE_MS
            for post in self.posts.values():
                post.at.look_after()
                self.listen(post)
            # What somebody heard last may have been that a lease is over: only a round with nothing to send is the end.
            is_over = not any(post.waiting for post in self.posts.values())
            self.settle()
            for post in self.posts.values():
                assert self.one_round(post) is None
            if is_over:
                break
        assert [0, 0] == [len(post.waiting) for post in self.posts.values()]
        for card in self.model.cards:
            expected = self.expected(card)
            assert dict.fromkeys(TILLS, expected) == {name: self.seen(name, card) for name in TILLS}

    # What must hold.

    @invariant()
    def all_is_well(self) -> None:
        self.headquarters_is_where_the_model_is()
        self.tills_are_sound()
        self.a_till_that_heard_everything_sees_it_with_its_own_events_on_top()

    def headquarters_is_where_the_model_is(self) -> None:
        rows = self.chain.query("SELECT lot_id, account_ref, remaining_units FROM lot WHERE remaining_units <> 0")
        assert self.model.lots() == {str(uuid.UUID(lot_id)): (ref, units) for lot_id, ref, units in rows}
        kinds = dict(self.chain.query("SELECT kind, sum(units) FROM entry GROUP BY kind"))
        totals = self.model.totals
        has = list(self.model.accounts.values())
        expected = {
            "issued": -totals["issued"],
            "redeemed": totals["redeemed"],
            "expired": totals["expired"],
            "write_off": totals["write_off"],
            "leased": sum(lease.units for account in has for lease in account.leases),
            "overdraft": -sum(account.owed for account in has),
        }
        assert expected == {kind: kinds.get(kind, 0) for kind in expected}
        assert [] == self.chain.query(
            "SELECT account_ref, event_id FROM entry GROUP BY account_ref, event_id HAVING sum(units) <> 0"
        )
        assert [] == self.chain.query(
            "SELECT account_ref, kind FROM (SELECT account_ref, kind, units FROM balance UNION ALL"
            " SELECT account_ref, kind, -units FROM entry) GROUP BY account_ref, kind HAVING sum(units) <> 0"
        )

    def tills_are_sound(self) -> None:
        for name in TILLS:
            till = self.posts[name].at
            database = till.till.database
            verdict, words = database.read(lambda connection: checking._zero_sum(till.till, connection))  # noqa: B023 - read at once
            assert verdict is not Verdict.BAD, words
            assert [] == till.query(
                "SELECT lot_id FROM lot WHERE remaining_units < 0 OR remaining_units > granted_units"
            )

    def a_till_that_heard_everything_sees_it_with_its_own_events_on_top(self) -> None:
        for name, post in self.posts.items():
            if post.heard == self.model.changes:
                foreseen = self.model.copy()
                for _seq, event in post.waiting:
                    foreseen.apply(event, post.terminal_id, self.now)
                if not foreseen.surprises:
                    self.compare_views(name, foreseen)

    def compare_views(self, name: str, foreseen: ChainModel) -> None:
        for card in foreseen.cards:
            account = foreseen.of_card(card)
            member = self.posts[name].at.member(card)
            assert account is not None
            assert member is not None
            balance = member.balance
            seen = balance.available_units, balance.pending_units, balance.overdraft_units
            expected = account.view(self.now)
            assert (name, card, *expected) == (name, card, *seen)

    # How it is done.

    def begin(self, name: str) -> Post:
        """A minute passes, and it is this till's turn."""
        self.chain.clock.now_ms += MINUTE_MS
        return self.posts[name]

    def listen(self, post: Post) -> list[AnyEvent]:
        """What the till has written since."""
        events = post.at.events_after(post.known_seq)
        post.waiting += enumerate(events, start=post.known_seq + 1)
        post.known_seq += len(events)
        return events

    def one_round(self, post: Post) -> Problem | None:
        report = post.at.sync()
        # While its own merge is not booked, a till lets both accounts stand as they are: HQ will send them anew.
        merges = any(isinstance(event, MergeEvent) for _seq, event in post.waiting)
        post.heard = -1 if report.problem or merges else self.model.changes
        return report.problem

    def settle(self) -> None:
        self.chain.apply()
        self.tell_model()

    def tell_model(self) -> None:
        """HQ has booked what was there."""
        for post in self.posts.values():
            for event in self.arrived(post):
                post.waiting.popleft()
                self.model.apply(event, post.terminal_id, self.now)
        self.model.settle()

    def arrived(self, post: Post) -> Iterator[AnyEvent]:
        """What of it is at HQ."""
        ((last_seq,),) = self.chain.query(
            f"SELECT last_seq FROM terminal WHERE terminal_id = '{uuid.UUID(post.terminal_id).hex}'"
        )
        return iter([event for seq, event in post.waiting if seq <= last_seq])

    def act(self, name: str, act: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        """A manager does it, where the till lets them."""
        post = self.begin(name)
        try:
            post.at.till.book_act(act, *arguments, **named).result()
        except InputError as error:
            note(f"refused: {error.code}")
        self.listen(post)

    def disturb(self, post: Post, fault: str, path: str) -> None:
        post.at.line.fault, post.at.line.fault_path = fault, path

    def sell(self, post: Post, card: str, tea: int, bread: int, *, part: int) -> Any:
        """The number of the receipt, or nothing where the till refuses."""
        try:
            basket = self.basket(post, card, tea, bread)
            if part:
                basket = self.with_burn(post, basket, part)
            sold = post.at.till.close_sale(basket, ENOUGH).result()
        except InputError as error:
            note(f"refused: {error.code}")
            self.listen(post)
            return multiple()
        (event,) = (one for one in self.listen(post) if isinstance(one, SaleEvent))
        assert basket.burn_units == event.burn_units
        return sold.receipt_number

    def basket(self, post: Post, card: str, tea: int, bread: int) -> Basket:
        till = post.at.till
        member = till.find_member(card) or till.enrol(card).result()
        pieces = [tea, bread] if bread else [tea]
        lines = tuple(BasketLine(product, 1000 * count) for product, count in zip(GOODS, pieces, strict=False))
        return msgspec.structs.replace(till.open_basket(), lines=lines, member=member)

    def with_burn(self, post: Post, basket: Basket, part: int) -> Basket:
        """The basket with what may be burned: HQ's word must be the model's, and without it the bounds hold."""
        till = post.at.till
        units = till.quote(basket).result.burnable_units * part // 4
        if not units:
            return basket
        assert basket.member is not None
        account_ref = basket.member.account_ref
        known = self.model.find(account_ref)
        free = 0 if known is None else self.model.free(account_ref, self.now, post.terminal_id)
        answer = till.authorise_burn(basket, units).result()
        for auth_id, held in self.new_holds():
            assert known is not None
            assert known.status == "active"
            assert units == held <= free
            self.model.hold(auth_id, account_ref, held)
        note(f"burn {units}: {answer.refusal or answer.authorisation}")
        if answer.refusal == "burn.hq.balance":
            assert free < units
            assert answer.most_units == min(free, units - 1)
            self.model.refuse_hold(account_ref, units, self.now, post.terminal_id)
        if answer.authorisation is None:
            return basket
        return msgspec.structs.replace(basket, burn_units=units, authorisation=answer.authorisation)

    def new_holds(self) -> list[tuple[str, int]]:
        rows = self.chain.query("SELECT auth_id, units FROM hold WHERE state = 'held'")
        return [(str(uuid.UUID(one)), units) for one, units in rows if str(uuid.UUID(one)) not in self.model.holds]

    def expected(self, card: str) -> tuple[object, ...]:
        account = self.model.of_card(card)
        assert account is not None
        return (*account.view(self.now), self.model.cards[card][1], account.status, account.receipts)

    def seen(self, name: str, card: str) -> tuple[object, ...]:
        member = self.posts[name].at.member(card)
        assert member is not None
        balance = member.balance
        return (
            balance.available_units,
            balance.pending_units,
            balance.overdraft_units,
            member.card_status.value,
            member.account_status.value,
            member.receipts_before,
        )


@pytest.fixture
def stage(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    no_keystore: None,
) -> Iterator[Stage]:
    opened = Stage(tmp_path, monkeypatch)
    yield opened
    opened.close()


def run(stage: Stage, *, examples: int, steps: int) -> None:
    """Histories of so many steps; raises what the shortest bad one that was found says."""
    run_state_machine_as_test(
        lambda: ChainMachine(stage),  # type: ignore[arg-type]  # anything that makes one will do
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.unmeasured
def test_that_tills_headquarters_and_a_naive_model_agree_on_every_history(stage: Stage) -> None:
    run(stage, examples=EXAMPLES, steps=STEPS)
