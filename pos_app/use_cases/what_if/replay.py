"""One side of a what-if: the receipts again, in the order of time, with every member's state carried along.

The engine says what each receipt gives; here it is booked as a till would book it, in lots that begin and expire, and counted.
"""

from collections.abc import Mapping
from datetime import date

from pos_app.loyalty.engine import SEMANTICS, evaluate
from pos_app.loyalty.knowing import is_among
from pos_app.model.calendar import business_date, month_of
from pos_app.model.evaluation import EngineInput, EngineLine, EngineResult, LotGrant, MemberContext
from pos_app.model.identifiers import is_points
from pos_app.model.money import BASIS_POINTS
from pos_app.use_cases.programmes import burn_issuer
from pos_app.use_cases.what_if.counting import count_money, count_points
from pos_app.use_cases.what_if.figures import AccountTally, Run, Tally
from pos_app.use_cases.what_if.history import Adjusted, Bought, CameBack, Happening, History, Merged
from pos_app.use_cases.what_if.purse import Lot, Part
from pos_app.use_cases.what_if.side import Side
from pos_app.use_cases.what_if.sold import Sold, sale_event
from pos_app.use_cases.what_if.standing import Standing
from pos_app.use_cases.what_if.taking_back import adjust, take_back

_TIME_OF = {"day": 10, "month": 7, "year": 4, "ever": 0}
"""How much of an ISO date says which day, month or year it is."""
_LotsGiven = list[tuple[Lot, LotGrant]]


class Replay:
    """The members of some accounts under one side's programmes; ``run`` is what was counted.

    ``returned_ids``: the receipts of which goods come back. ``burn_bp``: how much of what could be burned is burned where the real
    receipt does not say. ``by_today``: lines count with what only today's catalogue knows.
    """

    def __init__(self, history: History, side: Side, *, returned_ids: frozenset[str], burn_bp: int) -> None:
        self.run = Run()
        self.side = side
        self.by_today = False
        self.standings: dict[str, Standing] = {}
        self.sold: dict[str, Sold] = {}
        self._history = history
        self._returned_ids = returned_ids
        self._burn_bp = burn_bp
        self._aliases: dict[str, str] = {}
        self._given: dict[str, int] = {}
        self._month = ""
        self._tally = Tally()
        self._point_units: int = 10**history.points_exponent

    def play(self, happening: Happening) -> None:
        """Book what happened next."""
        if happening.business_date[:7] != self._month:
            self._month = month_of(happening.business_date)
            self._tally = self._tally_of(self._month)
        if type(happening) is Bought:
            self._buy(happening)
        elif isinstance(happening, CameBack):
            self._take_back(happening)
        elif isinstance(happening, Adjusted):
            adjust(self.standing(happening.account_ref, happening.utc_ms), happening, self._tally)
        elif isinstance(happening, Merged):
            self._merge(happening)

    def begin(self, side: Side, *, at_ms: int, by_today: bool) -> None:
        """From here on it counts, and these programmes run: what members have stays theirs."""
        self._pass_all(at_ms)
        self.run = Run(opening_units=sum(self._owed()))
        self.side, self.by_today, self._month = side, by_today, ""
        for standing in self.standings.values():
            standing.tally, standing.month = AccountTally(), ""

    def finish(self, *, at_ms: int) -> Run:
        """Let time pass to the end, and count what is owed then."""
        self._pass_all(at_ms)
        purses = [purse for one in self.standings.values() for unit, purse in one.purses.items() if is_points(unit)]
        self.run.owed_units = sum(purse.owed_units for purse in purses)
        self.run.overdraft_units = sum(purse.overdraft_units for purse in purses)
        self.run.survivors = {ref: self._survivor(ref) for ref in self._aliases}
        for account_ref, standing in self.standings.items():
            standing.tally.card_class = standing.card_class
            self.run.accounts[account_ref] = standing.tally
        return self.run

    def _tally_of(self, month: str) -> Tally:
        tally = self.run.months.get(month)
        if tally is None:
            tally = self.run.months[month] = Tally()
        return tally

    def _owed(self) -> list[int]:
        return [
            purse.owed_units - purse.overdraft_units
            for standing in self.standings.values()
            for unit, purse in standing.purses.items()
            if is_points(unit)
        ]

    def standing(self, account_ref: str, at_ms: int) -> Standing:
        """The member, with time passed up to this moment."""
        ref = self._survivor(account_ref)
        standing = self.standings.get(ref)
        if standing is None:
            standing = self.standings[ref] = Standing()
        elif standing.purses:
            self._pass(standing, at_ms)
        return standing

    def _survivor(self, account_ref: str) -> str:
        while account_ref in self._aliases:
            account_ref = self._aliases[account_ref]
        return account_ref

    def _pass(self, standing: Standing, at_ms: int) -> None:
        for unit, purse in standing.purses.items():
            expired = purse.pass_time(at_ms)
            if expired and is_points(unit):
                for expired_ms, units in expired:
                    self._tally_of(self._month_at(expired_ms)).expired_units += units

    def _pass_all(self, at_ms: int) -> None:
        for standing in self.standings.values():
            self._pass(standing, at_ms)

    def _month_at(self, utc_ms: int) -> str:
        """The month in whose last moments something ended: an expiry is the midnight after the last day."""
        history = self._history
        day = business_date(utc_ms=utc_ms - 1, zone_name=history.zone, day_starts_minute=history.day_starts_minute)
        return month_of(day)

    # Sales

    def _buy(self, one: Bought) -> None:
        tally = self._tally
        tally.receipts += 1
        tally.sales_minor += one.total_minor
        tally.net_minor += one.net_minor
        tally.goods_cost_minor += one.cost_minor
        tally.uncosted_minor += one.uncosted_minor
        lines = one.today_lines if self.by_today and one.today_lines is not None else one.lines
        if one.account_ref:
            tally.member_receipts += 1
            tally.member_sales_minor += one.total_minor
            self._buy_as_member(one, lines)
        elif self.side.hears_strangers:
            engine_input = self._input(one, lines, None)
            result = evaluate(engine_input, self.side.programmes)
            count_money(self._tally, result, lines, self.side.reward_keys, self._history.costs_minor)
            self._remember(one, engine_input, result, "", (), (), [], [])
        elif one.receipt_id in self._returned_ids:
            engine_input = self._input(one, lines, None)
            self._remember(one, engine_input, evaluate(engine_input, self.side.programmes), "", (), (), [], [])

    def _buy_as_member(self, one: Bought, lines: tuple[EngineLine, ...]) -> None:
        side = self.side
        standing = self.standing(one.account_ref, one.utc_ms)
        tally = self._tally
        if one.card_class is not None:
            standing.card_class = one.card_class
        standing.receipts = max(standing.receipts, one.receipts_before)
        issuer = burn_issuer(side.programmes, one.business_date, one.store_id)
        engine_input = self._input(one, lines, self._context(one, standing, issuer))
        result = evaluate(engine_input, side.programmes)
        if wanted := self._wanted_units(one, result.burnable_units):
            engine_input = self._input(one, lines, engine_input.member, burn_units=wanted)
            result = evaluate(engine_input, side.programmes)
        burned, taken = self._spend(standing, result, issuer)
        lots = self._credit(standing, result.lots, one, "lot")
        pool_lots = self._credit(standing, result.pool_lots, one, "pool") if result.pool_lots else []
        standing.receipts += 1
        standing.card_class = result.class_after
        if result.counted:
            standing.count(result.counted, self._month)
        if result.used:
            self._use(standing, result.used, one.business_date)
        if side.bought:
            self._note_goods(standing, lines, one.business_date)
        units, off_minor = count_points(tally, result), 0
        if result.discounts or result.burn_units or result.taken:
            off_minor = count_money(tally, result, lines, side.reward_keys, self._history.costs_minor)
            tally.member_sales_minor -= off_minor + result.burn_worth_minor
        if units or off_minor or result.burn_units or result.taken:
            self._touch(standing, units=units, off_minor=off_minor, burned_units=result.burn_units)
        self._remember(one, engine_input, result, issuer, burned, taken, lots, pool_lots)

    def _input(
        self, one: Bought, lines: tuple[EngineLine, ...], member: MemberContext | None, *, burn_units: int = 0
    ) -> EngineInput:
        side, history = self.side, self._history
        takes = one.takes
        if side.asked_rewards:
            # Rewards that nobody could ask for in reality are asked for as often as they can be had.
            takes = tuple(sorted((side.asked_rewards - history.offered_rewards) | set(takes)))
        return EngineInput(
            SEMANTICS,
            side.programmes.hash,
            history.currency_exponent,
            history.points_exponent,
            one.utc_ms,
            one.zone,
            one.business_date,
            lines,
            member,
            burn_units,
            one.store_id,
            one.coupons,
            takes,
            {key: max(0, most - self._given.get(key, 0)) for key, most in side.budgets.items()} if side.budgets else {},
            side.rolls_of(one.receipt_id) if side.chances else {},
        )

    def _context(self, one: Bought, standing: Standing, issuer: str) -> MemberContext:
        side, month = self.side, self._month
        purse = standing.purses.get(issuer)
        facts = one.facts
        if side.birthdays or side.bought:
            facts = self._facts(one, standing)
        return MemberContext(
            one.account_ref,
            standing.card_class,
            standing.accumulators(side.periods, side.tiers, month),
            standing.receipts,
            0 if purse is None else purse.available_units,
            one.birthday,
            standing.tiers(side.tiers, month) if side.tiers else {},
            self._pools(standing) if side.has_pools else {},
            self._used(standing, one.business_date) if side.caps else {},
            one.segments,
            facts,
            one.chosen,
            one.verified,
            self._pool_ends_ms(standing) if side.renewed else {},
        )

    def _facts(self, one: Bought, standing: Standing) -> tuple[str, ...]:
        """What the till would have looked up: birthdays from the member's record, else as the real till did, and goods bought lately."""
        birthday = self._history.birthdays.get(one.account_ref, "")
        facts = self.side.facts_of(birthday, one.business_date) if birthday else one.facts
        for key, wanted in self.side.bought.items():
            bought_on = standing.bought_on.get(key)
            if bought_on is not None and _days_between(bought_on, one.business_date) <= wanted.days:
                facts = (*facts, f"{key}:bought")
        return facts

    def _note_goods(self, standing: Standing, lines: tuple[EngineLine, ...], business_date: str) -> None:
        for key, wanted in self.side.bought.items():
            if any(is_among(wanted, line) for line in lines):
                standing.bought_on[key] = business_date

    @staticmethod
    def _pools(standing: Standing) -> dict[str, int]:
        return {
            unit: purse.available_units
            for unit, purse in standing.purses.items()
            if not is_points(unit) and purse.available_units
        }

    def _pool_ends_ms(self, standing: Standing) -> dict[str, int]:
        """When the last lot of each unit that is renewed ends."""
        return {
            unit: max(lot.expires_at_ms for lot in lots)
            for unit in self.side.renewed
            if unit in standing.purses and (lots := standing.purses[unit].lots())
        }

    def _used(self, standing: Standing, business_date: str) -> dict[str, int]:
        used = {}
        for counter in self.side.caps:
            time, number = standing.used.get(counter.name, ("", 0))
            if number and time == business_date[: _TIME_OF[counter.period]]:
                used[counter.name] = number
        return used

    def _use(self, standing: Standing, used: Mapping[str, int], business_date: str) -> None:
        """Count what rules with caps gave, for the member's next receipts and for budgets."""
        for key, units in used.items():
            self._given[key] = self._given.get(key, 0) + units
        for counter in self.side.caps:
            units = used.get(counter.rule_key, 0)
            if units:
                time = business_date[: _TIME_OF[counter.period]]
                before = standing.used.get(counter.name, (time, 0))
                number = before[1] if before[0] == time else 0
                standing.used[counter.name] = (time, number + (1 if counter.counts_receipts else units))

    def _wanted_units(self, one: Bought, burnable_units: int) -> int:
        """The same share of what can be burned as in reality; the shop's average where nothing could be burned then."""
        if not burnable_units:
            return 0
        if one.burnable_units:
            return burnable_units * one.burned_units // one.burnable_units
        return burnable_units * self._burn_bp // BASIS_POINTS

    @staticmethod
    def _spend(standing: Standing, result: EngineResult, issuer: str) -> tuple[list[Part], list[Part]]:
        burned = standing.purse(issuer).burn(result.burn_units) if result.burn_units else []
        taken = []
        for one in result.taken:
            taken += standing.purse(one.unit).burn(one.units)
        return burned, taken

    @staticmethod
    def _credit(standing: Standing, grants: tuple[LotGrant, ...], one: Bought, purpose: str) -> _LotsGiven:
        given = []
        for number, grant in enumerate(grants, start=1):
            lot = Lot(
                grant.units,
                starts_at_ms=grant.starts_at_ms,
                expires_at_ms=grant.expires_at_ms,
                receipt_id=one.receipt_id,
            )
            if number > 1 or purpose != "lot":
                lot.number = f"{purpose}-{number}"
            standing.purse(grant.issuer).credit(lot, at_ms=one.utc_ms)
            given.append((lot, grant))
        return given

    def _remember(
        self,
        one: Bought,
        engine_input: EngineInput,
        result: EngineResult,
        issuer: str,
        burned: list[Part] | tuple[()],
        taken: list[Part] | tuple[()],
        lots: _LotsGiven,
        pool_lots: _LotsGiven,
    ) -> None:
        """Keep a sale of which goods come back."""
        if one.receipt_id in self._returned_ids:
            event = sale_event(
                one,
                engine_input,
                result,
                issuer=issuer,
                burned=burned,
                taken=taken,
                lots=lots,
                pool_lots=pool_lots,
            )
            self.sold[one.receipt_id] = Sold(event, self.side.programmes, [lot for lot, _ in (*lots, *pool_lots)])

    def _touch(self, standing: Standing, *, units: int, off_minor: int, burned_units: int) -> None:
        """The programmes did something for a member."""
        standing.tally.units += units
        standing.tally.off_minor += off_minor
        standing.tally.burned_units += burned_units
        if standing.month != self._month:
            standing.month = self._month
            self._tally.members_touched += 1

    # Returns and merges

    def _take_back(self, one: CameBack) -> None:
        sold = self.sold.get(one.sale_id)
        if sold is None:
            self.run.skipped += 1
            return
        account_ref = sold.event.account_ref
        standing = self.standing(account_ref, one.utc_ms) if account_ref else None
        take_back(sold, one, standing, self._tally, self.side.reward_keys, self._history.costs_minor)

    def _merge(self, one: Merged) -> None:
        target, source = self._survivor(one.account_ref), self._survivor(one.merged_ref)
        if target == source:
            return
        survivor, merged = self.standing(target, one.utc_ms), self.standing(source, one.utc_ms)
        survivor.take_over(merged, at_ms=one.utc_ms)
        del self.standings[source]
        self._aliases[source] = target


def _days_between(begin: str, end: str) -> int:
    return (date.fromisoformat(end) - date.fromisoformat(begin)).days
