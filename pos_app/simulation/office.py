"""What managers do at tills beside selling: they give and take points, and change cards and accounts."""

import random
from collections.abc import Callable
from functools import partial

from pos_app.protocol.events import AdjustmentReason, AnyEvent
from pos_app.simulation.counter import Cashier
from pos_app.simulation.promises import NOBODY, Promise
from pos_app.simulation.reading import promise_of
from pos_app.simulation.shoppers import Shoppers
from pos_app.use_cases import account_acts

_GIFT_UNITS_MAX = 500
_TAKEN_UNITS_MAX = 200


class Office:
    """One manager for all tills, with a free hand."""

    def __init__(self, shoppers: Shoppers, chance: random.Random) -> None:
        self._shoppers = shoppers
        self._chance = chance

    def act(self, cashier: Cashier, dies_after: int | None) -> None:
        """Do one of the things that managers do, to some shopper's card; the till may refuse it."""
        acts: tuple[Callable[[Cashier, int | None], None], ...] = (
            self._give,
            self._take,
            self._forgive,
            self._replace,
            self._add,
            partial(self._change, account_acts.block_card),
            partial(self._change, account_acts.unblock_card),
            partial(self._change, account_acts.freeze),
            partial(self._change, account_acts.unfreeze),
            self._merge,
        )
        weights = (6, 3, 1, 3, 2, 1, 3, 1, 3, 1)
        self._chance.choices(acts, weights)[0](cashier, dies_after)

    def _give(self, cashier: Cashier, dies_after: int | None) -> None:
        self._adjust(cashier, dies_after, self._chance.randint(1, _GIFT_UNITS_MAX), AdjustmentReason.GOODWILL)

    def _take(self, cashier: Cashier, dies_after: int | None) -> None:
        self._adjust(cashier, dies_after, -self._chance.randint(1, _TAKEN_UNITS_MAX), AdjustmentReason.FRAUD)

    def _forgive(self, cashier: Cashier, dies_after: int | None) -> None:
        self._adjust(cashier, dies_after, self._chance.randint(1, 50), AdjustmentReason.FORGIVEN_OVERDRAFT)

    def _adjust(self, cashier: Cashier, dies_after: int | None, units: int, reason: AdjustmentReason) -> None:
        shopper, card = self._shoppers.anybody()
        till = cashier.machine.till
        cashier.act(
            lambda: till.book_act(account_acts.adjust, card, units, reason=reason),
            dies_after,
            self._promised(cashier, shopper),
        )

    def _replace(self, cashier: Cashier, dies_after: int | None) -> None:
        """A new card in place of a lost one; from now on the shopper has it with them."""
        shopper, card = self._shoppers.anybody()
        new_card = self._shoppers.new_card(shopper)
        till = cashier.machine.till
        cashier.act(
            lambda: till.book_act(account_acts.replace_card, card, new_card),
            dies_after,
            self._promised(cashier, shopper),
        )
        if cashier.machine.till.find_member(new_card) is not None:
            self._shoppers.carry(shopper, new_card)

    def _add(self, cashier: Cashier, dies_after: int | None) -> None:
        shopper, card = self._shoppers.anybody()
        new_card = self._shoppers.new_card(shopper)
        till = cashier.machine.till
        cashier.act(
            lambda: till.book_act(account_acts.add_card, card, new_card), dies_after, self._promised(cashier, shopper)
        )

    def _change(self, change: Callable[..., object], cashier: Cashier, dies_after: int | None) -> None:
        shopper, card = self._shoppers.anybody()
        till = cashier.machine.till
        cashier.act(lambda: till.book_act(change, card), dies_after, self._promised(cashier, shopper))

    def _merge(self, cashier: Cashier, dies_after: int | None) -> None:
        shopper, card = self._shoppers.anybody()
        other, other_card = self._shoppers.anybody()
        till = cashier.machine.till
        if shopper != other:
            cashier.act(
                lambda: till.book_act(account_acts.merge, card, other_card),
                dies_after,
                self._promised(cashier, shopper, joins=other),
            )

    @staticmethod
    def _promised(cashier: Cashier, shopper: int, *, joins: int = NOBODY) -> Callable[[AnyEvent], Promise]:
        return lambda event: promise_of(event, shopper=shopper, till=cashier.machine.memory, joins=joins)
