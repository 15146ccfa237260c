"""A till's own history, from its journal: what it sold and took back, points by hand, and accounts that were merged."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pos_app.loyalty.document import Reward
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.evaluation import EngineLine, MemberContext
from pos_app.model.money import line_amount_minor
from pos_app.model.products import Product
from pos_app.protocol.events import (
    ActEvent,
    AdjustmentEvent,
    AdjustmentReason,
    AnyEvent,
    MergeEvent,
    ReturnEvent,
    SaleEvent,
    decode_body,
)
from pos_app.use_cases.programmes import decode_programme_set
from pos_app.use_cases.what_if.history import Adjusted, Bought, CameBack, Happening, History, Merged, goods_figures
from storage import accounts, catalogue, journal, programmes, sales
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_KINDS = ("sale", "return", "adjustment", "merge", "act")


def history_of(till: "Till", connection: Connection) -> History:
    """Everything that this till's journal still holds, in its order. Costs are in it: for managers only."""
    reader = _Reader(connection, catalogue.costs_minor(connection))
    happenings = tuple(one for event in _events(connection) for one in reader.happenings_of(event))
    read = sum(isinstance(one, Bought | CameBack) for one in happenings)
    return History(
        happenings=happenings,
        costs_minor=reader.costs_minor,
        currency_code=till.terms.currency.code,
        currency_exponent=till.terms.currency.exponent,
        points_exponent=till.terms.points_exponent,
        zone=till.settings.shop.zone,
        day_starts_minute=till.settings.day_starts_minute(),
        offered_rewards=reader.offered_rewards,
        birthdays=reader.birthdays,
        left_out=len(sales.event_ids(connection)) - read,
    )


def _events(connection: Connection) -> list[AnyEvent]:
    """The hybrid clock never goes back on a till, so it gives the journal's order under all of the till's names."""
    events = [decode_body(body) for body in journal.bodies_of(connection, _KINDS)]
    return sorted(events, key=lambda event: event.moment.hlc)


class _Reader:
    """From events to happenings; remembers what each needs of those before it."""

    def __init__(self, connection: Connection, costs_minor: dict[str, int]) -> None:
        self.costs_minor = costs_minor
        self.birthdays: dict[str, str] = {}
        self._connection = connection
        self._sets: dict[str, ProgrammeSet | None] = {}
        self._products: dict[str, Product | None] = {}
        self._classes: dict[str, str] = {}
        self._accounts: dict[str, str] = {}

    @property
    def offered_rewards(self) -> frozenset[str]:
        """The rewards that members could ask for under any of the programmes that ran."""
        return frozenset(
            f"{programme.id}/{rule.id}"
            for one in self._sets.values()
            if one is not None
            for programme in one.programmes
            for rule in programme.rules
            if isinstance(rule, Reward)
        )

    def happenings_of(self, event: AnyEvent) -> Iterator[Happening]:
        """What an event says, if anything."""
        match event:
            case SaleEvent():
                yield self._bought(event)
            case ReturnEvent():
                yield CameBack(
                    return_id=event.event_id,
                    sale_id=event.sale_event_id,
                    account_ref=event.account_ref,
                    utc_ms=event.moment.utc_ms,
                    business_date=event.moment.business_date,
                    quantities_milli={line.line_no: line.quantity_milli for line in event.lines},
                )
            case AdjustmentEvent():
                yield _adjusted(event)
            case ActEvent():
                yield from _given_for(event)
            case MergeEvent():
                yield Merged(event.account_ref, event.merged_ref, event.moment.utc_ms, event.moment.business_date)
                # Whose class a survivor without one has is known at its next receipt.
                self._classes.pop(event.account_ref, None)

    def _bought(self, event: SaleEvent) -> Bought:
        given, moment = event.engine_input, event.moment
        member = given.member
        if event.account_ref and event.account_ref not in self.birthdays:
            self._note_birthday(event.account_ref)
        lines = tuple(
            self._with_tax(line, sold.tax_rate_bp) for line, sold in zip(given.lines, event.lines, strict=True)
        )
        bought = Bought(
            receipt_id=event.event_id,
            account_ref=event.account_ref,
            utc_ms=moment.utc_ms,
            zone=moment.zone,
            business_date=moment.business_date,
            lines=lines,
            burned_units=event.burn_units,
            burnable_units=self._burnable_units(event),
            today_lines=self._today(lines),
            store_id=given.store_id or moment.store_id,
            coupons=given.coupons,
            takes=given.takes,
            **goods_figures(lines, self.costs_minor),
        )
        return bought if member is None else self._with_member(bought, member, event.class_after)

    def _with_member(self, bought: Bought, member: MemberContext, class_after: str) -> Bought:
        was = self._classes.get(bought.account_ref)
        self._classes[bought.account_ref] = class_after
        return msgspec.structs.replace(
            bought,
            receipts_before=member.receipts_before,
            card_class=None if was == member.card_class else member.card_class,
            birthday=member.birthday,
            segments=member.segments,
            facts=member.facts,
            chosen=member.chosen,
            verified=member.verified,
        )

    def _note_birthday(self, account_ref: str) -> None:
        facts = accounts.find_by_ref(self._connection, account_ref)
        if facts is not None and facts.birthday:
            self.birthdays[account_ref] = facts.birthday[-5:]

    @staticmethod
    def _with_tax(line: EngineLine, tax_rate_bp: int) -> EngineLine:
        """Receipts of older programs told the engine no tax."""
        return line if line.tax_rate_bp == tax_rate_bp else msgspec.structs.replace(line, tax_rate_bp=tax_rate_bp)

    def _burnable_units(self, event: SaleEvent) -> int:
        """What the member could have burned on this receipt, by that day's programmes."""
        member = event.engine_input.member
        if member is None or member.spendable_units <= 0:
            return 0
        ran = self._set_of(event.engine_input.programme_set_hash)
        return event.burn_units if ran is None else evaluate(event.engine_input, ran).burnable_units

    def _set_of(self, set_hash: str) -> ProgrammeSet | None:
        if set_hash not in self._sets:
            body = programmes.find_programme_set(self._connection, set_hash)
            self._sets[set_hash] = None if body is None else decode_programme_set(body)
        return self._sets[set_hash]

    def _today(self, lines: tuple[EngineLine, ...]) -> tuple[EngineLine, ...] | None:
        """The lines with second prices and margin bands of today's catalogue where they had none; None where that is no more."""
        today = tuple(self._line_today(line) for line in lines)
        return None if today == lines else today

    def _line_today(self, line: EngineLine) -> EngineLine:
        if line.product_code not in self._products:
            self._products[line.product_code] = catalogue.find_product(self._connection, line.product_code)
        product = self._products[line.product_code]
        if product is None:
            return line
        member_minor, floor_percent = line.member_minor, line.margin_floor_percent
        if member_minor is None and product.member_price_minor is not None:
            member_minor = line_amount_minor(
                unit_price_minor=product.member_price_minor, quantity_milli=line.quantity_milli
            )
        if floor_percent is None:
            floor_percent = product.margin_floor_percent
        if (member_minor, floor_percent) == (line.member_minor, line.margin_floor_percent):
            return line
        return msgspec.structs.replace(line, member_minor=member_minor, margin_floor_percent=floor_percent)


def _given_for(event: ActEvent) -> Iterator[Adjusted]:
    """What an act gave stays as it was, whatever programmes are asked about: nobody knows what members would have done."""
    for granted in event.granted_lots:
        yield Adjusted(
            event_id=event.event_id,
            account_ref=event.account_ref,
            utc_ms=event.moment.utc_ms,
            business_date=event.moment.business_date,
            units=granted.grant.units,
            issuer=granted.grant.issuer,
            lot_id=granted.lot_id,
            expires_at_ms=granted.grant.expires_at_ms,
        )


def _adjusted(event: AdjustmentEvent) -> Adjusted:
    grant = event.granted
    return Adjusted(
        event_id=event.event_id,
        account_ref=event.account_ref,
        utc_ms=event.moment.utc_ms,
        business_date=event.moment.business_date,
        units=event.units,
        issuer=event.issuer,
        forgives=event.reason is AdjustmentReason.FORGIVEN_OVERDRAFT,
        lot_id="" if grant is None else grant.lot_id,
        expires_at_ms=None if grant is None else grant.grant.expires_at_ms,
    )
