"""Who shops, where, and what they want to burn."""

import random

from pos_app.simulation.counter import Visit
from pos_app.simulation.options import SimulationOptions
from pos_app.simulation.promises import NOBODY
from pos_app.simulation.shop import GOODS, card_number

_PER_TILL_MIN = 12
_VISITS_A_DAY = 15
_GREEDY_PERCENT = 25
_ANONYMOUS_PERCENT = 40
_AWAY_FROM_HOME_PERCENT = 20
_BURN_PERCENT = 30
_LINES_MAX = 3
_PIECES_MAX = 3
_ALL = 100
_LARGE_BASKET = ((5, 3), (4, 3))


class Shoppers:
    """All of a run, each with a till where they mostly shop. The greedy ones burn all they can wherever a till is offline."""

    def __init__(self, options: SimulationOptions, chance: random.Random) -> None:
        self._per_till = max(_PER_TILL_MIN, options.sales_per_day // _VISITS_A_DAY)
        count = options.tills * self._per_till
        self.cards = {card_number(index): index for index in range(count)}
        self._carried = list(self.cards)
        self._chance = chance
        self.greedy = tuple(index for index in range(count) if chance.randrange(_ALL) < _GREEDY_PERCENT)

    def visit(self, till_index: int, tills: int) -> Visit:
        """The next shopper at a till."""
        if self._chance.randrange(_ALL) < _ANONYMOUS_PERCENT:
            return Visit(NOBODY, "", self._goods())
        home = self._chance.randrange(tills) if self._chance.randrange(_ALL) < _AWAY_FROM_HOME_PERCENT else till_index
        index = (home + tills * self._chance.randrange(self._per_till)) % len(self._carried)
        burns = self._chance.randrange(_ALL) < _BURN_PERCENT
        return Visit(
            index, self._carried[index], self._goods(), burn_part=self._chance.choice((30, _ALL)) if burns else 0
        )

    def raid(self, shopper: int) -> Visit:
        """A greedy shopper at a till that is offline: a large basket, and everything burned."""
        return Visit(shopper, self._carried[shopper], _LARGE_BASKET, burn_part=_ALL)

    def anybody(self) -> tuple[int, str]:
        """Some shopper, with the card they carry."""
        index = self._chance.randrange(len(self._carried))
        return index, self._carried[index]

    def card_of(self, shopper: int) -> str:
        """The card that this shopper carries."""
        return self._carried[shopper]

    def new_card(self, shopper: int) -> str:
        """A fresh card for a shopper; they do not carry it yet."""
        card = card_number(len(self.cards))
        self.cards[card] = shopper
        return card

    def carry(self, shopper: int, card: str) -> None:
        """From now on the shopper shows this card."""
        self._carried[shopper] = card

    def _goods(self) -> tuple[tuple[int, int], ...]:
        chance = self._chance
        chosen = chance.sample(range(len(GOODS)), chance.randint(1, _LINES_MAX))
        return tuple((index, chance.randint(1, _PIECES_MAX)) for index in chosen)
